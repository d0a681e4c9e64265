package vi_test

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

func TestBoundsAreChosenByName(t *testing.T) {
	for _, name := range vi.BoundNames() {
		c := vi.BoundConfig{Name: name, K: 3, M: 2, Alpha: .5, Share: .25}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := 3
		switch name {
		case "elbo":
			if c.Objective() != nil {
				t.Errorf("elbo: got objective %v, want none", c.Objective())
			}
			continue
		case "miwae", "piwae":
			want = 6
		}
		if got := c.Objective(); got.Draws() != want || got.Kind() == "" {
			t.Errorf("%s: got %d draws of %q, want %d", name, got.Draws(), got.Kind(), want)
		}
	}
	if c := (vi.BoundConfig{Name: "renyi", K: 3, Alpha: .5}).Objective(); c != (vi.Renyi{K: 3, Alpha: .5}) {
		t.Errorf("renyi: got %+v", c)
	}
	if c := (vi.BoundConfig{K: 1}); c.Validate() != nil || c.Objective() != nil {
		t.Error("no name is not the ELBO")
	}
}

func TestWrongBoundsAreErrors(t *testing.T) {
	for want, c := range map[string]vi.BoundConfig{
		`got "elvis", want one of elbo, iwae`: {Name: "elvis", K: 1},
		"got 0 draws":                         {Name: "iwae"},
		"got 0 groups":                        {Name: "miwae", K: 1},
		"alpha: got NaN":                      {Name: "renyi", K: 1, Alpha: math.NaN()},
		"alpha: got +Inf":                     {Name: "renyi", K: 1, Alpha: math.Inf(1)},
		"share of the ELBO: got 1.5":          {Name: "ciwae", K: 1, Share: 1.5},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "vi: ") {
			t.Errorf("%+v: got error %v, want one with %q", c, err, want)
		}
	}
}
