package vi_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"

	"github.com/gomlx/compute/dtypes"
)

// The toy: z ~ N(0, 1), x|z ~ N(2z + 1, .5²) at x = 2, with the guide N(.3, .3²). Its
// evidence, posterior and bound are known in closed form.
const (
	toyX        = 2.
	toyEvidence = -1.7600450835
	toyELBO     = -2.0597641570
	toyRec      = -1.2657913526
	toyKL       = .7939728043
	toyGap      = .2997190735
	postMean    = .4705882353
	postVar     = .0588235294
)

// toy is the model with the guide N(mean, sd²), whose parameters are graph parameters.
func toy(s *model.Scope, x *g.Node, mean, sd float64) vi.Latent {
	shape := func(n *g.Node) *g.Node { return g.BroadcastToDims(n, x.Shape().Dim(0), 1) }
	loc := shape(s.Param("mean", model.Constant(mean)))
	scale := shape(s.Param("logsd", model.Constant(math.Log(sd))))
	return vi.Latent{
		Q: dist.Normal{Loc: loc, LogScale: scale},
		P: dist.StandardNormal(loc),
		Decode: func(z *g.Node) dist.Distribution {
			return dist.Normal{Loc: g.AddScalar(g.MulScalar(z, 2), 1), LogScale: special.ScalarLike(z, math.Log(.5))}
		},
	}
}

// data returns n rows of x = 2.
func data(n int) *tensors.Tensor {
	x := make([]float64, n)
	for i := range x {
		x[i] = toyX
	}
	return tk.Matrix(x, n, 1)
}

// program evaluates terms of the toy.
func program(t *testing.T, mean, sd float64, fn func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node) *model.Program {
	return model.NewProgram(tk.Params(t, dtypes.Float64), "toy", func(s *model.Scope, in []*g.Node) []*g.Node {
		return fn(s, in[0], toy(s, in[0], mean, sd))
	})
}

// nodes fixes the noise to quadrature nodes, one draw a node for a single datum.
func nodes(p *model.Program, eps []float64) *model.Program {
	return p.WithNoise(func(_ string, dims []int) []float64 {
		if size := dims[0] * dims[1] * dims[2]; size != len(eps) {
			panic("one draw a node is wanted")
		}
		return eps
	})
}

// expected weighs the draws of a quadrature.
func expected(values, weights []float64) float64 {
	sum := 0.
	for i, w := range weights {
		sum += w * values[i]
	}
	return sum
}

// bothForms returns reconstruction, KL and the bound in its second form, by quadrature that
// is exact for these quadratic integrands.
func bothForms(t *testing.T, mean, sd float64) (rec, kl, joint float64) {
	eps, w := tk.NormalNodes(20)
	e := vi.Estimator{Samples: len(eps)}
	out := tk.Values(t, nodes(program(t, mean, sd, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		terms := e.ELBO(s, x, l)
		return []*g.Node{terms.LogLik, terms.KL}
	}), eps), rng.New(1), data(1))
	form := tk.Values(t, nodes(program(t, mean, sd, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		return []*g.Node{e.JointForm(s, x, l)}
	}), eps), rng.New(1), data(1))
	return expected(out[0], w), out[1][0], expected(form[0], w)
}

func TestBoundOfTheToyIsExact(t *testing.T) {
	rec, kl, joint := bothForms(t, .3, .3)
	tk.Close(t, "reconstruction", rec, toyRec, 1e-10)
	tk.Close(t, "KL", kl, toyKL, 1e-10)
	tk.Close(t, "bound", rec-kl, toyELBO, 1e-10)
	tk.Close(t, "second form of the bound", joint, rec-kl, 1e-12)
	toPosterior := .5*(.09/postVar+(.3-postMean)*(.3-postMean)/postVar-1) - math.Log(.3/math.Sqrt(postVar))
	tk.Close(t, "KL(q ‖ posterior)", toPosterior, toyGap, 1e-9)
	tk.Close(t, "gap", toyEvidence-(rec-kl), toyGap, 1e-9)
}

func TestBoundIsTightAtThePosterior(t *testing.T) {
	mean, sd := 8./17, math.Sqrt(1./17)
	tk.Close(t, "posterior mean", mean, postMean, 1e-10)
	tk.Close(t, "posterior variance", sd*sd, postVar, 1e-10)
	// x ~ N(1, 4 + ¼)
	evidence := -.5*math.Log(2*math.Pi*4.25) - 1/(2*4.25)
	tk.Close(t, "ln p(x)", evidence, toyEvidence, 1e-10)
	rec, kl, joint := bothForms(t, mean, sd)
	tk.Close(t, "bound at the posterior", rec-kl, evidence, 1e-12)
	tk.Close(t, "second form at the posterior", joint, evidence, 1e-12)
	for _, d := range []float64{-.1, .1} {
		if rec, kl, _ := bothForms(t, mean+d, sd); rec-kl >= evidence {
			t.Errorf("bound beside the posterior: got %v, want below ln p(x) = %v", rec-kl, evidence)
		}
	}
}

// TestDrawsEstimateTheBound fails on right draws with probability 6e-5 a line.
func TestDrawsEstimateTheBound(t *testing.T) {
	const n = 20000
	for _, mc := range []bool{false, true} {
		e := vi.Estimator{MonteCarloKL: mc}
		out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
			terms := e.ELBO(s, x, l)
			return []*g.Node{g.Reshape(terms.LogLik, n), g.Reshape(terms.KL, n), g.Reshape(e.JointForm(s.In("other"), x, l), n)}
		}), rng.New(2), data(n))
		tk.MeanWithin(t, "reconstruction", out[0], toyRec, 4)
		tk.MeanWithin(t, "second form", out[2], toyELBO, 4)
		if mc {
			tk.MeanWithin(t, "KL from draws", out[1], toyKL, 4)
		} else {
			tk.Close(t, "KL in closed form", out[1][n-1], toyKL, 1e-10)
		}
	}
}

// TestManyDrawsLowerTheVarianceOnly: for M draws the variance is that of one over M.
func TestManyDrawsLowerTheVarianceOnly(t *testing.T) {
	const n, m = 8000, 8
	estimate := func(m int) []float64 {
		out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
			return []*g.Node{g.ReduceMean(vi.Estimator{Samples: m}.ELBO(s, x, l).LogLik, 0)}
		}), rng.New(3), data(n))
		return out[0]
	}
	one, many := estimate(1), estimate(m)
	tk.MeanWithin(t, "one draw", one, toyRec, 4)
	tk.MeanWithin(t, "eight draws", many, toyRec, 4)
	_, v1, _ := tk.Moments(one)
	_, vm, _ := tk.Moments(many)
	// ln p(x|z) is quadratic in ε: its variance is that of a + bε + cε², b² + 2c².
	b, c := 4*.6*(2-1-.6), -2*.6*.6
	if want := b*b + 2*c*c; math.Abs(v1/want-1) > .15 || math.Abs(vm*m/want-1) > .15 {
		t.Errorf("variances: got %v and %v, want %v and a %dth", v1, vm, want, m)
	}
}

// TestImportanceLadder holds L_K to published values: −2.0606 ± .0015, −1.7999 ± .0007,
// −1.7633 ± .0004, −1.7605 ± .0004. With four combined standard errors a right estimator
// fails with probability 6e-5 a rung.
func TestImportanceLadder(t *testing.T) {
	last := math.Inf(-1)
	for _, c := range []struct {
		k, n     int
		want, se float64
	}{{1, 40000, -2.0606, .0015}, {5, 40000, -1.7999, .0007}, {50, 10000, -1.7633, .0004}, {500, 2000, -1.7605, .0004}} {
		out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
			return []*g.Node{vi.LogWeights(s, x, l, c.k)}
		}), rng.New(uint64(c.k)), data(c.n))
		bounds := make([]float64, c.n)
		for i := range bounds {
			var sum vi.ImportanceSum
			for k := range c.k {
				sum.Add(out[0][k*c.n+i])
			}
			bounds[i] = sum.LogEvidence()
		}
		mean, _, se := tk.Moments(bounds)
		if limit := 4 * math.Hypot(se, c.se); math.Abs(mean-c.want) > limit {
			t.Errorf("L_%d: got %.5f ± %.5f, want %v ± %v", c.k, mean, se, c.want, c.se)
		}
		if c.k == 1 {
			tk.MeanWithin(t, "L_1 is the bound", bounds, toyELBO, 4)
		}
		if mean <= last || mean > toyEvidence+4*se {
			t.Errorf("L_%d: got %v, want above %v and at most ln p(x)", c.k, mean, last)
		}
		last = mean
	}
}

func TestShuffleDecodesTheNeighboursDraws(t *testing.T) {
	out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		terms := vi.Estimator{Samples: 2, Shuffle: true}.ELBO(s, x, l)
		return []*g.Node{terms.LogLik, terms.Shuffled}
	}), rng.New(4), data(5))
	for m := range 2 { // all data are equal, so shuffled draws give the neighbour's values
		for i := range 5 {
			if got, want := out[1][m*5+i], out[0][m*5+(i+4)%5]; got != want {
				t.Errorf("draw %d of datum %d: got %v, want its neighbour's %v", m, i, got, want)
			}
		}
	}
	one := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		terms := vi.Estimator{Shuffle: true}.ELBO(s, x, l)
		return []*g.Node{terms.LogLik, terms.Shuffled}
	}), rng.New(4), data(1))
	if one[0][0] != one[1][0] {
		t.Errorf("a single datum has no neighbour: got %v and %v, want equal", one[0], one[1])
	}
}

func TestJointFormNeedsAnEntropy(t *testing.T) {
	_, err := program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		l.Q = noEntropy{l.Q.(dist.Normal)}
		return []*g.Node{vi.Estimator{}.JointForm(s, x, l)}
	}).Values(rng.New(1), data(1))
	if err == nil {
		t.Error("a guide without entropy has no second form, but there is no error")
	}
}

// noEntropy hides the entropy of a distribution; the KL divergence has no closed form either.
type noEntropy struct{ dist.Reparameterized }

// TestUnknownPairFallsBackToDraws: the estimate has the right mean (4 standard errors).
func TestUnknownPairFallsBackToDraws(t *testing.T) {
	const n = 20000
	out := tk.Values(t, program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		l.Q = noEntropy{l.Q.(dist.Normal)}
		return []*g.Node{g.Reshape(vi.Estimator{}.ELBO(s, x, l).KL, n)}
	}), rng.New(5), data(n))
	tk.MeanWithin(t, "KL", out[0], toyKL, 4)
}

// TestGradientsOfTheToy checks the bound, its second form and the importance bound.
func TestGradientsOfTheToy(t *testing.T) {
	for name, fn := range map[string]func(s *model.Scope, x *g.Node, l vi.Latent) *g.Node{
		"analytic KL": func(s *model.Scope, x *g.Node, l vi.Latent) *g.Node {
			return vi.Estimator{Samples: 3}.ELBO(s, x, l).Loss(special.ScalarLike(x, .7), 0)
		},
		"KL from draws": func(s *model.Scope, x *g.Node, l vi.Latent) *g.Node {
			return vi.Estimator{Samples: 3, MonteCarloKL: true}.ELBO(s, x, l).Loss(special.ScalarLike(x, 1), 0)
		},
		"second form": func(s *model.Scope, x *g.Node, l vi.Latent) *g.Node {
			return g.ReduceAllMean(vi.Estimator{}.JointForm(s, x, l))
		},
		"importance bound": func(s *model.Scope, x *g.Node, l vi.Latent) *g.Node {
			return g.ReduceAllMean(special.LogSumExp(vi.LogWeights(s, x, l, 5), 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			loss := func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{fn(s, in[0], toy(s, in[0], .3, .3))}
			}
			if d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), loss, data(3)); d.Count != 2 {
				t.Errorf("got %d derivatives, want 2", d.Count)
			}
		})
	}
}

// TestShuffledGapOfTheExactGuide: with x ~ N(1, 4.25) and the exact posterior as guide, codes
// of other data have E(x − 1 − 2z′)² = 8.25 against .25 for a datum's own, so they cost
// (8.25 − .25)/(2·.25) = 16 nats. Right draws fail with probability 6e-5.
func TestShuffledGapOfTheExactGuide(t *testing.T) {
	const n = 20000
	x := make([]float64, n)
	rng.New(31).NormalFloat64(x)
	for i := range x {
		x[i] = 1 + math.Sqrt(4.25)*x[i]
	}
	out := tk.Values(t, program(t, 0, math.Sqrt(1./17), func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		q := l.Q.(dist.Normal)
		q.Loc = g.MulScalar(g.AddScalar(x, -1), 8./17)
		l.Q = q
		terms := vi.Estimator{Shuffle: true}.ELBO(s, x, l)
		return []*g.Node{g.Sub(terms.LogLik, terms.Shuffled)}
	}), rng.New(6), tk.Matrix(x, n, 1))
	tk.MeanWithin(t, "gap", out[0], 16, 4)
}
