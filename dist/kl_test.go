package dist_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// kl computes KL(f(q) ‖ f(p)) for rows of parameters.
func (f family) kl(t *testing.T, q, p [][]float64) []float64 {
	t.Helper()
	n := len(q[0])
	var in []*tensors.Tensor
	for j := range 2 * n {
		column := make([]float64, len(q))
		for i := range q {
			column[i] = append(append([]float64{}, q[i]...), p[i]...)[j]
		}
		in = append(in, tk.Vector(column...))
	}
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{dist.MustKL(f.make(in[:n]), f.make(in[n:]))}
	}, in...)[0]
}

// TestKLMatchesQuadratureAndDraws covers every registered pair, which here is a family with
// itself. Draws of a right sampler fail with probability 6e-5 a case.
func TestKLMatchesQuadratureAndDraws(t *testing.T) {
	for _, f := range families[:3] {
		for i, q := range f.smooth {
			p := f.smooth[(i+2)%len(f.smooth)]
			got := f.kl(t, [][]float64{q, q}, [][]float64{p, q})
			ratio := func(x float64) float64 { return f.logProb(x, q) - f.logProb(x, p) }
			want := f.expect(q, ratio)
			if f.kink { // the second density has its corner inside the interval
				want = tk.Integrate(func(x float64) float64 { return math.Exp(f.logProb(x, q)) * ratio(x) }, f.lo(q), f.hi(q), 40000)
				tk.Close(t, f.name, got[0], want, 1e-6)
			} else {
				tk.Close(t, f.name, got[0], want, 1e-11)
			}
			if math.Abs(got[1]) > 1e-15 {
				t.Errorf("%s: KL(q ‖ q): got %v, want 0", f.name, got[1])
			}
			if got[0] <= 0 {
				t.Errorf("%s: KL of different distributions: got %v, want above 0", f.name, got[0])
			}
			xs := f.draws(t, q, 10000, uint64(70+i))
			for k, x := range xs {
				xs[k] = ratio(x)
			}
			tk.MeanWithin(t, f.name+" KL", xs, got[0], 4)
		}
	}
	got := families[0].kl(t, [][]float64{{.3, math.Log(.3)}}, [][]float64{{0, 0}})
	tk.Close(t, "KL(N(.3, .09) ‖ N(0, 1))", got[0], .7939728043, 1e-10)
}

func TestKLGradientMatchesDifferences(t *testing.T) {
	for _, f := range families[:3] {
		loss := func(s *model.Scope, _ []*g.Node) []*g.Node {
			nodes := func(who string, shift int) []*g.Node {
				out := make([]*g.Node, len(f.smooth[0]))
				for j := range out {
					moved := f
					moved.smooth = append(append([][]float64{}, f.smooth[shift:]...), f.smooth[:shift]...)
					out[j] = s.In(who).Param([]string{"first", "second"}[j], moved.column(j), len(f.smooth))
				}
				return out
			}
			return []*g.Node{g.ReduceAllSum(dist.MustKL(f.make(nodes("q", 0)), f.make(nodes("p", 1))))}
		}
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), loss)
		if want := 2 * len(f.smooth) * len(f.smooth[0]); d.Count != want {
			t.Errorf("%s: got %d derivatives, want %d", f.name, d.Count, want)
		}
	}
}

// TestExtremeScalesStayFinite uses σ = 1e±20 on either side.
func TestExtremeScalesStayFinite(t *testing.T) {
	big := 20 * math.Ln10
	q := [][]float64{{0, -big}, {0, big}, {0, 0}, {1, 0}, {0, -big}, {1e-20, -big}}
	p := [][]float64{{0, 0}, {0, 0}, {0, big}, {0, -big}, {0, big}, {0, -big}}
	normal := []float64{
		.5*(1e-40-1) + big, .5*(1e40-1) - big, .5*(1e-40-1) + big, .5*(1e40+1e40-1) - big, -.5 + 2*big, .5,
	}
	laplace := []float64{
		big + 1e-20 - 1, -big + 1e20 - 1, big + 1e-20 - 1, -big + (math.Exp(-1)+1)*1e20 - 1, 2*big - 1, math.Exp(-1),
	}
	for k, want := range [][]float64{normal, laplace} {
		got := families[k].kl(t, q, p)
		for i := range want {
			tk.Close(t, families[k].name+" KL", got[i], want[i], 1e-10)
		}
	}
	for _, f := range families[:2] {
		for _, s := range []float64{-big, big} {
			at := [][]float64{{0, s}, {0, s}}
			xs := []float64{0, math.Exp(s)}
			got := f.evaluate(t, xs, at, func(d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) })
			for i, x := range xs {
				tk.Close(t, f.name, got[i], f.logProb(x, at[i]), 1e-10)
			}
			h := f.evaluate(t, xs, at, func(d dist.Distribution, _ *g.Node) *g.Node { return d.(dist.Entropic).Entropy() })
			base := map[string]float64{"Normal": 1.4189385332046727, "Laplace": 1 + math.Ln2}[f.name]
			tk.Close(t, f.name+" entropy", h[0], base+s, 1e-12)
		}
	}
}

func TestPairWithoutClosedFormIsAnError(t *testing.T) {
	fn := func(must bool) model.Func {
		return func(_ *model.Scope, in []*g.Node) []*g.Node {
			q, p := dist.Normal{Loc: in[0], LogScale: in[0]}, dist.Laplace{Loc: in[0], LogScale: in[0]}
			if v, ok := dist.KL(q, p); ok || v != nil {
				t.Errorf("KL of a normal and a Laplace: got %v, want none", v)
			}
			if must {
				return []*g.Node{dist.MustKL(q, p)}
			}
			return []*g.Node{in[0]}
		}
	}
	tk.Graph(t, 1, fn(false), tk.Vector(0))
	_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "kl", fn(true)).Values(key{}, tk.Vector(0))
	if err == nil || !strings.Contains(err.Error(), "KL(dist.Normal ‖ dist.Laplace) has no closed form") {
		t.Errorf("got error %v, want one that names the pair", err)
	}
}

// TestContinuousBernoulliIsNormalised integrates the graph's own density, for λ = σ(l) from
// 1e-6 to 1 − 1e-6 and on both sides of the switches to series.
func TestContinuousBernoulliIsNormalised(t *testing.T) {
	var logits []float64
	for _, lambda := range []float64{1e-6, 1e-4, .01, .1, .25, .4, .49, .499, .5 - 1e-6, .5} {
		l := math.Log(lambda / (1 - lambda))
		logits = append(logits, l, -l)
	}
	logits = append(logits, .0499999, .0500001, -.0499999, -.0500001, .2999999, .3000001, -.2999999, -.3000001)
	for _, l := range logits {
		total := tk.Integrate(func(x float64) float64 { return math.Exp(x * l) }, 0, 1, 12)
		got := families[3].evaluate(t, []float64{0}, [][]float64{{l}}, func(d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) })
		if math.Abs(got[0]+math.Log(total)) > 1e-12*math.Max(1, math.Abs(got[0])) {
			t.Errorf("logit %v: ln p(0): got %v, want %v", l, got[0], -math.Log(total))
		}
	}
}

// TestDiscretizedLogisticSumsToOne covers scales far below a bin and far above the range. No
// location is the edge of a bin, where at s = 1e-13 the rounding of the edge alone counts.
func TestDiscretizedLogisticSumsToOne(t *testing.T) {
	f := families[4]
	for _, loc := range []float64{-.3, 0, .11, .51, .50196, 1, 2} {
		for _, logScale := range []float64{-30, -12, -7, -5.5, -3, 0, 3, 12, 30} {
			params := make([][]float64, len(f.values))
			for i := range params {
				params[i] = []float64{loc, logScale}
			}
			sum := 0.
			for _, v := range f.evaluate(t, f.values, params, func(d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) }) {
				sum += math.Exp(v)
			}
			if !(math.Abs(sum-1) < 1e-11) {
				t.Errorf("location %v, ln s %v: probabilities sum to %v, want 1", loc, logScale, sum)
			}
		}
	}
}
