package expost

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// raeOf is a small model of a likelihood.
func raeOf(likelihood string, options map[string]string) vae.Config {
	options["components"], options["code-weight"] = "2", ".3"
	return vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: likelihood, Sigma: .5, Options: options}
}

// raeTerms are loss, reconstruction, ½‖z‖² and the cost of the decoder, with the noise that is given,
// and codes and parameters.
func raeTerms(t *testing.T, name string, c vae.Config, noise []float64) (v []float64, z []float64, p *model.Params) {
	t.Helper()
	m := zoo.New(t, name, c)
	p = tk.Params(t, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(p, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
		return []*g.Node{terms.Loss(special.ScalarLike(in[0], 1), 0), g.ReduceAllMean(terms.LogLik), terms.Figures[0].Value, terms.Figures[1].Value, terms.Z}
	}).WithNoise(func(string, []int) []float64 { return noise }), rng.New(3), zoo.Rows(scalarref.BinaryBatch(2, 5)))
	return []float64{out[0][0], out[1][0], out[2][0], out[3][0]}, out[4], p
}

// The decay is that of all weights and biases of the decoder, and of nothing else.
func TestRAEPaysForItsDecodersWeights(t *testing.T) {
	v, z, p := raeTerms(t, "rae-l2", raeOf("gaussian-learned", map[string]string{"decay": ".2"}), nil)
	square, decay := 0., 0.
	for _, e := range z {
		square += e * e / 2 / 2
	}
	for _, a := range tk.Export(t, p) {
		for _, w := range a.Data {
			if strings.HasPrefix(a.Name, "decoder/") && len(a.Dims) > 0 {
				decay += .5 * .2 * w * w
			}
		}
	}
	tk.Close(t, "½‖z‖²", v[2], square, 1e-14)
	tk.Close(t, "decay", v[3], decay, 1e-13)
	tk.Close(t, "loss", v[0], -v[1]+.3*square+decay, 1e-12)
}

// With v each of the unit vectors of the data in turn, the squared slopes sum to the squared Frobenius
// norm of the decoder's Jacobian, which central differences of its means give.
func TestRAEPaysForItsDecodersSlope(t *testing.T) {
	for _, likelihood := range []string{"bernoulli", "gaussian"} {
		c := raeOf(likelihood, map[string]string{"slope-weight": ".7"})
		got, want := 0., 0.
		var codes []float64
		var params *model.Params
		for d := range 5 {
			v := make([]float64, 10)
			v[d], v[5+d] = 1, 1
			terms, z, p := raeTerms(t, "rae-gp", c, v)
			got += terms[3]
			codes, params = z, p
			tk.Close(t, "loss", terms[0], -terms[1]+.3*terms[2]+terms[3], 1e-12)
		}
		m := zoo.New(t, "rae-gp", c)
		decode := model.NewProgram(params, "decode", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{m.(vae.Decoder).Decode(s, vae.Code{Z: in[0]}).Mean()}
		})
		const h = 1e-5
		for j := range 3 {
			ahead, behind := append([]float64(nil), codes...), append([]float64(nil), codes...)
			for i := range 2 {
				ahead[i*3+j] += h
				behind[i*3+j] -= h
			}
			a, b := tk.Values(t, decode, rng.New(1), tk.Matrix(ahead, 2, 3))[0], tk.Values(t, decode, rng.New(1), tk.Matrix(behind, 2, 3))[0]
			for i := range a {
				slope := (a[i] - b[i]) / (2 * h)
				want += .7 * slope * slope / 2
			}
		}
		tk.Close(t, likelihood, got/want, 1, 1e-7)
	}
}

// Nets of images take central differences of the decoder along a direction of the codes: with each of
// the unit vectors of the codes in turn they sum to the same norm, here of finer differences.
func TestRAEPaysForTheSlopeOfImageDecoders(t *testing.T) {
	c := zoo.Pictures("conv", 8, 8)
	c.Hidden, c.Latent, c.Channels, c.Options = []int{6}, 3, []int{4}, map[string]string{"slope-weight": "1", "components": "2"}
	n := zoo.Network(t, "rae-gp", c, dtypes.Float64)
	z := tk.Matrix([]float64{.3, -1, .5, 1, 2, 0}, 2, 3)
	along := func(step float64, u []float64) (cost, square float64) {
		out := tk.Values(t, model.NewProgram(n.Params, "slope", func(s *model.Scope, in []*g.Node) []*g.Node {
			du := g.MulScalar(g.ExpandAxes(g.Const(s.Graph(), u), 0), step)
			decode := func(z *g.Node) *g.Node { return n.Model.(vae.Decoder).Decode(s, vae.Code{Z: z}).Mean() }
			fine := g.MulScalar(g.Sub(decode(g.Add(in[0], du)), decode(g.Sub(in[0], du))), .5/step)
			return []*g.Node{slopePenalty(n.Model.(rae), s, in[0]), g.MulScalar(g.ReduceAllSum(g.Square(fine)), .5)}
		}).WithNoise(func(string, []int) []float64 { return append(append([]float64(nil), u...), u...) }), rng.New(1), z)
		return out[0][0], out[1][0]
	}
	for j := range 3 {
		u := make([]float64, 3)
		u[j] = 1
		cost, want := along(1e-5, u)
		tk.Close(t, "squared slope", cost/want, 1, 1e-3) // rectifiers that change within a step
	}
}

// After the last stage codes are drawn from what the codes of rows look like.
func TestRAESamplesFromTheMixtureOfItsCodes(t *testing.T) {
	c := raeOf("bernoulli", map[string]string{})
	n := zoo.Network(t, "rae-l2", c, dtypes.Float32)
	x := zoo.Uniform(400 * 5)
	codes, _, err := n.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	stages := n.Config.Stages()
	if err := stages[len(stages)-1].Start(t.Context(), n, x, rng.New(2)); err != nil {
		t.Fatal(err)
	}
	drawn := zoo.Must[[]float32](t)(n.Prior(t.Context(), 4000, rng.New(5)))
	for j := range 3 {
		var a, b []float64
		for i := j; i < len(codes); i += 3 {
			a = append(a, float64(codes[i]))
		}
		for i := j; i < len(drawn); i += 3 {
			b = append(b, float64(drawn[i]))
		}
		meanA, varA, _ := tk.Moments(a)
		meanB, varB, se := tk.Moments(b)
		tk.Close(t, "mean of drawn codes", meanB, meanA, 5*se) // 4 standard errors of the draws, and rounding
		tk.Close(t, "variance of drawn codes", varB/varA, 1, .1)
	}
	if x := zoo.Must[[]float32](t)(n.Sample(t.Context(), 3, rng.New(1))); len(x) != 15 {
		t.Errorf("got %d values of samples", len(x))
	}
}
