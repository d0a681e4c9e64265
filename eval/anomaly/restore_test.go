package anomaly

import (
	"context"
	"errors"
	"math"
	"testing"
)

// atCode is −ln p(x|z) of the linear model.
func atCode(x []float32, z []float64) float64 {
	v := linearSigma * linearSigma
	nll := .5 * linearD * math.Log(2*math.Pi*v)
	for d := range linearD {
		r := float64(x[d]) - linearB[d]
		for k, u := range z {
			r -= linearW[d][k] * u
		}
		nll += .5 * r * r / v
	}
	return nll
}

// The best code of a row of a linear-Gaussian model is the mean of its posterior. Steps that begin there
// stay, and steps from a guide whose mean is off by half arrive.
func TestRestoreEndsAtThePosteriorMean(t *testing.T) {
	x := linearRows(20, 11)
	exact, off := linear(t, 1), linear(t, 1)
	put(t, off, "encoder/mean/bias", []float64{.5, -.4})
	for name, c := range map[string]struct {
		s     Subject
		steps int
		tol   float64
	}{
		"from the mean itself": {Subject{Net: exact}, 3, 1e-6},
		"from beside it":       {Subject{Net: off}, 400, 2e-3}, // Adam at a rate of .05 ends near, not at, the minimum
	} {
		codes, nll, err := Restore(t.Context(), c.s, x, c.steps)
		if err != nil {
			t.Fatal(err)
		}
		for i := range nll {
			want := code(x[i*linearD : (i+1)*linearD])
			for k, z := range want {
				if math.Abs(float64(codes[i*linearL+k])-z) > c.tol*(1+math.Abs(z)) {
					t.Errorf("%s: row %d: got code %v, want %v", name, i, codes[i*linearL:(i+1)*linearL], want)
				}
			}
			near(t, name+": −ln p(x|z)", nll[i], atCode(x[i*linearD:(i+1)*linearD], want), 10*c.tol)
		}
	}
}

// A step never makes a code worse: the best on the way is kept, and more steps are no worse than fewer.
func TestRestoreKeepsTheBest(t *testing.T) {
	net := small(t, "vae", "gaussian", nil)
	s := Subject{Net: net, Shape: []int{6, 5}}
	x := grey(7, 12)
	loss := func(steps int) []float64 {
		codes, nll, err := Restore(t.Context(), s, x, steps)
		if err != nil {
			t.Fatal(err)
		}
		for i := range nll {
			for _, z := range codes[3*i : 3*i+3] {
				nll[i] += .5 * float64(z) * float64(z) // −ln p(z) but for a constant
			}
		}
		return nll
	}
	last := loss(0)
	for _, steps := range []int{1, 5, 30} {
		now := loss(steps)
		for i := range now {
			if now[i] > last[i]+1e-5 { // codes are float32
				t.Errorf("%d steps, row %d: got %v after %v", steps, i, now[i], last[i])
			}
		}
		last = now
	}
	agree(t, "score", scores(t, "restored", s, x), func() []float64 {
		_, nll, err := Restore(t.Context(), s, x, restoreSteps)
		if err != nil {
			t.Fatal(err)
		}
		return nll
	}(), 0)
}

// Rows of several executions are restored as each is alone.
func TestRestoreInPieces(t *testing.T) {
	s := Subject{Net: small(t, "vae", "gaussian", nil)}
	x := grey(chunk+3, 13)
	_, all, err := Restore(t.Context(), s, x, 2)
	if err != nil {
		t.Fatal(err)
	}
	_, tail, err := Restore(t.Context(), s, x[30*chunk:], 2)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "the last rows", all[chunk:], tail, 1e-5) // start and codes are float32
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Restore(ctx, s, x, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
