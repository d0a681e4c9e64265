package eval_test

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// correlated is a model whose posterior precision is [[2, .9], [.9, 1.5]]: a prior of precision
// .1 and WᵀW = [[1.9, .9], [.9, 1.4]] with σ = 1.
func correlated() linear {
	a := math.Sqrt(1.9)
	b := .9 / a
	return linear{w: [][]float64{{a, b}, {0, math.Sqrt(1.4 - b*b)}}, sigma: 1, prior: -.5 * math.Log(.1)}
}

// mmse is the guide with the exact posterior means, E z = Λ⁻¹Wᵀx, and the variances 1/Λ_jj of
// the best diagonal one; spoil moves the means.
func (m linear) mmse(spoil float64) func(s *model.Scope, x *g.Node) dist.Normal {
	const det = 2*1.5 - .9*.9
	inverse := [][]float64{{1.5 / det, -.9 / det}, {-.9 / det, 2 / det}}
	gain := make([][]float64, 2) // (Λ⁻¹Wᵀ)ᵀ, D×L
	for d := range gain {
		gain[d] = make([]float64, 2)
		for j := range 2 {
			for k := range 2 {
				gain[d][j] += inverse[j][k] * m.w[d][k]
			}
		}
	}
	return func(_ *model.Scope, x *g.Node) dist.Normal {
		mean := g.Dot(x, g.ConvertDType(g.Const(x.Graph(), gain), x.DType())).Product()
		logSD := g.Const(x.Graph(), [][]float64{{-.5 * math.Log(2), -.5 * math.Log(1.5)}})
		return dist.Normal{Loc: g.AddScalar(mean, spoil), LogScale: g.BroadcastToDims(g.ConvertDType(logSD, x.DType()), x.Shape().Dim(0), 2)}
	}
}

// TestGapsOfALinearModel: the linear map to the posterior's mean leaves no amortisation gap, and
// the mean field costs ½(Σ ln Λ_jj − ln|Λ|) = .157355; a guide that is off by δ loses δᵀΛδ/2.
func TestGapsOfALinearModel(t *testing.T) {
	m := correlated()
	field := .5 * (math.Log(2) + math.Log(1.5) - math.Log(2*1.5-.81))
	tk.Close(t, "gap of the mean field", field, .157355, 1e-6)
	x := make([]float32, 30*2)
	rng.New(4).Normal(x)
	for i := range x {
		x[i] *= 3
	}
	c := eval.GapSettings{Steps: 400, LR: .05, Draws: 16, Average: 200, Weights: 20_000}
	for _, spoil := range []float64{0, .4} {
		e := eval.Evidence{Params: tk.Params(t, dtypes.Float64), Latent: m.latent(m.mmse(spoil))}
		r, err := eval.FindGaps(context.Background(), e, x, 2, nil, c, rng.New(1))
		if err != nil {
			t.Fatal(err)
		}
		approximation, se := r.Approximation()
		amortization, _ := r.Amortization()
		inference, _ := r.Inference()
		off := spoil * spoil * (2 + .9 + .9 + 1.5) / 2
		t.Logf("δ = %v: approximation %.5f ± %.5f, amortisation %.5f, inference %.5f", spoil, approximation, se, amortization, inference)
		tk.Close(t, "approximation gap", approximation, field, .01)
		tk.Close(t, "amortisation gap", amortization, off, .01)
		tk.Close(t, "sum of both", approximation+amortization, inference, 1e-12)
		for i := range r.Best {
			want := m.logEvidence(x[2*i : 2*i+2])
			tk.Close(t, "evidence by importance sampling", r.LogEvidence[i], want, .04)
			if r.Best[i] < r.Amortized[i] {
				t.Errorf("datum %d: got L(q*) %v below L(q) %v", i, r.Best[i], r.Amortized[i])
			}
		}
	}
}

// TestGapsWithAGivenEvidence: it is used as it is, and the start from the prior finds q* where
// the guide is far away.
func TestGapsWithAGivenEvidence(t *testing.T) {
	m := correlated()
	x := []float32{1, -2, .5, 3}
	exact := []float64{m.logEvidence(x[:2]), m.logEvidence(x[2:])}
	e := eval.Evidence{Params: tk.Params(t, dtypes.Float32), Latent: m.latent(func(s *model.Scope, x *g.Node) dist.Normal {
		q := m.mmse(0)(s, x)
		q.Loc = g.AddScalar(q.Loc, 50)
		return q
	})}
	c := eval.GapSettings{Steps: 400, LR: .05, Draws: 16, Average: 100, Weights: 1}
	r, err := eval.FindGaps(context.Background(), e, x, 2, exact, c, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	approximation, _ := r.Approximation()
	tk.Close(t, "approximation gap", approximation, .157355, .03)
	if a, _ := r.Amortization(); a < 1000 {
		t.Errorf("amortisation gap of a guide that is 50 off: got %v, want thousands", a)
	}
}

func TestWrongGapsAreErrors(t *testing.T) {
	m := correlated()
	e := eval.Evidence{Params: tk.Params(t, dtypes.Float64), Latent: m.latent(m.wide)}
	small := eval.GapSettings{Steps: 1, LR: .1, Draws: 1, Average: 1, Weights: 1}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	odd := e
	odd.Latent = func(s *model.Scope, x *g.Node) vi.Latent {
		l := e.Latent(s, x)
		l.Q = dist.Laplace{Loc: x, LogScale: special.ScalarLike(x, 0)}
		return l
	}
	for name, err := range map[string]error{
		"no draws":       second(eval.FindGaps(context.Background(), e, []float32{1, 2}, 2, nil, eval.GapSettings{LR: 1}, rng.New(1))),
		"part of a row":  second(eval.FindGaps(context.Background(), e, []float32{1, 2, 3}, 2, nil, small, rng.New(1))),
		"evidence":       second(eval.FindGaps(context.Background(), e, []float32{1, 2}, 2, []float64{1, 2}, small, rng.New(1))),
		"ended context":  second(eval.FindGaps(ctx, e, []float32{1, 2}, 2, nil, small, rng.New(1))),
		"another family": second(eval.FindGaps(context.Background(), odd, []float32{1, 2}, 2, nil, small, rng.New(1))),
	} {
		if err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
	if c := eval.DefaultGaps(); c.Steps < 500 || c.Weights != 5000 {
		t.Errorf("defaults: got %+v", c)
	}
}

// second returns the error of a pair.
func second[T any](_ T, err error) error { return err }
