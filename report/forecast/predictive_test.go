package forecast

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/bnn"
)

// Without draws a prediction is normal.
func TestAPredictionWithoutDrawsIsNormal(t *testing.T) {
	p := normal(2, 3, 4)
	d := distuv.Normal{Mu: 2, Sigma: 5}
	for _, y := range []float64{-20, -3, 0, 2, 2.5, 9, 40} {
		near(t, "CDF", cdf(p, y), d.CDF(y), 1e-14)
	}
	for _, q := range []float64{.001, .05, .25, .5, .75, .95, .999} {
		near(t, "quantile", quantile(p, q), d.Quantile(q), 1e-8)
	}
	if hasDraws(p) {
		t.Error("a prediction without draws claims to have some")
	}
}

// A certain prediction jumps: half its probability lies at the jump.
func TestACertainPredictionJumps(t *testing.T) {
	p := normal(2, 0, 0)
	for _, c := range [][2]float64{{1.999, 0}, {2, .5}, {2.001, 1}} {
		near(t, "CDF", cdf(p, c[0]), c[1], 0)
	}
	near(t, "quantile", quantile(p, .9), 2, 0)
}

// tinyNet is a network of few epochs, whose predictions have draws.
func tinyNet(t testing.TB) (*bnn.Net, [][]float32) {
	t.Helper()
	x, y := cubicRows(40)
	net, err := bnn.Fit(context.Background(), x, y, bnn.Config{Epochs: 60, Hidden: []int{8}, Draws: 15, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	return net, x
}

// With draws it is their mixture: CDF and quantiles are the prediction's own and invert each other.
func TestAPredictionWithDrawsIsItsMixture(t *testing.T) {
	net, x := tinyNet(t)
	ps, err := net.Predict(x[:5])
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range ps {
		if !hasDraws(p) {
			t.Fatalf("row %d: no draws", i)
		}
		for _, q := range []float64{.05, .25, .5, .75, .95} {
			near(t, "quantile", quantile(p, q), p.Quantile(q), 0)
			near(t, "CDF of the quantile", cdf(p, quantile(p, q)), q, 1e-9)
		}
		near(t, "far left", cdf(p, -1e300), 0, 0)
		near(t, "far right", cdf(p, 1e300), 1, 1e-15)
	}
}

// Bands of a level hold it, are nested, and that of the noise is the narrower.
func TestBandsHoldTheirLevels(t *testing.T) {
	net, x := tinyNet(t)
	ps, err := net.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	wide, narrow, noise := totalBand(ps, .9), totalBand(ps, .5), noiseBand(ps, .9)
	for i, p := range ps {
		near(t, "probability", cdf(p, wide.hi[i])-cdf(p, wide.lo[i]), .9, 1e-9)
		near(t, "probability", cdf(p, narrow.hi[i])-cdf(p, narrow.lo[i]), .5, 1e-9)
		near(t, "width of the noise", noise.hi[i]-noise.lo[i], 2*1.6448536269514722*p.Aleatoric, 1e-9*p.Aleatoric)
		near(t, "middle of the noise", (noise.hi[i]+noise.lo[i])/2, p.Mean, 1e-9*math.Max(1, math.Abs(p.Mean)))
		if !(wide.lo[i] < narrow.lo[i] && narrow.hi[i] < wide.hi[i]) {
			t.Errorf("row %d: bands are not nested", i)
		}
	}
}
