package hmm

import "github.com/elbo-go/elbo/internal/rng"

// Sample draws n paths from p(z | x), by filtering forward and drawing backward
// (Frühwirth-Schnatter 1994):
//
//	z_T ~ α_T,  p(z_t = i | z_{t+1} = j, x) ∝ α_t(i) A(i,j).
func (m *Model) Sample(x []float64, key rng.Key, n int) ([][]int, error) {
	w, err := m.ready(x)
	if err != nil {
		return nil, err
	}
	_, ok := w.meet()
	if ok = ok && w.part(true); !ok {
		if _, err := w.logEvidence(); err != nil {
			return nil, err
		}
	}
	k, r, weights, lt := w.k, key.Named("hmm sample").Rand(), make([]float64, w.k), logs(m.Trans)
	out := make([][]int, max(n, 0))
	for s := range out {
		path := make([]int, w.t)
		for t := w.t - 1; t >= 0; t-- {
			copy(weights, w.row(w.side, t))
			for i := range weights {
				switch {
				case t == w.t-1:
				case ok:
					weights[i] *= m.Trans[i*k+path[t+1]]
				default:
					weights[i] += lt[i*k+path[t+1]]
				}
			}
			if !ok {
				expRows(weights, k)
			}
			path[t] = draw(r, weights)
		}
		out[s] = path
	}
	return out, nil
}
