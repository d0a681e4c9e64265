package tile

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// value is one element of any type.
type value [8]byte

func ptrTo(v *value) unsafe.Pointer { return unsafe.Pointer(v) }

// buffer is memory with the place of element 0 in it, for strides that are negative.
type buffer struct {
	mem   []byte
	zero  int // bytes
	dt    dtypes.DType
	whole []uint64 // keeps mem aligned to 8 bytes
}

func (b *buffer) addr() unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(b.whole)), b.zero)
}

func (b *buffer) get(offset int) (v value) {
	size := b.dt.Size()
	copy(v[:size], b.mem[b.zero+offset*size:][:size])
	return v
}

func (b *buffer) set(offset int, v value) {
	size := b.dt.Size()
	copy(b.mem[b.zero+offset*size:][:size], v[:size])
}

func (b *buffer) clone() *buffer {
	c := newBytes(len(b.mem), b.zero, b.dt)
	copy(c.mem, b.mem)
	return c
}

func newBytes(n, zero int, dt dtypes.DType) *buffer {
	b := &buffer{zero: zero, dt: dt, whole: make([]uint64, n/8+1)}
	b.mem = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b.whole))), n)
	return b
}

// newBuffer has room for exactly the elements that the strides reach.
func newBuffer(dims, strides []int, dt dtypes.DType) *buffer {
	low, high := 0, 0
	for i, d := range dims {
		if d == 0 {
			return newBytes(0, 0, dt)
		}
		low += min(0, (d-1)*strides[i])
		high += max(0, (d-1)*strides[i])
	}
	return newBytes((high-low+1)*dt.Size(), -low*dt.Size(), dt)
}

// indices calls f with every index of the iteration space, the last dimension fastest.
func indices(dims []int, f func(idx []int)) {
	idx := make([]int, len(dims))
	for _, d := range dims {
		if d == 0 {
			return
		}
	}
	for {
		f(idx)
		d := len(dims) - 1
		for ; d >= 0; d-- {
			if idx[d]++; idx[d] < dims[d] {
				break
			}
			idx[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

func dot(idx, strides []int) int {
	sum := 0
	for i, x := range idx {
		sum += x * strides[i]
	}
	return sum
}

// slack is what a result may differ by from the reference: the sum of the magnitudes that went
// into it, times a few roundings. It is 0 where results must be the same bits.
type slack map[int]float64

// product is the slack of a product: anything goes once partial products, in some order, may
// be out of range.
func (s slack) product(cell int, p, x float64) float64 {
	if s[cell] > 1e30 {
		return math.Inf(1)
	}
	reach := -cell - 1 // holds the largest logarithm of a partial product, or of its reciprocal
	s[reach] += math.Abs(math.Log2(math.Abs(x) + 0x1p-100))
	if s[reach] > 14 {
		return math.Inf(1)
	}
	return math.Abs(p) * 1e-2
}

// interpret is the definition of a Spec: element by element, reductions from the first element
// to the last. The results of float sums and products come with what they may be off by.
func interpret(l isa.Level, s Spec, loads, stores []*buffer) []slack {
	in := make([]*buffer, len(loads))
	for i, b := range loads {
		in[i] = b.clone()
	}
	slacks := make([]slack, len(stores))
	exact := make([]map[int]float64, len(stores)) // sums and products in float64
	for j, st := range s.Stores {
		slacks[j], exact[j] = slack{}, map[int]float64{}
		if st.Reduce != compute.OpTypeInvalid {
			indices(remaining(s.Dims, st.Over), func(idx []int) {
				var v value
				vec.Neutral(st.Reduce, st.DType, ptrTo(&v))
				stores[j].set(dot(idx, st.Strides), v)
				exact[j][dot(idx, st.Strides)] = number(v, st.DType)
			})
		}
	}
	rows := rowResults{}
	indices(s.Dims, func(idx []int) {
		regs := element(l, s, in, idx, rows, len(s.Code))
		for j, st := range s.Stores {
			v, cell := regs[st.Reg], dot(idx, st.Strides)
			if st.Reduce == compute.OpTypeInvalid {
				stores[j].set(cell, v)
				continue
			}
			old := stores[j].get(cell)
			x := number(v, st.DType)
			switch {
			case !st.DType.IsFloat():
				vec.Lookup(isa.Portable, merger(st.Reduce, st.DType), st.DType)(ptrTo(&old), ptrTo(&old), ptrTo(&v), nil, 1)
				stores[j].set(cell, old)
				continue
			case st.Reduce == compute.OpTypeReduceSum:
				exact[j][cell] += x
				slacks[j][cell] += math.Abs(x) * roundings(st.DType)
			case st.Reduce == compute.OpTypeReduceProduct:
				exact[j][cell] *= x
				slacks[j][cell] = slacks[j].product(cell, exact[j][cell], x)
			case st.Reduce == compute.OpTypeReduceMax:
				exact[j][cell] = max(exact[j][cell], x)
			case st.Reduce == compute.OpTypeReduceMin:
				exact[j][cell] = min(exact[j][cell], x)
			}
			stores[j].set(cell, fromNumber(exact[j][cell], st.DType))
		}
	})
	return slacks
}

// roundings is the relative error of a sum of up to 3·10⁴ numbers: of the tiles' sums, or of the
// reference's own running sum in float64.
func roundings(dt dtypes.DType) float64 {
	switch dt {
	case dtypes.Float64:
		return 3e-12
	case dtypes.Float32:
		return 2e-6
	}
	return 1e-2
}

// remaining replaces the dimensions that are reduced by 1.
func remaining(dims []int, over []bool) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		out[i] = d
		if over[i] {
			out[i] = 1
		}
	}
	return out
}

// rowResults holds the results of row reductions, by instruction and row.
type rowResults map[string]value

// element computes the registers of one element.
func element(l isa.Level, s Spec, in []*buffer, idx []int, rows rowResults, instrs int) []value {
	var regs []value
	for i, ld := range s.Loads {
		regs = append(regs, in[i].get(dot(idx, ld.Strides)))
	}
	for i, c := range s.Code[:instrs] {
		var out value
		ptr := func(r int) unsafe.Pointer {
			if r < 0 {
				return nil
			}
			return ptrTo(&regs[r])
		}
		var spare value
		switch c.Op {
		case LogitsLoss, LogitsGrad:
			operation(l, c)(ptrTo(&out), ptr(c.A), ptr(c.B), ptrTo(&spare), 1)
		default:
			if isReduce(c.Op) {
				out = row(l, s, in, idx, rows, i)
			} else {
				operation(l, c)(ptrTo(&out), ptr(c.A), ptr(c.B), ptr(c.C), 1)
			}
		}
		regs = append(regs, out)
	}
	return regs
}

// row reduces the row that an element is in by instruction i. It is taken as the package states
// that Reduce takes it, so that further steps see the same bits.
func row(l isa.Level, s Spec, in []*buffer, idx []int, rows rowResults, i int) value {
	outer := len(s.Dims) - s.RowAxes
	key := fmt.Sprint(i, idx[:outer])
	if v, ok := rows[key]; ok {
		return v
	}
	c := s.Code[i]
	acc := accumulator(c.DType)
	var line []byte
	n := 0
	indices(s.Dims[outer:], func(inner []int) {
		at0 := append(append([]int{}, idx[:outer]...), inner...)
		x := element(l, s, in, at0, rows, i)[c.A]
		var wide value
		vec.Convert(isa.Portable, c.DType, acc)(ptrTo(&wide), ptrTo(&x), nil, nil, 1)
		line = append(line, wide[:acc.Size()]...)
		n++
	})
	var v, out value
	vec.Neutral(c.Op, acc, ptrTo(&v))
	words := make([]uint64, len(line)/8+1)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(line)), line)
	vec.Reduce(isa.Portable, c.Op, acc)(ptrTo(&v), unsafe.Pointer(&words[0]), n)
	vec.Convert(isa.Portable, acc, c.DType)(ptrTo(&out), ptrTo(&v), nil, nil, 1)
	rows[key] = out
	return out
}

// number reads an element as float64; exact but for large 64-bit integers.
func number(v value, dt dtypes.DType) float64 {
	var x float64
	vec.Convert(isa.Portable, dt, dtypes.Float64)(unsafe.Pointer(&x), ptrTo(&v), nil, nil, 1)
	return x
}

func fromNumber(x float64, dt dtypes.DType) (v value) {
	vec.Convert(isa.Portable, dtypes.Float64, dt)(ptrTo(&v), unsafe.Pointer(&x), nil, nil, 1)
	return v
}

// failer is what a failure is reported to.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// compare reports the first element of a store that differs.
func compare(t failer, what string, dims []int, st Store, got, want *buffer, off slack) bool {
	t.Helper()
	ok := true
	if st.Over != nil {
		dims = remaining(dims, st.Over)
	}
	indices(dims, func(idx []int) {
		cell := dot(idx, st.Strides)
		g, w := got.get(cell), want.get(cell)
		if !ok || g == w {
			return
		}
		if st.DType.IsFloat() {
			x, y := number(g, st.DType), number(w, st.DType)
			if x != x && y != y || math.Abs(x-y) <= off[cell] || math.IsInf(off[cell], 1) {
				return
			}
		}
		ok = false
		t.Errorf("%s: element %v: got %v (%x), want %v (%x) within %g", what, idx, number(g, st.DType), g, number(w, st.DType), w, off[cell])
	})
	return ok
}
