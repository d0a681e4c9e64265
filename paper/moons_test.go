package paper

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
)

// A VAE that never saw a moon between 40 % and 60 % full draws the half moon when asked to
// interpolate from 20 % to 80 %: the lit fraction of the decoded midpoint is within .08 of
// one half in all of 100 pairs, the midpoint is nearer to the true half moon than the blend
// of the two pictures in at least 90, and the phase rises along at least 95 of the paths.
//
// One latent dimension and β = 10 make the guide wide enough to bridge the gap; with β = 1
// the decoder jumps across it, and which phase lies halfway is a matter of luck.
func TestPaperMoonInterpolation(t *testing.T) {
	long(t)
	s, err := data.Open(context.Background(), data.Spec{Name: "moons-gap"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Train.Factors[0].Values {
		if p > .4 && p < .6 {
			t.Fatalf("a training moon has phase %v", p)
		}
	}
	for seed := range uint64(3) {
		m := fit(t, fmt.Sprintf("moons-%d", seed+1), elbo.Config{
			Data: "moons-gap", Latent: 1, Hidden: []int{256}, Beta: 10, Epochs: 40, Batch: 64,
			LRSchedule: "cosine", Binarize: "none", Seed: seed + 1,
		}, s)
		near, better, monotone, worst := judgePaths(t, m)
		t.Logf("seed %d: midpoint within .08 of .5 in %d of 100 (worst %.3f), nearer than the blend in %d, monotone in %d", seed+1, near, worst, better, monotone)
		if near < 100 || better < 90 || monotone < 95 {
			t.Errorf("seed %d: want 100, at least 90 and at least 95", seed+1)
		}
	}
}

// judgePaths decodes 100 paths from phases near .2 to their mirror images near .8.
func judgePaths(t *testing.T, m *elbo.Model) (near, better, monotone int, worst float64) {
	t.Helper()
	truth := data.MoonImage(.5)
	for i := range 100 {
		p := .15 + .1*float64(i)/99
		a, b := data.MoonImage(p), data.MoonImage(1-p)
		path, err := m.Interpolate(context.Background(), a, b, 13, "linear")
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
	return near, better, monotone, worst
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
