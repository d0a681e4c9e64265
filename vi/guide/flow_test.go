package guide_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/guide"
)

// iaf is a stack of two inverse autoregressive flows with the order reversed between them.
func iaf(s *model.Scope, n int) bij.Bijector {
	var c bij.Chain
	for i := range 2 {
		c = append(c, bij.NewIAF(s.In(fmt.Sprint("iaf", i)), n, bij.Net{Hidden: []int{24}}), bij.NewReverse(n))
	}
	return c
}

// banana is the density of (z₁, z₂ + ½z₁² − ½), z ~ N(0, I): its normaliser is 1.
func banana(_ *model.Scope, u *g.Node) *g.Node {
	a, b := g.SliceAxis(u, -1, g.AxisElem(0)), g.SliceAxis(u, -1, g.AxisElem(1))
	c := g.Sub(b, g.MulScalar(g.AddScalar(g.Square(a), -1), .5))
	quad := g.MulScalar(g.Add(g.Square(a), g.Square(c)), -.5)
	return g.AddScalar(g.Squeeze(quad, -1), -math.Log(2*math.Pi))
}

// fit maximises E_q[ln p − ln q] and returns its value for 20,000 fresh draws, with the
// standard error.
func fit(t *testing.T, q vi.Guide, logP func(s *model.Scope, u *g.Node) *g.Node, steps int) (mean, se float64) {
	t.Helper()
	adam, p := optim.NewAdam(), tk.Params(t, dtypes.Float64)
	gaps := func(s *model.Scope, m int) *g.Node {
		u, logQ := q.Draw(s, "draws", m)
		return g.Sub(logP(s, u), logQ)
	}
	step := model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := g.Neg(g.ReduceAllMean(gaps(s, 128)))
		adam.Update(s, loss, in[0], in[1])
		return []*g.Node{loss}
	}).Training()
	schedule := optim.Schedule{Kind: "cosine", Total: int64(steps)}
	for i := range int64(steps) {
		rate, correct := adam.Scalars(i+1, .01*schedule.At(i))
		tk.Values(t, step, rng.New(1).At(uint64(i)), tensors.FromValue(rate), tensors.FromValue(correct))
	}
	out := tk.Values(t, model.NewProgram(p, "bound", func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{gaps(s, 20000)}
	}), rng.New(2))
	mean, _, se = tk.Moments(out[0])
	return mean, se
}

// funnel is the density of z₁ ~ N(0, 1.5²), z₂ ~ N(0, e^{z₁}): its normaliser is 1.
func funnel(_ *model.Scope, u *g.Node) *g.Node {
	a, b := g.SliceAxis(u, -1, g.AxisElem(0)), g.SliceAxis(u, -1, g.AxisElem(1))
	wide := g.MulScalar(g.Square(a), -.5/2.25)
	narrow := g.MulScalar(g.Add(g.Mul(g.Square(b), g.Exp(g.Neg(a))), a), -.5)
	return g.AddScalar(g.Squeeze(g.Add(wide, narrow), -1), -math.Log(2*math.Pi*1.5))
}

// TestFlowGuideBends: the best normal guide of any covariance leaves a gap to the evidence
// ln 1 = 0 of more than .1, an autoregressive flow less than .03, and none is negative: four
// standard errors, false alarm 6e-5.
func TestFlowGuideBends(t *testing.T) {
	for name, target := range map[string]func(s *model.Scope, u *g.Node) *g.Node{"banana": banana, "funnel": funnel} {
		for _, c := range []struct {
			name   string
			family guide.Family
			lo, hi float64
		}{{"full rank", guide.FullRank, .1, .5}, {"IAF", guide.Flow(iaf), 0, .03}} {
			mean, se := fit(t, c.family(2, guide.Start{}), target, 1500)
			t.Logf("%s, %s: gap %.4f ± %.4f", name, c.name, -mean, se)
			if gap := -mean; gap < c.lo-4*se || gap > c.hi {
				t.Errorf("%s, %s: gap: got %.4f ± %.4f, want %v to %v", name, c.name, gap, se, c.lo, c.hi)
			}
		}
	}
}

// TestPlanarGuideOfAPotential: sixteen planar maps on U₂ of Rezende & Mohamed 2015, table 1, in
// the box [−4, 4]², where ln Z = 2.082089. The gap is −ln Z to E_q[ln q + U].
func TestPlanarGuideOfAPotential(t *testing.T) {
	q := guide.Flow(func(s *model.Scope, n int) bij.Bijector {
		bound := func(v float64) *g.Node { return g.Scalar(s.Graph(), s.DType(), v) }
		return append(bij.NewPlanar(s, n, 16), bij.Sigmoid{Low: bound(-4), High: bound(4)})
	})(2, guide.Start{})
	mean, se := fit(t, q, func(_ *model.Scope, u *g.Node) *g.Node {
		a, b := g.SliceAxis(u, -1, g.AxisElem(0)), g.SliceAxis(u, -1, g.AxisElem(1))
		r := g.Sub(b, g.Sin(g.MulScalar(a, math.Pi/2)))
		return g.AddScalar(g.Squeeze(g.MulScalar(g.Square(r), -.5/.16), -1), -2.082089)
	}, 1200)
	t.Logf("gap %.4f ± %.4f", -mean, se)
	if gap := -mean; gap < -4*se || gap > .15 {
		t.Errorf("gap: got %.4f ± %.4f, want 0 to .15", gap, se)
	}
}

// TestFlowGuideCountsItsStart: draws and densities of a new flow are those of the normal
// distribution of its start.
func TestFlowGuideCountsItsStart(t *testing.T) {
	loc, scale := []float64{1, -2}, []float64{.5, 3}
	q := guide.Flow(iaf)(2, guide.Start{Loc: loc, Scale: scale})
	out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
		u, logQ := q.Draw(s, "draws", 7)
		return []*g.Node{u, logQ}
	})
	for m := range 7 {
		want := 0.
		for j := range loc {
			z := (out[0][2*m+j] - loc[j]) / scale[j]
			want -= z*z/2 + math.Log(scale[j]*math.Sqrt(2*math.Pi))
		}
		tk.Close(t, "ln q", out[1][m], want, 1e-12)
	}
}

// TestFlowGuideGradient: by every parameter, against differences.
func TestFlowGuideGradient(t *testing.T) {
	q := guide.Flow(func(s *model.Scope, n int) bij.Bijector { return bij.NewPlanar(s, n, 2) })(2, guide.Start{})
	tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
		u, logQ := q.Draw(s, "draws", 3)
		return []*g.Node{g.ReduceAllMean(g.Sub(logQ, banana(s, u)))}
	})
}

// TestFlowGuidePathVanishesAtTheTarget: a new flow is the normal distribution of its start; with
// that as the target, the gradient without the score is zero for every draw, that with it is not.
func TestFlowGuidePathVanishesAtTheTarget(t *testing.T) {
	at := guide.Start{Loc: []float64{1, -2}, Scale: []float64{.5, 3}}
	target := func(u *g.Node) *g.Node {
		loc, scale := g.Const(u.Graph(), [][]float64{at.Loc}), g.Const(u.Graph(), [][]float64{at.Scale})
		return g.MulScalar(g.ReduceSum(g.Square(g.Div(g.Sub(u, loc), scale)), -1), -.5)
	}
	q := guide.Flow(iaf)(2, at)
	largest := func(draw func(s *model.Scope, name string, m int) (u, logQ *g.Node)) (size float64, n int) {
		grads := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := draw(s, "draws", 3)
			_, nodes := s.Trainable()
			return g.Gradient(g.ReduceAllSum(g.Sub(target(u), logQ)), nodes...)
		})
		for _, d := range grads {
			for _, v := range d {
				size, n = math.Max(size, math.Abs(v)), n+1
			}
		}
		return size, n
	}
	if size, n := largest(q.(guide.Path).DrawPath); size > 1e-12 || n < 100 {
		t.Errorf("largest of %d derivatives without the score: got %v, want 0", n, size)
	}
	if size, _ := largest(q.Draw); size < .1 {
		t.Errorf("largest derivative with the score: got %v, want more than .1", size)
	}
}
