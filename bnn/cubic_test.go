package bnn

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// cubic returns n rows on [−4, 4] with target x³ + N(0, 3²) (Hernández-Lobato & Adams 2015).
func cubic(n int, key rng.Key) (x [][]float32, y []float64) {
	u, eps := make([]float32, n), make([]float64, n)
	key.Named("x").Uniform(u)
	key.Named("y").NormalFloat64(eps)
	for i := range n {
		v := 8*u[i] - 4
		x, y = append(x, []float32{v}), append(y, math.Pow(float64(v), 3)+3*eps[i])
	}
	return x, y
}

// Five tables of twenty rows, noise known: of 2,500 new rows inside the range 95 % intervals hold
// between 90 and 99 %, and at ±6, outside it, they are at least twice as wide as at 0. The methods
// that follow one mode are not held to this: of the same tables the intervals of dropout cover .881
// and are at least 1.65 times as wide outside, those of laplace-kfac .940 and 1.73, of the last
// layer .902 and 1.76, of Langevin dynamics .902 and 1.43. Those of laplace cover all, at 2.26, but
// are twelve times as wide at 0 as the noise's own. Members of an ensemble and iterates of swag, which
// has all rows in a batch, agree everywhere: .85 and 1.00.
func TestIntervalsOfACubicCoverInsideAndWidenOutside(t *testing.T) {
	inside := 0
	for d := range 5 {
		key := rng.New(uint64(d))
		x, y := cubic(20, key)
		n := fit(t, x, y, Config{Noise: 3})
		tx, ty := cubic(500, key.Named("test"))
		for i, p := range predict(t, n, tx) {
			lo, hi := p.Interval(.95)
			inside += b2i(lo <= ty[i] && ty[i] <= hi)
		}
		var width []float64
		for _, p := range predict(t, n, [][]float32{{-6}, {0}, {6}}) {
			lo, hi := p.Interval(.95)
			width = append(width, hi-lo)
		}
		t.Logf("table %d: width %.1f at −6, %.1f at 0, %.1f at 6", d, width[0], width[1], width[2])
		if min(width[0], width[2]) < 2*width[1] {
			t.Errorf("table %d: widths at −6, 0 and 6: got %v, want the outer ones twice the inner", d, width)
		}
	}
	share := float64(inside) / 2500
	t.Logf("95 %% intervals cover %.3f", share)
	if share < .9 || share > .99 {
		t.Errorf("95 %% intervals cover %.3f, want .90 to .99", share)
	}
}
