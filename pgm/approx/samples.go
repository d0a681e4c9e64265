package approx

import (
	"math"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/pgm"
)

// samples are draws of all variables with weights.
type samples struct {
	log    []float64 // ln of the weights
	states [][]int32 // by variable and draw
}

func newSamples(vars, draws int) *samples {
	s := &samples{log: make([]float64, draws), states: make([][]int32, vars)}
	for v := range s.states {
		s.states[v] = make([]int32, draws)
	}
	return s
}

// result is what the weights w, scaled to sum 1, say:
//
//	ln Z ≈ ln mean w,  p(x) ≈ Σ w 1[x],  ESS = 1 / Σ w²,
//
// with standard errors √Σ (w − 1/N)² · N/(N−1) of ln Z, and √Σ w² (1[x] − p(x))² of p(x)
// (Owen 2013, section 9.3), or 1/ESS of a state that every draw has or none. Weights of 0 only are ErrNoWeight.
func (s *samples) result(card []int, e pgm.Evidence) (*Result, error) {
	w, n := append([]float64(nil), s.log...), float64(len(s.log))
	sum := discrete.Softmax(w)
	if math.IsInf(sum, -1) {
		return nil, ErrNoWeight
	}
	r := &Result{LogZ: sum - math.Log(n), Sweeps: len(w), ESS: make([]float64, len(card))}
	var square, off float64
	for _, x := range w {
		square += x * x
		off += (x - 1/n) * (x - 1/n)
	}
	r.LogZErr = math.Sqrt(off * n / (n - 1))
	for v, k := range card {
		p, se := make([]float64, k), make([]float64, k)
		r.Marginals, r.StdErr = append(r.Marginals, p), append(r.StdErr, se)
		if state, seen := e[v]; seen {
			p[state] = 1
			continue
		}
		r.ESS[v] = 1 / square
		for i, x := range s.states[v] {
			p[x] += w[i]
			se[x] += w[i] * w[i]
		}
		for t, of := range se { // Σ w² (1[x] − p)² = (1 − 2p) Σ_x w² + p² Σ w²
			if se[t] = math.Sqrt(max(0, (1-2*p[t])*of+p[t]*p[t]*square)); se[t] == 0 && k > 1 {
				se[t] = square
			}
		}
	}
	return r, nil
}
