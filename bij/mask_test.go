package bij_test

import (
	"testing"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"
)

// TestFlowsDependOnWhatTheirMasksAllow, to the bit, and on all of that: autoregressive maps on the
// elements before, couplings on the part that they keep, permutations on one element.
func TestFlowsDependOnWhatTheirMasksAllow(t *testing.T) {
	const n = 4
	before := func(i, j int) bool { return j <= i }
	order := []int{2, 0, 3, 1}
	for _, c := range []struct {
		name string
		make func(s *model.Scope) bij.Bijector
		mask func(i, j int) bool
	}{
		{"IAF", func(s *model.Scope) bij.Bijector { return bij.NewIAF(s, n, small) }, before},
		{"MAF", func(s *model.Scope) bij.Bijector { return bij.NewMAF(s, n, small) }, before},
		{"autoregressive splines", func(s *model.Scope) bij.Bijector {
			return bij.NewSplineAutoregressive(s, n, bij.SplineLaw{Bins: 3, Bound: 4}, small)
		}, before},
		{"coupling", func(s *model.Scope) bij.Bijector { return bij.NewCoupling(s, n, false, bij.Scaling{}, small) },
			func(i, j int) bool { return j == i || i >= n/2 && j < n/2 }},
		{"coupling of the last", func(s *model.Scope) bij.Bijector { return bij.NewCoupling(s, n, true, bij.Scaling{}, small) },
			func(i, j int) bool { return j == i || i < n/2 && j >= n/2 }},
		{"splines of elements", func(s *model.Scope) bij.Bijector { return bij.NewSpline(s, bij.SplineLaw{}, n) },
			func(i, j int) bool { return i == j }},
		{"permutation", value(bij.Permute{Order: order}), func(i, j int) bool { return order[i] == j }},
		{"linear", func(s *model.Scope) bij.Bijector { return bij.NewLinear(s, n, nil) }, func(int, int) bool { return true }},
		{"planar", func(s *model.Scope) bij.Bijector { return bij.NewPlanar(s, n, 2) }, func(int, int) bool { return true }},
	} {
		law := entry{name: c.name, make: c.make, x: []int{n}}.law()
		law.Mask = c.mask
		law.Masked(t)
	}
}
