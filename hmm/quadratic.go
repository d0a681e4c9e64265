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

// accumulate adds, for each state, Σγ, Σγ(x−μ) and Σγ(x−μ)(x−μ)ᵀ (or its diagonal). Taken
// about the present means, the sums lose no digits where data lie far from zero.
func (q *quadratic) accumulate(stats, x, weights []float64) {
	k, d, n := q.k, q.d, q.centred()
	dev := make([]float64, d)
	for t := 0; t*d < len(x); t++ {
		row, mean := x[t*d:(t+1)*d], q.mean
		for s, g := range weights[t*k : (t+1)*k] {
			if g == 0 {
				continue
			}
			sums, m := stats[s*n:(s+1)*n], mean[s*d:(s+1)*d]
			sums[0] += g
			first, second := sums[1:1+d], sums[1+d:]
			for i, v := range row {
				dev[i] = v - m[i]
				first[i] += g * dev[i]
			}
			if q.shape == diagonal {
				for i, v := range dev {
					second[i] += g * v * v
				}
				continue
			}
			for i, v := range dev {
				gv, line := g*v, second[i*d:i*d+i+1]
				for j := range line {
					line[j] += gv * dev[j]
				}
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
