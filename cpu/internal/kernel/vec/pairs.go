package vec

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// PairReducer adds a sum over two runs of n elements to the accumulator. Products round by
// themselves, and the order of the sum is that of [Reduce], so that all levels give the same bits.
type PairReducer func(acc, x, y unsafe.Pointer, n int)

// pair names a reduction over two runs.
type pair int

const (
	dot     pair = iota // Σ x·y
	centred             // Σ (x−y)², y being one element
)

// Dot returns Σ x·y of Float32 or Float64, or nil for other types. With y = x it is the sum of
// squares.
func Dot(l isa.Level, dt dtypes.DType) PairReducer { return pairs(l, dot, dt) }

// CentredSquares returns Σ (x−c)² of Float32 or Float64, c being the one element at y, or nil
// for other types.
func CentredSquares(l isa.Level, dt dtypes.DType) PairReducer { return pairs(l, centred, dt) }

func pairs(l isa.Level, p pair, dt dtypes.DType) PairReducer {
	if fn := fastPair(l, p, dt); fn != nil {
		return fn
	}
	switch {
	case dt == dtypes.Float32 && p == dot:
		return dotOf[float32]
	case dt == dtypes.Float64 && p == dot:
		return dotOf[float64]
	case dt == dtypes.Float32:
		return centredOf[float32]
	case dt == dtypes.Float64:
		return centredOf[float64]
	}
	return nil
}

func dotOf[T float](acc, x, y unsafe.Pointer, n int) {
	var lanes [laneBytes / 4]T
	count := laneBytes / int(unsafe.Sizeof(lanes[0]))
	w := run[T](y, n)
	for i, v := range run[T](x, n) {
		lanes[i%count] += T(v * w[i])
	}
	*(*T)(acc) += tree(lanes[:count])
}

func centredOf[T float](acc, x, y unsafe.Pointer, n int) {
	var lanes [laneBytes / 4]T
	count := laneBytes / int(unsafe.Sizeof(lanes[0]))
	c := *(*T)(y)
	for i, v := range run[T](x, n) {
		d := v - c
		lanes[i%count] += T(d * d)
	}
	*(*T)(acc) += tree(lanes[:count])
}

// Moments is the mean of a run of numbers and M2 = Σ (x − Mean)², from which the variance is
// M2/N. Runs of any length may be put together with [Moments.Merge].
type Moments struct {
	N        int     // how many numbers
	Mean, M2 float64 // in float64, though the sums of a run are of float32
}

// MomentsOf returns the function that measures n float32 in two passes.
func MomentsOf(l isa.Level) func(x unsafe.Pointer, n int) Moments {
	sum, squares := Reduce(l, compute.OpTypeReduceSum, dtypes.Float32), CentredSquares(l, dtypes.Float32)
	return func(x unsafe.Pointer, n int) Moments {
		s := spare.Get().(*blocks)
		defer spare.Put(s)
		acc, mean := &s[0][0], &s[0][1]
		*acc = 0
		sum(unsafe.Pointer(acc), x, n)
		*mean = *acc / float32(max(n, 1))
		*acc = 0
		squares(unsafe.Pointer(acc), x, unsafe.Pointer(mean), n)
		return Moments{n, float64(*mean), float64(*acc)}
	}
}

// Merge gives the moments of both runs together (Chan, Golub and LeVeque 1983, eq. 2.1).
func (m Moments) Merge(o Moments) Moments {
	if o.N == 0 {
		return m
	}
	n, d := m.N+o.N, o.Mean-m.Mean
	share := float64(o.N) / float64(n)
	return Moments{n, m.Mean + d*share, m.M2 + o.M2 + d*d*float64(m.N)*share}
}
