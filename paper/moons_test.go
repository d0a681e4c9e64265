package paper

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
)

// A VAE that never saw a moon between 40 % and 60 % full draws the half moon when asked to
// interpolate from 20 % to 80 %: the lit fraction of the decoded midpoint is within .08 of
// one half, it is nearer to the true half moon than the blend of the two pictures in at
// least 90 of 100 pairs, and the phase rises along at least 95 of the 100 paths.
func TestPaperMoonInterpolation(t *testing.T) {
	long(t)
	s, err := data.Open(context.Background(), data.Spec{Name: "moons-gap"})
	if err != nil {
		t.Fatal(err)
	}
	m := fit(t, "moons", elbo.Config{Data: "moons-gap", Latent: 4, Hidden: []int{256, 128}, Epochs: 30, Binarize: "none"}, s)
	ctx := context.Background()
	near, better, monotone, worst := 0, 0, 0, 0.
	truth := data.MoonImage(.5)
	for i := range 100 {
		p := .15 + .1*float64(i)/99 // with its mirror image 1 − p the midpoint is the half moon
		a, b := data.MoonImage(p), data.MoonImage(1-p)
		path, err := m.Interpolate(ctx, a, b, 13, "linear")
		if err != nil {
			t.Fatal(err)
		}
		mid := path[6]
		gap := math.Abs(data.LitFraction(mid) - .5)
		worst = math.Max(worst, gap)
		if gap <= .08 {
			near++
		}
		blend := make([]float32, len(a))
		for j := range a {
			blend[j] = (a[j] + b[j]) / 2
		}
		if mse(mid, truth) < mse(blend, truth) {
			better++
		}
		if rising(path) {
			monotone++
		}
	}
	t.Logf("midpoint within .08 of .5 in %d of 100 (worst %.3f), nearer than the blend in %d, monotone in %d", near, worst, better, monotone)
	if near < 100 || better < 90 || monotone < 95 {
		t.Errorf("want 100, at least 90 and at least 95")
	}
}

// rising tells whether the lit fraction grows along the path.
func rising(path [][]float32) bool {
	for i := 1; i < len(path); i++ {
		if data.LitFraction(path[i]) < data.LitFraction(path[i-1]) {
			return false
		}
	}
	return true
}

// mse is the mean squared difference of two pictures.
func mse(a, b []float32) float64 {
	sum := 0.
	for i := range a {
		d := float64(a[i] - b[i])
		sum += d * d / float64(len(a))
	}
	return sum
}
