package message

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
)

// anyFamily draws a family, of any size.
func anyFamily(r *rand.Rand) expfam.Family {
	return []expfam.Family{expfam.Normal{}, expfam.Gamma{}, expfam.Beta{}, expfam.Categorical{K: 1 + r.IntN(3)}, expfam.Dirichlet{K: 1 + r.IntN(3)},
		expfam.MultiNormal{D: 1 + r.IntN(2)}, expfam.Wishart{D: 1 + r.IntN(2)}, expfam.NormalWishart{D: 1 + r.IntN(2)}, expfam.NormalGamma{}}[r.IntN(9)]
}

// anyNumber draws a number as strangers give them.
func anyNumber(r *rand.Rand) float64 {
	return []float64{0, 1, -1, .5, 2, 1e300, -1e300, 1e-300, math.Inf(1), math.Inf(-1), math.NaN(), r.NormFloat64()}[r.IntN(12)]
}

func numbers(r *rand.Rand, n int) (out []float64) {
	for range n {
		out = append(out, anyNumber(r))
	}
	return out
}

// anyFactor draws a factor with settings as strangers give them.
func anyFactor(r *rand.Rand) Factor {
	f := anyFamily(r)
	switch r.IntN(14) {
	case 0:
		return Normal{Scale: anyNumber(r)}
	case 1:
		return Gamma{Shape: anyNumber(r)}
	case 2:
		return Prior{Family: f, Eta: numbers(r, f.Len()), Raw: r.IntN(2) == 0}
	case 3:
		return Prior{Family: f, Eta: numbers(r, r.IntN(4))}
	case 4:
		return Categorical{K: 1 + r.IntN(3)}
	case 5:
		return Bernoulli{}
	case 6:
		return Sticks{K: 1 + r.IntN(3)}
	case 7:
		return Table{Card: []int{1 + r.IntN(3), 1 + r.IntN(2)}, Log: numbers(r, r.IntN(7))}
	case 8:
		return Linear{Weights: numbers(r, 1+r.IntN(2)), Offset: anyNumber(r)}
	case 9:
		return Dot{D: 1 + r.IntN(2)}
	case 10:
		return []Factor{Probit{}, Logistic{}, Softmax{K: 1 + r.IntN(3)}}[r.IntN(3)]
	case 11:
		return Interval{Low: anyNumber(r), High: anyNumber(r)}
	case 12:
		return Gate{Of: Normal{}, K: 1 + r.IntN(2), Shared: []bool{r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0}}
	}
	return []Factor{Transition{E: 1, D: 1 + r.IntN(2), Matrix: numbers(r, 1+r.IntN(2))}, MultiNormal{D: 1 + r.IntN(2)}, Joint{D: 1 + r.IntN(2)}, Relevance{Group: []int{0, r.IntN(3) - 1}}}[r.IntN(4)]
}

// anyModel declares variables of all kinds and factors between some that mostly fit.
func anyModel(r *rand.Rand) *Model {
	m := New()
	var vars []Var
	for i := range 3 + r.IntN(6) {
		f, n := anyFamily(r), 1+r.IntN(3)
		if r.IntN(3) == 0 {
			vars = append(vars, m.Known(fmt.Sprint("v", i), f, n, numbers(r, n*(1+r.IntN(3)))))
		} else {
			vars = append(vars, m.Random(fmt.Sprint("v", i), f, n))
		}
	}
	for i := range 1 + r.IntN(4) {
		f := anyFactor(r)
		var args []Var
		for _, s := range f.Slots() {
			v := vars[r.IntN(len(vars))]
			for range 30 {
				if v.Family() == s.Family || r.IntN(200) == 0 {
					break
				}
				v = vars[r.IntN(len(vars))]
			}
			if r.IntN(10) == 0 {
				v = v.At(r.IntN(4)-1, r.IntN(3))
			}
			args = append(args, v)
		}
		m.Add(fmt.Sprint("f", i), f, args...)
		if r.IntN(4) > 0 { // as if what was refused had not been asked for
			m.err = nil
		}
	}
	return m
}

func TestTenThousandModelsOfStrangersEndInAnErrorOrAnAnswer(t *testing.T) {
	r := rng.New(91).Rand()
	trials := 10000
	if testing.Short() {
		trials = 2000
	}
	ran := 0
	for range trials {
		m := anyModel(r)
		if a, err := NewAscent(m, AscentConfig{Sweeps: 3}); err == nil {
			if _, _, err := a.Run(context.Background()); err == nil {
				ran++
			}
		}
		c := Config{Sweeps: 3, Max: r.IntN(4) == 0, Parts: 1 + r.IntN(3), Damping: .5 * float64(r.IntN(2))}
		if c.Parts == 1 {
			c.Schedule = []Schedule{Sequential, Flooding, Residual}[r.IntN(3)]
		}
		if p, err := NewMessages(m, c); err == nil {
			if _, _, err := p.Run(context.Background()); err == nil {
				ran++
			}
			if z, err := p.LogZ(); err == nil && math.IsNaN(z) {
				t.Log("ln Z is no number") // the numbers of strangers reach 1e300
			}
		}
	}
	if ran < trials/20 {
		t.Errorf("runs: got %d of %d without an error, want enough for the test to say something", ran, trials)
	}
}
