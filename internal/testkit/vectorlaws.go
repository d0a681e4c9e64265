package testkit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// VectorLaws holds a distribution of vectors or matrices to all laws that apply to it: formula,
// derivatives, mass, statistics of draws, moments, entropy and derivatives of draws.
func VectorLaws(t testing.TB, v Vectors) {
	t.Helper()
	v.FollowsFormula(t)
	v.GradientLaw(t)
	v.MassLaw(t)
	v.StatisticsLaw(t)
	v.MomentsLaw(t)
	v.EntropyLaw(t)
	v.PathwiseLaw(t)
}

// densities are the log-densities of the points, P×C.
func (v Vectors) densities(t testing.TB) (got []float64, points int) {
	t.Helper()
	all, n := v.Data()
	got = v.Values(t, 1, func(s *model.Scope, d Distribution) *g.Node {
		x := tensors.FromFlatDataAndDimensions(all, append([]int{n, len(v.Cases)}, v.Event...)...)
		return d.LogProb(g.ConstTensor(s.Graph(), x))
	})
	if len(got) != n*len(v.Cases) {
		t.Fatalf("%s: got %d log-densities, want %d", v.Name, len(got), n*len(v.Cases))
	}
	return got, n
}

// FollowsFormula holds the log-density to the formula at 20 points or more, to 1e-12 of
// max(1, |ln p|) and to 1e-9 in the tails, and returns the worst error of central points.
func (v Vectors) FollowsFormula(t testing.TB) (worst float64) {
	t.Helper()
	if v.LogProb == nil {
		return 0
	}
	got, n := v.densities(t)
	if len(got) < 20 {
		t.Errorf("%s: got %d points, want at least 20", v.Name, len(got))
	}
	for c, p := range v.Cases {
		points := v.Points(p)
		for i := range n {
			k, want, tol := i*len(v.Cases)+c, v.LogProb(points[i], p), 1e-12
			if math.Abs(want) > 50 {
				tol = 1e-9
			} else {
				worst = math.Max(worst, scaledError(got[k], want))
			}
			if got[k] != want && !(scaledError(got[k], want) <= tol) {
				t.Errorf("%s, case %d: ln p(%v): got %v, want %v", v.Name, c, points[i], got[k], want)
			}
		}
	}
	return worst
}

// datum makes one point of every case.
func (v Vectors) datum(s *model.Scope) *g.Node {
	x := s.Param("x", func(rng.Key, []int) (out []float64) {
		for i, p := range v.Cases {
			points := v.Points(p)
			out = append(out, points[i%len(points)]...)
		}
		return out
	}, append([]int{len(v.Cases)}, v.Event...)...)
	if v.Inside != nil {
		x = v.Inside(x)
	}
	return x
}

// quantities lists what has a gradient.
func (v Vectors) quantities() []quantity {
	out := []quantity{{"LogProb", func(_ *model.Scope, d Distribution, x *g.Node) *g.Node { return d.LogProb(x) }}}
	if v.Entropy != nil {
		out = append(out, quantity{"Entropy", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.(Entropic).Entropy() }})
	}
	if v.Mean != nil {
		out = append(out, quantity{"Mean", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.Mean() }},
			quantity{"Variance", func(_ *model.Scope, d Distribution, _ *g.Node) *g.Node { return d.Variance() }})
	}
	if !v.Accept && !v.NoPath {
		out = append(out, quantity{"Rsample", func(s *model.Scope, d Distribution, _ *g.Node) *g.Node {
			return g.Sin(d.(Reparameterized).Rsample(s, "z", 3))
		}})
	}
	return out
}

// GradientLaw holds derivatives of everything that has one to differences, and returns the worst
// error.
func (v Vectors) GradientLaw(t testing.TB) (worst float64) {
	t.Helper()
	for _, q := range v.quantities() {
		d := CompareGradient(t, Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			var x *g.Node
			if q.name == "LogProb" {
				x = v.datum(s)
			}
			y := q.of(s, v.Make(v.Trainable(s)), x)
			return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
		})
		if !(d.Scaled <= 1e-7) {
			t.Errorf("%s: gradient of %s: worst difference %v, want at most 1e-7", v.Name, q.name, d)
		}
		worst = math.Max(worst, d.Scaled)
	}
	return worst
}

// MassLaw holds E_p[r(x)/p(x)] to 1 for densities over all reals: r is the normal distribution
// with the draws' means and a quarter of their covariance, so that weights have a small variance.
// It fails where density and draws disagree, and where the density lacks a constant; a right one
// fails with probability 6e-7 a case, unless its mass is bent so much that r is not inside.
func (v Vectors) MassLaw(t testing.TB) {
	t.Helper()
	if !v.Free {
		return
	}
	const m = 20000
	n, draws := elements(v.Event), v.Draws(t, m, 11)
	logP := v.Values(t, 11, func(s *model.Scope, d Distribution) *g.Node { return d.LogProb(d.Sample(s, "x", m)) })
	for c, xs := range draws {
		table := mat.NewDense(m, n, nil)
		mean := make([]float64, n)
		for k, x := range xs {
			table.SetRow(k, x)
			for i, value := range x {
				mean[i] += value / m
			}
		}
		var cov mat.SymDense
		stat.CovarianceMatrix(&cov, table, nil)
		cov.ScaleSym(.25, &cov)
		var root mat.Cholesky
		if !root.Factorize(&cov) {
			t.Errorf("%s, case %d: draws have no covariance with an inverse, as those of all reals do", v.Name, c)
			continue
		}
		weights := make([]float64, m)
		for k, x := range xs {
			weights[k] = math.Exp(normalLogProb(x, mean, &root) - logP[k*len(v.Cases)+c])
		}
		MeanOrConstant(t, fmt.Sprint(v.Name, ", case ", c, ", mass"), weights, 1, 5)
	}
}

// normalLogProb is the log-density of a normal distribution with a factor of its covariance.
func normalLogProb(x, mean []float64, cov *mat.Cholesky) float64 {
	gap, solved := mat.NewVecDense(len(x), nil), mat.VecDense{}
	for i, v := range x {
		gap.SetVec(i, v-mean[i])
	}
	if err := cov.SolveVecTo(&solved, gap); err != nil {
		return math.NaN()
	}
	return -.5 * (float64(len(x))*math.Log(2*math.Pi) + cov.LogDet() + mat.Dot(gap, &solved))
}

// StatisticsLaw holds statistics of 10,000 draws to their distributions; a right sampler fails
// with probability 1e-5 a statistic.
func (v Vectors) StatisticsLaw(t testing.TB) {
	t.Helper()
	if len(v.Stats) == 0 {
		return
	}
	for c, xs := range v.Draws(t, 10000, 3) {
		for _, st := range v.Stats {
			figures := make([]float64, len(xs))
			for i, x := range xs {
				figures[i] = st.Of(x, v.Cases[c])
			}
			FitsCDF(t, fmt.Sprint(v.Name, ", case ", c, ", ", st.Name), figures, func(x float64) float64 { return st.CDF(x, v.Cases[c]) })
		}
	}
}

// EntropyLaw holds the entropy to its closed form and to draws, where a right one fails with
// probability 6e-5 a case.
func (v Vectors) EntropyLaw(t testing.TB) {
	t.Helper()
	if v.Entropy == nil {
		return
	}
	got := v.Values(t, 1, func(_ *model.Scope, d Distribution) *g.Node { return d.(Entropic).Entropy() })
	for c, xs := range v.Draws(t, 10000, 5) {
		p, name := v.Cases[c], fmt.Sprint(v.Name, ", case ", c, ", entropy")
		Close(t, name, got[c], v.Entropy(p), 1e-12)
		if v.LogProb == nil {
			continue
		}
		surprise := make([]float64, len(xs))
		for k, x := range xs {
			surprise[k] = -v.LogProb(x, p)
		}
		if slices.Max(surprise)-slices.Min(surprise) > 1e-12 {
			MeanWithin(t, name, surprise, got[c], 4)
		}
	}
}
