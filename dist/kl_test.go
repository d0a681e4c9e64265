package dist_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// klCase is a pair of families whose KL has a closed form.
type klCase struct {
	q, p   string                      // names of families
	qs, ps [][]float64                 // parameters, row by row; by default the smooth rows of either
	tol    float64                     // of quadrature in place of 1e-11
	corner func(p []float64) []float64 // corners and near poles of ln p, in q's variable of quadrature
}

// klCases are all pairs of distributions of numbers; test files append theirs in init.
var klCases []klCase

// rows pairs parameters, so that those of a family with itself differ.
func (c klCase) rows() (qs, ps [][]float64) {
	if c.qs != nil {
		return c.qs, c.ps
	}
	qs, all := named(c.q).smooth, named(c.p).smooth
	for i := range qs {
		ps = append(ps, all[(i+2)%len(all)])
	}
	return qs, ps
}

// kl computes KL(q(qs) ‖ p(ps)) for rows of parameters.
func (c klCase) kl(t *testing.T, qs, ps [][]float64) []float64 {
	t.Helper()
	n := len(qs[0])
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{dist.MustKL(named(c.q).make(in[:n]), named(c.p).make(in[n:]))}
	}, append(columns(qs), columns(ps)...)...)[0]
}

// TestKLMatchesQuadratureAndDraws covers every registered pair. Draws of a right sampler fail
// with probability 6e-5 a case.
func TestKLMatchesQuadratureAndDraws(t *testing.T) {
	for _, c := range klCases {
		f, h := named(c.q), named(c.p)
		qs, ps := c.rows()
		got := c.kl(t, qs, ps)
		name := "KL(" + c.q + " ‖ " + c.p + ")"
		for i, q := range qs {
			p := ps[i]
			ratio := func(x float64) float64 { return f.logProb(x, q) - h.logProb(x, p) }
			var corners []float64
			if c.corner != nil {
				corners = c.corner(p)
			}
			tk.Close(t, fmt.Sprintf("%s%v%v", name, q, p), got[i], f.expect(q, ratio, corners...), or(c.tol, 1e-11))
			if got[i] <= 0 {
				t.Errorf("%s of different distributions: got %v, want above 0", name, got[i])
			}
			xs := f.draws(t, q, 10000, uint64(70+i))
			for k, x := range xs {
				xs[k] = ratio(x)
			}
			if slices.Max(xs)-slices.Min(xs) < 1e-12 { // of uniform distributions
				tk.Close(t, fmt.Sprintf("%s%v%v", name, q, p), got[i], xs[0], 1e-12)
				continue
			}
			tk.MeanWithin(t, fmt.Sprintf("%s%v%v", name, q, p), xs, got[i], 4)
		}
		if c.q != c.p {
			continue
		}
		for _, v := range c.kl(t, qs, qs) {
			if math.Abs(v) > 1e-15 {
				t.Errorf("%s: KL(q ‖ q): got %v, want 0", c.q, v)
			}
		}
	}
	got := klCase{q: "Normal", p: "Normal"}.kl(t, [][]float64{{.3, math.Log(.3)}}, [][]float64{{0, 0}})
	tk.Close(t, "KL(N(.3, .09) ‖ N(0, 1))", got[0], .7939728043, 1e-10)
}

func TestKLGradientMatchesDifferences(t *testing.T) {
	for _, c := range klCases {
		f, h := named(c.q), named(c.p)
		qs, ps := c.rows()
		loss := func(s *model.Scope, _ []*g.Node) []*g.Node {
			q, p := f.make(f.trainable(s.In("q"), qs)), h.make(h.trainable(s.In("p"), ps))
			return []*g.Node{g.ReduceAllSum(dist.MustKL(q, p))}
		}
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), loss)
		if want := len(qs) * (len(qs[0]) + len(ps[0])); d.Count != want {
			t.Errorf("%s ‖ %s: got %d derivatives, want %d", c.q, c.p, d.Count, want)
		}
		if t.Failed() {
			t.Fatalf("KL(%s ‖ %s)", c.q, c.p)
		}
	}
}

// TestKLTakesPriorsWithoutBatchAxes: p's parameters may be scalars or lack leading axes.
func TestKLTakesPriorsWithoutBatchAxes(t *testing.T) {
	for _, c := range klCases {
		t.Run(c.q+" ‖ "+c.p, func(t *testing.T) {
			f, h := named(c.q), named(c.p)
			qs, ps := c.rows()
			out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
				shaped := func(p []float64, shape ...int) []*g.Node {
					nodes := make([]*g.Node, len(p))
					for j, v := range p {
						nodes[j] = g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), v), shape...)
					}
					return nodes
				}
				q := f.make(shaped(qs[0], 2, 3))
				var all []*g.Node
				for _, shape := range [][]int{{2, 3}, {3}, {}} {
					all = append(all, dist.MustKL(q, h.make(shaped(ps[0], shape...))))
				}
				return all
			})
			for i, v := range out {
				if len(v) != 6 || math.Abs(v[5]-out[0][0]) > 1e-14*math.Max(1, out[0][0]) {
					t.Errorf("KL(%s ‖ %s), shape %d: got %v, want %v six times", c.q, c.p, i, v, out[0][0])
				}
			}
		})
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
	for name, want := range map[string][]float64{"Normal": normal, "Laplace": laplace} {
		got := klCase{q: name, p: name}.kl(t, q, p)
		for i := range want {
			tk.Close(t, name+" KL", got[i], want[i], 1e-10)
		}
	}
	for _, f := range []family{normalFamily, laplaceFamily} {
		for _, s := range []float64{-big, big} {
			at := [][]float64{{0, s}, {0, s}}
			xs := []float64{0, math.Exp(s)}
			got := f.evaluate(t, xs, at, logProbOf)
			for i, x := range xs {
				tk.Close(t, f.name, got[i], f.logProb(x, at[i]), 1e-10)
			}
			h := f.evaluate(t, xs, at, entropyOf)
			base := map[string]float64{"Normal": 1.4189385332046727, "Laplace": 1 + math.Ln2}[f.name]
			tk.Close(t, f.name+" entropy", h[0], base+s, 1e-12)
		}
	}
}

func TestPairWithoutClosedFormIsAnError(t *testing.T) {
	fn := func(must bool) model.Func {
		return func(_ *model.Scope, in []*g.Node) []*g.Node {
			q, p := dist.Normal{Loc: in[0], LogScale: in[0]}, dist.Cauchy{Loc: in[0], Scale: in[0]}
			if v, ok := dist.KL(q, p); ok || v != nil {
				t.Errorf("KL of a normal and a Cauchy: got %v, want none", v)
			}
			if must {
				return []*g.Node{dist.MustKL(q, p)}
			}
			return []*g.Node{in[0]}
		}
	}
	tk.Graph(t, 1, fn(false), tk.Vector(0))
	_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "kl", fn(true)).Values(key{}, tk.Vector(0))
	if err == nil || !strings.Contains(err.Error(), "KL(dist.Normal ‖ dist.Cauchy) has no closed form") {
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
		got := continuousBernoulliFamily.evaluate(t, []float64{0}, [][]float64{{l}}, logProbOf)
		if math.Abs(got[0]+math.Log(total)) > 1e-12*math.Max(1, math.Abs(got[0])) {
			t.Errorf("logit %v: ln p(0): got %v, want %v", l, got[0], -math.Log(total))
		}
	}
}

// TestDiscretizedLogisticSumsToOne covers scales far below a bin and far above the range. No
// location is the edge of a bin, where at s = 1e-13 the rounding of the edge alone counts.
func TestDiscretizedLogisticSumsToOne(t *testing.T) {
	f := discretizedLogisticFamily
	for _, loc := range []float64{-.3, 0, .11, .51, .50196, 1, 2} {
		for _, logScale := range []float64{-30, -12, -7, -5.5, -3, 0, 3, 12, 30} {
			params := make([][]float64, dist.Bins)
			for i := range params {
				params[i] = []float64{loc, logScale}
			}
			sum := 0.
			for _, v := range f.evaluate(t, levels(nil), params, logProbOf) {
				sum += math.Exp(v)
			}
			if !(math.Abs(sum-1) < 1e-11) {
				t.Errorf("location %v, ln s %v: probabilities sum to %v, want 1", loc, logScale, sum)
			}
		}
	}
}
