package hmm

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// shape is the form of the precision in a quadratic density.
type shape int

// The forms.
const (
	diagonal shape = iota // D values a state
	lower                 // the lower triangle F with precision FᵀF, D(D+1)/2 values a state
)

// quadratic holds, for K states, the log-densities c_k − ½|F_k(x − μ_k)|².
type quadratic struct {
	shape    shape
	k, d     int
	mean     []float64 // K×D
	factor   []float64 // K× D or D(D+1)/2
	constant []float64 // K
	perState int
}

func newQuadratic(s shape, k, d int) *quadratic {
	per := d
	if s == lower {
		per = d * (d + 1) / 2
	}
	return &quadratic{shape: s, k: k, d: d, mean: make([]float64, k*d), factor: make([]float64, k*per),
		constant: make([]float64, k), perState: per}
}

// check says what is wrong with a sequence, or that there is no factored form.
func (q *quadratic) check(x []float64) error {
	if q == nil {
		return fmt.Errorf("hmm: emission: got one that was not made by its New, want one that was")
	}
	return checkRows(x, q.d)
}

// logDensity fills out, T×K.
func (q *quadratic) logDensity(out, x []float64) {
	k, d := q.k, q.d
	for t := 0; t*d < len(x); t++ {
		row, o, mean := x[t*d:(t+1)*d], out[t*k:(t+1)*k], q.mean
		if q.shape == diagonal {
			q.diagonalRow(o, row, mean)
		} else {
			q.lowerRow(o, row, mean)
		}
	}
}

func (q *quadratic) diagonalRow(out, row, mean []float64) {
	d := len(row)
	for s := range out {
		m, f, sum := mean[s*d:(s+1)*d], q.factor[s*d:(s+1)*d], 0.0
		m, f = m[:len(row)], f[:len(row)]
		for i, v := range row {
			z := (v - m[i]) * f[i]
			sum += z * z
		}
		out[s] = q.constant[s] - 0.5*sum
	}
}

func (q *quadratic) lowerRow(out, row, mean []float64) {
	d := len(row)
	for s := range out {
		m, f, sum := mean[s*d:(s+1)*d], q.factor[s*q.perState:(s+1)*q.perState], 0.0
		for i := range d {
			z := 0.0
			for j, w := range f[:i+1] {
				z += w * (row[j] - m[j])
			}
			f = f[i+1:]
			sum += z * z
		}
		out[s] = q.constant[s] - 0.5*sum
	}
}

// setLower sets the factor of a state to scale·L⁻¹, where cov = LLᵀ, and returns ln|cov|.
func (q *quadratic) setLower(state int, cov []float64, scale float64) (logDet float64, err error) {
	var chol mat.Cholesky
	if !chol.Factorize(mat.NewSymDense(q.d, append([]float64(nil), cov...))) || math.IsInf(chol.LogDet(), 0) || chol.Cond() > 1e14 {
		return 0, ErrCollapsed
	}
	var l, inv mat.TriDense
	chol.LTo(&l)
	if err := inv.InverseTri(&l); err != nil {
		return 0, ErrCollapsed
	}
	f := q.factor[state*q.perState:]
	for i := range q.d {
		for j := range i + 1 {
			f[0] = scale * inv.At(i, j)
			f = f[1:]
		}
	}
	return chol.LogDet(), nil
}

// lowerOf returns L of cov = LLᵀ, D×D.
func lowerOf(cov []float64, d int) (*mat.TriDense, error) {
	var chol mat.Cholesky
	if !chol.Factorize(mat.NewSymDense(d, append([]float64(nil), cov...))) {
		return nil, ErrCollapsed
	}
	var l mat.TriDense
	chol.LTo(&l)
	return &l, nil
}

// centred is the length of the sums that accumulate makes for a state.
func (q *quadratic) centred() int {
	if q.shape == diagonal {
		return 1 + 2*q.d
	}
	return 1 + q.d + q.d*q.d
}

// tile is the number of rows that are summed at a time, so that they stay in the first cache
// while each state passes over them.
const tile = 128

// accumulate adds, for each state, Σγ, Σγ(x−μ) and Σγ(x−μ)(x−μ)ᵀ (or its diagonal). Taken
// about the present means, the sums lose no digits where data lie far from zero.
func (q *quadratic) accumulate(stats, x, weights []float64) {
	k, d, n := q.k, q.d, q.centred()
	for len(x) > 0 {
		rows := min(tile, len(x)/d)
		for s := range k {
			sums, mean := stats[s*n:(s+1)*n], q.mean[s*d:(s+1)*d]
			if q.shape == diagonal {
				accumulateDiagonal(sums, mean, x[:rows*d], weights[s:], k)
			} else {
				accumulateFull(sums, mean, x[:rows*d], weights[s:], k)
			}
		}
		x, weights = x[rows*d:], weights[rows*k:]
	}
}

// accumulateDiagonal adds the sums of one state over a tile: two values of a row at a time,
// whose sums stay in registers. The weights of the state lie k apart.
func accumulateDiagonal(sums, mean, x, weights []float64, k int) {
	d, j := len(mean), 0
	first, second := sums[1:1+d], sums[1+d:1+2*d]
	n, at := 0.0, 0
	for i := 0; i < len(x); i += d {
		n += weights[at]
		at += k
	}
	sums[0] += n
	for ; j+2 <= d; j += 2 {
		var f0, f1, s0, s1 float64
		m0, m1, at := mean[j], mean[j+1], 0
		for i := j; i+1 < len(x); i += d {
			g, v0, v1 := weights[at], x[i]-m0, x[i+1]-m1
			g0, g1 := g*v0, g*v1
			f0, f1, s0, s1 = f0+g0, f1+g1, s0+g0*v0, s1+g1*v1
			at += k
		}
		first[j], first[j+1], second[j], second[j+1] = first[j]+f0, first[j+1]+f1, second[j]+s0, second[j+1]+s1
	}
	if j < d {
		var f, s float64
		m, at := mean[j], 0
		for i := j; i < len(x); i += d {
			g, v := weights[at], x[i]-m
			gv := g * v
			f, s = f+gv, s+gv*v
			at += k
		}
		first[j], second[j] = first[j]+f, second[j]+s
	}
}

// accumulateFull adds the sums of one state over a tile, the lower triangle of the second.
func accumulateFull(sums, mean, x, weights []float64, k int) {
	d := len(mean)
	first, second, dev, at := sums[1:1+d], sums[1+d:], make([]float64, d), 0
	for i := 0; i < len(x); i += d {
		g := weights[at]
		at += k
		if g == 0 {
			continue
		}
		sums[0] += g
		row := x[i : i+d : i+d]
		for j, v := range row {
			v -= mean[j]
			dev[j] = v
			gv, line := g*v, second[j*d:j*d+j+1]
			first[j] += gv
			for l := range line {
				line[l] += gv * dev[l]
			}
		}
	}
}

// moments turns the sums of a state into its weight, the shift of its mean, and the scatter
// about the new mean: D×D, or D if diagonal. Only the lower triangle was summed.
func (q *quadratic) moments(stats []float64, s int) (n float64, shift, scatter []float64) {
	d, size := q.d, q.centred()
	sums := stats[s*size : (s+1)*size]
	n, shift, scatter = sums[0], make([]float64, d), append([]float64(nil), sums[1+d:]...)
	if n < 1e-290 {
		return 0, shift, make([]float64, len(scatter))
	}
	for i := range d {
		shift[i] = sums[1+i] / n
	}
	for i := range d {
		if q.shape == diagonal {
			scatter[i] = max(0, scatter[i]-n*shift[i]*shift[i])
			continue
		}
		for j := range i + 1 {
			scatter[i*d+j] -= n * shift[i] * shift[j]
			scatter[j*d+i] = scatter[i*d+j]
		}
	}
	return n, shift, scatter
}
