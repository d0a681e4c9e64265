package hmm

import (
	"math"

	"github.com/elbo-go/elbo/cpu/lanes"
)

// product sets p(j) = Σ_i v(i) M(i,j), M being K×K: four columns at a time, whose sums stay
// in registers.
func product(p, v, m []float64) {
	k, j := len(p), 0
	for ; j+4 <= k; j += 4 {
		var s0, s1, s2, s3 float64
		at := j
		for _, x := range v {
			r := m[at : at+4 : at+4]
			s0 += x * r[0]
			s1 += x * r[1]
			s2 += x * r[2]
			s3 += x * r[3]
			at += k
		}
		p[j], p[j+1], p[j+2], p[j+3] = s0, s1, s2, s3
	}
	for ; j < k; j++ {
		s, at := 0.0, j
		for _, x := range v {
			s += x * m[at]
			at += k
		}
		p[j] = s
	}
}

// outerRun is how many outer products are added at a time.
const outerRun = 64

// outers is a sum of outer products a rᵀ, taken in runs: the columns of a run are turned into lines,
// of which each pair has an inner product.
type outers struct {
	k, n         int
	a, r         []float64 // run×K
	aLine, rLine []float64 // K×run
	sum          []float64 // K×K
}

func newOuters(k int) outers {
	room := func(n int) []float64 { return make([]float64, n*k) }
	return outers{k: k, a: room(outerRun), r: room(outerRun), aLine: room(outerRun), rLine: room(outerRun), sum: room(k)}
}

// reset begins a new sum.
func (o *outers) reset() {
	o.n = 0
	clear(o.sum)
}

// next adds a product with a, of which r is to be filled in before the next call.
func (o *outers) next(a []float64) (r []float64) {
	if o.n == outerRun {
		o.flush()
	}
	at := o.n * o.k
	copy(o.a[at:at+o.k], a)
	o.n++
	return o.r[at : at+o.k : at+o.k]
}

// flush adds what waits.
func (o *outers) flush() {
	k := o.k
	clear(o.a[o.n*k:])
	clear(o.r[o.n*k:])
	for j := range k {
		a, r, at := o.aLine[j*outerRun:(j+1)*outerRun], o.rLine[j*outerRun:(j+1)*outerRun], j
		for t := range a {
			a[t], r[t] = o.a[at], o.r[at]
			at += k
		}
	}
	for i := range k {
		lanes.Dots(o.sum[i*k:(i+1)*k], o.aLine[i*outerRun:(i+1)*outerRun], o.rLine, outerRun)
	}
	o.n = 0
}

// floor is the smallest logarithm that expRows tells from zero: what is possible stays so, at
// 10⁻²⁶⁰ of the largest of its row.
const floor = -600

// expRun is about how many numbers expRows turns at a time, so that they stay in the nearest cache.
const expRun = 2048

// expRows turns rows of K logarithms into exp(v − top), top the largest of its row, and returns the sum
// of the tops. A row that is impossible in every state becomes zeros.
func expRows(v []float64, k int) (tops float64) {
	run := max(1, expRun/k) * k
	for ; len(v) > 0; v = v[min(run, len(v)):] {
		part := v[:min(run, len(v))]
		for t := 0; t < len(part); t += k {
			tops += below(part[t : t+k : t+k])
		}
		lanes.Exp(part, part)
	}
	return tops
}

// below takes the largest logarithm of a row from all and returns it.
func below(row []float64) (top float64) {
	top = row[0]
	low := top
	for _, x := range row[1:] { // without branches, which random rows would mislead
		top, low = max(top, x), min(low, x)
	}
	if low-top >= floor {
		for j := range row {
			row[j] -= top
		}
		return top
	}
	for j, x := range row {
		if x -= top; !(x >= floor) {
			x = faint(x, top)
		}
		row[j] = x
	}
	return top
}

// faint is what a logarithm below the floor becomes: −∞ only if it is impossible.
func faint(x, top float64) float64 {
	switch {
	case math.IsInf(x, -1) || math.IsInf(top, -1):
		return math.Inf(-1)
	case x < floor:
		return floor - .25
	}
	return math.NaN()
}
