package vae_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{Name: "test-labels", Summary: "shifts rows by their class, for tests", Labels: true, Square: true, New: func(c vae.Config) vae.Model { return shifted{c} }})
}

// shifted is p(x|z, y) = N(z + 10y, 1) with D = L and the exact posterior N((x − 10y)/2, ½) for its
// guide; rows of an unknown class are not shifted.
type shifted struct{ vae.Config }

func (m shifted) shift(s *model.Scope, onehot *g.Node) *g.Node {
	tens := g.MulScalar(g.Iota(s.Graph(), onehot.Shape(), 1), 10)
	return g.ExpandAxes(g.ReduceSum(g.Mul(onehot, tens), 1), -1)
}

func (m shifted) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	mean = g.MulScalar(g.Sub(b.X, m.shift(s, b.OneHot(s, m.Classes))), .5)
	return mean, g.MulScalar(g.OnesLike(mean), .5)
}

func (m shifted) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	loc := g.Add(c.Z, m.shift(s, c.OneHot(s, m.Classes)))
	return dist.Normal{Loc: loc, LogScale: g.ZerosLike(loc)}
}

func (m shifted) Prior(s *model.Scope, n int) dist.Distribution {
	return vae.NormalPrior(m.Config, s, n)
}

func (m shifted) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	mean, _ := m.Encode(s, b)
	q := dist.Normal{Loc: mean, LogScale: g.MulScalar(g.OnesLike(mean), .5*math.Log(.5))}
	return vi.Latent{Q: q, P: dist.StandardNormal(mean), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
}

func (m shifted) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	w := s.Param("unused", model.Constant(1))
	t := e.ELBO(s, b.X, m.Latent(s, b))
	t.Penalty = g.Mul(g.Square(w), g.Mul(b.Progress, special.ScalarLike(b.X, float64(b.N))))
	return t
}

// labelled builds the network of shifted rows of two values in three classes.
func labelled(t *testing.T) *vae.Network {
	t.Helper()
	c := vae.Config{Dim: 2, Latent: 2, Classes: 3, Rows: 40, Likelihood: "gaussian", Sigma: 1}
	n, err := vae.NewNetwork("test-labels", c, tk.Params(t, dtypes.Float32))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRowsAndCodesEndWithTheirClass(t *testing.T) {
	n, ctx := labelled(t), context.Background()
	if n.Width() != 3 || n.CodeWidth() != 3 {
		t.Fatalf("rows of %d and codes of %d values, want 3 and 3", n.Width(), n.CodeWidth())
	}
	rows := []float32{1, 2, 0, 11, 12, 1, 21, 22, 2, 5, 6, -1}
	z, variance, err := n.Encode(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{.5, 1, 0, .5, 1, 1, .5, 1, 2, 2.5, 3, -1}; !slices.Equal(z, want) {
		t.Errorf("codes: got %v, want %v", z, want)
	}
	for i, v := range variance {
		if i%3 < 2 && v != .5 || i%3 == 2 && v != 0 {
			t.Errorf("variance %d: got %v", i, v)
		}
	}
	x, err := n.Decode(ctx, []float32{1, 2, 2, 1, 2, 0})
	if err != nil || !slices.Equal(x, []float32{21, 22, 1, 2}) {
		t.Errorf("decoded: got %v, %v", x, err)
	}
	if x, err = n.Reconstruct(ctx, rows); err != nil || !slices.Equal(x, []float32{.5, 1, 10.5, 11, 20.5, 21, 2.5, 3}) {
		t.Errorf("reconstructed: got %v, %v", x, err)
	}
	post, err := n.Posterior(ctx, rows)
	if err != nil || post.N != 4 || post.L != 2 || post.Mean[2] != .5 {
		t.Errorf("posterior: got %+v, %v", post, err)
	}
}

// With several draws each is decoded for the class of its own row: else the bound would lose
// hundreds of nats. The guide is exact, so that every weight is the evidence, x − 10y ~ N(0, 2).
func TestTheBoundOfLabelledRowsHasTheirClasses(t *testing.T) {
	n, ctx := labelled(t), context.Background()
	rows := []float32{.5, .5, 0, 10.5, 10.5, 1, 20.5, 20.5, 2}
	rec, kl, err := n.Evaluator(vi.Estimator{Samples: 400}).PerDatum(ctx, rows, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range rec {
		tk.Close(t, "KL", kl[i], .5+.0625-1+math.Log(2), 1e-5)
		tk.Close(t, "reconstruction", rec[i], -math.Log(2*math.Pi)-.5625, .2) // 4 standard errors of 400 draws
	}
	sums, err := n.LogEvidence(ctx, rows, 20, rng.New(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sums {
		tk.Close(t, "evidence", s.LogEvidence(), -math.Log(4*math.Pi)-.125, 1e-5)
	}
	split, joint, err := n.Forms(ctx, rows, rng.New(3), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range joint { // ln p(x, z) varies by about a nat, its mean is the evidence less the entropy's
		if math.Abs(split[i]+2.656) > 5 || math.Abs(joint[i]+2.656) > 5 {
			t.Errorf("forms: %v and %v, want them near -2.656", split[i], joint[i])
		}
	}
}

func TestCodesAreDrawnOfAClassOrOfAll(t *testing.T) {
	n, ctx := labelled(t), context.Background()
	z, err := n.PriorOf(ctx, 300, 1, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := 2; i < len(z); i += 3 {
		if z[i] != 1 {
			t.Fatalf("class %v, want 1", z[i])
		}
	}
	if z, err = n.Prior(ctx, 3000, rng.New(1)); err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 3)
	for i := 2; i < len(z); i += 3 {
		counts[int(z[i])]++
	}
	tk.FitsCounts(t, "classes", counts, []float64{1. / 3, 1. / 3, 1. / 3})
	for want, ask := range map[string]func() error{
		"got class 3, want 0 to 2": func() error { _, err := n.PriorOf(ctx, 1, 3, rng.New(1)); return err },
		"makes no use of classes": func() error {
			vae, err := vae.NewNetwork("vae", vae.Config{Dim: 2, Latent: 2, Hidden: []int{3}, Likelihood: "gaussian", Sigma: 1}, tk.Params(t, dtypes.Float32))
			if err != nil {
				return err
			}
			_, err = vae.PriorOf(ctx, 1, 0, rng.New(1))
			return err
		},
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestABatchTellsProgressAndTheNumberOfRows(t *testing.T) {
	n := labelled(t)
	prog := model.NewProgram(n.Params, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		one := n.Model.Terms(s.In("one"), n.Batch(in[0], nil), vi.Estimator{})
		half := n.Model.Terms(s.In("half"), n.Batch(in[0], special.ScalarLike(in[0], .5)), vi.Estimator{})
		zero := special.ScalarLike(in[0], 0)
		return []*g.Node{one.Penalty, half.Penalty, g.Sub(one.Loss(zero, 0), g.Neg(g.ReduceAllMean(one.LogLik)))}
	})
	in, err := n.Params.Tensor([]float32{1, 2, 0}, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	out := tk.Values(t, prog, rng.New(1), in)
	if out[0][0] != 40 || out[1][0] != 20 {
		t.Errorf("penalties: got %v and %v, want 40 after the training and 20 half-way", out[0][0], out[1][0])
	}
	tk.Close(t, "the loss beyond the reconstruction", out[2][0], 40, 1e-4)
}
