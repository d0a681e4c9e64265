package all_test

import (
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/vae"
)

func TestEveryModelIsInTheCatalogue(t *testing.T) {
	for _, s := range vae.Specs() {
		if s.Test == "" {
			continue
		}
		group := catalog.Autoencoders
		if s.Tables {
			group = catalog.Densities
		}
		e, ok := catalog.Lookup(group, s.Name)
		if !ok || e.Paper != s.Paper || e.Command != "elbo train "+s.Name || len(e.Notes) != 2 {
			t.Errorf("%s: got %+v, %v", s.Name, e, ok)
		}
	}
}
