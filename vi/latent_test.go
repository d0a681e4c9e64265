package vi_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// vector is a normal distribution of vectors: its log-density and entropy are summed over the
// last axis, as those of distributions with an event axis are.
type vector struct{ n dist.Normal }

func (d vector) LogProb(x *g.Node) *g.Node { return g.ReduceSum(d.n.LogProb(x), -1) }
func (d vector) Mean() *g.Node             { return d.n.Mean() }
func (d vector) Variance() *g.Node         { return d.n.Variance() }
func (d vector) Entropy() *g.Node          { return g.ReduceSum(d.n.Entropy(), -1) }
func (d vector) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.n.Sample(s, name, m)
}
func (d vector) Rsample(s *model.Scope, name string, m int) *g.Node {
	return d.n.Rsample(s, name, m)
}

// oneWay is a guide like a flow without inverse: it scores its own draws alone.
type oneWay struct{ n dist.Normal }

func (d oneWay) LogProb(*g.Node) *g.Node { panic("no inverse") }
func (d oneWay) Mean() *g.Node           { return d.n.Mean() }
func (d oneWay) Variance() *g.Node       { return d.n.Variance() }
func (d oneWay) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.n.Sample(s, name, m)
}
func (d oneWay) RsampleLogProb(s *model.Scope, name string, m int) (z, logQ *g.Node) {
	z = d.n.Rsample(s, name, m)
	return z, g.ReduceSum(d.n.LogProb(z), -1)
}

// square is a model of two latent dimensions with parameters; the guide is made by a function.
func square(s *model.Scope, x *g.Node, guide func(dist.Normal) dist.Distribution, prior func(dist.Normal) dist.Distribution) vi.Latent {
	b := x.Shape().Dim(0)
	row := func(name string, v float64) *g.Node {
		return g.BroadcastToDims(g.ExpandAxes(s.Param(name, model.Constant(v), 2), 0), b, 2)
	}
	q := dist.Normal{Loc: g.Add(row("mean", .2), x), LogScale: row("logsd", -.5)}
	return vi.Latent{Q: guide(q), P: prior(dist.StandardNormal(q.Loc)), Decode: func(z *g.Node) dist.Distribution {
		return dist.Normal{Loc: g.Square(z), LogScale: special.ScalarLike(z, 0)}
	}}
}

// TestGuidesWithEventAxesGiveTheSameBounds: summing ln q and ln p over the dimensions inside a
// distribution changes no bound, no weight and no gradient.
func TestGuidesWithEventAxesGiveTheSameBounds(t *testing.T) {
	plain := func(n dist.Normal) dist.Distribution { return n }
	summed := func(n dist.Normal) dist.Distribution { return vector{n} }
	scored := func(n dist.Normal) dist.Distribution { return oneWay{n} }
	x := tk.Matrix([]float64{.1, -.3, .7, 1.2, -.5, .4}, 3, 2)
	run := func(e vi.Estimator, weights bool, guide, prior func(dist.Normal) dist.Distribution) [][]float64 {
		return tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
			l := square(s, in[0], guide, prior)
			if weights {
				return []*g.Node{vi.LogWeights(s, in[0], l, 4)}
			}
			terms := e.ELBO(s, in[0], l)
			loss := terms.Loss(special.ScalarLike(in[0], .7), 0)
			_, nodes := s.Trainable()
			return append(g.Gradient(loss, nodes...), loss, g.ReduceSum(terms.KL, -1), terms.LogLik)
		}), rng.New(4), x)
	}
	same := func(name string, a, b [][]float64) {
		t.Helper()
		for i := range a {
			for j := range a[i] {
				tk.Close(t, name, b[i][j], a[i][j], 1e-12)
			}
		}
	}
	for name, c := range map[string]struct {
		e      vi.Estimator
		oneWay bool
	}{
		"ELBO":  {vi.Estimator{Samples: 4, MonteCarloKL: true}, true},
		"IWAE":  {vi.Estimator{MonteCarloKL: true, Objective: vi.IWAE{K: 4}}, true},
		"PIWAE": {vi.Estimator{MonteCarloKL: true, Objective: vi.PIWAE{M: 2, K: 2}}, true},
		"DReG":  {vi.Estimator{MonteCarloKL: true, Objective: vi.DReG{K: 4}}, false},
		"STL":   {vi.Estimator{MonteCarloKL: true, Objective: vi.STL{K: 4}}, false},
	} {
		want := run(c.e, false, plain, plain)
		same(name+", guide of vectors", want, run(c.e, false, summed, plain))
		same(name+", prior of vectors", want, run(c.e, false, plain, summed))
		same(name+", both", want, run(c.e, false, summed, summed))
		if c.oneWay {
			same(name+", guide that scores its draws", want, run(c.e, false, scored, plain))
		}
	}
	weights := run(vi.Estimator{}, true, plain, plain)
	same("weights of vectors", weights, run(vi.Estimator{}, true, summed, plain))
	same("weights of a guide that scores its draws", weights, run(vi.Estimator{}, true, scored, summed))
}

// TestJointFormOfVectors: the entropy of a guide of vectors is per datum.
func TestJointFormOfVectors(t *testing.T) {
	x := tk.Matrix([]float64{.1, -.3, .7, 1.2, -.5, .4}, 3, 2)
	joint := func(wrap func(dist.Normal) dist.Distribution) []float64 {
		return tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "joint", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.Estimator{Samples: 2}.JointForm(s, in[0], square(s, in[0], wrap, wrap))}
		}), rng.New(4), x)[0]
	}
	a := joint(func(n dist.Normal) dist.Distribution { return n })
	b := joint(func(n dist.Normal) dist.Distribution { return vector{n} })
	for i := range a {
		tk.Close(t, "second form", b[i], a[i], 1e-12)
	}
}

// TestShuffledDrawsOfAnObjective: the draws of the neighbour are decoded there as well.
func TestShuffledDrawsOfAnObjective(t *testing.T) {
	out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		terms := vi.Estimator{Shuffle: true, Objective: vi.IWAE{K: 2}}.ELBO(s, x, l)
		return []*g.Node{terms.LogLik, terms.Shuffled, g.ReduceSum(terms.KL, -1)}
	}), rng.New(4), data(3))
	for i, v := range out[1] {
		if want := out[0][i/3*3+(i%3+2)%3]; v != want {
			t.Errorf("value %d: got %v, want the neighbour's %v", i, v, want)
		}
	}
	tk.Close(t, "KL in closed form", out[2][0], toyKL, 1e-10)
}

// TestFullCovarianceGuideReachesTheEvidence: with the exact posterior of a linear-Gaussian model,
// whose covariance is not diagonal, every importance weight is p(x), both forms of the bound are
// ln p(x) in expectation, and the path derivative is 0 for every draw.
func TestFullCovarianceGuideReachesTheEvidence(t *testing.T) {
	// z ~ N(0, I), x|z ~ N(Wz, I): the posterior has precision Λ = I + WᵀW.
	const a, b, c = 1.3, .6, -.8 // W = [[a, b], [0, c]]
	l00, l01, l11 := 1+a*a, a*b, 1+b*b+c*c
	det := l00*l11 - l01*l01
	s00, s01, s11 := l11/det, -l01/det, l00/det // its covariance
	t00 := math.Sqrt(s00)
	t10 := s01 / t00
	x := []float64{.7, -1.9, 2.2, .4}
	var means, want []float64
	for i := 0; i < 4; i += 2 {
		u, v := a*x[i], b*x[i]+c*x[i+1] // Wᵀx
		means = append(means, s00*u+s01*v, s01*u+s11*v)
		// x ~ N(0, I + WWᵀ)
		c00, c01, c11 := 1+a*a+b*b, b*c, 1+c*c
		d := c00*c11 - c01*c01
		quad := (c11*x[i]*x[i] - 2*c01*x[i]*x[i+1] + c00*x[i+1]*x[i+1]) / d
		want = append(want, -math.Log(2*math.Pi)-.5*math.Log(d)-.5*quad)
	}
	run := func(fn func(s *model.Scope, x *g.Node, l vi.Latent, q dist.MultivariateNormal) []*g.Node) [][]float64 {
		return tk.Graph(t, 3, func(s *model.Scope, in []*g.Node) []*g.Node {
			tril := g.Const(in[0].Graph(), [][]float64{{t00, 0}, {t10, math.Sqrt(s11 - t10*t10)}})
			q := dist.MultivariateNormal{Loc: in[1], Tril: g.BroadcastToDims(g.ExpandAxes(tril, 0), 2, 2, 2)}
			w := g.Const(in[0].Graph(), [][]float64{{a, 0}, {b, c}}) // Wᵀ
			return fn(s, in[0], vi.Latent{Q: q, P: dist.StandardNormal(in[1]), Decode: func(z *g.Node) dist.Distribution {
				return dist.Normal{Loc: g.Dot(z, w).Product(), LogScale: special.ScalarLike(z, 0)}
			}}, q)
		}, tk.Matrix(x, 2, 2), tk.Matrix(means, 2, 2))
	}
	weights := run(func(s *model.Scope, x *g.Node, l vi.Latent, _ dist.MultivariateNormal) []*g.Node {
		return []*g.Node{vi.LogWeights(s, x, l, 5)}
	})[0]
	for i, v := range weights {
		tk.Close(t, "weight", v, want[i%2], 1e-12)
	}
	for _, o := range []vi.Objective{vi.STL{K: 3}, vi.DReG{K: 3}} {
		out := run(func(s *model.Scope, x *g.Node, l vi.Latent, q dist.MultivariateNormal) []*g.Node {
			bound := vi.Estimator{Objective: o}.ELBO(s, x, l).Bound(special.ScalarLike(x, 1))
			return append(g.Gradient(g.ReduceAllSum(bound), q.Loc, q.Tril), bound)
		})
		for _, v := range append(out[0], out[1]...) {
			tk.Close(t, o.Kind()+": gradient at the posterior", v, 0, 1e-11)
		}
		for i, v := range out[2] {
			tk.Close(t, o.Kind()+": bound", v, want[i], 1e-12)
		}
	}
}
