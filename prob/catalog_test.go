package prob_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	_ "github.com/elbo-go/elbo/prob"
)

func TestInferenceIsInTheCatalogueWithFiguresThatAreKept(t *testing.T) {
	for _, name := range []string{"advi/mean-field", "advi/full-rank", "advi/low-rank", "advi/copula", "advi/iaf", "advi/flow", "map", "pathfinder", "laplace"} {
		e, ok := catalog.Lookup(catalog.Inference, name)
		if !ok || e.Sections != "D46" {
			t.Errorf("%s: got %+v, %v", name, e, ok)
		}
	}
	b, err := os.ReadFile(filepath.Join("..", "docs", "results", "posteriordb.txt"))
	if err != nil {
		t.Fatal(err)
	}
	passed, _, _ := strings.Cut(string(b[strings.Index(string(b), "passed"):]), "\n")
	columns := strings.Split(strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(passed, "passed"), " of ", "/")), " ")
	var shares []string
	for _, c := range columns {
		if c != "" {
			shares = append(shares, strings.Replace(c, "/", " of ", 1))
		}
	}
	for i, name := range []string{"advi/mean-field", "advi/full-rank", "", "", "pathfinder"} {
		if e, ok := catalog.Lookup(catalog.Inference, name); ok && !strings.Contains(e.Measured, shares[i]+" posteriors") {
			t.Errorf("%s: got %q, want %s as in the results", name, e.Measured, shares[i])
		}
	}
}
