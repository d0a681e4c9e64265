package hmm

import (
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestTheOnlineFilterEqualsThePassesOverThePrefix(t *testing.T) {
	r := rng.New(61).Named("online").Rand()
	for range 10 {
		k, lag := 1+r.IntN(3), r.IntN(4)
		for name, e := range zoo(t, r, k) {
			m := must(Uniform(e, .8))(t)
			x, _, err := m.Simulate(rng.New(r.Uint64()), 12)
			if err != nil {
				t.Fatal(err)
			}
			o, sum, d := must(NewOnline(m, lag))(t), 0.0, e.Dim()
			for n := 1; n <= 12; n++ {
				sum += must(o.Step(x[(n-1)*d : n*d]))(t)
				p := must(m.Smooth(x[:n*d]))(t)
				near(t, name+": log-likelihood", sum, p.LogLik, 1e-11)
				for j, v := range o.Belief() {
					near(t, name+": filtered", v, p.Filtered[(n-1)*k+j], 1e-11)
				}
				lagged := o.Lagged()
				if (lagged == nil) != (n <= lag) {
					t.Fatalf("%s: row %d, lag %d: got %v", name, n, lag, lagged)
				}
				for j, v := range lagged {
					near(t, name+": lagged", v, p.Smoothed[(n-1-lag)*k+j], 1e-11)
				}
			}
		}
	}
}

func TestTheOnlineFilterRefusesWhatItCannotTake(t *testing.T) {
	m, _ := umbrella(t)
	if _, err := NewOnline(m, -1); err == nil {
		t.Error("lag below zero: got no error")
	}
	if _, err := NewOnline(&Model{}, 1); err == nil {
		t.Error("no emission: got no error")
	}
	o := must(NewOnline(m, 0))(t)
	near(t, "start", o.Belief()[0], .5, 0)
	for _, row := range [][]float64{nil, {0, 1}, {2}, {math.NaN()}} {
		if _, err := o.Step(row); err == nil {
			t.Errorf("%v: got no error", row)
		}
	}
	sure := must(New([]float64{1, 0}, []float64{1, 0, 0, 1}, must(NewDiscrete(2, []float64{1, 0, 0, 1}))(t)))(t)
	o = must(NewOnline(sure, 0))(t)
	if _, err := o.Step([]float64{1}); !errors.Is(err, ErrImpossible) {
		t.Errorf("impossible: got %v", err)
	}
	near(t, "after an impossible row", must(o.Step([]float64{0}))(t), 0, 0)
}

func TestSampledPathsHaveTheSmoothedMarginals(t *testing.T) {
	m, x := umbrella(t)
	const n = 40000
	draws, p := must(m.Sample(x, rng.New(71), n))(t), must(m.Smooth(x))(t)
	pairs, rain := 0.0, make([]float64, len(x))
	for _, path := range draws {
		for i, s := range path {
			rain[i] += float64(1 - s)
			if i > 0 && path[i-1] == 0 && s == 1 {
				pairs++
			}
		}
	}
	for i, v := range rain {
		// Four standard errors are .01: a right sampler fails 1 time in 10⁴ for each day.
		near(t, "marginal", v/n, p.Smoothed[2*i], .01)
	}
	near(t, "steps from rain to dry", pairs/n, p.Pairs[1], .015)
	if _, err := m.Sample([]float64{9}, rng.New(1), 1); err == nil {
		t.Error("bad symbol: got no error")
	}
}
