package hmm

import (
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Sample draws n paths from p(z | x), by filtering forward and drawing backward
// (Frühwirth-Schnatter 1994):
//
//	z_T ~ α_T,  p(z_t = i | z_{t+1} = j, x) ∝ α_t(i) A(i,j).
func (m *Model) Sample(x []float64, key rng.Key, n int) ([][]int, error) {
	w, err := m.ready(x)
	if err != nil {
		return nil, err
	}
	if _, err := w.filter(m.Start, m.Trans, m.Emit, x); err != nil {
		return nil, err
	}
	k, r, weights := w.k, key.Named("hmm sample").Rand(), make([]float64, w.k)
	lt := logs(m.Trans)
	out := make([][]int, max(n, 0))
	for s := range out {
		path := make([]int, w.t)
		for t := w.t - 1; t >= 0; t-- {
			a, next := w.alpha[t*k:(t+1)*k], 0
			if t < w.t-1 {
				next = path[t+1]
			}
			for i, v := range a {
				switch {
				case t == w.t-1:
					weights[i] = v
				case w.logs:
					weights[i] = v + lt[i*k+next]
				default:
					weights[i] = v * m.Trans[i*k+next]
				}
			}
			if w.logs {
				top := logSumExp(weights)
				for i, v := range weights {
					weights[i] = math.Exp(v - top)
				}
			}
			path[t] = draw(r, weights)
		}
		out[s] = path
	}
	return out, nil
}
