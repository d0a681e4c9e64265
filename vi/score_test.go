package vi_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// bits is a code of three bits, with eight states: the logits of its guide, and ln p(x, z) of
// state 4z₀ + 2z₁ + z₂.
var (
	bitLogits = []float64{.4, -.7, .1}
	bitTable  = []float64{-1.2, -3.1, -.4, -2.2, -5, -.9, -1.7, -2.8}
)

func bitsOf(state int) [3]float64 {
	return [3]float64{float64(state >> 2 & 1), float64(state >> 1 & 1), float64(state & 1)}
}

// bitQ is ln q of a state.
func bitQ(state int) float64 {
	sum := 0.
	for j, z := range bitsOf(state) {
		sum += z*bitLogits[j] - math.Log1p(math.Exp(bitLogits[j]))
	}
	return sum
}

// tableNode is the multilinear function of z, N×3, that equals the table at the corners, N.
func tableNode(z *g.Node) *g.Node {
	sum := g.ZerosLike(g.ReduceSum(z, -1))
	for state, v := range bitTable {
		term := g.MulScalar(g.OnesLike(sum), v)
		for j, b := range bitsOf(state) {
			zj := g.Slice(z, g.AxisRange(), g.AxisElem(j))
			if b == 0 {
				zj = g.OneMinus(zj)
			}
			term = g.Mul(term, g.Squeeze(zj, -1))
		}
		sum = g.Add(sum, term)
	}
	return sum
}

// given is p(x|z) whose log-density is known.
type given struct {
	dist.Distribution
	logProb *g.Node
}

func (d given) LogProb(*g.Node) *g.Node { return d.logProb }

// flat is an improper prior of density 1.
type flat struct{ dist.Distribution }

func (flat) LogProb(z *g.Node) *g.Node { return g.ZerosLike(z) }

// codes is the model of the bits with the guide's logits B×3.
func codes(logits *g.Node) vi.Latent {
	return vi.Latent{Q: dist.Bernoulli{Logits: logits}, P: flat{}, Decode: func(z *g.Node) dist.Distribution {
		return given{logProb: g.ExpandAxes(tableNode(z), -1)}
	}}
}

// tiled repeats the logits for n rows.
func tiled(n int) *tensors.Tensor {
	var flat []float64
	for range n {
		flat = append(flat, bitLogits...)
	}
	return tk.Matrix(flat, n, 3)
}

// bitProgram returns value and gradient by the logits of a bound, for rows of logits and data.
func bitProgram(t testing.TB, p *model.Params, o vi.Objective) *model.Program {
	return model.NewProgram(p, "bits", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := vi.Estimator{Objective: o}.ELBO(s, in[1], codes(in[0])).Bound(special.ScalarLike(in[0], 1))
		return []*g.Node{b, g.Gradient(g.ReduceAllSum(b), in[0])[0]}
	})
}

// expectedBits runs an estimator on all 8^K tuples of states and returns the exact expectation
// of its value and gradient.
func expectedBits(t testing.TB, o vi.Objective) (value float64, grad [3]float64) {
	t.Helper()
	k := o.Draws()
	n := 1 << (3 * k)
	noise, weights := make([]float64, k*n*3), make([]float64, n)
	for i := range n {
		logQ := 0.
		for d := range k {
			state := i >> (3 * d) & 7
			logQ += bitQ(state)
			for j, z := range bitsOf(state) {
				noise[(d*n+i)*3+j] = (1 - z) * (1 - 1e-7) // 0 is below any probability, 1 above
			}
		}
		weights[i] = math.Exp(logQ)
	}
	prog := bitProgram(t, tk.Params(t, dtypes.Float64), o).WithNoise(func(string, []int) []float64 { return noise })
	out := tk.Values(t, prog, rng.New(1), tiled(n), tk.Matrix(make([]float64, n), n, 1))
	for i, w := range weights {
		value += w * out[0][i]
		for j := range grad {
			grad[j] += w * out[1][3*i+j]
		}
	}
	return value, grad
}

// exactBits is the bound L_K or the ELBO with its gradient, by enumeration of all tuples.
func exactBits(k int, bound func(logW []float64) float64) (value float64, grad [3]float64) {
	at := func(logits []float64) float64 {
		keep := bitLogits
		bitLogits = logits
		defer func() { bitLogits = keep }()
		sum, logW := 0., make([]float64, k)
		for i := range 1 << (3 * k) {
			logQ := 0.
			for d := range k {
				state := i >> (3 * d) & 7
				logQ += bitQ(state)
				logW[d] = bitTable[state] - bitQ(state)
			}
			sum += math.Exp(logQ) * bound(logW)
		}
		return sum
	}
	for j := range grad {
		moved := func(h float64) []float64 {
			l := append([]float64(nil), bitLogits...)
			l[j] += h
			return l
		}
		grad[j] = (at(moved(tk.Step)) - at(moved(-tk.Step))) / (2 * tk.Step)
	}
	return at(bitLogits), grad
}

// TestScoreEstimatorsAreUnbiasedExactly enumerates all draws of each estimator: the expectation
// of its value is the bound, that of its gradient the bound's, to the error of differences.
func TestScoreEstimatorsAreUnbiasedExactly(t *testing.T) {
	constant := func(s *model.Scope, x *g.Node) *g.Node {
		return g.BroadcastToDims(s.Param("b", model.Constant(-1.3)), x.Shape().Dim(0))
	}
	for _, c := range []struct {
		o     vi.Objective
		bound func([]float64) float64
	}{
		{vi.REINFORCE{K: 1}, mean}, {vi.REINFORCE{K: 2}, mean}, {vi.RLOO{K: 2}, mean}, {vi.RLOO{K: 3}, mean},
		{vi.NVIL{K: 1}, mean}, {vi.NVIL{K: 2, Baseline: constant}, mean}, {vi.VIMCO{K: 2}, lk}, {vi.VIMCO{K: 3}, lk},
	} {
		value, grad := expectedBits(t, c.o)
		want, slope := exactBits(c.o.Draws(), c.bound)
		tk.Close(t, c.o.Kind()+": value", value, want, 1e-12)
		for j := range grad {
			tk.Close(t, fmt.Sprintf("%s: by logit %d", c.o.Kind(), j), grad[j], slope[j], 1e-9)
		}
	}
}

// TestMergedEstimatorsAreUnbiased holds ARM and REBAR to the gradient by enumeration; each fails
// on right draws with probability 2e-4.
func TestMergedEstimatorsAreUnbiased(t *testing.T) {
	const n = 200_000
	_, want := exactBits(1, func(logW []float64) float64 { return logW[0] })
	// The entropy of the guide is in closed form beside E ln p(x, z).
	entropy := func(j int) float64 {
		p := 1 / (1 + math.Exp(-bitLogits[j]))
		return -bitLogits[j] * p * (1 - p)
	}
	level := 0.
	for state, v := range bitTable {
		level += math.Exp(bitQ(state)) * v
	}
	for name, expect := range map[string]func(s *model.Scope, q dist.Bernoulli) *g.Node{
		"ARM": func(s *model.Scope, q dist.Bernoulli) *g.Node { return vi.ARM(s, "u", q, tableNode) },
		"REBAR": func(s *model.Scope, q dist.Bernoulli) *g.Node {
			return vi.Rebar{Eta: 1, Lambda: .5}.Expect(s, "u", q, tableNode)
		},
		"REBAR, η = 0.3": func(s *model.Scope, q dist.Bernoulli) *g.Node {
			return vi.Rebar{Eta: .3, Lambda: 2}.Expect(s, "u", q, tableNode)
		},
		"plain, as REBAR": func(s *model.Scope, q dist.Bernoulli) *g.Node {
			return vi.Rebar{Lambda: 1}.Expect(s, "u", q, tableNode)
		},
	} {
		out := tk.Graph(t, 11, func(s *model.Scope, in []*g.Node) []*g.Node {
			v := expect(s, dist.Bernoulli{Logits: in[0]})
			return []*g.Node{v, g.Gradient(g.ReduceAllSum(v), in[0])[0]}
		}, tiled(n))
		tk.MeanWithin(t, name+": value", out[0], level, 4)
		total := 0.
		for j := range 3 {
			grad := make([]float64, n)
			for i := range grad {
				grad[i] = out[1][3*i+j]
			}
			tk.MeanWithin(t, fmt.Sprintf("%s: by logit %d", name, j), grad, want[j]-entropy(j), 4)
			_, v, _ := tk.Moments(grad)
			total += v
		}
		t.Logf("%s: variance of the gradient %.3f", name, total)
	}
}

// toyVariance is the variance of the gradient by the logit of one bit with f(z) = 2 + (z − .45)²
// and q = Bernoulli(½), whose mean gradient is ¼·(f(1) − f(0)).
func toyVariance(t *testing.T, name string, fn func(s *model.Scope, logits *g.Node, f func(z *g.Node) *g.Node) *g.Node) float64 {
	t.Helper()
	const n = 100_000
	f := func(z *g.Node) *g.Node { return g.AddScalar(g.Squeeze(g.Square(g.AddScalar(z, -.45)), -1), 2) }
	out := tk.Graph(t, 13, func(s *model.Scope, in []*g.Node) []*g.Node {
		return g.Gradient(g.ReduceAllSum(fn(s, in[0], f)), in[0])
	}, tk.Matrix(make([]float64, n), n, 1))
	tk.MeanWithin(t, name, out[0], .25*(.55*.55-.45*.45), 4)
	_, v, _ := tk.Moments(out[0])
	return v
}

// TestBaselinesLowerTheVariance: leave-one-out at least 3× below plain REINFORCE of as many
// draws, as are ARM and REBAR.
func TestBaselinesLowerTheVariance(t *testing.T) {
	objective := func(o vi.Objective) func(s *model.Scope, logits *g.Node, f func(z *g.Node) *g.Node) *g.Node {
		return func(s *model.Scope, logits *g.Node, f func(z *g.Node) *g.Node) *g.Node {
			// The guide's own ln q is fixed at ln ½ here, so it is part of no signal.
			l := vi.Latent{Q: dist.Bernoulli{Logits: logits}, P: dist.Bernoulli{Logits: g.ZerosLike(logits)}, Decode: func(z *g.Node) dist.Distribution {
				return given{logProb: g.ExpandAxes(f(z), -1)}
			}}
			return vi.Estimator{Objective: o}.ELBO(s, logits, l).Bound(special.ScalarLike(logits, 1))
		}
	}
	bernoulli := func(fn func(s *model.Scope, q dist.Bernoulli, f func(z *g.Node) *g.Node) *g.Node) func(s *model.Scope, logits *g.Node, f func(z *g.Node) *g.Node) *g.Node {
		return func(s *model.Scope, logits *g.Node, f func(z *g.Node) *g.Node) *g.Node {
			return fn(s, dist.Bernoulli{Logits: logits}, f)
		}
	}
	one := toyVariance(t, "REINFORCE", objective(vi.REINFORCE{K: 1}))
	for k := 2; k <= 4; k *= 2 {
		plain := toyVariance(t, "REINFORCE", objective(vi.REINFORCE{K: k}))
		left := toyVariance(t, "RLOO", objective(vi.RLOO{K: k}))
		t.Logf("K = %d: variance %.3g plain, %.3g leave-one-out", k, plain, left)
		if left*3 > plain {
			t.Errorf("K = %d: leave-one-out: got variance %v, want at most a third of %v", k, left, plain)
		}
	}
	arm := toyVariance(t, "ARM", bernoulli(func(s *model.Scope, q dist.Bernoulli, f func(z *g.Node) *g.Node) *g.Node { return vi.ARM(s, "u", q, f) }))
	rebar := toyVariance(t, "REBAR", bernoulli(func(s *model.Scope, q dist.Bernoulli, f func(z *g.Node) *g.Node) *g.Node {
		return vi.Rebar{Eta: 1, Lambda: .5}.Expect(s, "u", q, f)
	}))
	t.Logf("one draw: variance %.3g plain, %.3g ARM, %.3g REBAR", one, arm, rebar)
	if arm*3 > one || rebar*3 > one {
		t.Errorf("ARM and REBAR: got variances %v and %v, want at most a third of %v", arm, rebar, one)
	}
}

// TestVarianceOfPathwiseAndScoreGradients: f = Σz², q = N(0, I): the variance of a single
// draw's derivative by μ₁ is 4 through the path and (d+2)(d+4) through the score.
func TestVarianceOfPathwiseAndScoreGradients(t *testing.T) {
	const n = 200_000
	for _, d := range []int{1, 20} {
		variance := func(o vi.Objective, prior func(q dist.Normal) dist.Distribution, hide bool) float64 {
			out := tk.Graph(t, uint64(20+d), func(s *model.Scope, in []*g.Node) []*g.Node {
				q := dist.Normal{Loc: g.BroadcastToDims(in[0], n, d), LogScale: g.ZerosLike(g.BroadcastToDims(in[0], n, d))}
				l := vi.Latent{Q: q, P: prior(q), Decode: func(z *g.Node) dist.Distribution { return given{logProb: g.Square(z)} }}
				if hide {
					l.Q = drawnOnly{q}
				}
				b := vi.Estimator{Objective: o}.ELBO(s, in[0], l).Bound(special.ScalarLike(in[0], 1))
				first := g.Slice(g.Gradient(g.ReduceAllSum(b), q.Loc)[0], g.AxisRange(), g.AxisElem(0))
				return []*g.Node{first}
			}, tk.Matrix(make([]float64, n), n, 1))
			_, v, _ := tk.Moments(out[0])
			return v
		}
		// ln q has no total derivative by μ, so a flat prior leaves f; for the score the prior
		// equals the guide, so that the signal is f alone.
		path := variance(vi.Averaged{K: 1}, func(dist.Normal) dist.Distribution { return flat{} }, false)
		score := variance(vi.REINFORCE{K: 1}, func(q dist.Normal) dist.Distribution { return dist.StandardNormal(q.Loc) }, true)
		want := float64((d + 2) * (d + 4))
		t.Logf("d = %d: variance %.3f through the path, %.2f through the score", d, path, score)
		if math.Abs(path/4-1) > .05 || math.Abs(score/want-1) > .05 {
			t.Errorf("d = %d: got variances %v and %v, want 4 and %v within 5 %%", d, path, score, want)
		}
	}
}

// drawnOnly hides that draws of a distribution have a gradient.
type drawnOnly struct{ dist.Distribution }

// TestLearnedBaselineQuietensTheSignal: after some hundred steps of gradient descent the
// baseline and the running centre have found the level of ln w, and the gradient's variance is
// at least 3× lower.
func TestLearnedBaselineQuietensTheSignal(t *testing.T) {
	const n = 500
	o := vi.NVIL{K: 1, Baseline: func(s *model.Scope, x *g.Node) *g.Node {
		w := s.Param("w", model.Constant(0))
		return g.Squeeze(g.Mul(w, x), -1)
	}}
	p := tk.Params(t, dtypes.Float64)
	x := make([]float64, n)
	rng.New(3).NormalFloat64(x)
	// ln w is −3x plus that of the bits: b(x) = −3x, and the centre is the ELBO of the bits.
	latent := func(logits, x *g.Node) vi.Latent {
		l := codes(logits)
		l.Decode = func(z *g.Node) dist.Distribution {
			return given{logProb: g.Sub(g.ExpandAxes(tableNode(z), -1), g.MulScalar(x, 3))}
		}
		return l
	}
	step := model.NewProgram(p, "fit", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := vi.Estimator{Objective: o}.ELBO(s, in[1], latent(in[0], in[1])).Loss(special.ScalarLike(in[0], 1), 0)
		names, nodes := s.Trainable()
		for i, d := range g.Gradient(loss, nodes...) {
			s.Update(names[i], g.Sub(nodes[i], g.MulScalar(d, .05)))
		}
		return []*g.Node{loss}
	}).Training()
	noisy := model.NewProgram(p, "noise", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := vi.Estimator{Objective: o}.ELBO(s, in[1], latent(in[0], in[1])).Bound(special.ScalarLike(in[0], 1))
		return g.Gradient(g.ReduceAllSum(b), in[0])
	})
	in := tk.Matrix(x, n, 1)
	variance := func() float64 {
		_, v, _ := tk.Moments(tk.Values(t, noisy, rng.New(77), tiled(n), in)[0])
		return v
	}
	before := variance()
	for i := range 200 {
		tk.Values(t, step, rng.New(uint64(i)), tiled(n), in)
	}
	after := variance()
	values := map[string]float64{}
	for _, a := range tk.Export(t, p) {
		values[a.Name] = a.Data[0]
	}
	level, _ := exactBits(1, func(logW []float64) float64 { return logW[0] })
	tk.Close(t, "slope of the baseline", values["objective/baseline/w"], -3, .05)
	tk.Close(t, "running centre", values["objective/centre"], level, .1)
	if after*3 > before {
		t.Errorf("variance: got %v after %v, want it at least 3× lower", after, before)
	}
}

// TestObjectivesSayWhatTheyCannotDo: leaving one of one out, path derivatives and plain bounds
// of draws without gradient, free bits, and a bound that is built twice.
func TestObjectivesSayWhatTheyCannotDo(t *testing.T) {
	run := func(fn func(s *model.Scope, in []*g.Node) []*g.Node) error {
		_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "test", fn).Values(rng.New(1), tiled(2), data(2))
		return err
	}
	bound := func(o vi.Objective) func(s *model.Scope, in []*g.Node) []*g.Node {
		return func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.Estimator{Objective: o}.ELBO(s, in[1], codes(in[0])).Bound(special.ScalarLike(in[0], 1))}
		}
	}
	for name, fn := range map[string]func(s *model.Scope, in []*g.Node) []*g.Node{
		"one left out of one": bound(vi.RLOO{K: 1}),
		"VIMCO of one":        bound(vi.VIMCO{K: 1}),
		"path of bits":        bound(vi.STL{K: 1}),
		"tail-adaptive bits":  bound(vi.TailAdaptive{K: 2}),
		"ELBO of bits by path": func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.Estimator{}.ELBO(s, in[1], codes(in[0])).KL}
		},
		"free bits": func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.Estimator{Objective: vi.RLOO{K: 2}}.ELBO(s, in[1], codes(in[0])).Loss(special.ScalarLike(in[0], 1), .1)}
		},
		"built twice": func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := vi.Estimator{Objective: vi.RLOO{K: 2}}.ELBO(s, in[1], codes(in[0]))
			one := special.ScalarLike(in[0], 1)
			return []*g.Node{g.Add(terms.Bound(one), terms.Bound(one))}
		},
	} {
		if err := run(fn); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
	if err := run(bound(vi.RLOO{K: 2})); err != nil {
		t.Errorf("leave-one-out of two: %v", err)
	}
}
