package vec

import (
	"math"
	"sync"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// rowStep is the number of elements that row kernels hand to one call, which is not preempted.
const rowStep = 4096

// Row holds the kernels of a level that work on one row of n ≥ 1 float32, of any length.
type Row struct {
	largest, sum  Reducer
	squares, dot  PairReducer
	mul           Fn
	expSum        func(dst, x unsafe.Pointer, shift float32, n int) float32
	scale         func(dst, x unsafe.Pointer, factor, bias float32, n int)
	normalise     func(dst, x, gain, bias unsafe.Pointer, mean, rstd float32, n int)
	normaliseSums func(dgain, dbias, x, dy, gain unsafe.Pointer, mean, rstd float32, n int) (s, t float32)
	normaliseGrad func(dx, x, dy, gain unsafe.Pointer, mean, rstd, s, t float32, n int)
}

// Rows returns the row kernels of a level.
func Rows(l isa.Level) *Row {
	r := &Row{
		largest:       Reduce(l, compute.OpTypeReduceMax, dtypes.Float32),
		sum:           Reduce(l, compute.OpTypeReduceSum, dtypes.Float32),
		squares:       CentredSquares(l, dtypes.Float32),
		dot:           Dot(l, dtypes.Float32),
		mul:           Lookup(l, compute.OpTypeMul, dtypes.Float32),
		expSum:        expSum,
		scale:         scale,
		normalise:     normalise,
		normaliseSums: normaliseSums,
		normaliseGrad: normaliseGrad,
	}
	fastRow(l, r)
	return r
}

// Stats are what layer normalisation takes from a row.
type Stats struct {
	Mean float32 // of the elements
	Rstd float32 // 1 / √(variance + ε), the variance being the mean squared distance from Mean
}

// cells keeps the accumulators of row kernels: on the stack they would escape.
var cells = sync.Pool{New: func() any { return new(cell) }}

// cell is an accumulator and an operand.
type cell struct{ acc, value float32 }

// chunks calls f on the parts of a row.
func chunks(n int, f func(at uintptr, n int)) {
	for i := 0; i < n; i += rowStep {
		f(uintptr(4*i), min(rowStep, n-i))
	}
}

// Softmax puts exp(x − max x) / Σ exp(x − max x) in dst, which may be x.
func (r *Row) Softmax(dst, x unsafe.Pointer, n int) {
	_, sum := r.exponentials(dst, x, n)
	chunks(n, func(at uintptr, n int) { r.scale(unsafe.Add(dst, at), unsafe.Add(dst, at), 1/sum, 0, n) })
}

// LogSoftmax puts x − ln Σ exp x in dst, which may not be x.
func (r *Row) LogSoftmax(dst, x unsafe.Pointer, n int) {
	shift, sum := r.exponentials(dst, x, n)
	shift += float32(math.Log(float64(sum)))
	chunks(n, func(at uintptr, n int) { r.scale(unsafe.Add(dst, at), unsafe.Add(x, at), 1, -shift, n) })
}

// exponentials puts exp(x − max x) in dst and returns the maximum and the sum.
func (r *Row) exponentials(dst, x unsafe.Pointer, n int) (shift, sum float32) {
	c := cells.Get().(*cell)
	defer cells.Put(c)
	c.acc = float32(math.Inf(-1))
	chunks(n, func(at uintptr, n int) { r.largest(unsafe.Pointer(&c.acc), unsafe.Add(x, at), n) })
	shift = c.acc
	chunks(n, func(at uintptr, n int) { sum += r.expSum(unsafe.Add(dst, at), unsafe.Add(x, at), shift, n) })
	return shift, sum
}

// SoftmaxGrad puts y·(dy − Σ dy·y) in dx, the gradient with respect to the argument of a softmax
// whose result is y. dx may be dy.
func (r *Row) SoftmaxGrad(dx, y, dy unsafe.Pointer, n int) {
	c := cells.Get().(*cell)
	defer cells.Put(c)
	c.acc = 0
	chunks(n, func(at uintptr, n int) { r.dot(unsafe.Pointer(&c.acc), unsafe.Add(dy, at), unsafe.Add(y, at), n) })
	chunks(n, func(at uintptr, n int) {
		to := unsafe.Add(dx, at)
		r.scale(to, unsafe.Add(dy, at), 1, -c.acc, n)
		r.mul(to, to, unsafe.Add(y, at), nil, n)
	})
}

// Stats measures a row in two passes.
func (r *Row) Stats(x unsafe.Pointer, epsilon float32, n int) Stats {
	c := cells.Get().(*cell)
	defer cells.Put(c)
	acc := unsafe.Pointer(&c.acc)
	c.acc = 0
	chunks(n, func(at uintptr, n int) { r.sum(acc, unsafe.Add(x, at), n) })
	c.acc, c.value = 0, c.acc/float32(n)
	chunks(n, func(at uintptr, n int) { r.squares(acc, unsafe.Add(x, at), unsafe.Pointer(&c.value), n) })
	return Stats{c.value, 1 / float32(math.Sqrt(float64(float32(c.acc/float32(n))+epsilon)))}
}

// LayerNorm puts x̂·gain + bias in dst, which may be x, where x̂ = (x − mean)·rstd (Ba, Kiros and
// Hinton 2016, eq. 4), and returns the row's statistics for the gradient.
func (r *Row) LayerNorm(dst, x, gain, bias unsafe.Pointer, epsilon float32, n int) Stats {
	s := r.Stats(x, epsilon, n)
	chunks(n, func(at uintptr, n int) {
		r.normalise(unsafe.Add(dst, at), unsafe.Add(x, at), unsafe.Add(gain, at), unsafe.Add(bias, at), s.Mean, s.Rstd, n)
	})
	return s
}

// LayerNormGrad takes the gradient dy of a row's layer normalisation back: it adds dy·x̂ to dgain
// and dy to dbias, and puts the gradient with respect to x,
//
//	rstd·(h − mean(h) − x̂·mean(h·x̂)),  h = dy·gain,
//
// in dx, which may be dy.
func (r *Row) LayerNormGrad(dx, dgain, dbias, x, dy, gain unsafe.Pointer, s Stats, n int) {
	var h, hx float32
	chunks(n, func(at uintptr, n int) {
		a, b := r.normaliseSums(unsafe.Add(dgain, at), unsafe.Add(dbias, at), unsafe.Add(x, at), unsafe.Add(dy, at), unsafe.Add(gain, at), s.Mean, s.Rstd, n)
		h, hx = h+a, hx+b
	})
	h, hx = h/float32(n), hx/float32(n)
	chunks(n, func(at uintptr, n int) {
		r.normaliseGrad(unsafe.Add(dx, at), unsafe.Add(x, at), unsafe.Add(dy, at), unsafe.Add(gain, at), s.Mean, s.Rstd, h, hx, n)
	})
}
