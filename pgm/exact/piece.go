package exact

import (
	"cmp"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// mostSpan is how far apart, as logarithms, the numbers of products may be: the smallest that is
// not 0 is e^−600 of the largest possible, and float64 reaches to e^−708.
const mostSpan = 600

// piece is a table φ that is multiplied with others.
type piece struct {
	vars  []int
	logs  []float64 // ln φ; nil where there are numbers
	nums  []float64 // φ·e^−shift, of which the largest is 1; nil where there are logarithms
	own   bool      // the table is not one of the model's
	shift float64   // ln of the largest φ
	span  float64   // ln of the ratio of the largest φ to the smallest that is not 0
}

// pieceOf is a factor as a piece.
func pieceOf(f *pgm.Factor) *piece { return logPiece(f.Vars, f.Log) }

// logPiece is a table of logarithms as a piece.
func logPiece(vars []int, logs []float64) *piece {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range logs {
		if x > high {
			high = x
		}
		if x < low && !math.IsInf(x, -1) {
			low = x
		}
	}
	p := &piece{vars: vars, logs: logs, shift: high}
	if high > low {
		p.span = high - low
	}
	return p
}

// numPiece is a table of numbers times e^shift as a piece, which takes it over.
func numPiece(vars []int, nums []float64, shift float64) *piece {
	low, high := math.Inf(1), 0.
	for _, x := range nums {
		if x > high {
			high = x
		}
		if x < low && x > 0 {
			low = x
		}
	}
	p := &piece{vars: vars, nums: nums, own: true, shift: shift + math.Log(high)}
	if high > 0 {
		p.span = math.Log(high / low)
		for i := range nums {
			nums[i] /= high
		}
	}
	return p
}

// settle turns logarithms of a piece's own into numbers where all of them fit.
func (p *piece) settle() {
	if p.own && p.span <= mostSpan {
		p.numbers()
	}
}

// numbers are φ·e^−shift. What is below e^−745 of the largest is 0. A table of the piece's own
// becomes them.
func (p *piece) numbers() []float64 {
	if p.nums != nil {
		return p.nums
	}
	nums := p.logs
	if !p.own {
		nums = make([]float64, len(p.logs))
	}
	for i, x := range p.logs {
		nums[i] = math.Exp(x - p.shift)
	}
	if math.IsInf(p.shift, -1) { // ∞ − ∞
		clear(nums)
	}
	if p.own {
		p.nums, p.logs = nums, nil
	}
	return nums
}

// logarithms are ln φ. A table of the piece's own becomes them.
func (p *piece) logarithms() []float64 {
	if p.logs != nil {
		return p.logs
	}
	for i, x := range p.nums {
		p.nums[i] = math.Log(x) + p.shift
	}
	p.logs, p.nums = p.nums, nil
	return p.logs
}

// bundle are tables that are one before they meet a larger one, in which they would be gone
// through once each.
type bundle struct {
	vars    []int
	size    int
	members []int
}

const (
	smallTable = 64 // cells of a table that is not worth bundles
	bundleOf   = 8  // a bundle has at most this part of the cells
)

// bundles are those of scopes inside a layout: larger scopes choose first, a scope goes where it
// adds nothing, then where the union is small, then to a place of its own.
func (l *layout) bundles(scopes [][]int) (all []bundle) {
	if l.size <= smallTable {
		for i, s := range scopes {
			all = append(all, bundle{s, len(scopes), []int{i}})
		}
		return all
	}
	masks, order := make([]uint64, len(scopes)), make([]int, len(scopes))
	for i, s := range scopes {
		masks[i], order[i] = l.mask(s), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l.cells(masks[b]), l.cells(masks[a])) })
	var unions []uint64
	for _, i := range order {
		at := -1
		for k, u := range unions {
			if u|masks[i] == u && all[k].size <= l.size/bundleOf {
				at = k
				break
			}
			if at < 0 && l.cells(u|masks[i]) <= l.size/bundleOf {
				at = k
			}
		}
		if at < 0 {
			at = len(unions)
			unions, all = append(unions, 0), append(all, bundle{})
		}
		unions[at] |= masks[i]
		all[at].members, all[at].size = append(all[at].members, i), l.cells(unions[at])
	}
	for k := range all {
		all[k].vars = l.of(unions[k])
	}
	return all
}

// mask is a scope as bits: bit k is the k-th axis.
func (l *layout) mask(scope []int) (m uint64) {
	for k, v := range l.vars {
		if slices.Contains(scope, v) {
			m |= 1 << k
		}
	}
	return m
}

// cells is the size of a table over the axes of a mask.
func (l *layout) cells(m uint64) int {
	size := 1
	for k, c := range l.card {
		if m>>k&1 == 1 {
			size *= c
		}
	}
	return size
}

// of are the variables of a mask.
func (l *layout) of(m uint64) (vars []int) {
	for k, v := range l.vars {
		if m>>k&1 == 1 {
			vars = append(vars, v)
		}
	}
	return vars
}

// gathered are the pieces of a product over a layout, bundles made into one each.
func (p *problem) gathered(l *layout, pieces []*piece) []*piece {
	scopes := make([][]int, len(pieces))
	for i, x := range pieces {
		scopes[i] = x.vars
	}
	var out []*piece
	for _, b := range l.bundles(scopes) {
		if len(b.members) == 1 {
			out = append(out, pieces[b.members[0]])
			continue
		}
		members := make([]*piece, len(b.members))
		for i, m := range b.members {
			members[i] = pieces[m]
		}
		out = append(out, p.fold(newLayout(b.vars, p.card), members, 1, sums))
	}
	return out
}

// fold multiplies pieces over a layout and puts each n cells together, by sums or by maxima. Sums
// are of numbers where none of them can underflow, and else of logarithms.
func (p *problem) fold(l *layout, pieces []*piece, n int, m *mode) *piece {
	left := l.vars
	for size := l.size; size > l.size/n; {
		size /= p.card[left[len(left)-1]]
		left = left[:len(left)-1]
	}
	pieces = p.gathered(l, pieces)
	span, shift := 0., 0.
	for _, x := range pieces {
		span, shift = span+x.span, shift+x.shift
	}
	if m == sums && span > mostSpan {
		m = logSums
	}
	if m.log {
		x := logPiece(left, p.terms(l, m, 0, pieces).fold(n))
		if x.own = true; m == logSums {
			x.settle()
		}
		return x
	}
	return numPiece(left, p.terms(l, m, 1, pieces).fold(n), shift)
}

// terms is a product of pieces times a factor.
func (p *problem) terms(l *layout, m *mode, factor float64, pieces []*piece) *terms {
	operands := make([]operand, len(pieces))
	for i, x := range pieces {
		operands[i].view = l.view(x.vars)
		if m.log {
			operands[i].data = x.logarithms()
		} else {
			operands[i].data = x.numbers()
		}
	}
	return newTerms(l, m, factor, operands)
}
