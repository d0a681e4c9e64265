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
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
	"github.com/elbo-go/elbo/vi"
)

// slopeOf and offsetOf make bits of one latent number: x_d ~ Bernoulli(σ(a_d z + b_d)).
var (
	slopeOf  = []float64{3, -2, 1, 4, -3, 2.5}
	offsetOf = []float64{.5, 0, -1, 1, .2, -.3}
)

// bitModel is that model, whose posterior is not normal.
func bitModel(_ *model.Scope, x *g.Node) vi.Latent {
	b := x.Shape().Dim(0)
	zero := g.BroadcastToDims(special.ScalarLike(x, 0), b, 1)
	row := func(v []float64) *g.Node { return g.ConvertDType(g.Const(x.Graph(), [][]float64{v}), x.DType()) }
	return vi.Latent{
		Q: dist.Normal{Loc: zero, LogScale: zero},
		P: dist.Normal{Loc: g.Slice(zero, g.AxisRange(0, 1)), LogScale: special.ScalarLike(x, 0)}, // one row for all data
		Decode: func(z *g.Node) dist.Distribution {
			return dist.Bernoulli{Logits: g.Add(g.Mul(z, row(slopeOf)), row(offsetOf))}
		},
	}
}

// bitEvidence is ln p(x) by quadrature.
func bitEvidence(x []float32) float64 {
	return math.Log(tk.Integrate(func(z float64) float64 {
		p := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		for d, v := range x {
			l := slopeOf[d]*z + offsetOf[d]
			if v == 0 {
				l = -l
			}
			p /= 1 + math.Exp(-l)
		}
		return p
	}, -9, 9, 40))
}

// TestEvidenceOfBitsAgreesWithQuadrature: annealing forward within .1 nat, the bounds from both sides
// around the exact value in the mean (right code fails with probability 6e-5), and importance
// sampling from the best normal guide within .02.
func TestEvidenceOfBitsAgreesWithQuadrature(t *testing.T) {
	ctx := context.Background()
	e := eval.Evidence{Params: tk.Params(t, dtypes.Float64), Latent: bitModel}
	a := eval.DefaultAIS()
	a.Steps = 200
	s, err := a.Bidirectional(ctx, e, 30, 6, rng.New(2))
	if err != nil {
		t.Fatal(err)
	}
	var below, above []float64
	for i := range s.Lower {
		x := s.X[6*i : 6*i+6]
		for _, v := range x {
			if v != 0 && v != 1 {
				t.Fatalf("simulated bits: got %v", x)
			}
		}
		want := bitEvidence(x)
		below, above = append(below, want-s.Lower[i]), append(above, s.Upper[i]-want)
		tk.Close(t, "lower bound", s.Lower[i], want, .1)
	}
	lo, _, seLo := tk.Moments(below)
	up, _, seUp := tk.Moments(above)
	t.Logf("lower bound %.4f ± %.4f below, upper bound %.4f ± %.4f above, acceptance %.2f", lo, seLo, up, seUp, s.Accept)
	if lo < -4*seLo || up < -4*seUp {
		t.Errorf("got bounds %v below and %v above the evidence, want both at least 0", lo, up)
	}
	c := eval.GapSettings{Steps: 300, LR: .05, Draws: 16, Average: 50, Weights: 20_000}
	r, err := eval.FindGaps(ctx, e, s.X, 6, nil, c, rng.New(3))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.LogEvidence {
		tk.Close(t, "importance sampling from q*", v, bitEvidence(s.X[6*i:6*i+6]), .02)
	}
	if gap, se := r.Approximation(); gap < -2*se || gap > .2 {
		t.Errorf("approximation gap of one dimension: got %v ± %v, want small and not negative", gap, se)
	}
}

// TestAnnealingAgreesWithImportanceSampling for a network of the zoo in float32, within .1 nat.
func TestAnnealingAgreesWithImportanceSampling(t *testing.T) {
	ctx := context.Background()
	c := vae.Config{Dim: 12, Hidden: []int{16}, Latent: 3, Likelihood: "bernoulli", Sigma: 1}
	net, err := vae.NewNetwork("vae", c, tk.Params(t, dtypes.Float32))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 6*12)
	rng.New(4).Uniform(x)
	for i, v := range x {
		x[i] = float32(math.Round(float64(v)))
	}
	sums, err := net.LogEvidence(ctx, x, 5000, rng.New(5))
	if err != nil {
		t.Fatal(err)
	}
	e := eval.Evidence{Params: net.Params, Latent: net.Latent}
	a := eval.DefaultAIS()
	a.Steps = 100
	got, err := a.LogEvidence(ctx, e, x, 12, rng.New(6))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sums {
		tk.Close(t, "ln p(x)", got.Sums[i].LogEvidence()-sums[i].LogEvidence(), 0, .1)
	}
	before := net.Params.Count()
	r, err := eval.FindGaps(ctx, e, x, 12, nil, eval.GapSettings{Steps: 50, LR: .05, Draws: 8, Average: 20, Weights: 500}, rng.New(7))
	if err != nil {
		t.Fatal(err)
	}
	if gap, _ := r.Amortization(); gap < 0 || net.Params.Count() != before {
		t.Errorf("amortisation gap: got %v with %d parameters, want at least 0 and %d", gap, net.Params.Count(), before)
	}
}
