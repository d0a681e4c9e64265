package testkit

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/model"
)

// DistributionLaws holds a family of numbers to all laws that apply to it: the log-density is
// the formula's, and −∞ outside the support; derivatives are differences; the formula has mass 1;
// draws follow it; mean, variance, entropy and distribution function are those of the formula;
// derivatives of draws are those of expectations.
func DistributionLaws(t testing.TB, f Family) {
	t.Helper()
	f.FollowsFormula(t)
	f.VanishesOutside(t)
	f.GradientLaw(t)
	f.DrawsLaw(t)
	if !f.Circular {
		f.MomentsLaw(t)
	}
	f.EntropyLaw(t)
	f.CDFLaw(t)
	f.PathwiseLaw(t)
}

// FollowsFormula holds the log-density to the formula at 20 points or more, to 1e-12 of
// max(1, |ln p|), which is all that a sum of terms of order 1 has, and to 1e-9 in the tails.
func (f Family) FollowsFormula(t testing.TB) {
	t.Helper()
	xs, rows := f.Data()
	if len(xs) < 20 {
		t.Errorf("%s: got %d points, want at least 20", f.Name, len(xs))
	}
	got := f.Evaluate(t, xs, rows, func(d Distribution, x *g.Node) *g.Node { return d.LogProb(x) })
	for i, x := range xs {
		want := f.LogProb(x, rows[i])
		tol := orElse(f.Formula, 1e-12)
		if math.Abs(want) > 50 {
			tol = 1e-9
		}
		if got[i] != want && !(scaledError(got[i], want) <= tol) {
			t.Errorf("%s%v: ln p(%v): got %v, want %v", f.Name, rows[i], x, got[i], want)
		}
	}
}

// VanishesOutside holds the log-density to −∞ outside the support, with derivatives that are
// numbers.
func (f Family) VanishesOutside(t testing.TB) {
	t.Helper()
	if f.Outside == nil {
		return
	}
	for _, p := range f.Smooth {
		xs := f.Outside(p)
		out := Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y := f.Make(in[1:]).LogProb(in[0])
			return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
		}, append([]*tensors.Tensor{Vector(xs...)}, Columns(slices.Repeat([][]float64{p}, len(xs)))...)...)
		for i, x := range xs {
			if !math.IsInf(out[0][i], -1) {
				t.Errorf("%s%v: ln p(%v): got %v, want −∞", f.Name, p, x, out[0][i])
			}
			for j, d := range out[1:] {
				if math.IsNaN(d[i]) {
					t.Errorf("%s%v: derivative %d of ln p(%v) is NaN", f.Name, p, j, x)
				}
			}
		}
	}
}

// quantity is a figure of a distribution whose gradient is tested.
type quantity struct {
	name string
	of   func(s *model.Scope, d Distribution, x *g.Node) *g.Node
}

// quantities lists what the family has a gradient of.
func (f Family) quantities(t testing.TB) []quantity {
	out := []quantity{{"LogProb", func(_ *model.Scope, d Distribution, x *g.Node) *g.Node { return d.LogProb(x) }}}
	if !f.NoMoments {
		out = append(out,
			quantity{"Mean", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.Mean() }},
			quantity{"Variance", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.Variance() }})
	}
	if can[Entropic](t, f) {
		out = append(out, quantity{"Entropy", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.(Entropic).Entropy() }})
	}
	if can[Cumulative](t, f) && !f.FixedX {
		out = append(out, quantity{"CDF", func(_ *model.Scope, d Distribution, x *g.Node) *g.Node { return d.(Cumulative).CDF(x) }})
	}
	if can[Reparameterized](t, f) && !f.Implicit {
		out = append(out, quantity{"Rsample", func(s *model.Scope, d Distribution, _ *g.Node) *g.Node {
			return g.Sin(d.(Reparameterized).Rsample(s, "z", 3))
		}})
	}
	return out
}

// GradientLaw holds derivatives of everything that has one to differences, and returns the worst
// error.
func (f Family) GradientLaw(t testing.TB) (worst float64) {
	t.Helper()
	for _, q := range f.quantities(t) {
		d := CompareGradient(t, Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			y := q.of(s, f.Make(f.Trainable(s, f.Smooth)), f.DataNode(s))
			return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
		})
		if d.Count == 0 || !(d.Scaled <= 1e-7) {
			t.Errorf("%s: gradient of %s: worst difference %v, want at most 1e-7", f.Name, q.name, d)
		}
		worst = math.Max(worst, d.Scaled)
	}
	return worst
}

// DrawsLaw holds 10,000 draws of each smooth row to the distribution; a right sampler fails with
// probability 1e-5 a row.
func (f Family) DrawsLaw(t testing.TB) {
	t.Helper()
	for i, p := range f.Smooth {
		xs := f.Draws(t, p, 10000, uint64(10+i))
		if f.Values == nil {
			FitsCDF(t, fmt.Sprint(f.Name, p), xs, func(x float64) float64 { return f.CDF(x, p) })
			continue
		}
		f.fitsCounts(t, p, xs)
	}
}

// fitsCounts compares draws with the probabilities of the values, in cells that expect ten
// draws or more. What exceeds the last value, which has next to no mass, counts with it.
func (f Family) fitsCounts(t testing.TB, p, xs []float64) {
	t.Helper()
	values := f.Values(p)
	counts, probs, cell := []int{0}, []float64{0}, make([]int, len(values))
	for k, v := range values {
		if probs[len(probs)-1]*float64(len(xs)) >= 10 {
			counts, probs = append(counts, 0), append(probs, 0)
		}
		cell[k] = len(counts) - 1
		probs[len(probs)-1] += math.Exp(f.LogProb(v, p))
	}
	last := len(probs) - 1
	if last > 0 && probs[last]*float64(len(xs)) < 10 { // too few are left: one cell fewer
		probs[last-1] += probs[last]
		counts, probs = counts[:last], probs[:last]
	}
	for _, x := range xs {
		k := sort.SearchFloat64s(values, x-1e-12)
		if k == len(values) {
			k--
		} else if math.Abs(x-values[k]) > 1e-12 {
			t.Errorf("%s%v: draw: got %v, want one of the values", f.Name, p, x)
			return
		}
		counts[min(cell[k], len(counts)-1)]++
	}
	if len(counts) > 1 {
		FitsCounts(t, fmt.Sprint(f.Name, p), counts, probs)
	}
}
