package exact

import (
	"math"
)

// mode is what cells are and how they go together: numbers that are multiplied and summed, or
// logarithms of such, or logarithms of which the largest counts.
type mode struct {
	log   bool
	times func(t *terms, at []int, buf []float64)   // fills a block with products
	runs  func(buf []float64, n int, out []float64) // puts each n cells together
	merge func(a, b float64) float64                // puts two results together
}

var (
	sums    = &mode{false, timesNumbers, sumRuns, func(a, b float64) float64 { return a + b }}
	logSums = &mode{true, timesLogs, logSumRuns, logAdd}
	maxima  = &mode{true, timesLogs, maxRuns, math.Max}
)

// operand is a table of a product.
type operand struct {
	view
	data []float64
}

// terms is a product over the cells of a layout.
type terms struct {
	*layout
	mode     *mode
	factor   float64   // of all cells
	base     []float64 // product of the operands that are alike in every block
	constant []operand // operands that are one number in a block
	mixed    []operand // the others
	views    []view    // of constant and mixed
}

// newTerms sorts operands by how they lie.
func newTerms(l *layout, m *mode, factor float64, operands []operand) *terms {
	t := &terms{layout: l, mode: m, factor: factor}
	one := 1.
	if m.log {
		one = 0
	}
	t.base = make([]float64, l.block)
	for i := range t.base {
		t.base[i] = one
	}
	for _, o := range operands {
		switch {
		case o.index == nil:
			t.constant = append(t.constant, o)
		case o.still && m.log:
			for i, j := range o.index {
				t.base[i] += o.data[j]
			}
		case o.still:
			for i, j := range o.index {
				t.base[i] *= o.data[j]
			}
		default:
			t.mixed = append(t.mixed, o)
		}
	}
	for _, o := range t.constant {
		t.views = append(t.views, o.view)
	}
	for _, o := range t.mixed {
		t.views = append(t.views, o.view)
	}
	return t
}

// timesNumbers fills a block that begins at those places of the operands.
func timesNumbers(t *terms, at []int, buf []float64) {
	c := t.factor
	for i, o := range t.constant {
		c *= o.data[at[i]]
	}
	at = at[len(t.constant):]
	base := t.base[:len(buf)]
	mixed := t.mixed
	switch {
	case len(mixed) == 0:
		for i, x := range base {
			buf[i] = c * x
		}
	case len(mixed) == 1:
		d, index := mixed[0].data[at[0]:], mixed[0].index[:len(buf)]
		for i, j := range index {
			buf[i] = c * base[i] * d[j]
		}
		return
	default:
		d, index := mixed[0].data[at[0]:], mixed[0].index[:len(buf)]
		e, other := mixed[1].data[at[1]:], mixed[1].index[:len(buf)]
		for i, j := range index {
			buf[i] = c * base[i] * d[j] * e[other[i]]
		}
		mixed, at = mixed[2:], at[2:]
	}
	for k, o := range mixed {
		d := o.data[at[k]:]
		for i, j := range o.index[:len(buf)] {
			buf[i] *= d[j]
		}
	}
}

// timesLogs is timesNumbers of logarithms.
func timesLogs(t *terms, at []int, buf []float64) {
	c := t.factor
	for i, o := range t.constant {
		c += o.data[at[i]]
	}
	at = at[len(t.constant):]
	for i, x := range t.base[:len(buf)] {
		buf[i] = c + x
	}
	for k, o := range t.mixed {
		d := o.data[at[k]:]
		for i, j := range o.index[:len(buf)] {
			buf[i] += d[j]
		}
	}
}

// sumRuns sums each n cells.
func sumRuns(buf []float64, n int, out []float64) {
	switch n {
	case 1:
		copy(out, buf)
	case 2:
		for i := range out {
			out[i] = buf[2*i] + buf[2*i+1]
		}
	default:
		for i := range out {
			out[i] = sum(buf[i*n : (i+1)*n])
		}
	}
}

// sum adds along two chains, for additions wait for each other.
func sum(xs []float64) float64 {
	a, b := 0., 0.
	for len(xs) >= 4 {
		a, b = a+(xs[0]+xs[1]), b+(xs[2]+xs[3])
		xs = xs[4:]
	}
	for _, x := range xs {
		a += x
	}
	return a + b
}

// logSumRuns is ln Σ exp of each n cells. The largest is taken out, without which sums below
// e^−745 would be 0.
func logSumRuns(buf []float64, n int, out []float64) {
	if n == 1 {
		copy(out, buf)
		return
	}
	for i := range out {
		run := buf[i*n : (i+1)*n]
		top := largest(run)
		if math.IsInf(top, -1) {
			out[i] = top
			continue
		}
		s := 0.
		for _, x := range run {
			s += math.Exp(x - top)
		}
		out[i] = top + math.Log(s)
	}
}

// maxRuns is the largest of each n cells.
func maxRuns(buf []float64, n int, out []float64) {
	for i := range out {
		out[i] = largest(buf[i*n : (i+1)*n])
	}
}

func largest(xs []float64) float64 {
	top := math.Inf(-1)
	for _, x := range xs {
		if x > top {
			top = x
		}
	}
	return top
}

// logAdd is ln(e^a + e^b).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// fold puts each n cells of the table together, of which n follow each other.
func (t *terms) fold(n int) []float64 {
	out := make([]float64, t.size/n)
	if n <= t.block {
		t.foldBlocks(n, out)
		return out
	}
	each := n / t.block // blocks of a result
	jobs := 1
	if t.size >= partCells {
		jobs = parts
	}
	if len(out) >= jobs {
		inParallel(jobs, func(i int) {
			for o := i * len(out) / jobs; o < (i+1)*len(out)/jobs; o++ {
				out[o] = t.foldOne(o*each, (o+1)*each)
			}
		})
		return out
	}
	for o := range out {
		some := make([]float64, min(jobs, each))
		inParallel(len(some), func(i int) {
			some[i] = t.foldOne(o*each+i*each/len(some), o*each+(i+1)*each/len(some))
		})
		out[o] = some[0]
		for _, x := range some[1:] {
			out[o] = t.mode.merge(out[o], x)
		}
	}
	return out
}

// foldBlocks is fold where results lie inside blocks.
func (t *terms) foldBlocks(n int, out []float64) {
	count, per, jobs := t.blocks(), t.block/n, 1
	if t.size >= partCells {
		jobs = min(parts, count)
	}
	inParallel(jobs, func(i int) {
		from, to := i*count/jobs, (i+1)*count/jobs
		buf, c := make([]float64, t.block), t.seek(from, t.views)
		for b := from; b < to; b++ {
			t.mode.times(t, c.at, buf)
			t.mode.runs(buf, n, out[b*per:(b+1)*per])
			c.next()
		}
	})
}

// foldOne puts the cells of some blocks together.
func (t *terms) foldOne(from, to int) (x float64) {
	buf, one, c := make([]float64, t.block), make([]float64, 1), t.seek(from, t.views)
	for b := from; b < to; b++ {
		t.mode.times(t, c.at, buf)
		t.mode.runs(buf, len(buf), one)
		if b == from {
			x = one[0]
		} else {
			x = t.mode.merge(x, one[0])
		}
		c.next()
	}
	return x
}
