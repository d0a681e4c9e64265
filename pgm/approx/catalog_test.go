package approx

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// Every method is in the catalogue, with what its ln Z is and tests that are there.
func TestMethodsAreInTheCatalogue(t *testing.T) {
	names := []string{"max-product", "mplp", "structured-mf"}
	for _, m := range Methods() {
		names = append(names, m.Name)
		if e, ok := catalog.Lookup(catalog.Graphical, m.Name); !ok || e.Notes[0].Value != string(m.LogZ) {
			t.Errorf("%s: got %+v, want it with %s", m.Name, e, m.LogZ)
		}
	}
	for _, name := range names {
		e, ok := catalog.Lookup(catalog.Graphical, name)
		if !ok {
			t.Errorf("got no entry of %s", name)
		}
		for _, file := range strings.Split(e.Test, ", ") {
			if _, err := os.Stat(filepath.Join("..", "..", file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// With everything seen there is nothing to find but the value of it; without factors all is even.
func TestMethodsOnModelsWithNothingToFind(t *testing.T) {
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}, [][]int{nil, {0}}, [][]float64{{.4, .6}, {.9, .1, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	seen, none := pgm.Evidence{0: 1, 1: 0}, graph(t, 2)
	for _, m := range Methods() {
		r, err := m.Run(t.Context(), n.Graph(), seen, m.Default)
		if err != nil {
			t.Fatal(m.Name, err)
		}
		if m.LogZ != None {
			tk.Close(t, m.Name, r.LogZ, math.Log(.12), 1e-14)
		}
		if r.Marginals[0][1] != 1 || r.Marginals[1][0] != 1 {
			t.Errorf("%s: got %v, want what was seen", m.Name, r.Marginals)
		}
		if m.Directed {
			continue
		}
		if r, err = m.Run(t.Context(), none, nil, m.Default); err != nil {
			t.Fatal(m.Name, err)
		}
		if m.LogZ != None {
			tk.Close(t, m.Name, r.LogZ, 2*math.Ln2, 1e-14)
		}
		se := 0.
		if m.Random {
			se = r.StdErr[0][0]
		}
		tk.Close(t, m.Name, r.Marginals[0][0], .5, 5*se+1e-14)
	}
	for _, run := range []func(context.Context, *pgm.Graph, pgm.Evidence, Config) (*Best, error){Maximum, Dual} {
		b, err := run(t.Context(), n.Graph(), seen, Default())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "value", b.LogValue, math.Log(.12), 1e-14)
	}
}
