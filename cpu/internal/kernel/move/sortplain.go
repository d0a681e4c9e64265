package move

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// keyed is an element to be sorted: its key and its place.
type keyed[T ordered] struct {
	key T
	at  int32
}

// plainSorter sorts line by line by a key with the usual order.
type plainSorter struct {
	spec SortSpec
	axes3
	lines, units int
	order        func(k *plainSorter, keys unsafe.Pointer, first int, scratch unsafe.Pointer) []int32
}

func newPlainSort(s SortSpec) kernel.Kernel {
	k := &plainSorter{spec: s, axes3: around(s.Dims, s.Axis)}
	k.lines = k.outer * k.inner
	k.units = unitsOf(k.lines, k.volume()*32)
	switch s.Type {
	case dtypes.Float32:
		k.order = orderBy(same1[float32])
	case dtypes.Float64:
		k.order = orderBy(same1[float64])
	case dtypes.Float16:
		k.order = orderBy(float16.Float16.Float32)
	case dtypes.BFloat16:
		k.order = orderBy(bfloat16.BFloat16.Float32)
	case dtypes.Int8:
		k.order = orderBy(same1[int8])
	case dtypes.Int16:
		k.order = orderBy(same1[int16])
	case dtypes.Int32:
		k.order = orderBy(same1[int32])
	case dtypes.Int64:
		k.order = orderBy(same1[int64])
	case dtypes.Uint8:
		k.order = orderBy(same1[uint8])
	case dtypes.Uint16:
		k.order = orderBy(same1[uint16])
	case dtypes.Uint32:
		k.order = orderBy(same1[uint32])
	case dtypes.Uint64:
		k.order = orderBy(same1[uint64])
	default:
		return nil
	}
	return k
}

func same1[T any](x T) T { return x }

func (k *plainSorter) Name() string {
	what := "ascending"
	if k.spec.Descending {
		what = "descending"
	}
	return fmt.Sprintf("sort %d of %v along %d, %s", len(k.spec.Sizes), k.spec.Dims, k.spec.Axis, what)
}

func (k *plainSorter) Phases() []int { return []int{k.units} }
func (k *plainSorter) Scratch() int  { return up(16*k.n) + 4*k.n }
func (k *plainSorter) Shared() int   { return 0 }

func (k *plainSorter) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	n := len(k.spec.Sizes)
	for line := part(k.lines, k.units, lo); line < part(k.lines, k.units, hi); line++ {
		first := line/k.inner*k.n*k.inner + line%k.inner
		order := k.order(k, args[n+k.spec.Key], first, w.Scratch)
		for t, size := range k.spec.Sizes {
			arrange(size, unsafe.Add(args[t], first*size), args[n+t], k.inner, order)
		}
	}
}

// orderBy gives the function that sorts the places of a line's keys, which are compared as
// numbers of type T; first is the place of the first.
func orderBy[S any, T ordered](load func(S) T) func(k *plainSorter, keys unsafe.Pointer, first int, scratch unsafe.Pointer) []int32 {
	return func(k *plainSorter, keys unsafe.Pointer, first int, scratch unsafe.Pointer) []int32 {
		list := span[keyed[T]](scratch, k.n)
		for i := range list {
			place := first + i*k.inner
			list[i] = keyed[T]{load(*at[S](keys, place)), int32(place)}
		}
		if k.spec.Descending {
			slices.SortFunc(list, descending[T])
		} else {
			slices.SortFunc(list, ascending[T])
		}
		order := span[int32](unsafe.Add(scratch, up(16*k.n)), k.n)
		for i, e := range list {
			order[i] = e.at
		}
		return order
	}
}

// ascending compares numbers, then places; NaNs come last.
func ascending[T ordered](x, y keyed[T]) int {
	switch {
	case x.key < y.key:
		return -1
	case x.key > y.key:
		return 1
	}
	return tie(x, y)
}

func descending[T ordered](x, y keyed[T]) int {
	switch {
	case x.key > y.key:
		return -1
	case x.key < y.key:
		return 1
	}
	return tie(x, y)
}

func tie[T ordered](x, y keyed[T]) int {
	switch xNaN, yNaN := x.key != x.key, y.key != y.key; {
	case xNaN == yNaN:
		return int(x.at - y.at)
	case xNaN:
		return 1
	}
	return -1
}
