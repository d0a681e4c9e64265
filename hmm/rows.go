package hmm

import "math"

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

// outer4 is a sum of outer products a rᵀ, taken four at a time so that the sum is read and
// written once for four of them.
type outer4 struct {
	k, n int
	a, r []float64 // 4×K
	sum  []float64 // K×K
}

func newOuter4(k int) outer4 {
	return outer4{k: k, a: make([]float64, 4*k), r: make([]float64, 4*k), sum: make([]float64, k*k)}
}

// reset begins a new sum.
func (o *outer4) reset() {
	o.n = 0
	clear(o.sum)
}

// next adds a product with a, of which r is to be filled in before the next call.
func (o *outer4) next(a []float64) (r []float64) {
	if o.n == 4 {
		o.flush()
	}
	at := o.n * o.k
	copy(o.a[at:at+o.k], a)
	o.n++
	return o.r[at : at+o.k : at+o.k]
}

// flush adds what waits.
func (o *outer4) flush() {
	k := o.k
	clear(o.a[o.n*k:])
	clear(o.r[o.n*k:])
	r0, r1, r2, r3 := o.r[:k:k], o.r[k:2*k:2*k], o.r[2*k:3*k:3*k], o.r[3*k:4*k:4*k]
	for i := range k {
		a0, a1, a2, a3, s := o.a[i], o.a[k+i], o.a[2*k+i], o.a[3*k+i], o.sum[i*k:(i+1)*k]
		for j := range s {
			s[j] += (a0*r0[j] + a1*r1[j]) + (a2*r2[j] + a3*r3[j])
		}
	}
	o.n = 0
}

// The table of expRows: exp2Table[i] = 2^(i/2048).
const tableBits = 11

var exp2Table [1 << tableBits]float64

func init() {
	for i := range exp2Table {
		exp2Table[i] = math.Exp2(float64(i) / (1 << tableBits))
	}
}

// floor is the smallest logarithm that expRows tells from zero: what is possible stays so, at
// 10⁻²⁶⁰ of the largest of its row.
const floor = -600

// expRows turns rows of K logarithms into exp(v − top), top the largest of its row, and
// returns the sum of the tops. With n the whole number nearest to 2048 x/ln 2 and
// r = x − n ln 2/2048, |r| ≤ ln 2/4096,
//
//	e^x = 2^(n/2048) e^r,
//
// the first factor from a table and the exponent's bits, the second by its series to r³, whose
// first term left out is below 4·10⁻¹⁷. A row that is impossible in every state becomes zeros.
func expRows(v []float64, k int) (tops float64) {
	const (
		inv   = (1 << tableBits) / math.Ln2
		hi    = 0x1.62e42fep-1 / (1 << tableBits)        // ln 2/2048, so few bits that n times it is exact
		lo    = 0x1.f473de6af278fp-30 / (1 << tableBits) // and the rest
		round = 0x1.8p52                                 // added, it leaves the nearest whole number in the low bits
	)
	for t := 0; t < len(v); t += k {
		row := v[t : t+k : t+k]
		top := row[0]
		for _, x := range row[1:] {
			if x > top {
				top = x
			}
		}
		tops += top
		for j, x := range row {
			x -= top
			if !(x >= floor) {
				row[j] = faint(x)
				continue
			}
			shifted := x*inv + round
			n := shifted - round
			r := (x - n*hi) - n*lo
			at := int64(math.Float64bits(shifted) - math.Float64bits(round))
			s := exp2Table[at&(1<<tableBits-1)]
			p := r + r*r*(1./2+r*(1./6))
			scale := math.Float64frombits(uint64(1023+at>>tableBits) << 52)
			row[j] = (s + s*p) * scale
		}
	}
	return tops
}

// faint is what a logarithm below the floor becomes: zero only if it is impossible.
func faint(x float64) float64 {
	switch {
	case math.IsInf(x, -1):
		return 0
	case x < floor:
		return 0x1p-866 // the power of two below e⁻⁶⁰⁰
	}
	return math.NaN()
}
