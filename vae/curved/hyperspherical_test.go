package curved

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// sphereConfig is a small S-VAE with codes of so many values.
func sphereConfig(latent int) vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{7}, Latent: latent, Likelihood: "bernoulli", Sigma: 1}
}

// TestCodesOfTheSphereAreDirections: draws have length one, means are shorter, and a decoder takes
// the direction of a code alone, the direction of none as any other.
func TestCodesOfTheSphereAreDirections(t *testing.T) {
	n := zoo.Network(t, "s-vae", sphereConfig(3), dtypes.Float32)
	z, err := n.Prior(t.Context(), 300, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	longer := make([]float32, len(z))
	for i := range 300 {
		square := 0.
		for j := range 3 {
			v := float64(z[3*i+j])
			square += v * v
			longer[3*i+j] = float32(v * (.1 + float64(i)))
		}
		tk.Close(t, "squared length", square, 1, 1e-6)
	}
	zoo.Near(t, "decodings of longer codes", zoo.Must[[]float32](t)(n.Decode(t.Context(), longer)), zoo.Must[[]float32](t)(n.Decode(t.Context(), z)))
	for _, v := range zoo.Must[[]float32](t)(n.Decode(t.Context(), make([]float32, 3))) {
		if !(v > 0 && v < 1) {
			t.Errorf("decoding of the centre: got %v, want a probability", v)
		}
	}
	mean, variance, err := n.Encode(t.Context(), zoo.Uniform(40*5))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		square, spread := 0., 0.
		for j := range 3 {
			square += float64(mean[3*i+j]) * float64(mean[3*i+j])
			spread += float64(variance[3*i+j])
		}
		if !(square < 1) {
			t.Errorf("row %d: squared length of the mean: got %v, want below 1", i, square)
		}
		tk.Close(t, "E‖z‖²", square+spread, 1, 1e-6) // each z has length one
	}
}

// circleBound returns −ELBO of rows by quadrature over the circle, without draws.
func circleBound(t *testing.T, n *vae.Network, x *tensors.Tensor) func() float64 {
	t.Helper()
	const cells = 400 // the rule of rectangles is exact for smooth functions of an angle
	points := make([]float64, 2*cells)
	for i := range cells {
		points[2*i+1], points[2*i] = math.Sincos(2 * math.Pi * (float64(i) + .5) / cells)
	}
	prog := model.NewProgram(n.Params, "quadrature", func(s *model.Scope, in []*g.Node) []*g.Node {
		rows := in[0].Shape().Dim(0)
		l := n.Model.(vae.Probabilistic).Latent(s, vae.Batch{X: in[0]})
		z := g.BroadcastToDims(g.ExpandAxes(in[1], 1), cells, rows, 2)
		weight := g.MulScalar(g.Exp(l.Q.LogProb(z)), 2*math.Pi/cells) // cells×B
		x := g.Reshape(g.BroadcastToDims(g.ExpandAxes(in[0], 0), cells, rows, 5), cells*rows, 5)
		lik := g.Reshape(special.SumDims(l.Decode(g.Reshape(z, cells*rows, 2)).LogProb(x)), cells, rows)
		value := g.Add(lik, g.Sub(l.P.LogProb(z), l.Q.LogProb(z)))
		return []*g.Node{g.ReduceAllMean(g.ReduceSum(g.Mul(weight, value), 0))}
	})
	at := tk.Matrix(points, cells, 2)
	return func() float64 { return -tk.Values(t, prog, rng.New(1), x, at)[0][0] }
}

// TestGradientOfTheSphericalBound holds the mean of the gradient over 4,000 draws to central
// differences of the bound by quadrature, for every parameter: within five standard errors, and 1e-7
// for the differences. A right gradient fails with probability 6e-7 each. The bound of the draws
// agrees with the quadrature as well.
func TestGradientOfTheSphericalBound(t *testing.T) {
	c := sphereConfig(2)
	c.Hidden = []int{3}
	n := zoo.Network(t, "s-vae", c, dtypes.Float64)
	x := zoo.Rows(scalarref.BinaryBatch(2, 5))
	bound := circleBound(t, n, x)
	bound()
	zoo.Moved(t, n.Params)
	const repeats, samples = 40, 100
	var names []string
	prog := model.NewProgram(n.Params, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := n.Model.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{Samples: samples}).Loss(special.ScalarLike(in[0], 1), 0)
		var nodes []*g.Node
		names, nodes = s.Trainable()
		return append([]*g.Node{loss}, g.Gradient(loss, nodes...)...)
	})
	var all [][]float64 // by repeat: the loss and all derivatives
	for r := range repeats {
		var flat []float64
		for _, v := range tk.Values(t, prog, rng.New(2).At(uint64(r)), x) {
			flat = append(flat, v...)
		}
		all = append(all, flat)
	}
	column := func(k int) (mean, se float64) {
		v := make([]float64, repeats)
		for r := range v {
			v[r] = all[r][k]
		}
		mean, _, se = tk.Moments(v)
		return mean, se
	}
	mean, se := column(0)
	tk.Close(t, "−ELBO", mean, bound(), 5*se)
	k := 1
	for _, name := range names {
		for _, a := range tk.Export(t, n.Params) {
			if a.Name != name {
				continue
			}
			for j, v := range a.Data {
				const h = 1e-5
				at := func(v float64) float64 {
					a.Data[j] = v
					tk.Import(t, n.Params, a)
					return bound()
				}
				want := (at(v+h) - at(v-h)) / (2 * h)
				at(v)
				mean, se := column(k)
				if math.Abs(mean-want) > 5*se+1e-7 {
					t.Errorf("%s[%d]: got %v ± %.2g, want %v", name, j, mean, se, want)
				}
				k++
			}
		}
	}
	if k != len(all[0]) || k < 30 {
		t.Errorf("got %d derivatives, want %d", k-1, len(all[0])-1)
	}
}

// TestSphericalCodesNeedTwoValues, and wrong settings are errors.
func TestSphericalCodesNeedTwoValues(t *testing.T) {
	for want, change := range map[string]func(c *vae.Config){
		"s-vae: latent size: got 1, want 2 to":             func(c *vae.Config) { c.Latent = 1 },
		"want normal: its guide is its own":                func(c *vae.Config) { c.Posterior, c.FlowSteps = "iaf", 2 },
		"want normal: its prior is its own":                func(c *vae.Config) { c.Prior = "vamp" },
		"got the setting components, want none of its own": func(c *vae.Config) { c.Options = map[string]string{"components": "3"} },
	} {
		c := sphereConfig(3)
		change(&c)
		if _, err := vae.New("s-vae", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// One row, and codes of up to 40 values, have finite bounds and closed forms that agree with draws.
func TestBoundsOnTheSphere(t *testing.T) {
	for _, latent := range []int{2, 3, 10, 40} {
		n := zoo.Network(t, "s-vae", sphereConfig(latent), dtypes.Float32)
		x := []float32{1, 0, 0, 1, 1}
		many := make([]float32, 0, 5*256)
		for range 256 {
			many = append(many, x...)
		}
		_, exact, err := n.Evaluator(vi.Estimator{}).PerDatum(t.Context(), x, rng.New(1))
		if err != nil {
			t.Fatal(err)
		}
		_, drawn, err := n.Evaluator(vi.Estimator{Samples: 64, MonteCarloKL: true}).PerDatum(t.Context(), many, rng.New(2))
		if err != nil {
			t.Fatal(err)
		}
		mean, _, se := tk.Moments(drawn) // 16,384 draws; five errors fail with probability 6e-7
		tk.Close(t, "KL", mean, exact[0], 5*se+1e-5)
		if !n.ClosedKL() {
			t.Error("KL: got no closed form")
		}
	}
}

// The concentration is bounded, and far beyond the bound all is finite.
func TestConcentrationsAreBounded(t *testing.T) {
	c := sphereConfig(3).Resolved("s-vae")
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		q := directionGuide(c, s, in[0]).(dist.VonMisesFisher)
		kl := g.ReduceAllSum(dist.MustKL(q, dist.UniformSphere{Like: q.Loc}))
		z := q.Rsample(s, "z", 3)
		_, nodes := s.Trainable()
		sum := g.Add(kl, g.ReduceAllSum(g.Mul(z, g.AddScalar(g.Iota(s.Graph(), z.Shape(), 2), 1))))
		total := special.ScalarLike(kl, 0)
		for _, grad := range g.Gradient(sum, nodes...) {
			total = g.Add(total, g.ReduceAllSum(g.Abs(grad)))
		}
		return []*g.Node{q.Concentration, total}
	}, tk.Matrix([]float64{1e9, 1e9, -1e9, 1e9, 1e9, 0, 0, 0, 0, 0}, 2, 5))
	for i, kappa := range out[0] {
		if !(kappa >= 0 && kappa <= maxConcentration) || math.IsNaN(out[1][0]) || math.IsInf(out[1][0], 0) {
			t.Errorf("row %d: got κ = %v and gradients of %v, want finite ones", i, kappa, out[1][0])
		}
	}
}
