package labels

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// linearCVAE is the model without hidden layers, x = w z + v_y + b + σε with z ~ N(μ_y, τ²_y), so that
// p(x|y) = N(w μ_y + v_y + b, τ²_y w wᵀ + σ² I) in two dimensions.
func linearCVAE(t *testing.T) *vae.Network {
	t.Helper()
	n := zoo.Network(t, "cvae", vae.Config{Dim: 2, Latent: 1, Classes: 2, Likelihood: "gaussian", Sigma: .5, Options: map[string]string{"class-prior": "learned"}}, dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), []float32{0, 0, 0}, rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	set := func(name string, dims []int, v ...float64) {
		tk.Import(t, n.Params, model.Array{Name: name, Trainable: true, Dims: dims, Data: v})
	}
	set("decoder/out/weight", []int{3, 2}, .8, -.4, 1/math.Sqrt2, 0, -1/math.Sqrt2, math.Sqrt2) // w, then v of the classes, which the net sees as √2
	set("decoder/out/bias", []int{2}, .1, .2)
	set("prior/mean", []int{2, 1}, .5, -1)
	set("prior/logscale", []int{2, 1}, 0, math.Log(2))
	set("encoder/mean/weight", []int{4, 1}, .3, -.2, .5/math.Sqrt2, -.5/math.Sqrt2) // of the row and of its class
	set("encoder/logvar/weight", []int{4, 1}, 0, 0, 0, 1/math.Sqrt2)
	set("encoder/logvar/bias", []int{1}, .8)
	return n
}

// exactCVAE is ln p(x|y) of it.
func exactCVAE(x [2]float64, y int) float64 {
	v := [2][2]float64{{1, 0}, {-1, 2}}[y]
	return linearDensity(x, v, []float64{.5, -1}[y], []float64{1, 4}[y])
}

// linearDensity is ln N(x; w μ + v + b, τ² w wᵀ + σ² I) with the decoder of [linearCVAE].
func linearDensity(x, v [2]float64, mu, tau2 float64) float64 {
	w, s2 := [2]float64{.8, -.4}, .25
	var r [2]float64
	norm, dot, sq := 0., 0., 0.
	for j := range r {
		r[j] = x[j] - w[j]*mu - v[j] - []float64{.1, .2}[j]
		norm += w[j] * w[j] * tau2
		dot += w[j] * r[j]
		sq += r[j] * r[j]
	}
	return -.5 * (2*math.Log(2*math.Pi) + math.Log(s2) + math.Log(s2+norm) + (sq-tau2*dot*dot/(s2+norm))/s2)
}

// The importance-sampled ln p(x|y) hits the closed form within 5 standard errors (a false alarm of 12
// rows in 140,000), and the bound is below.
func TestTheLinearCVAEHasTheDensityOfEachClass(t *testing.T) {
	hitsDensities(t, linearCVAE(t), exactCVAE)
}

// A film of the classes scales and shifts codes on their way into the decoder: N(0, 1) becomes N(β_y, (1 + γ_y)²).
func TestAFilmOfClassesMovesTheCodesOfEach(t *testing.T) {
	n := zoo.Network(t, "cvae", vae.Config{Dim: 2, Latent: 1, Classes: 2, Likelihood: "gaussian", Sigma: .5, Options: map[string]string{"conditioning": vae.FiLM}}, dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), []float32{0, 0, 0}, rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	set := func(name string, dims []int, v ...float64) {
		tk.Import(t, n.Params, model.Array{Name: name, Trainable: true, Dims: dims, Data: v})
	}
	set("decoder/out/weight", []int{1, 2}, .8, -.4)
	set("decoder/out/bias", []int{2}, .1, .2)
	set("decoder/film/weight", []int{2, 2}, .5/math.Sqrt2, 1/math.Sqrt2, -.25/math.Sqrt2, -.5/math.Sqrt2) // γ and β of each class
	set("decoder/film/bias", []int{2}, .1, .2)
	set("encoder/film/weight", []int{2, 4}, 0, 0, .3, -.2, 0, 0, -.3, .2)
	hitsDensities(t, n, func(x [2]float64, y int) float64 {
		scale := 1.1 + []float64{.5, -.25}[y]
		return linearDensity(x, [2]float64{}, .2+[]float64{1, -.5}[y], scale*scale)
	})
}

// hitsDensities holds evidence and bound of a model of two classes to what is exact.
func hitsDensities(t *testing.T, n *vae.Network, exact func(x [2]float64, y int) float64) {
	t.Helper()
	var rows []float32
	var want []float64
	for y := range 2 {
		for _, x := range [][2]float64{{0, 0}, {1, -1}, {-2, .5}, {3, 1}, {.2, 2}, {-1, -2}} {
			rows = append(rows, float32(x[0]), float32(x[1]), float32(y))
			want = append(want, exact(x, y))
		}
	}
	sums, err := n.LogEvidence(t.Context(), rows, 4000, rng.New(2))
	if err != nil {
		t.Fatal(err)
	}
	rec, kl, err := n.Evaluator(vi.Estimator{Samples: 2000}).PerDatum(t.Context(), rows, rng.New(3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if off := math.Abs(sums[i].LogEvidence() - want[i]); off > 5*sums[i].StdErr()+1e-6 {
			t.Errorf("row %d: got %v ± %v, want %v", i, sums[i].LogEvidence(), sums[i].StdErr(), want[i])
		}
		if rec[i]-kl[i] > want[i]+.1 {
			t.Errorf("row %d: got the bound %v, want at most %v", i, rec[i]-kl[i], want[i])
		}
	}
}

// Codes of a class are draws of its own prior, and samples of it lie about its mean.
func TestCodesOfAClassAreDrawnFromItsPrior(t *testing.T) {
	n := linearCVAE(t)
	for y, want := range [][4]float64{{.5, 1, .8*.5 + 1 + .1, -.4*.5 + .2}, {-1, 2, -.8 - 1 + .1, .4 + 2 + .2}} {
		z, err := n.PriorOf(t.Context(), 4000, y, rng.New(4))
		if err != nil {
			t.Fatal(err)
		}
		codes := make([]float64, 0, 4000)
		for i := 0; i < len(z); i += 2 {
			if z[i+1] != float32(y) {
				t.Fatalf("code %d ends with %v, want class %d", i/2, z[i+1], y)
			}
			codes = append(codes, (float64(z[i])-want[0])/want[1])
		}
		tk.FitsCDF(t, "codes", codes, func(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) })
		x, err := n.Decode(t.Context(), z)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			var column []float64
			for i := j; i < len(x); i += 2 {
				column = append(column, float64(x[i]))
			}
			tk.MeanWithin(t, "samples", column, want[2+j], 5)
		}
	}
	all, err := n.Prior(t.Context(), 5, rng.New(4))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0, 1, 0, 1, 0} {
		if all[2*i+1] != want {
			t.Errorf("code %d of all classes: got class %v, want %v", i, all[2*i+1], want)
		}
	}
}

// The film's gradients are those of the loss, of rows of a table and of images.
func TestGradientsOfAFilmOfClasses(t *testing.T) {
	spec, _ := vae.Lookup("cvae")
	for _, images := range []bool{false, true} {
		c := zoo.SmallModels(spec, images)[0]
		c.Options = map[string]string{"conditioning": vae.FiLM}
		d, ok := zoo.Compared(t, spec, c, false, map[string]bool{})
		if !ok || d.Count == 0 || d.Scaled > zoo.Tolerance {
			t.Errorf("images %v: got %+v, %v", images, d, ok)
		}
	}
}

// With the prior N(0, I) and one net for all classes but the class beside data and codes, rows of equal
// values and other classes have other codes and reconstructions.
func TestTheClassChangesCodesAndReconstructions(t *testing.T) {
	for _, hidden := range [][]int{nil, {5}, {5, 4}} {
		n := zoo.Network(t, "cvae", vae.Config{Dim: 3, Hidden: hidden, Latent: 2, Classes: 3, Likelihood: "bernoulli", Sigma: 1}, dtypes.Float32)
		rows := []float32{1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 2}
		z, variance, err := n.Encode(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		x, err := n.Reconstruct(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if z[3*i] == z[3*i+3] || x[3*i] == x[3*i+3] || variance[3*i+2] != 0 {
				t.Errorf("hidden %v: rows %d and %d: codes %v and %v, want others", hidden, i, i+1, z[3*i:3*i+3], z[3*i+3:3*i+6])
			}
		}
	}
}

func TestModelsOfClassesWantSome(t *testing.T) {
	for _, name := range []string{"cvae", "m2", "m1-m2"} {
		_, err := vae.New(name, vae.Config{Dim: 3, Latent: 2, Likelihood: "bernoulli", Sigma: 1})
		if err == nil || !strings.Contains(err.Error(), "--label") {
			t.Errorf("%s without classes: got error %v, want one that names --label", name, err)
		}
	}
}
