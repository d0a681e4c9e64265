package message

import (
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
)

func TestTheCatalogueHasTheAlgorithmsOfMessages(t *testing.T) {
	for _, name := range []string{"sum-product", "max-product", "expectation propagation", "variational message passing"} {
		e, ok := catalog.Lookup("Message passing", name)
		if !ok {
			t.Errorf("%s: no entry", name)
			continue
		}
		if e.Sections != "D23, D25" {
			t.Errorf("%s: sections: got %q", name, e.Sections)
		}
	}
}

// A chain of three workers with damping and a power: settings work together.
func TestSettingsWorkTogether(t *testing.T) {
	m, x := grid(4, .2, .1)
	want := messages(t, m, Config{Alpha: .5})
	run(t, want)
	for _, cfg := range []Config{{Alpha: .5, Parts: 3, Damping: .2}, {Alpha: .5, Schedule: Flooding, Damping: .3}, {Alpha: .5, Schedule: Residual}} {
		p := messages(t, m, cfg)
		run(t, p)
		for i := range x.Len() {
			u, err := p.Moments(x, i)
			if err != nil {
				t.Fatal(err)
			}
			v, err := want.Moments(x, i)
			if err != nil {
				t.Fatal(err)
			}
			if d := u[1] - v[1]; d > 1e-9 || d < -1e-9 {
				t.Errorf("%+v: x%d: got %v, want %v", cfg, i, u[1], v[1])
			}
		}
	}
}
