package eval

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// normals returns n rows of d numbers N(mean, sd²).
func normals(key rng.Key, n, d int, mean, sd float64) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, d)
		key.At(uint64(i)).NormalFloat64(out[i])
		for j, v := range out[i] {
			out[i][j] = mean + sd*v
		}
	}
	return out
}

// line returns rows of one number.
func line(values ...float64) [][]float64 {
	out := make([][]float64, len(values))
	for i, v := range values {
		out[i] = []float64{v}
	}
	return out
}

// The samples have means 1 and 3, variances 2 and 4.
func TestFrechetOfRowsByHand(t *testing.T) {
	near(t, "distance", must(FrechetOfRows(line(0, 2), line(1, 3, 5)))(t), 4+math.Pow(math.Sqrt2-2, 2), 1e-12)
	x := normals(rng.New(1), 50, 6, 1, 2)
	near(t, "distance from itself", must(FrechetOfRows(x, x))(t), 0, 1e-10)
	for i := range x {
		x[i][3] = x[i][0] // a singular covariance
	}
	near(t, "distance from itself, singular", must(FrechetOfRows(x, x))(t), 0, 1e-6) // √ε of the zero eigenvalue
	near(t, "order of the samples", must(FrechetOfRows(x, normals(rng.New(2), 50, 6, 1, 2)))(t), must(FrechetOfRows(normals(rng.New(2), 50, 6, 1, 2), x))(t), 1e-6)
}

// Two samples of N of one distribution of one number are (x̄ − ȳ)² + (s_x − s_y)² apart, 2/N + 1/N to
// first order: the bias halves as N doubles. Means of 4,000 pairs have a standard error of 2 %.
func TestTheBiasOfFrechetOfRowsFallsAsOneOverN(t *testing.T) {
	for _, n := range []int{50, 100, 200} {
		mean := 0.
		const pairs = 4000
		for i := range pairs {
			key := rng.New(3).At(uint64(n)).At(uint64(i))
			mean += must(FrechetOfRows(normals(key.Named("a"), n, 1, 0, 1), normals(key.Named("b"), n, 1, 0, 1)))(t) / pairs
		}
		near(t, "bias times N", mean*float64(n), 3, .25) // 4 standard errors, and 1/N of the next order
	}
}

// k(0, 1) = 1, k(2, 3) = 343, and the four across sum to 93: 1 + 343 − 2·93/4 in each of two blocks.
func TestKernelDistanceByHand(t *testing.T) {
	ctx := context.Background()
	got := must(KernelDistance(ctx, line(0, 1, 0, 1), line(2, 3, 2, 3), 2))(t)
	if got.Mean != 297.5 || got.SE != 0 {
		t.Errorf("got %v, want 297.5 ± 0", got)
	}
	// A second block of k(1, 2) = 27, 343 and 1·(27 + 64 + 125 + 343): 27 + 343 − 559/2.
	got = must(KernelDistance(ctx, line(0, 1, 1, 2, 9), line(2, 3, 2, 3), 2))(t)
	near(t, "two blocks", got.Mean, (297.5+90.5)/2, 1e-12)
	near(t, "two blocks, standard error", got.SE, (297.5-90.5)/2, 1e-12)
}

// Of numbers the squared discrepancy is Σ_k C(3, k)(E xᵏ − E yᵏ)²: N(0, 1) and N(1, 1) are
// 3·1 + 3·1 + 16 = 22 apart, and equal distributions 0.
func TestKernelDistanceIsUnbiased(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ mean, want float64 }{{0, 0}, {1, 22}} {
		a, b := normals(rng.New(5), 20000, 1, 0, 1), normals(rng.New(6), 20000, 1, c.mean, 1)
		got := must(KernelDistance(ctx, a, b, 50))(t)
		t.Logf("got %v, want %v", got, c.want)
		near(t, "discrepancy", got.Mean, c.want, 4*got.SE) // 1 in 16,000
		if !(got.SE > 0) || got.SE > 1 {
			t.Errorf("standard error %v", got.SE)
		}
	}
}

// 0, 1 and 2 have balls of radius 1, 10 one of 8; .4 and 30 have balls of 29.6.
func TestNeighbourhoodsByHand(t *testing.T) {
	got := must(Neighbourhoods(context.Background(), line(0, 1, 2, 10), line(.4, 30), 1))(t)
	near(t, "precision: .4 alone is in a ball", got.Precision, .5, 0)
	near(t, "recall: all are in the ball of .4", got.Recall, 1, 0)
	near(t, "density: .4 is in the balls of 0 and 1", got.Density, 1, 1e-15)
	near(t, "coverage: of 0 and 1", got.Coverage, .5, 0)
	if got.K != 1 || got.N != 4 || got.M != 2 {
		t.Errorf("got %+v", got)
	}
}

// plainly is the definition in loops.
func plainly(real, drawn [][]float64, k int) Manifold {
	dist := func(a, b []float64) float64 {
		sum := 0.
		for j := range a {
			sum += (a[j] - b[j]) * (a[j] - b[j])
		}
		return math.Sqrt(sum)
	}
	reach := func(rows [][]float64, i int) float64 {
		var d []float64
		for j := range rows {
			if j != i {
				d = append(d, dist(rows[i], rows[j]))
			}
		}
		slices.Sort(d)
		return d[k-1]
	}
	var m Manifold
	for _, y := range drawn {
		in := 0.
		for i, x := range real {
			if dist(x, y) <= reach(real, i) {
				in++
			}
		}
		m.Density += in / float64(k*len(drawn))
		m.Precision += min(in, 1) / float64(len(drawn))
	}
	for i, x := range real {
		covered, found := 0., 0.
		for j, y := range drawn {
			if dist(x, y) <= reach(real, i) {
				covered = 1
			}
			if dist(x, y) <= reach(drawn, j) {
				found = 1
			}
		}
		m.Coverage += covered / float64(len(real))
		m.Recall += found / float64(len(real))
	}
	return m
}

func TestNeighbourhoodsAreTheirDefinition(t *testing.T) {
	for i, c := range []struct {
		n, m, d, k int
		mean, sd   float64
	}{{40, 30, 3, 1, 0, 1}, {25, 50, 2, 3, .5, .6}, {30, 30, 8, 5, 0, 2}, {12, 300, 1, 2, 1, 1}, {300, 20, 4, 4, 0, .1}} {
		real, drawn := normals(rng.New(7).At(uint64(i)), c.n, c.d, 0, 1), normals(rng.New(8).At(uint64(i)), c.m, c.d, c.mean, c.sd)
		got, want := must(Neighbourhoods(context.Background(), real, drawn, c.k))(t), plainly(real, drawn, c.k)
		near(t, "precision", got.Precision, want.Precision, 1e-12)
		near(t, "recall", got.Recall, want.Recall, 1e-12)
		near(t, "density", got.Density, want.Density, 1e-12)
		near(t, "coverage", got.Coverage, want.Coverage, 1e-12)
	}
}

// Where both samples have one distribution, the density is 1 and the coverage
// 1 − Π_{j ≤ k} (N − j)/(N + M − j) in expectation (Naeem et al. 2020, lemma 2), whatever the
// distribution. Means of 300 trials, 4 standard errors of .003 and .0025.
func TestNeighbourhoodsOfEqualDistributions(t *testing.T) {
	const n, m, k, trials = 60, 80, 4, 300
	want := 1.
	for j := 1.; j <= k; j++ {
		want *= (n - j) / (n + m - j)
	}
	density, coverage := 0., 0.
	for i := range trials {
		key := rng.New(9).At(uint64(i))
		got := must(Neighbourhoods(context.Background(), normals(key.Named("a"), n, 3, 0, 1), normals(key.Named("b"), m, 3, 0, 1), k))(t)
		density, coverage = density+got.Density/trials, coverage+got.Coverage/trials
	}
	t.Logf("density %.4f of 1, coverage %.4f of %.4f", density, coverage, 1-want)
	near(t, "density", density, 1, .05)
	near(t, "coverage", coverage, 1-want, .012)
}

// A model of one of two modes is precise and recalls half; noise around both is not precise.
func TestNeighbourhoodsTellLostModesFromPoorSamples(t *testing.T) {
	two := append(normals(rng.New(1), 100, 2, 0, 1), normals(rng.New(2), 100, 2, 50, 1)...)
	one := must(Neighbourhoods(context.Background(), two, normals(rng.New(3), 200, 2, 0, 1), 5))(t)
	poor := must(Neighbourhoods(context.Background(), two, normals(rng.New(4), 200, 2, 25, 40), 5))(t)
	if one.Precision < .9 || one.Recall > .51 || one.Coverage > .51 || poor.Precision > .1 || poor.Density > .1 {
		t.Errorf("one mode: %+v; noise: %+v", one, poor)
	}
	twice := append(two, two...)
	if got := must(Neighbourhoods(context.Background(), twice, twice, 1))(t); got.Precision != 1 || got.Recall != 1 || got.Coverage != 1 {
		t.Errorf("rows that occur twice, against themselves: got %+v, want all inside balls of radius 0", got)
	}
}

// One bright pixel at (1, 1) of 4×4 has the inner Laplacians −4, 1, 1, 0: a variance of 4.5 − .25.
func TestSharpnessByHand(t *testing.T) {
	spot := make([]float32, 16)
	spot[5] = 1
	got := must(Sharpness(spot, 4, 4, 1))(t)
	near(t, "a spot", got.Mean, 4.25, 1e-12)
	ramp, both := make([]float32, 30), make([]float32, 32)
	for i := range ramp {
		ramp[i] = float32(i%6) + 3*float32(i/6)
	}
	near(t, "a ramp", must(Sharpness(ramp, 5, 6, 1))(t).Mean, 0, 1e-12)
	for i, v := range spot {
		both[2*i] = v // and a second channel of zeros
	}
	near(t, "two channels", must(Sharpness(both, 4, 4, 2))(t).Mean, 4.25/2, 1e-12)
	two := must(Sharpness(append(slices.Clone(spot), make([]float32, 16)...), 4, 4, 1))(t)
	near(t, "two images", two.Mean, 4.25/2, 1e-12)
	near(t, "two images, standard error", two.SE, 4.25/2, 1e-12)
}

// Noise of variance σ² has a Laplacian of variance 20σ²; a blur by 3×3 lowers it.
func TestSharpnessOfNoiseAndBlur(t *testing.T) {
	const side = 200
	noise := make([]float64, side*side)
	rng.New(11).NormalFloat64(noise)
	x, blurred := make([]float32, side*side), make([]float32, side*side)
	for i, v := range noise {
		x[i] = float32(.1 * v)
	}
	for i := 1; i < side-1; i++ {
		for j := 1; j < side-1; j++ {
			for k := range 9 {
				blurred[i*side+j] += x[(i+k/3-1)*side+j+k%3-1] / 9
			}
		}
	}
	sharp, soft := must(Sharpness(x, side, side, 1))(t).Mean, must(Sharpness(blurred, side, side, 1))(t).Mean
	near(t, "noise", sharp, .2, .01) // 20·σ²; 4 standard errors of some 1 %
	if soft > sharp/5 {
		t.Errorf("blurred noise: got %v, want far below %v", soft, sharp)
	}
}

func TestWrongSamplesAreErrors(t *testing.T) {
	ctx := context.Background()
	ok := normals(rng.New(1), 8, 3, 0, 1)
	for say, f := range map[string]func() error{
		"rows of 2":                  func() error { _, err := FrechetOfRows(ok, normals(rng.New(1), 8, 2, 0, 1)); return err },
		"FrechetOfRows: got 1 rows":  func() error { _, err := FrechetOfRows(ok[:1], ok); return err },
		"second sample":              func() error { _, err := FrechetOfRows(ok, nil); return err },
		"a finite number":            func() error { _, err := Neighbourhoods(ctx, ok, line(1, math.NaN()), 1); return err },
		"rows of a block: got 5":     func() error { _, err := KernelDistance(ctx, ok, ok, 5); return err },
		"rows of a block: got 1":     func() error { _, err := KernelDistance(ctx, ok, ok, 1); return err },
		"k: got 8, want 1 to 7":      func() error { _, err := Neighbourhoods(ctx, ok, ok, 8); return err },
		"k: got 0":                   func() error { _, err := Neighbourhoods(ctx, ok, ok, 0); return err },
		"images of 2×4×1":            func() error { _, err := Sharpness(make([]float32, 8), 2, 4, 1); return err },
		"got 10 values":              func() error { _, err := Sharpness(make([]float32, 10), 3, 3, 1); return err },
		"KernelDistance: got 8 rows": func() error { _, err := KernelDistance(ctx, ok, ok[:1], 2); return err },
	} {
		fails(t, f(), say)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := Neighbourhoods(stopped, ok, ok, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if _, err := KernelDistance(stopped, ok, ok, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
