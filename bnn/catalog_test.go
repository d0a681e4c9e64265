package bnn

import (
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
)

func TestEveryMethodIsInTheCatalogue(t *testing.T) {
	for _, name := range Methods {
		if e, ok := catalog.Lookup(catalog.Nets, name); !ok || e.Command != "elbo train bnn --method "+name {
			t.Errorf("%s: got %+v, %v", name, e, ok)
		}
	}
	n := 0
	for _, e := range catalog.Entries() {
		if e.Group == catalog.Nets {
			n++
		}
	}
	if n != len(Methods) {
		t.Errorf("got %d entries, want %d", n, len(Methods))
	}
}
