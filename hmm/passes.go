package hmm

import "math"

// Limits of the scaled passes. A state whose weight falls below scant of the others' has lost
// digits to underflow. Where every step is at least that probable it is at once outweighed by
// steps into it, and nothing is lost; else the sequence is done again in logarithms.
const (
	scant = 1e-100 // of a step's probability, and of what is left at a row
	small = 1e-30  // weights below it, or above its inverse, are scaled to add to one
	gone  = 1e-250 // of a state's weight
)

// edge is what the two halves of a sequence tell each other, and their workspace.
type edge struct {
	alpha, w       []float64 // α before the middle, and b∘β at it
	ahead, behind  []float64 // workspace of the halves
	logA, logB     float64
	okA, okB       bool
	pairsA, pairsB outers
}

func newEdge(k int) edge {
	return edge{alpha: make([]float64, k), w: make([]float64, k), ahead: make([]float64, 3*k), behind: make([]float64, 2*k),
		pairsA: newOuters(k), pairsB: newOuters(k)}
}

// middle is where the passes meet.
func (w *lattice) middle() int { return w.t / 2 }

// meet runs the forward pass over the first half and the backward pass over the second,
//
//	α_t(j) = b_t(j) Σ_i α_{t−1}(i) A(i,j),  β_t(i) = Σ_j A(i,j) b_{t+1}(j) β_{t+1}(j)
//
// (Rabiner 1989, eqs. 20 and 25), and returns ln Z = ln Σ_i α_{m−1}(i) β_{m−1}(i). Weights are
// scaled when they become small. It reports false where digits may have been lost.
func (w *lattice) meet() (logZ float64, ok bool) {
	tops, m, g := w.likelihoods(), w.middle(), &w.edge
	w.both(w.forwardHalf, w.backwardHalf)
	if !g.okA || !g.okB {
		return 0, false
	}
	for j, b := range w.row(w.b, m) {
		g.w[j] = b * w.row(w.side, m)[j]
	}
	left := w.start
	if m > 0 {
		copy(g.alpha, w.row(w.side, m-1))
		product(g.ahead[:w.k], g.alpha, w.trans)
		left = g.ahead[:w.k]
	}
	z := 0.0
	for j, v := range g.w {
		z += left[j] * v
	}
	return tops + g.logA + g.logB + math.Log(z), z > scant
}

// forwardHalf leaves α in side up to the middle.
func (w *lattice) forwardHalf() {
	g := &w.edge
	g.logA, g.okA = 0, true
	for t := 0; t < w.middle() && g.okA; t++ {
		to, from := w.row(w.side, t), w.start
		if t > 0 {
			from = w.row(w.side, t-1)
		}
		total := w.ahead(to, from, t)
		g.okA = (steady(total) || level(to, total, &g.logA)) && !(w.sparse && lost(to, w.row(w.b, t)))
	}
}

// ahead sets to = α_t from α_{t−1}, or from the start, and returns its total.
func (w *lattice) ahead(to, from []float64, t int) (total float64) {
	if t == 0 {
		copy(to, from)
	} else {
		product(to, from, w.trans)
	}
	for j, b := range w.row(w.b, t) {
		v := to[j] * b
		to[j] = v
		total += v
	}
	return total
}

// backwardHalf leaves β in side from the middle on.
func (w *lattice) backwardHalf() {
	g := &w.edge
	g.logB, g.okB = 0, true
	last := w.row(w.side, w.t-1)
	for i := range last {
		last[i] = 1
	}
	next := g.behind[:w.k]
	for t := w.t - 2; t >= w.middle() && g.okB; t-- {
		to, after, total := w.row(w.side, t), w.row(w.side, t+1), 0.0
		for j, b := range w.row(w.b, t+1) {
			v := b * after[j]
			next[j] = v
			total += v
		}
		g.okB = steady(total) || level(next, total, &g.logB)
		product(to, next, w.back)
		g.okB = g.okB && !(w.sparse && lost(to, nil))
	}
}

// steady tells whether weights need not be scaled.
func steady(total float64) bool { return total >= small && total <= 1/small }

// level scales weights that have become small, or large, to add to one. It reports false where
// so little is left that digits may have been lost.
func level(v []float64, total float64, log *float64) bool {
	if !(total > small*scant && total < 1/(small*scant)) {
		return false
	}
	*log += math.Log(total)
	for i := range v {
		v[i] /= total
	}
	return true
}

// lost reports whether a possible state has nearly vanished beside the others; b are the
// densities just multiplied with, if any.
func lost(v, b []float64) bool {
	top := 0.0
	for _, x := range v {
		top = max(top, x)
	}
	for j, x := range v {
		if x < gone*top && (x > 0 || b != nil && b[j] > 0 && b[j] < gone) {
			return true
		}
	}
	return false
}

// part carries both passes on through the other halves, where each meets what the other has
// left, and turns b into the smoothed marginals,
//
//	γ_t(i) ∝ α_t(i) β_t(i),  ξ_t(i,j) ∝ α_t(i) A(i,j) b_{t+1}(j) β_{t+1}(j)
//
// (Rabiner 1989, eqs. 27 and 37), and pairs into Σ_t ξ_t.
func (w *lattice) part(keep bool) bool {
	g := &w.edge
	g.pairsA.reset()
	g.pairsB.reset()
	w.both(func() { g.okA = w.forwardRest(keep) }, func() { g.okB = w.backwardRest(keep) })
	g.pairsA.flush()
	g.pairsB.flush()
	for i, v := range w.trans {
		w.pairs[i] = v * (g.pairsA.sum[i] + g.pairsB.sum[i])
	}
	return g.okA && g.okB
}

// forwardRest runs α from the middle to the end.
func (w *lattice) forwardRest(keep bool) bool {
	k, g, m, log := w.k, &w.edge, w.middle(), 0.0
	now, before := g.ahead[:k:k], g.ahead[k:2*k:2*k]
	copy(before, g.alpha)
	for t := m; t < w.t; t++ {
		if t == 0 {
			copy(before, w.start)
		}
		total := w.ahead(now, before, t)
		b, beta, r, n := w.row(w.b, t), w.row(w.side, t), g.ahead[2*k:], 0.0
		if t > m {
			r = g.pairsA.next(before)
		}
		r = r[:len(b)]
		for j, v := range beta {
			r[j] = b[j] * v
			v *= now[j]
			b[j] = v
			n += v
		}
		if !(n > small*scant) {
			return false
		}
		inv := 1 / n
		for j := range b {
			r[j] *= inv
			b[j] *= inv
		}
		if keep {
			shareOf(beta, now, total)
		}
		if !steady(total) && !level(now, total, &log) || w.sparse && lost(now, nil) {
			return false
		}
		now, before = before, now
	}
	return true
}

// backwardRest runs β from the middle to the begin.
func (w *lattice) backwardRest(keep bool) bool {
	k, g, log := w.k, &w.edge, 0.0
	beta, next := g.behind[:k:k], g.behind[k:]
	copy(next, g.w)
	for t := w.middle() - 1; t >= 0; t-- {
		product(beta, next, w.back)
		b, alpha, r, n := w.row(w.b, t), w.row(w.side, t), g.pairsB.next(w.row(w.side, t)), 0.0
		for i, a := range alpha {
			n += a * beta[i]
		}
		if !(n > small*scant) || w.sparse && lost(beta, nil) {
			return false
		}
		inv, total := 1/n, 0.0
		for i, v := range next {
			r[i] = v * inv
			v = b[i] * beta[i]
			next[i] = v
			total += v
			b[i] = alpha[i] * beta[i] * inv
		}
		if !steady(total) && t > 0 && !level(next, total, &log) {
			return false
		}
		if keep {
			shareOf(alpha, alpha, sum(alpha))
		}
	}
	return true
}

// shareOf sets to = v/total.
func shareOf(to, v []float64, total float64) {
	inv := 1 / total
	for i, x := range v {
		to[i] = x * inv
	}
}

// sum is Σ v.
func sum(v []float64) (total float64) {
	for _, x := range v {
		total += x
	}
	return total
}
