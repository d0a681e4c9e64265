package zoo_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestRowsAreInTheSupportOfTheirLikelihood: of every likelihood, and the same at every call.
func TestRowsAreInTheSupportOfTheirLikelihood(t *testing.T) {
	for _, l := range vae.Likelihoods() {
		rows := zoo.BatchOf(l.Name, 7, 5)
		var flat []float32
		for _, r := range rows {
			for _, v := range r {
				flat = append(flat, float32(v))
			}
		}
		if err := l.Check(flat); err != nil || len(flat) != 35 {
			t.Errorf("%s: got %d values, %v", l.Name, len(flat), err)
		}
		if d := zoo.Rows(rows).Shape().Dimensions; !slices.Equal(d, []int{7, 5}) {
			t.Errorf("%s: got a tensor of %v, want 7×5", l.Name, d)
		}
	}
	u, b := zoo.Uniform(1000), zoo.Binary(1000)
	mean := 0.
	for i, v := range u {
		if !(v >= 0 && v < 1) || b[i] != 0 && b[i] != 1 {
			t.Fatalf("value %d: got %v and %v", i, v, b[i])
		}
		mean += float64(b[i]) / 1000
	}
	if !slices.Equal(u, zoo.Uniform(1000)) || math.Abs(mean-.5) > .08 { // five standard errors of .016
		t.Errorf("uniform numbers differ between calls, or the bits have a mean of %v", mean)
	}
	if w := zoo.Float64s(u[:3]); len(w) != 3 || float32(w[2]) != u[2] {
		t.Errorf("widened: got %v of %v", w, u[:3])
	}
}

func TestPicturesFitEveryNet(t *testing.T) {
	for _, net := range vae.NetNames() {
		for _, shape := range [][]int{{8, 8}, {9, 11, 3}} {
			c := zoo.Pictures(net, shape...)
			if err := vae.Check("vae", c); err != nil {
				t.Errorf("%s of %v: %v", net, shape, err)
			}
			zoo.New(t, "vae", c)
		}
	}
}

// TestTheGridCoversItsSquare: cells² centres whose squares have the area, and a mean of 0.
func TestTheGridCoversItsSquare(t *testing.T) {
	z, h := zoo.Grid(3, 10)
	if len(z) != 200 || math.Abs(h*h*100-36) > 1e-12 {
		t.Errorf("got %d values of squares of side %v", len(z), h)
	}
	sum := 0.
	for _, v := range z {
		sum += v
		if math.Abs(v) > 3-h/2+1e-12 {
			t.Errorf("got a centre at %v", v)
		}
	}
	tk.Close(t, "mean", sum, 0, 1e-12)
}

// TestTheCircleIsACurveWithNoise: rows of a key are its first rows, and those of one angle differ by the noise, of
// which the sum of squares is χ² with 10 degrees of freedom a row: 1,000 rows are within 6 % of their number.
func TestTheCircleIsACurveWithNoise(t *testing.T) {
	x := zoo.Circle(1000, rng.New(1))
	if len(x) != 10_000 || slices.Equal(x[:10], zoo.Circle(1000, rng.New(2))[:10]) {
		t.Fatalf("got %d values, or the same rows of two keys", len(x))
	}
	angle, noise := make([]float32, 1000), make([]float32, 10_000)
	rng.New(1).Named("angle").Uniform(angle)
	rng.New(1).Named("noise").Normal(noise)
	square := 0.
	for _, e := range noise {
		square += float64(e) * float64(e)
	}
	tk.Close(t, "noise", square/10_000, 1, .06)
	// The curve is odd: opposite angles are opposite points, so that the mean of many rows is near 0.
	for j := range 10 {
		mean := 0.
		for i := j; i < len(x); i += 10 {
			mean += float64(x[i]) / 1000
		}
		if math.Abs(mean) > .2 {
			t.Errorf("column %d: got a mean of %v", j, mean)
		}
	}
}

// TestTrainingIsThatOfItsSeed: it lowers −ln p(x) of a linear model, by the bits of the seed, to that of the closed
// form for independent columns, ½ ln 2πe a column, within .1 nats.
func TestTrainingIsThatOfItsSeed(t *testing.T) {
	x := make([]float32, 2000*3)
	rng.New(5).Normal(x)
	c := vae.Config{Dim: 3, Latent: 1, Likelihood: "gaussian-learned", Sigma: 1}
	none, some := zoo.Trained(t, "linear-vae", c, x, 0, .02, 1), zoo.Trained(t, "linear-vae", c, x, 300, .02, 1)
	first, last := zoo.NLL(t, none, x[:600], 50), zoo.NLL(t, some, x[:600], 50)
	entropy := 1.5 * math.Log(2*math.Pi*math.E)
	if !(last.NLL < first.NLL) {
		t.Errorf("got %v nats after training and %v before", last.NLL, first.NLL)
	}
	tk.Close(t, "−ln p(x)", last.NLL, entropy, .1+4*last.DataStdErr)
	a, b := zoo.Arrays(t, some), zoo.Arrays(t, zoo.Trained(t, "linear-vae", c, x, 300, .02, 1))
	for name, v := range a {
		if !slices.Equal(v, b[name]) {
			t.Errorf("%s differs between two trainings of one seed", name)
		}
	}
	if len(a) == 0 || slices.Equal(a["decoder/out/weight"], zoo.Arrays(t, none)["decoder/out/weight"]) {
		t.Errorf("got arrays %v, want weights that moved", a)
	}
}

// TestTheRepeatedBoundIsThatOfTheEvaluator: within five standard errors of both.
func TestTheRepeatedBoundIsThatOfTheEvaluator(t *testing.T) {
	c := zoo.Small
	c.Dim = 5
	n := zoo.Network(t, "vae", c, dtypes.Float64)
	x := []float32{1, 0, 1, 1, 0}
	zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), x))
	before := zoo.Arrays(t, n)
	zoo.Moved(t, n.Params)
	for name, v := range zoo.Arrays(t, n) {
		if slices.Equal(v, before[name]) {
			t.Errorf("%s has not moved", name)
		}
	}
	mean, se := zoo.Repeated(t, n, vi.Estimator{}, x)
	r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 2000}).Record(t.Context(), x, rng.New(3), 1))
	tk.Close(t, "bound", mean, r.Bound, 5*math.Sqrt2*se)
	if !(se > 0 && se < .1) {
		t.Errorf("got a standard error of %v", se)
	}
}

func TestNearIsToTheRoundingOfFloat32(t *testing.T) {
	zoo.Near(t, "the same", []float32{1, 1000, 0}, []float32{1 + 5e-7, 1000.0005, 5e-7})
}

// TestPathsAreThoseOfTheParameters: scalars have no dimensions, and models of one family the same names.
func TestPathsAreThoseOfTheParameters(t *testing.T) {
	zoo.HavePaths(t, false, map[string]string{"linear-vae": `
encoder/mean/weight [5 2]
encoder/mean/bias [2]
encoder/logscale [2]
decoder/out/weight [2 5]
decoder/out/bias [5]
decoder/logscale
`})
	table := vae.Config{Dim: 5, Hidden: []int{6, 5}}
	if zoo.Paths(t, "vae", table) != zoo.Paths(t, "beta-vae", table) || zoo.Paths(t, "vae", table) == zoo.Paths(t, "ae", table) {
		t.Error("want the parameters of vae in beta-vae and others in ae")
	}
	pictures := zoo.Pictures("conv", 8, 8)
	if got := zoo.Paths(t, "conv-vae", pictures); got != zoo.Paths(t, "vae", pictures) {
		t.Errorf("conv-vae: got parameters\n%s\nwant those of vae", got)
	}
}

// TestFaultsAreFound: what differs by more than rounding, rows that are missing, and parameters of another name,
// order or shape fail a test.
func TestFaultsAreFound(t *testing.T) {
	for what, fault := range map[string]func(t testing.TB){
		"a value": func(t testing.TB) { zoo.Near(t, "x", []float32{1, 2}, []float32{1, 2.00001}) },
		"a row":   func(t testing.TB) { zoo.Near(t, "x", []float32{1}, []float32{1, 2}) },
		"NaN":     func(t testing.TB) { zoo.Near(t, "x", []float32{1}, []float32{float32(math.NaN())}) },
		"a name": func(t testing.TB) {
			zoo.HavePaths(t, false, map[string]string{"linear-vae": "encoder/mean/weight [5 2]\nencoder/mean/offset [2]"})
		},
		"an order": func(t testing.TB) {
			zoo.HavePaths(t, false, map[string]string{"linear-vae": "encoder/mean/bias [2]\nencoder/mean/weight [5 2]"})
		},
		"a shape": func(t testing.TB) {
			table := zoo.Paths(t, "vae", vae.Config{Dim: 5, Hidden: []int{6, 4}})
			zoo.HavePaths(t, false, map[string]string{"vae": table})
		},
		"images for a table": func(t testing.TB) {
			zoo.HavePaths(t, true, map[string]string{"vae": zoo.Paths(t, "vae", vae.Config{Dim: 5, Hidden: []int{6, 5}})})
		},
	} {
		if !zoo.Fails(t, fault) {
			t.Errorf("%s: no failure", what)
		}
	}
	if zoo.Fails(t, func(t testing.TB) { zoo.Near(t, "x", []float32{1}, []float32{1}) }) {
		t.Error("what is equal fails")
	}
}

// TestEveryModelTakesSomeSmallConfiguration: of rows of a table or of images.
func TestEveryModelTakesSomeSmallConfiguration(t *testing.T) {
	for _, s := range vae.Specs() {
		taken := 0
		for _, c := range append(zoo.SmallModels(s, false), zoo.SmallModels(s, true)...) {
			if _, err := vae.New(s.Name, c); err == nil {
				taken++
			}
		}
		if taken == 0 {
			t.Errorf("%s: takes none", s.Name)
		}
	}
}
