package move

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// entry is an element to be sorted: a number in whose order the key comes, and its place.
type entry struct {
	rank uint64
	at   int32
}

// plainSorter sorts line by line by a key with the usual order.
type plainSorter struct {
	spec SortSpec
	axes3
	lines, units int
	rank         func(key unsafe.Pointer, descending bool) uint64
}

func newPlainSort(s SortSpec) kernel.Kernel {
	k := &plainSorter{spec: s, axes3: around(s.Dims, s.Axis), rank: ranker(s.Type)}
	if k.rank == nil {
		return nil
	}
	k.lines = k.outer * k.inner * min(k.n, 1)
	k.units = unitsOf(k.lines, k.volume()*32)
	return k
}

func (k *plainSorter) Name() string {
	what := "ascending"
	if k.spec.Descending {
		what = "descending"
	}
	return fmt.Sprintf("sort %d of %v along %d, %s", len(k.spec.Sizes), k.spec.Dims, k.spec.Axis, what)
}

func (k *plainSorter) Phases() []int { return []int{k.units} }
func (k *plainSorter) Scratch() int  { return 32 * k.n }
func (k *plainSorter) Shared() int   { return 0 }

func (k *plainSorter) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	s := &k.spec
	n, key := len(s.Sizes), s.Sizes[s.Key]
	for line := part(k.lines, k.units, lo); line < part(k.lines, k.units, hi); line++ {
		first := line/k.inner*k.n*k.inner + line%k.inner
		list := span[entry](w.Scratch, k.n)
		for i := range list {
			place := first + i*k.inner
			list[i] = entry{k.rank(unsafe.Add(args[n+s.Key], place*key), s.Descending), int32(place)}
		}
		list = sortEntries(list, span[entry](unsafe.Add(w.Scratch, 16*k.n), k.n))
		for t, size := range s.Sizes {
			move := sized(size, put[uint8], put[uint16], put[uint32], put[uint64], put[bits128])
			move(unsafe.Add(args[t], first*size), args[n+t], k.inner, list)
		}
	}
}

// put writes elements to every step-th place of dst.
func put[T any](dst, src unsafe.Pointer, step int, list []entry) {
	for j, e := range list {
		*at[T](dst, j*step) = *at[T](src, int(e.at))
	}
}

// fewEntries is the length up to which insertion is faster than counting.
const fewEntries = 48

// sortEntries sorts entries, keeping the order of equal ranks; spare is as long as the list. The
// result is in either.
func sortEntries(list, spare []entry) []entry {
	if len(list) <= fewEntries {
		for i := 1; i < len(list); i++ {
			e, j := list[i], i
			for ; j > 0 && list[j-1].rank > e.rank; j-- {
				list[j] = list[j-1]
			}
			list[j] = e
		}
		return list
	}
	var differ uint64
	for _, e := range list {
		differ |= e.rank ^ list[0].rank
	}
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&255 != 0 {
			deal(spare, list, shift)
			list, spare = spare, list
		}
	}
	return list
}

// deal sorts by one byte of the rank.
func deal(to, from []entry, shift int) {
	var next [256]int
	for i := range from {
		next[from[i].rank>>shift&255]++
	}
	sum := 0
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	for _, e := range from {
		digit := e.rank >> shift & 255
		to[next[digit]] = e
		next[digit]++
	}
}

// ranker gives the function that ranks a key: by value, with −0 equal to +0 and NaNs last.
func ranker(dt dtypes.DType) func(key unsafe.Pointer, descending bool) uint64 {
	switch dt {
	case dtypes.Float32:
		return rankFloat(func(x float32) float64 { return float64(x) })
	case dtypes.Float64:
		return rankFloat(func(x float64) float64 { return x })
	case dtypes.Float16:
		return rankFloat(func(x float16.Float16) float64 { return float64(x.Float32()) })
	case dtypes.BFloat16:
		return rankFloat(func(x bfloat16.BFloat16) float64 { return float64(x.Float32()) })
	case dtypes.Int8:
		return rankInt[int8]
	case dtypes.Int16:
		return rankInt[int16]
	case dtypes.Int32:
		return rankInt[int32]
	case dtypes.Int64:
		return rankInt[int64]
	case dtypes.Uint8:
		return rankUint[uint8]
	case dtypes.Uint16:
		return rankUint[uint16]
	case dtypes.Uint32:
		return rankUint[uint32]
	case dtypes.Uint64:
		return rankUint[uint64]
	}
	return nil
}

// rankFloat ranks by the bits of the value in float64, which rise with it once those of
// negative numbers are inverted.
func rankFloat[T any](load func(T) float64) func(key unsafe.Pointer, descending bool) uint64 {
	return func(key unsafe.Pointer, descending bool) uint64 {
		x := load(*(*T)(key))
		if x != x {
			return math.MaxUint64
		}
		bits := math.Float64bits(x + 0) // −0 + 0 is +0
		if int64(bits) < 0 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		return turned(bits, descending)
	}
}

func rankInt[T int8 | int16 | int32 | int64](key unsafe.Pointer, descending bool) uint64 {
	return turned(uint64(int64(*(*T)(key)))^1<<63, descending)
}

func rankUint[T uint8 | uint16 | uint32 | uint64](key unsafe.Pointer, descending bool) uint64 {
	return turned(uint64(*(*T)(key)), descending)
}

// turned reverses an order.
func turned(rank uint64, descending bool) uint64 {
	if descending {
		return ^rank
	}
	return rank
}
