package vae_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name: "test-chain", Summary: "codes are a Markov chain, for tests",
		Indices: func(vae.Config) (count, values int) { return 5, 3 },
		New:     func(c vae.Config) vae.Model { return &chain{c} },
	})
}

// chain has codes of five numbers below 3: the first is drawn evenly; the next is one more (mod 3)
// with probability .8, else either of the others. A code is decoded to its own elements.
type chain struct{ vae.Config }

func (m *chain) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	return vi.Terms{LogLik: g.ExpandAxes(g.ReduceSum(m.Decode(s, b.Code(z)).LogProb(b.X), -1), 0), Kind: vi.KindLogProb}
}

func (m *chain) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	z := g.Slice(b.X, g.AxisRange(), g.AxisRange(0, 5))
	return z, g.ZerosLike(z)
}

func (m *chain) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	w := s.Param("w", model.Constant(1), 1, 5)
	return dist.Normal{Loc: g.Mul(c.Z, w), LogScale: g.ZerosLike(c.Z)}
}

func (m *chain) Next(s *model.Scope, c vae.Code) *g.Node {
	one := vae.OneHotIndices(s, c.Z, 3) // B×5×3
	up := g.Concatenate([]*g.Node{g.Slice(one, g.AxisRange(), g.AxisRange(), g.AxisRange(2)), g.Slice(one, g.AxisRange(), g.AxisRange(), g.AxisRange(0, 2))}, 2)
	p := g.AddScalar(g.MulScalar(up, .7), .1)
	even := g.AddScalar(g.MulScalar(g.Slice(p, g.AxisRange(), g.AxisRange(0, 1)), 0), 1./3)
	return g.Log(g.Concatenate([]*g.Node{even, g.Slice(p, g.AxisRange(), g.AxisRange(0, 4))}, 1))
}

// TestCodesAreDrawnElementByElement: 20,000 codes hold each value in first place, and each step
// upwards, within 5 standard errors of .333 and .8; a right sampler fails with probability 1e-5.
func TestCodesAreDrawnElementByElement(t *testing.T) {
	n := zoo.Network(t, "test-chain", vae.Config{Dim: 5, Latent: 2, Likelihood: "gaussian", Sigma: 1}, dtypes.Float32)
	if n.Config.Latent != 5 {
		t.Fatalf("latent size: got %d, want the 5 elements of a code", n.Config.Latent)
	}
	const count = 20_000
	z := zoo.Must[[]float32](t)(n.Prior(t.Context(), count, rng.New(3)))
	first, steps, up := [3]float64{}, 0., 0.
	for i := range count {
		first[int(z[i*5])]++
		for j := 1; j < 5; j++ {
			steps++
			if z[i*5+j] == float32(int(z[i*5+j-1]+1)%3) {
				up++
			}
		}
	}
	for k, c := range first {
		if d := math.Abs(c/count - 1./3); d > 5*math.Sqrt(2./9/count) {
			t.Errorf("first element %d: got share %v, want 1/3", k, c/count)
		}
	}
	if d := math.Abs(up/steps - .8); d > 5*math.Sqrt(.16/steps) {
		t.Errorf("steps upwards: got share %v, want .8", up/steps)
	}
	again := zoo.Must[[]float32](t)(n.Prior(t.Context(), count, rng.New(3)))
	zoo.Near(t, "the same key", again, z)
	x := zoo.Must[[]float32](t)(n.Sample(t.Context(), 7, rng.New(3)))
	if len(x) != 35 {
		t.Errorf("samples: got %d values, want 7 rows of 5", len(x))
	}
	if can := n.Can(); !can["sample"] || can["interpolate"] || can["bound"] {
		t.Errorf("abilities: got %v, want samples and no interpolation", can)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Prior(cancelled, 3, rng.New(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// realChain draws element by element, though nothing says that its codes are indices.
type realChain struct{ chain }

func TestDrawingElementByElementWantsIndices(t *testing.T) {
	n := zoo.Network(t, "vae", vae.Config{Dim: 5, Latent: 5, Likelihood: "gaussian", Sigma: 1}, dtypes.Float32)
	n.Model = &realChain{}
	if _, err := n.Prior(t.Context(), 3, rng.New(1)); err == nil || !strings.Contains(err.Error(), "want its codes to be indices") {
		t.Errorf("got %v, want an error on the codes", err)
	}
}
