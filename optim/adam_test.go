package optim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// bowl is the loss Σ aᵢ(wᵢ − cᵢ)² + (u·w₀)², over a vector w and a scalar u.
func bowl(s *model.Scope) *g.Node {
	w, u := s.Param("w", model.Constant(1), 3), s.Param("u", model.Constant(-2))
	a, c := g.Const(s.Graph(), []float64{1, 30, .01}), g.Const(s.Graph(), []float64{3, -1, 500})
	first := g.Squeeze(g.Slice(w, g.AxisElem(0)), 0)
	return g.Add(g.ReduceAllSum(g.Mul(a, g.Square(g.Sub(w, c)))), g.Square(g.Mul(u, first)))
}

// slopes is the gradient of bowl by w₀, w₁, w₂, u.
func slopes(w []float64) []float64 {
	return []float64{
		2*(w[0]-3) + 2*w[3]*w[3]*w[0], 60 * (w[1] + 1), .02 * (w[2] - 500), 2 * w[3] * w[0] * w[0],
	}
}

// plain is Adam with loops (Kingma & Ba 2015, algorithm 1), clipping first.
type plain struct{ w, m, v []float64 }

func (p *plain) step(t int, lr, clip float64) (norm float64) {
	grad := slopes(p.w)
	for _, d := range grad {
		norm += d * d
	}
	norm = math.Sqrt(norm)
	for i, d := range grad {
		if clip > 0 && norm > clip {
			d *= clip / norm
		}
		p.m[i] = .9*p.m[i] + .1*d
		p.v[i] = .999*p.v[i] + .001*d*d
		mHat, vHat := p.m[i]/(1-math.Pow(.9, float64(t))), p.v[i]/(1-math.Pow(.999, float64(t)))
		p.w[i] -= lr * mHat / (math.Sqrt(vHat) + 1e-8)
	}
	return norm
}

func TestAdamFollowsTheAlgorithm(t *testing.T) {
	for _, clip := range []float64{0, 5, 1e9} {
		adam := optim.NewAdam()
		adam.Clip = clip
		p := tk.Params(t, dtypes.Float64)
		prog := model.NewProgram(p, "adam", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{adam.Update(s, bowl(s), in[0], in[1])}
		}).Training()
		ref := &plain{[]float64{1, 1, 1, -2}, make([]float64, 4), make([]float64, 4)}
		for step := 1; step <= 20; step++ {
			lr := .1 / float64(step)
			rate, correct := adam.Scalars(int64(step), lr)
			res, err := prog.Run(rng.Key{}, model.Scalar(dtypes.Float64, rate), model.Scalar(dtypes.Float64, correct))
			if err != nil {
				t.Fatal(err)
			}
			out, err := res.Floats()
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, "norm before clipping", out[0][0], ref.step(step, lr, clip), 1e-12)
			got := map[string][]float64{}
			for _, a := range tk.Export(t, p) {
				got[a.Name] = a.Data
			}
			for i, want := range ref.w {
				v := append(append([]float64{}, got["w"]...), got["u"]...)[i]
				m := append(append([]float64{}, got["optimizer/w/m"]...), got["optimizer/u/m"]...)[i]
				tk.Close(t, fmt.Sprintf("clip %v, step %d, parameter %d", clip, step, i), v, want, 1e-12)
				tk.Close(t, "first moment", m, ref.m[i], 1e-12)
			}
		}
		if n := p.Count(); n != 4 {
			t.Errorf("trainable values: got %d, want 4 without the moments", n)
		}
	}
}

// TestScalarsKeepTheirDigits: 1 − .999ᵗ at t = 1 is .001 to 13 digits.
func TestScalarsKeepTheirDigits(t *testing.T) {
	rate, correct := optim.NewAdam().Scalars(1, .5)
	tk.Close(t, "rate", rate, 5, 1e-14)
	tk.Close(t, "correction", correct, 1000, 1e-12)
	rate, correct = optim.NewAdam().Scalars(1e7, .5)
	if rate != .5 || correct != 1 {
		t.Errorf("after many steps: got %v and %v, want .5 and 1", rate, correct)
	}
}

func TestLossWithoutParametersIsAnError(t *testing.T) {
	_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "none", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{optim.NewAdam().Update(s, g.ReduceAllSum(in[0]), in[0], in[0])}
	}).Run(rng.Key{}, tk.Vector(1))
	if err == nil || !strings.Contains(err.Error(), "optim: the loss depends on no trainable parameter") {
		t.Errorf("got error %v", err)
	}
}

// clipped returns two arrays clipped to a common norm c, and the norm before.
func clipped(t *testing.T, a, b []float64, c float64) (x, y []float64, norm float64) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		n := optim.GlobalNorm(in)
		return append(optim.ClipByNorm(in, n, c), n)
	}, tk.Vector(a...), tk.Matrix(b, 1, len(b)))
	return out[0], out[1], out[2][0]
}

func TestClippingKeepsTheDirection(t *testing.T) {
	a, b := []float64{3, 0, -1e-3}, []float64{-4, 12}
	want := math.Sqrt(9 + 1e-6 + 16 + 144)
	for _, c := range []float64{1e-6, 1, 13, 13.1, 1e9} {
		x, y, norm := clipped(t, a, b, c)
		tk.Close(t, "norm before", norm, want, 1e-14)
		scale, after := math.Min(1, c/want), 0.
		for i, v := range append(x, y...) {
			tk.Close(t, "clipped value", v, append(append([]float64{}, a...), b...)[i]*scale, 1e-12)
			after += v * v
		}
		if math.Sqrt(after) > c*(1+1e-12) {
			t.Errorf("limit %v: got norm %v", c, math.Sqrt(after))
		}
	}
	if x, _, norm := clipped(t, []float64{0, 0}, []float64{0}, 1); norm != 0 || x[0] != 0 {
		t.Errorf("gradient 0: got norm %v and %v", norm, x)
	}
}

// TestNormShowsWhatIsNotFinite: clipping must not hide it, so that a trainer can stop.
func TestNormShowsWhatIsNotFinite(t *testing.T) {
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		if _, _, norm := clipped(t, []float64{1, bad}, []float64{2}, 1); !math.IsNaN(norm) && !math.IsInf(norm, 0) {
			t.Errorf("gradient with %v: got norm %v, want one that is not finite", bad, norm)
		}
	}
}
