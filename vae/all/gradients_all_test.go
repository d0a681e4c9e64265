package all_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
	"github.com/elbo-go/elbo/vae/nets"
)

// TestGradientsOfAllModels holds every derivative of every registered model's losses, each by the
// parameters that descend it, to central differences: of rows of a table, for all likelihoods and one to
// three hidden layers, and of images for models that take a net of images, for all likelihoods if they
// take no table. What descends a surrogate is held to that, the rest to the loss.
func TestGradientsOfAllModels(t *testing.T) {
	all := tk.Difference{Scaled: -1}
	for _, spec := range vae.Specs() {
		var kinds []string
		seen := map[string]bool{}
		for _, images := range []bool{false, true} {
			if images && len(kinds) > 0 && !slices.ContainsFunc(spec.Nets, func(n string) bool { return slices.Contains(nets.ImageNames(), n) }) {
				continue
			}
			worst := tk.Difference{Scaled: -1}
			for i, c := range zoo.SmallModels(spec, images) {
				if images && len(kinds) > 0 && worst.Count > 0 {
					break // one likelihood
				}
				d, ok := zoo.Compared(t, spec, c, i == 0, seen)
				if t.Failed() {
					t.Fatalf("%s, configuration %d: %+v", spec.Name, i, c)
				}
				if ok {
					worst = worst.Max(d)
				}
			}
			if worst.Count == 0 {
				continue
			}
			kinds = append(kinds, fmt.Sprintf("%s (%d, %d flat)", map[bool]string{false: "table", true: "images"}[images], worst.Count, worst.Flat))
			all = all.Max(worst)
		}
		t.Logf("%s: %s: %s", spec.Name, strings.Join(kinds, ", "), strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
		if len(kinds) == 0 {
			t.Errorf("%s: takes neither rows of a table nor images, want its derivatives held", spec.Name)
		}
	}
	t.Logf("worst of %d derivatives, %d of them taken again over a shorter step: %v", all.Count, all.Again, all)
}
