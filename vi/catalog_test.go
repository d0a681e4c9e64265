package vi

import (
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
)

func TestEveryBoundIsInTheCatalogue(t *testing.T) {
	for _, name := range BoundNames() {
		if e, ok := catalog.Lookup(catalog.Bounds, name); !ok || e.Command != "elbo train vae --bound "+name {
			t.Errorf("%s: got %+v, %v", name, e, ok)
		}
	}
	for _, e := range catalog.Entries() {
		if err := (BoundConfig{Name: e.Name, K: 2, M: 2, Alpha: .5, Share: .5}).Validate(); e.Group == catalog.Bounds && err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}
