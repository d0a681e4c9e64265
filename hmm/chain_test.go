package hmm

import (
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestAChainOfATableIsThatOfItsEmission(t *testing.T) {
	r := rng.New(1001).Named("table").Rand()
	for name, e := range zoo(t, r, 3) {
		m := must(Uniform(e, .6))(t)
		randomChain(r, m)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 30)
		if err != nil {
			t.Fatal(err)
		}
		want := must(m.Smooth(x))(t)
		got := must(Chain(m.Start, m.Trans, density(e, x)))(t)
		near(t, name+": ln Z", got.LogLik, want.LogLik, 1e-13)
		for i, v := range want.Smoothed {
			near(t, name+": marginal", got.Smoothed[i], v, 1e-13)
		}
		// Twice the weights of every step is 29 ln 2 more, and the same marginals.
		for i := range m.Trans {
			m.Trans[i] *= 2
		}
		twice := must(Chain(m.Start, m.Trans, density(e, x)))(t)
		near(t, name+": ln Z of twice the weights", twice.LogLik, want.LogLik+29*math.Ln2, 1e-12)
		near(t, name+": marginal of twice the weights", twice.Smoothed[7], want.Smoothed[7], 1e-12)
	}
}

func TestBadChainsAreErrors(t *testing.T) {
	one, half := []float64{1}, []float64{.5, .5}
	for what, err := range map[string]error{
		"no states": second(Chain(nil, nil, one)),
		"no rows":   second(Chain(one, one, nil)),
		"steps":     second(Chain(half, half, half)),
		"rows":      second(Chain(half, append(half, half...), one)),
	} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	never := math.Inf(-1)
	if _, err := Chain(half, append(half, half...), []float64{0, 0, never, never}); !errors.Is(err, ErrImpossible) {
		t.Errorf("impossible: got %v", err)
	}
}
