package hmm

import "math"

// faint is the normaliser below which a step of the scaled pass may have lost a state to
// underflow: the sequence is then done again in logarithms.
const faint = 1e-100

// lattice is the workspace of the two passes over one sequence; it is used again for others.
type lattice struct {
	k, t  int
	b     []float64 // T×K: ln p(x_t|k), then, after smooth, the smoothed marginals
	alpha []float64 // T×K: filtered marginals, or their unnormalised logarithms if logs
	pred  []float64 // T×K: predicted weights Σ_i α_{t−1}(i) A(i,k)
	ratio []float64 // K
	pairs []float64 // K×K
	logs  bool
}

func newLattice(k int) *lattice {
	return &lattice{k: k, ratio: make([]float64, k), pairs: make([]float64, k*k)}
}

// load makes room for a sequence and fills the log-densities.
func (w *lattice) load(e Emission, x []float64) {
	w.t = len(x) / e.Dim()
	if n := w.t * w.k; cap(w.b) < n {
		w.b, w.alpha, w.pred = make([]float64, n), make([]float64, n), make([]float64, n)
	} else {
		w.b, w.alpha, w.pred = w.b[:n], w.alpha[:n], w.pred[:n]
	}
	w.logs = false
	e.LogLik(w.b, x)
}

// filter runs the forward pass and returns ln Z, scaled if that is safe, else in logarithms.
// The weights need not add to one.
func (w *lattice) filter(start, trans []float64, e Emission, x []float64) (float64, error) {
	if logZ, ok := w.forward(start, trans); ok {
		return logZ, nil
	}
	return w.again(start, trans, e, x)
}

// again runs the forward pass in logarithms on fresh log-densities.
func (w *lattice) again(start, trans []float64, e Emission, x []float64) (float64, error) {
	w.logs = true
	e.LogLik(w.b, x)
	logZ := w.logForward(start, trans)
	if math.IsInf(logZ, -1) {
		return logZ, ErrImpossible
	}
	return logZ, nil
}

// smooth runs both passes: b becomes the smoothed marginals, pairs the expected steps.
func (w *lattice) smooth(start, trans []float64, e Emission, x []float64) (float64, error) {
	logZ, ok := w.forward(start, trans)
	if ok && w.backward(trans) {
		return logZ, nil
	}
	logZ, err := w.again(start, trans, e, x)
	if err == nil {
		w.logBackward(trans, logZ)
	}
	return logZ, err
}

// forward is the scaled forward pass (Rabiner 1989, eq. 19, with the scaling of eq. 91):
//
//	α_t(j) = b_t(j) Σ_i α_{t−1}(i) A(i,j) / c_t,  ln Z = Σ_t ln c_t,
//
// with b_t divided by its largest value, so that densities of any size fit. It reports false
// where a normaliser is so small that a state may have been lost.
func (w *lattice) forward(start, trans []float64) (logZ float64, ok bool) {
	k, scale := w.k, 1.0
	copy(w.pred, start)
	for t := range w.t {
		b, a, p := w.b[t*k:(t+1)*k], w.alpha[t*k:(t+1)*k], w.pred[t*k:(t+1)*k]
		if t > 0 {
			step(p, w.alpha[(t-1)*k:t*k], trans)
		}
		top, c := weigh(a, p, b)
		if !(c > faint) {
			return 0, false
		}
		inv := 1 / c
		for j := range a {
			a[j] *= inv
		}
		logZ += top
		if scale *= c; scale < faint || scale > 1/faint {
			logZ, scale = logZ+math.Log(scale), 1
		}
	}
	return logZ + math.Log(scale), true
}

// step sets p(j) = Σ_i a(i) A(i,j).
func step(p, a, trans []float64) {
	k := len(p)
	first := a[0]
	for j, v := range trans[:k] {
		p[j] = first * v
	}
	for i := 1; i < len(a); i++ {
		ai, row := a[i], trans[i*k:(i+1)*k]
		for j, v := range row {
			p[j] += ai * v
		}
	}
}

// weigh sets a(j) = p(j) exp(b(j) − top), top the largest b, and returns top and the total.
func weigh(a, p, b []float64) (top, total float64) {
	top = b[0]
	for _, v := range b[1:] {
		if v > top {
			top = v
		}
	}
	a, p = a[:len(b)], p[:len(b)]
	for j, v := range b {
		e := p[j] * math.Exp(v-top)
		a[j] = e
		total += e
	}
	return top, total
}

// backward is the smoothing pass in terms of the filtered marginals,
//
//	ξ_t(i,j) = α_t(i) A(i,j) γ_{t+1}(j) / pred_{t+1}(j),  γ_t(i) = Σ_j ξ_t(i,j)
//
// (Särkkä 2013, theorem 8.1), which keeps no backward weights that could overflow. Rows are
// normalised against the drift of rounding; false where one has no finite total.
func (w *lattice) backward(trans []float64) bool {
	k := w.k
	clear(w.pairs)
	copy(w.b[(w.t-1)*k:], w.alpha[(w.t-1)*k:])
	for t := w.t - 2; t >= 0; t-- {
		next, pred, r := w.b[(t+1)*k:(t+2)*k], w.pred[(t+1)*k:(t+2)*k], w.ratio
		for j, g := range next {
			r[j] = 0
			if g > 0 {
				r[j] = g / pred[j]
			}
		}
		a, g, total := w.alpha[t*k:(t+1)*k], w.b[t*k:(t+1)*k], 0.0
		for i, ai := range a {
			row, pairs, s := trans[i*k:(i+1)*k], w.pairs[i*k:(i+1)*k], 0.0
			row, pairs = row[:len(r)], pairs[:len(r)]
			for j, v := range r {
				s += row[j] * v
				pairs[j] += ai * v
			}
			g[i] = ai * s
			total += g[i]
		}
		if !(total > 0.5 && total < 2) {
			return false
		}
		inv := 1 / total
		for i := range g {
			g[i] *= inv
		}
	}
	for i, v := range trans {
		w.pairs[i] *= v
	}
	return true
}

// filtered returns the filtered marginals in a slice of their own.
func (w *lattice) filtered() []float64 {
	out := make([]float64, len(w.alpha))
	copy(out, w.alpha)
	if w.logs {
		for t := range w.t {
			row := out[t*w.k : (t+1)*w.k]
			top := logSumExp(row)
			for i, v := range row {
				row[i] = math.Exp(v - top)
			}
		}
	}
	return out
}
