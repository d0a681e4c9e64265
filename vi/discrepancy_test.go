package vi_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// normals are n draws of l elements with a mean.
func normals(key rng.Key, n, l int, mean float64) []float64 {
	out := make([]float64, n*l)
	key.NormalFloat64(out)
	for i := range out {
		out[i] += mean
	}
	return out
}

// The estimate is that of the graph and that of a loop over all pairs, by both kernels; they differ by the order
// of sums of some hundred terms of size 1.
func TestDiscrepancyEqualsADoubleLoopAndTheGraph(t *testing.T) {
	const n, l = 17, 3
	squares := []float64{.6, 6, 60}
	x, y := normals(rng.New(1), n, l, 0), normals(rng.New(2), n, l, .4)
	square := func(a []float64, i int, b []float64, j int) (out float64) {
		for d := range l {
			out += (a[i*l+d] - b[j*l+d]) * (a[i*l+d] - b[j*l+d])
		}
		return out
	}
	for name, k := range map[string]interface {
		vi.Kernel
		At(square float64) float64
	}{"rbf": vi.RBF{Squares: squares}, "imq": vi.IMQ{Squares: squares}} {
		got, err := vi.Discrepant(k.At, x, y, l)
		if err != nil || got.Draws != n {
			t.Fatalf("got %+v, %v", got, err)
		}
		want, second := 0., 0.
		for i := range n {
			for j := range n {
				want -= 2 * k.At(square(x, i, y, j)) / (n * n)
				if i == j {
					continue
				}
				own := k.At(square(x, i, x, j)) + k.At(square(y, i, y, j))
				want += own / (n * (n - 1))
				h := own - k.At(square(x, i, y, j)) - k.At(square(x, j, y, i))
				second += h * h / (n * (n - 1))
			}
		}
		tk.Close(t, name+" by loops", got.Squared, want, 1e-13)
		tk.Close(t, name+" noise", got.Noise, math.Sqrt(2*second/(n*(n-1))), 1e-13)
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.MMD(k, in[0], in[1])}
		}, tk.Matrix(x, n, l), tk.Matrix(y, n, l))
		tk.Close(t, name+" in a graph", got.Squared, out[0][0], 1e-13)
	}
}

// permuted is the share of relabellings of the pooled draws, the given one among them, whose estimate is no
// smaller. Where both distributions are the same it is at most α with a probability of at most α.
func permuted(t *testing.T, k func(float64) float64, x, y []float64, l, times int, key rng.Key) float64 {
	t.Helper()
	estimate := func(x, y []float64) float64 {
		d, err := vi.Discrepant(k, x, y, l)
		if err != nil {
			t.Fatal(err)
		}
		return d.Squared
	}
	pool, given, hits := append(append([]float64(nil), x...), y...), estimate(x, y), 1
	for i := range times - 1 {
		var mixed []float64
		for _, j := range key.At(uint64(i)).Perm(len(pool) / l) {
			mixed = append(mixed, pool[j*l:(j+1)*l]...)
		}
		if estimate(mixed[:len(x)], mixed[len(x):]) >= given {
			hits++
		}
	}
	return float64(hits) / float64(times)
}

// Draws from q̄ = p are not told apart by a permutation test of 200 relabellings whose false-alarm rate is 1 %
// by construction, and those of a q̄ that is shifted by .7 in each of four elements are, with an estimate of ten
// times its noise.
func TestDiscrepancyTellsAShiftedAggregateFromThePrior(t *testing.T) {
	const n, l = 60, 4
	k := vi.IMQ{Squares: vi.KernelScales(l)}.At
	prior := normals(rng.New(3), n, l, 0)
	for _, c := range []struct {
		mean  float64
		shown bool
	}{{0, false}, {.7, true}} {
		x := normals(rng.New(4), n, l, c.mean)
		d, err := vi.Discrepant(k, x, prior, l)
		if err != nil {
			t.Fatal(err)
		}
		p := permuted(t, k, x, prior, l, 200, rng.New(5))
		t.Logf("mean %v: %.5f ± %.5f, p = %.3f", c.mean, d.Squared, d.Noise, p)
		if (p <= .01) != c.shown || d.Distinct() != c.shown || c.shown && d.Squared < 10*d.Noise {
			t.Errorf("mean %v: got %+v and p = %v, want them told apart: %v", c.mean, d, p, c.shown)
		}
	}
}

// Over 4,000 pairs of equal samples the estimates have the mean 0 within four standard errors, a false alarm
// of 6e-5, and the variance that the noise says within a quarter: a weighted sum of centred χ² variables has a kurtosis
// of at most 15, so that the variance of 4,000 has a standard error of at most √(14/4000) = 6 %. More than three
// deviations above 0 are 1.2 % of 20,000 such estimates of another seed; 2 % of 4,000 would be four standard errors more.
func TestNoiseIsTheDeviationOfTheEstimateUnderEquality(t *testing.T) {
	const n, l, times = 40, 3, 4000
	k := vi.IMQ{Squares: vi.KernelScales(l)}.At
	var found, variances []float64
	distinct := 0
	for i := range times {
		key := rng.New(6).At(uint64(i))
		d, err := vi.Discrepant(k, normals(key.Named("x"), n, l, 0), normals(key.Named("y"), n, l, 0), l)
		if err != nil {
			t.Fatal(err)
		}
		found, variances = append(found, d.Squared), append(variances, d.Noise*d.Noise)
		if d.Distinct() {
			distinct++
		}
	}
	mean, variance, se := tk.Moments(found)
	stated, _, _ := tk.Moments(variances)
	t.Logf("mean %.2e ± %.2e, deviation %.5f where %.5f is stated, %d of %d beyond three", mean, se, math.Sqrt(variance), math.Sqrt(stated), distinct, times)
	if math.Abs(mean) > 4*se {
		t.Errorf("mean: got %v ± %v, want 0", mean, se)
	}
	if ratio := variance / stated; ratio < .75 || ratio > 1.25 {
		t.Errorf("variance: got %v, want the stated %v within a quarter", variance, stated)
	}
	if distinct > times*2/100 {
		t.Errorf("distinct: got %d of %d, want at most 2 %%", distinct, times)
	}
}

func TestDiscrepancyWantsAsManyDrawsOfEach(t *testing.T) {
	k := vi.RBF{Squares: []float64{1}}.At
	for _, c := range []struct{ x, y, l int }{{4, 6, 2}, {2, 2, 2}, {5, 5, 2}, {4, 4, 0}, {0, 0, 1}} {
		if _, err := vi.Discrepant(k, make([]float64, c.x), make([]float64, c.y), c.l); err == nil {
			t.Errorf("%+v: got no error", c)
		}
	}
}
