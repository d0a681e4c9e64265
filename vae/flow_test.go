package vae_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

var flows = []string{"flow", "realnvp", "maf"}

// banana draws n points x₁ = u, x₂ = u² + v/2 with u, v ~ N(0, 1); their density has the entropy
// ln 2πe − ln 2.
func banana(n int, key rng.Key) *tensors.Tensor {
	noise := make([]float64, 2*n)
	key.NormalFloat64(noise)
	for i := range n {
		u := noise[2*i]
		noise[2*i+1] = u*u + noise[2*i+1]/2
	}
	return tk.Matrix(noise, n, 2)
}

// bent is a flow of a few units after some steps on bananas, so that it is no identity.
func bent(t testing.TB, name string, steps int) (vae.Model, *model.Params) {
	t.Helper()
	m := zoo.New(t, name, vae.Config{Dim: 2, Latent: 20, Hidden: []int{32, 32}, Likelihood: vae.Density, Sigma: 1})
	p := tk.Params(t, dtypes.Float64)
	prog, adam := step(m, p, vi.Estimator{})
	for i := range steps {
		rate := .005 * min(1, 2*float64(steps-i)/float64(steps))
		update(t, prog, adam, rng.New(1), i, rate, 1, dtypes.Float64, banana(256, rng.New(uint64(100+i))))
	}
	return m, p
}

// logDensity returns ln p of rows.
func logDensity(t testing.TB, m vae.Model, p *model.Params, x *tensors.Tensor) []float64 {
	t.Helper()
	prog := model.NewProgram(p, "density", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).LogLik}
	})
	return tk.Values(t, prog, rng.New(1), x)[0]
}

func TestFlowsAreDensitiesAndDecodeWhatTheyEncode(t *testing.T) {
	for _, name := range flows {
		m, p := bent(t, name, 20)
		integrates(t, name, m, p)
		inverts(t, name, m, p)
	}
}

// integrates checks the integral of a density over a grid.
func integrates(t *testing.T, name string, m vae.Model, p *model.Params) {
	t.Helper()
	const cells, low, high = 241, -9., 21.
	var grid []float64
	h := (high - low) / (cells - 1)
	for i := range cells {
		for j := range cells {
			grid = append(grid, low/1.5+h*float64(i)/1.5, low+h*float64(j))
		}
	}
	sum := 0.
	for _, v := range logDensity(t, m, p, tk.Matrix(grid, cells*cells, 2)) {
		sum += math.Exp(v) * h * h / 1.5
	}
	tk.Close(t, name+": integral", sum, 1, 1e-3) // of the grid's spacing, an eighth
}

// inverts checks that rows come back from their codes, which are others.
func inverts(t *testing.T, name string, m vae.Model, p *model.Params) {
	t.Helper()
	prog := model.NewProgram(p, "there and back", func(s *model.Scope, in []*g.Node) []*g.Node {
		z, variance := m.(vae.Encoder).Encode(s, vae.Batch{X: in[0]})
		back := m.(vae.Decoder).Decode(s, vae.Code{Z: z}).Mean()
		return []*g.Node{g.ReduceAllMax(g.Abs(g.Sub(back, in[0]))), g.ReduceAllMax(variance), g.ReduceAllMax(g.Abs(g.Sub(z, in[0])))}
	})
	out := tk.Values(t, prog, rng.New(1), banana(50, rng.New(7)))
	if out[0][0] > 1e-9 || out[1][0] != 0 || out[2][0] < .1 {
		t.Errorf("%s: got %v off, variance %v, codes %v from the data; want 1e-9, 0 and some way", name, out[0], out[1], out[2])
	}
}

func TestFlowsLearnABanana(t *testing.T) {
	entropy := math.Log(2*math.Pi*math.E) - math.Ln2
	for _, name := range flows {
		m, p := bent(t, name, 400)
		v := logDensity(t, m, p, banana(4000, rng.New(3)))
		mean, _, stdErr := tk.Moments(v)
		t.Logf("%s: cross-entropy %.4f ± %.4f, entropy %.4f", name, -mean, stdErr, entropy)
		// A cross-entropy is no less than the entropy; .05 nats are what 128,000 rows leave.
		if excess := -mean - entropy; excess > .05 || excess < -4*stdErr {
			t.Errorf("%s: got %.4f nats above the entropy, want between 0 and .05", name, excess)
		}
	}
}

func TestFlowsRefuseImagesAndDecodersLikelihoods(t *testing.T) {
	good := vae.Config{Dim: 16, Latent: 3, Hidden: []int{8}, Likelihood: vae.Density, Sigma: 1}
	for want, edit := range map[string]func(*vae.Config){
		"want a table of continuous columns": func(c *vae.Config) { c.Shape = []int{4, 4} },
		"want one of density":                func(c *vae.Config) { c.Likelihood = "gaussian" },
		"weights for rows of":                func(c *vae.Config) { c.Dim = 9000 },
	} {
		c := good
		edit(&c)
		if _, err := vae.New("flow", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := vae.New("vae", good); err == nil || !strings.Contains(err.Error(), "want one of a decoder") {
		t.Errorf("vae: got %v, want an error", err)
	}
	if got := good.Resolved("flow").Latent; got != 16 {
		t.Errorf("latent size: got %d, want that of the rows", got)
	}
	one := vae.Config{Dim: 1, Latent: 1, Hidden: []int{8}, Likelihood: vae.Density, Sigma: 1}
	m := zoo.New(t, "flow", one)
	p := tk.Params(t, dtypes.Float64)
	if v := logDensity(t, m, p, tk.Matrix([]float64{0, 2}, 2, 1)); math.Abs(v[0]-v[1]-2) > 1e-4 {
		t.Errorf("new flow of one column: got %v, want the standard normal", v)
	}
}
