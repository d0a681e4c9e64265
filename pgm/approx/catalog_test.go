package approx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
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
