//go:build amd64 && !noasm

package vec

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

//go:generate go run -C ../../avo ./vec -level avx512 -out ../kernel/vec/zz_avx512_amd64.s -stubs ../kernel/vec/zz_avx512_amd64.go -table ../kernel/vec/zz_avx512_table_amd64.go -pkg vec
//go:generate go run -C ../../avo ./vec -level avx2 -out ../kernel/vec/zz_avx2_amd64.s -stubs ../kernel/vec/zz_avx2_amd64.go -table ../kernel/vec/zz_avx2_table_amd64.go -pkg vec

// routine is an assembly routine and what it leaves to the plain loop.
type routine struct {
	fn    Fn
	stops func(dst, a, b, c unsafe.Pointer, n int) (done int) // instead of fn: stops before elements that it cannot do
	lanes int                                                 // if not 0, only multiples of so many elements are done

	reduce Reducer     // a reduction
	pair   PairReducer // a sum over two runs
}

// Keys of the tables of routines.
type (
	opKey struct {
		op compute.OpType
		dt dtypes.DType
	}
	extraKey struct {
		op Op
		dt dtypes.DType
	}
	convertKey struct{ from, to dtypes.DType }
	fillKey    struct{ size int }
	reduceKey  struct {
		op compute.OpType
		dt dtypes.DType
	}
	pairKey struct {
		pair pair
		dt   dtypes.DType
	}
)

// find returns the routine of a level for a key.
func find(l isa.Level, key any) (r routine, ok bool) {
	switch l {
	case isa.AVX512:
		r, ok = avx512Table[key]
	case isa.AVX2:
		r, ok = avx2Table[key]
	}
	return r, ok
}

func fast(l isa.Level, op compute.OpType, dt dtypes.DType) Fn {
	r, ok := find(l, opKey{op, dt})
	if !ok {
		return nil
	}
	return r.complete(func() Fn { return plain(op, dt) }, size{outSize(op, dt), [3]int{whereSize(op, dt), dt.Size(), dt.Size()}})
}

// outSize is the size of an operation's result.
func outSize(op compute.OpType, dt dtypes.DType) int {
	if isPredicate(op) {
		return 1
	}
	return dt.Size()
}

// whereSize is the size of an operation's first operand.
func whereSize(op compute.OpType, dt dtypes.DType) int {
	if op == compute.OpTypeWhere {
		return 1
	}
	return dt.Size()
}

func fastConvert(l isa.Level, from, to dtypes.DType) Fn {
	r, ok := find(l, convertKey{from, to})
	if !ok {
		return nil
	}
	return r.complete(func() Fn { return Convert(isa.Portable, from, to) }, size{to.Size(), [3]int{from.Size()}})
}

func fastExtra(l isa.Level, op Op, dt dtypes.DType) Fn {
	r, ok := find(l, extraKey{op, dt})
	if !ok {
		return nil
	}
	return r.complete(func() Fn { return Extra(isa.Portable, op, dt) }, size{dt.Size(), [3]int{dt.Size(), dt.Size(), dt.Size()}})
}

func fastFill(l isa.Level, bytes int) Fn {
	r, ok := find(l, fillKey{bytes})
	if !ok {
		return nil
	}
	return r.complete(func() Fn { return Fill(isa.Portable, bytes) }, size{out: bytes})
}

func fastStridedLoad(isa.Level, int) Strided { return nil }

func fastReduce(l isa.Level, op compute.OpType, dt dtypes.DType) Reducer {
	r, _ := find(l, reduceKey{op, dt})
	return r.reduce
}

func fastPair(l isa.Level, p pair, dt dtypes.DType) PairReducer {
	r, _ := find(l, pairKey{p, dt})
	return r.pair
}

func fastAdam(l isa.Level) AdamFn {
	switch l {
	case isa.AVX512:
		return guarded(adamAVX512)
	case isa.AVX2:
		return guarded(adamAVX2)
	}
	return nil
}

func fastLogitsLoss(l isa.Level) LossFn {
	switch l {
	case isa.AVX512:
		return logitsLossAVX512
	case isa.AVX2:
		return logitsLossAVX2
	}
	return nil
}

// guarded leaves everything as it is if told to.
func guarded(step func(w, m, v, grad unsafe.Pointer, p *AdamParams, n int)) AdamFn {
	return func(w, m, v, grad unsafe.Pointer, p *AdamParams, ok, n int) {
		if ok != 0 {
			step(w, m, v, grad, p, n)
		}
	}
}

func fastRow(l isa.Level, r *Row) {
	switch l {
	case isa.AVX512:
		r.expSum, r.scale, r.normalise, r.normaliseGrad = expSumAVX512, scaleAVX512, normaliseAVX512, normaliseGradAVX512
		r.normaliseSums = normaliseSumsAVX512
	case isa.AVX2:
		r.expSum, r.scale, r.normalise, r.normaliseGrad = expSumAVX2, scaleAVX2, normaliseAVX2, normaliseGradAVX2
	}
}

// size holds the bytes of an element of a routine's result and operands.
type size struct {
	out int
	in  [3]int
}

// complete lets the plain loop do what the routine leaves.
func (r routine) complete(plain func() Fn, s size) Fn {
	switch {
	case r.stops != nil:
		return stepping(r.stops, plain(), s)
	case r.lanes > 0:
		return withTail(r.fn, plain(), r.lanes, s)
	}
	return r.fn
}

// withTail gives the elements after the last full vector to the plain loop.
func withTail(fn, plain Fn, lanes int, s size) Fn {
	return func(dst, a, b, c unsafe.Pointer, n int) {
		m := n - n%lanes
		if m > 0 {
			fn(dst, a, b, c, m)
		}
		if m < n {
			plain(unsafe.Add(dst, m*s.out), skip(a, m*s.in[0]), skip(b, m*s.in[1]), skip(c, m*s.in[2]), n-m)
		}
	}
}

// few is the number of elements that the plain loop does where a routine stops.
const few = 16

// stepping gives the elements at which a routine stops to the plain loop.
func stepping(stops func(dst, a, b, c unsafe.Pointer, n int) int, plain Fn, s size) Fn {
	return func(dst, a, b, c unsafe.Pointer, n int) {
		for n > 0 {
			m := stops(dst, a, b, c, n)
			if m < n {
				dst, a, b, c = unsafe.Add(dst, m*s.out), skip(a, m*s.in[0]), skip(b, m*s.in[1]), skip(c, m*s.in[2])
				n -= m
				m = min(few, n)
				plain(dst, a, b, c, m)
			}
			if m < n {
				dst, a, b, c = unsafe.Add(dst, m*s.out), skip(a, m*s.in[0]), skip(b, m*s.in[1]), skip(c, m*s.in[2])
			}
			n -= m
		}
	}
}

// skip moves an operand's pointer, if there is one.
func skip(p unsafe.Pointer, bytes int) unsafe.Pointer {
	if p == nil {
		return nil
	}
	return unsafe.Add(p, bytes)
}
