package bij_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestFlowDensityIsThatOfItsDraws: ln q by the way forward is ln q by the way back.
func TestFlowDensityIsThatOfItsDraws(t *testing.T) {
	for _, e := range table {
		if e.mute || len(e.x) == 0 {
			continue
		}
		p := e.params(t)
		shape := append([]int{5}, e.x...)
		out := e.run(t, p, nil, func(s *model.Scope, f bij.Bijector, _ *g.Node) []*g.Node {
			q := bij.NewFlow(s, f, shape[1:]...)
			q.Loc, q.LogScale = g.MulScalar(g.OnesLike(q.Loc), .3), g.MulScalar(g.OnesLike(q.Loc), -.5)
			y, logQ := q.RsampleLogProb(s, "noise", 5)
			return []*g.Node{logQ, q.LogProb(y)}
		})
		for i, l := range out[0] {
			tk.Close(t, e.name+": ln q", out[1][i], l, 1e-9)
		}
	}
}

// TestFlowDensityIntegratesToOne, by quadrature, and the draws follow it: Kolmogorov–Smirnov,
// false alarm 1e-5.
func TestFlowDensityIntegratesToOne(t *testing.T) {
	e := entry{name: "stack", x: []int{1}, make: func(s *model.Scope) bij.Bijector {
		return bij.Chain{bij.NewSpline(s, bij.SplineLaw{Bins: 5, Bound: 3}, 1), bij.NewRadial(s, 1, 2), bij.NewAffine(s, 1)}
	}}
	p := e.params(t)
	density := func(y []float64) []float64 {
		out := e.run(t, p, y, func(s *model.Scope, f bij.Bijector, y *g.Node) []*g.Node {
			return []*g.Node{g.Exp(bij.NewFlow(s, f, 1).LogProb(y))}
		})
		return out[0]
	}
	const n, lo, hi = 200001, -15., 15. // Simpson's rule; the knots' kinks leave 1e-9
	y := make([]float64, n)
	for i := range y {
		y[i] = lo + (hi-lo)*float64(i)/(n-1)
	}
	q := density(y)
	cdf := make([]float64, (n+1)/2)
	for i := 1; i < len(cdf); i++ {
		cdf[i] = cdf[i-1] + (q[2*i-2]+4*q[2*i-1]+q[2*i])*(hi-lo)/(n-1)/3
	}
	tk.Close(t, "∫q", cdf[len(cdf)-1], 1, 1e-7)
	draws := e.run(t, p, nil, func(s *model.Scope, f bij.Bijector, _ *g.Node) []*g.Node {
		return []*g.Node{bij.NewFlow(s, f, 1).Sample(s, "noise", 5000)}
	})[0]
	tk.FitsCDF(t, "draws", draws, func(v float64) float64 {
		at := (v - lo) / (hi - lo) * float64(len(cdf)-1)
		i := int(at)
		return cdf[i] + (at-float64(i))*(cdf[i+1]-cdf[i])
	})
}

// TestPathGradientIsThatOfTheDraws: with draws of one set of parameters and the density of a
// second set of equal values, the gradient by the first is the one that RsamplePath gives.
func TestPathGradientIsThatOfTheDraws(t *testing.T) {
	const n, m = 3, 4
	build := func(s *model.Scope) bij.Flow {
		f := bij.NewFlow(s, bij.Chain{bij.NewIAF(s.In("iaf"), n, small), bij.NewSplineCoupling(s.In("spline"), n, true, bij.SplineLaw{Bins: 3}, small)}, n)
		f.Loc, f.LogScale = s.Param("loc", model.Constant(.2), n), s.Param("logscale", model.Constant(-.3), n)
		return f
	}
	weigh := func(logQ *g.Node) *g.Node {
		return g.ReduceAllSum(g.Mul(logQ, g.Cos(g.IotaFull(logQ.Graph(), logQ.Shape()))))
	}
	p := tk.Params(t, dtypes.Float64)
	loss := func(s *model.Scope) []*g.Node {
		first := build(s.In("first"))
		_, nodes := s.Trainable()
		y, full := first.RsampleLogProb(s, "noise", m)
		want := g.Gradient(weigh(build(s.In("second")).LogProb(y)), nodes...)
		_, path := first.RsamplePath(s.In("path"), "noise", m)
		return append(append(want, g.Gradient(weigh(path), nodes...)...), full, path)
	}
	program := model.NewProgram(p, "path", func(s *model.Scope, _ []*g.Node) []*g.Node { return loss(s) })
	tk.Values(t, program, rng.New(1)) // makes the parameters
	for i, a := range tk.Export(t, p) {
		other := a
		if len(a.Name) < 6 || a.Name[:6] != "first/" {
			continue
		}
		noise := append([]float64(nil), a.Data...)
		rng.New(uint64(i)).NormalFloat64(noise)
		for j := range noise {
			a.Data[j] += .3 * noise[j]
		}
		other.Name = "second/" + a.Name[6:]
		tk.Import(t, p, a, other)
	}
	out := tk.Values(t, program.WithNoise(func(string, []int) []float64 { // the same for both
		eps := make([]float64, m*n)
		rng.New(9).NormalFloat64(eps)
		return eps
	}), rng.New(5))
	k := (len(out) - 2) / 2
	largest := 0.
	for i := range k {
		for j, want := range out[i] {
			tk.Close(t, "derivative", out[k+i][j], want, 1e-9)
			largest = math.Max(largest, math.Abs(want))
		}
	}
	for i, want := range out[2*k] {
		tk.Close(t, "ln q", out[2*k+1][i], want, 1e-12)
	}
	if largest < .1 {
		t.Errorf("largest derivative: got %v, want some", largest)
	}
}

// TestFlowOfTheIdentityIsNormal, whose log-density is known, and whose draws are μ + σε.
func TestFlowOfTheIdentityIsNormal(t *testing.T) {
	mu, sigma := []float64{.5, -1, 2}, []float64{.3, 1, 2}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		q := bij.Flow{Of: bij.Identity{}, Loc: in[0], LogScale: g.Log(in[1])}
		y, logQ := q.RsampleLogProb(s, "noise", 4)
		if q.Rank() != 1 {
			t.Errorf("event axes: got %d, want 1", q.Rank())
		}
		return []*g.Node{y, logQ, q.LogProb(y), g.Neg(q.Mean()), g.Neg(q.Variance())}
	}, tk.Vector(mu...), tk.Vector(sigma...))
	for m := range 4 {
		want := 0.
		for j := range mu {
			z := (out[0][3*m+j] - mu[j]) / sigma[j]
			want -= z*z/2 + math.Log(sigma[j]) + .5*math.Log(2*math.Pi)
		}
		tk.Close(t, "ln q of a draw", out[1][m], want, 1e-12)
		tk.Close(t, "ln q", out[2][m], want, 1e-12)
	}
	if len(out[3]) != 3 || !math.IsNaN(out[3][0]) || !math.IsNaN(out[4][2]) {
		t.Errorf("moments: got %v and %v, want 3 NaN", out[3], out[4])
	}
}

// TestAmortizedFlowIsBatched: mean and scale B×n give draws M×B×n with densities M×B.
func TestAmortizedFlowIsBatched(t *testing.T) {
	const b, n, m = 3, 2, 4
	loc := make([]float64, b*n)
	rng.New(3).NormalFloat64(loc)
	tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		q := bij.Flow{Of: bij.NewIAF(s, n, bij.Net{Context: in[0]}), Loc: in[0], LogScale: g.MulScalar(in[0], .1)}
		y, logQ := q.RsampleLogProb(s, "noise", m)
		if d := y.Shape().Dimensions; len(d) != 3 || d[0] != m || d[1] != b || d[2] != n {
			t.Errorf("draws: got shape %v, want %d, %d, %d", d, m, b, n)
		}
		if d := logQ.Shape().Dimensions; len(d) != 2 || d[0] != m || d[1] != b {
			t.Errorf("ln q: got shape %v, want %d, %d", d, m, b)
		}
		if d := q.LogProb(in[0]).Shape().Dimensions; len(d) != 1 || d[0] != b {
			t.Errorf("ln q of data: got shape %v, want %d", d, b)
		}
		return []*g.Node{logQ}
	}, tk.Matrix(loc, b, n))
}

// TestFlowOntoOtherShapes: from vectors to matrices.
func TestFlowOntoOtherShapes(t *testing.T) {
	tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
		q := bij.NewFlow(s, bij.CholeskyCov{}, 6)
		y, logQ := q.RsampleLogProb(s, "noise", 4)
		if y.Rank() != 3 || y.Shape().Dim(1) != 3 || logQ.Rank() != 1 || q.Rank() != 2 || q.Mean().Rank() != 2 {
			t.Errorf("shapes of draws, ln q and mean: got %v, %v and %v", y.Shape(), logQ.Shape(), q.Mean().Shape())
		}
		return []*g.Node{logQ}
	})
}

// TestBatchNormInTraining: the batch comes out with mean 0 and variance v/(v + ε), the
// log-determinant is that of the division, and the running statistics move by a tenth.
func TestBatchNormInTraining(t *testing.T) {
	const b, n = 50, 2
	x := make([]float64, b*n)
	rng.New(4).NormalFloat64(x)
	mean, variance := [n]float64{}, [n]float64{}
	for i := range x {
		x[i] = x[i]*float64(1+2*(i%n)) + 3
		mean[i%n] += x[i] / b
	}
	for i := range x {
		variance[i%n] += (x[i] - mean[i%n]) * (x[i] - mean[i%n]) / b
	}
	p := tk.Params(t, dtypes.Float64)
	program := model.NewProgram(p, "batch norm", func(s *model.Scope, in []*g.Node) []*g.Node {
		y, l := bij.NewBatchNorm(s, n).Forward(in[0])
		return []*g.Node{y, l}
	}).Training()
	out := tk.Values(t, program, rng.New(1), tk.Matrix(x, b, n))
	want := 0.
	for j := range n {
		want -= .5 * math.Log(variance[j]+1e-5)
		for i := range b {
			tk.Close(t, "y", out[0][i*n+j], (x[i*n+j]-mean[j])/math.Sqrt(variance[j]+1e-5), 1e-12)
		}
	}
	tk.Close(t, "ln|det|", out[1][b-1], want, 1e-12)
	for _, a := range tk.Export(t, p) {
		for j, v := range a.Data {
			switch a.Name {
			case "mean":
				tk.Close(t, "running mean", v, .1*mean[j], 1e-12)
			case "variance":
				tk.Close(t, "running variance", v, .9+.1*variance[j], 1e-12)
			}
		}
	}
}

// TestBatchNormGradientInTraining counts the statistics as functions of the data.
func TestBatchNormGradientInTraining(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
		f := bij.NewBatchNorm(s, 3)
		y, l := f.Forward(s.Param("x", model.Gaussian(1), 6, 3))
		return []*g.Node{g.Add(g.ReduceAllSum(g.Sin(y)), g.ReduceAllSum(l))}
	})
}

// TestMistakesAreErrors: what fits no map is said when the graph is built.
func TestMistakesAreErrors(t *testing.T) {
	vector := func(s *model.Scope, n int) *g.Node { return s.Param("x", model.Gaussian(1), 2, n) }
	for name, fn := range map[string]func(s *model.Scope) (*g.Node, *g.Node){
		"one bound": func(s *model.Scope) (*g.Node, *g.Node) {
			x := vector(s, 2)
			return bij.Sigmoid{Low: x}.Forward(x)
		},
		"number for a vector": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.StickBreaking{}.Forward(s.Param("x", model.Gaussian(1)))
		},
		"no triangle":        func(s *model.Scope) (*g.Node, *g.Node) { return bij.CholeskyCov{}.Forward(vector(s, 5)) },
		"no strict triangle": func(s *model.Scope) (*g.Node, *g.Node) { return bij.CholeskyCorr{}.Forward(vector(s, 4)) },
		"not square":         func(s *model.Scope) (*g.Node, *g.Node) { return bij.CholeskyCov{}.Inverse(vector(s, 3)) },
		"not two rows": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.CholeskyCorr{}.Inverse(s.Param("x", model.Gaussian(1), 1, 1))
		},
		"no permutation":        func(s *model.Scope) (*g.Node, *g.Node) { return bij.Permute{Order: []int{0, 0}}.Forward(vector(s, 2)) },
		"longer permutation":    func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewReverse(3).Forward(vector(s, 2)) },
		"order of another size": func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewLinear(s, 2, []int{0}).Forward(vector(s, 2)) },
		"other shape": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.Reshape{From: []int{3}, To: []int{3, 1}}.Forward(vector(s, 2))
		},
		"too few axes": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.Independent{Of: bij.Exp{}, Axes: 3}.Forward(vector(s, 2))
		},
		"too few axes of a chain": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.Chain{bij.Independent{Of: bij.Exp{}, Axes: 3}}.Inverse(vector(s, 2))
		},
		"planar of another size": func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewPlanar(s, 3, 1).Forward(vector(s, 2)) },
		"radial of another size": func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewRadial(s, 3, 1).Inverse(vector(s, 2)) },
		"MADE of another size":   func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewMAF(s, 3, small).Inverse(vector(s, 2)) },
		"batch norm of another size": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.NewBatchNorm(s, 3).Inverse(vector(s, 2))
		},
		"coupling of one element": func(s *model.Scope) (*g.Node, *g.Node) { return bij.NewNICE(s, 1, false, small).Forward(vector(s, 1)) },
		"coupling of fewer than kept": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.Coupling{Keep: 2, Law: bij.Additive{}}.Forward(vector(s, 2))
		},
		"spline of one bin": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.NewSpline(s, bij.SplineLaw{Bins: 1}).Forward(vector(s, 2))
		},
		"more columns than rows": func(s *model.Scope) (*g.Node, *g.Node) {
			return bij.NewOrthogonalSylvester(s, 2, 3, 1, nil).Forward(vector(s, 2))
		},
	} {
		program := model.NewProgram(tk.Params(t, dtypes.Float64), name, func(s *model.Scope, _ []*g.Node) []*g.Node {
			y, l := fn(s)
			return []*g.Node{y, l}
		})
		if _, err := program.Values(rng.New(1)); err == nil {
			t.Errorf("%s: got no error", name)
		} else {
			t.Log(err)
		}
	}
}
