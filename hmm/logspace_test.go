package hmm

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The passes in logarithms are the definition of the scaled ones: they are held to the sum
// over all paths by themselves.
func TestPassesInLogarithmsEqualTheSumOverAllPaths(t *testing.T) {
	r := rng.New(801).Named("logarithms").Rand()
	for range 200 {
		m, x := randomModel(t, r, true)
		k := len(m.Start)
		w := must(m.ready(x))(t)
		logZ, err := w.logEvidence()
		want := enumerate(m, density(m.Emit, x))
		if want.z == 0 {
			if err == nil {
				t.Fatalf("impossible: got %g", logZ)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		near(t, "ln Z", logZ, math.Log(want.z), 1e-12)
		w.logBackward(logZ)
		for i, v := range want.smoothed {
			near(t, "marginal", w.b[i], v/want.z, 1e-12)
		}
		for i, v := range want.pairs {
			near(t, "pairs", w.pairs[i], v/want.z, 1e-12)
		}
		for n := range x { // filtered: the sum over paths of the rows so far
			part := enumerate(m, density(m.Emit, x[:n+1]))
			for j := range k {
				near(t, "filtered", w.side[n*k+j], part.smoothed[n*k+j]/part.z, 1e-12)
			}
		}
	}
}

func TestLogSharesAddToOne(t *testing.T) {
	v := []float64{-1e5, -1e5 + math.Log(3), math.Inf(-1)}
	logShares(v)
	for i, want := range []float64{.25, .75, 0} {
		near(t, "share", v[i], want, 1e-11)
	}
}

// A fit whose every sweep is done in logarithms rises as well.
func TestFitsInLogarithmsRise(t *testing.T) {
	x := make([]float64, 40)
	for i := range x {
		if x[i] = .1 * float64(i%3); i >= 20 {
			x[i] += 500
		}
	}
	e := must(NewGaussian(Spherical, 1, []float64{0, 400}, []float64{1, 1}))(t)
	m := must(New([]float64{1, 0}, []float64{.9, .1, 0, 1}, e))(t)
	w := must(m.ready(x))(t)
	if _, ok := w.meet(); ok {
		t.Error("the scaled passes: got no complaint, want to be done in logarithms")
	}
	last := math.Inf(-1)
	c := Config{Sweeps: 20, Progress: func(r Record) {
		if r.Bound < last-1e-12*math.Abs(last) {
			t.Errorf("fell from %g to %g", last, r.Bound)
		}
		last = r.Bound
	}}
	must(m.Fit(t.Context(), [][]float64{x}, c))(t)
	near(t, "second mean", e.Mean[1], 500.1, 1e-2)
	near(t, "step", m.Trans[1], 1./20, 1e-6)
}
