package curved

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// ballConfig is a small Poincaré VAE.
func ballConfig(curvature, layer string) vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{7}, Latent: 2, Likelihood: "bernoulli", Sigma: 1,
		Options: map[string]string{"curvature": curvature, "first-layer": layer}}
}

// Codes and their means lie in the ball, and codes outside are decoded as if they were at its edge.
func TestCodesLieInTheBall(t *testing.T) {
	for _, curvature := range []string{".25", "1", "4"} {
		for _, layer := range []string{gyroplanes, logMap} {
			n := zoo.Network(t, "poincare-vae", ballConfig(curvature, layer), dtypes.Float32)
			radius := 1 / math.Sqrt(n.Config.Number("curvature"))
			z := zoo.Must[[]float32](t)(n.Prior(t.Context(), 500, rng.New(1)))
			mean, variance, err := n.Encode(t.Context(), zoo.Uniform(40*5))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(z); i += 2 {
				if r := math.Hypot(float64(z[i]), float64(z[i+1])); !(r < radius) {
					t.Fatalf("draw at %v from the centre, want less than %v", r, radius)
				}
			}
			for i := 0; i < len(mean); i += 2 {
				if r := math.Hypot(float64(mean[i]), float64(mean[i+1])); !(r < radius) || !(variance[i] > 0) || float64(variance[i]) > radius*radius {
					t.Fatalf("mean at %v with variance %v, want it within %v", r, variance[i], radius)
				}
			}
			far := zoo.Must[[]float32](t)(n.Decode(t.Context(), []float32{1e6, 1e6, float32(radius), float32(radius)}))
			zoo.Near(t, "decoding from outside", far[:5], far[5:])
			if n.ClosedKL() {
				t.Error("KL: got a closed form")
			}
		}
	}
}

// New guides are one hyperbolic unit wide and as far from the centre as their tangent vector is long.
func TestHyperbolicGuides(t *testing.T) {
	n := zoo.Network(t, "poincare-vae", ballConfig("2", gyroplanes), dtypes.Float64)
	m := n.Model.(*hyperbolic)
	out := tk.Values(t, model.NewProgram(n.Params, "guide", func(s *model.Scope, in []*g.Node) []*g.Node {
		q, flat := m.guide(s, in[0]), m.GaussianGuide(s.In("encoder"), in[0])
		return []*g.Node{m.ball.Distance(g.ZerosLike(q.Loc), q.Loc), flat.Loc, g.Sub(q.LogScale, flat.LogScale)}
	}), rng.New(1), tk.Matrix(zoo.Float64s(zoo.Uniform(15)), 3, 5))
	for i, d := range out[0] {
		tk.Close(t, "distance", d, math.Hypot(out[1][2*i], out[1][2*i+1]), 1e-12)
		tk.Close(t, "scale", out[2][i], 0, 0)
	}
}

// TestHyperbolicEvidence: ln p(x) by importance weights is that of a quadrature over the disk, and
// the ELBO lies below. Four standard errors: false alarm 6e-5 each.
func TestHyperbolicEvidence(t *testing.T) {
	x := []float32{1, 0, 0, 1, 1}
	for _, layer := range []string{gyroplanes, logMap} {
		n := zoo.Network(t, "poincare-vae", ballConfig("1.5", layer), dtypes.Float64)
		if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1); err != nil {
			t.Fatal(err)
		}
		zoo.Moved(t, n.Params)
		const rings, angles, reach = 300, 200, 9.
		c, h := 1.5, reach/rings
		var points, weights []float64
		for i := range rings {
			r := math.Tanh(math.Sqrt(c)*h*(float64(i)+.5)/2) / math.Sqrt(c)
			for a := range angles {
				sin, cos := math.Sincos(2 * math.Pi * float64(a) / angles)
				points, weights = append(points, r*cos, r*sin), append(weights, h*(1-c*r*r)/2*r*2*math.Pi/angles)
			}
		}
		total := func(likelihood bool) (sum float64) {
			prog := model.NewProgram(n.Params, "quadrature", func(s *model.Scope, in []*g.Node) []*g.Node {
				l := n.Model.(vae.Probabilistic).Latent(s, vae.Batch{X: in[1]})
				lp := l.P.LogProb(g.ExpandAxes(in[0], 1))
				if likelihood {
					lik := special.SumDims(l.Decode(in[0]).LogProb(in[1]))
					lp = g.Add(lp, g.ExpandAxes(lik, -1))
				}
				return []*g.Node{g.Exp(lp)}
			})
			for i, p := range tk.Values(t, prog, rng.New(1), tk.Matrix(points, len(weights), 2), tk.Matrix([]float64{1, 0, 0, 1, 1}, 1, 5))[0] {
				sum += p * weights[i]
			}
			return sum
		}
		tk.Close(t, "mass of the prior", total(false), 1, 1e-3)
		want := math.Log(total(true))
		sums, err := n.LogEvidence(t.Context(), x, 40_000, rng.New(2))
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, layer+": ln p(x)", sums[0].LogEvidence(), want, 4*sums[0].StdErr()+1e-3)
		bound, se := zoo.Repeated(t, n, vi.Estimator{}, x)
		t.Logf("%s: ELBO %.4f, ln p(x) %.4f", layer, bound, want)
		if bound > want+4*se {
			t.Errorf("%s: ELBO %v ± %.2g above ln p(x) %v", layer, bound, se, want)
		}
	}
}

// A unit of the first layer is 2‖a‖ times the distance from its hyperplane, 0 on it, and 4⟨a, z − p⟩
// where the space is nearly flat.
func TestGyroplanesOfFlatSpaceAreAffine(t *testing.T) {
	z := []float64{.3, -.2, 0, 0, -.4, .1}
	b := dist.PoincareBall{Curvature: 1e-9}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		f := gyroplane(s, b, in[0], 4)
		return []*g.Node{f, g.Neg(s.Param("direction", model.Constant(0), 4, 2)), g.Neg(s.Param("offset", model.Constant(0), 4, 2))}
	}, tk.Matrix(z, 3, 2))
	for i := range 3 {
		for k := range 4 {
			want := 0.
			for j := range 2 {
				want += 4 * -out[1][2*k+j] * (z[2*i+j] + out[2][2*k+j])
			}
			tk.Close(t, "unit", out[0][4*i+k], want, 1e-7)
		}
	}
	on := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
		curved := dist.PoincareBall{Curvature: 1}
		p := curved.Project(curved.Exp0(s.Param("offset", model.FanIn(2), 4, 2)))
		return []*g.Node{gyroplane(s, curved, p, 4)}
	})
	for k := range 4 {
		tk.Close(t, "unit on its hyperplane", on[0][4*k+k], 0, 1e-14)
	}
}

// Rows of any size have bounds and gradients that are numbers, with guides at the edge too.
func TestHyperbolicBoundsAreFinite(t *testing.T) {
	for _, latent := range []int{1, 2, 8} {
		c := ballConfig("1", gyroplanes)
		c.Latent, c.Likelihood, c.Sigma = latent, "gaussian", 1
		n := zoo.Network(t, "poincare-vae", c, dtypes.Float32)
		prog := model.NewProgram(n.Params, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
			loss := n.Model.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).Loss(special.ScalarLike(in[0], 1), 0)
			_, nodes := s.Trainable()
			return append(g.Gradient(loss, nodes...), loss)
		})
		for _, size := range []float32{0, 1, 300} {
			for k, v := range tk.Values(t, prog, rng.New(1), model.Tensor(dtypes.Float32, []float32{size, -size, size, 0, size}, 1, 5)) {
				for _, x := range v {
					if math.IsNaN(x) || math.IsInf(x, 0) {
						t.Fatalf("%d values a code, data of size %v: array %d: got %v", latent, size, k, x)
					}
				}
			}
		}
	}
}

func TestWrongHyperbolicSettingsAreErrors(t *testing.T) {
	for want, change := range map[string]func(c *vae.Config){
		`curvature: got "0", want a number from`:               func(c *vae.Config) { c.Options["curvature"] = "0" },
		`curvature: got "-1"`:                                  func(c *vae.Config) { c.Options["curvature"] = "-1" },
		`first-layer: got "dense", want one of gyroplane, log`: func(c *vae.Config) { c.Options["first-layer"] = "dense" },
		`prior-scale: got "0"`:                                 func(c *vae.Config) { c.Options["prior-scale"] = "0" },
		"want normal: its prior is its own":                    func(c *vae.Config) { c.Prior = "flow" },
	} {
		c := ballConfig("1", logMap)
		change(&c)
		if _, err := vae.New("poincare-vae", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
