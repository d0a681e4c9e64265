package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Comparer decides for n ≤ [Batch] pairs whether the left one comes before the right one, and
// writes 0 or 1 for each. lhs and rhs lead to n contiguous elements of each tensor; captures
// are the kernel's arguments after the tensors. It may use the first SortSpec.Scratch bytes of
// the worker's memory.
type Comparer func(w *kernel.Worker, lhs, rhs, captures []unsafe.Pointer, n int, out *byte)

// Batch is the largest number of pairs that are compared at once.
const Batch = 256

// SortSpec describes a Sort of one or several contiguous tensors of the same dimensions along
// an axis. Every sort is stable.
type SortSpec struct {
	// Dims are the dimensions of every tensor, Sizes the bytes of an element of each.
	Dims  []int
	Axis  int
	Sizes []int

	// Compare is the order, unless Plain says that it is the usual one of the elements of
	// tensor Key, of type Type: ascending, or else Descending. NaNs then come last, and −0
	// equals +0.
	Compare    Comparer
	Plain      bool
	Key        int
	Type       dtypes.DType
	Descending bool

	// Scratch is the number of bytes that Compare needs, Captures of captured values.
	Scratch, Captures int
}

// Lengths in a sort by comparer. Two first runs make a segment.
const (
	firstRun = 512  // elements that are sorted before runs are merged by all workers
	segment  = 1024 // elements of the result of a merge that one lane gives
)

// sorter sorts by merging. It moves the places of elements, and at the end the elements. Every
// level of merging is two phases: one finds where each segment of the merged runs begins in
// either run, the next merges segments. In every phase many merges advance side by side, one
// element at a time, so that the comparer has many pairs to decide.
type sorter struct {
	spec SortSpec
	axes3
	lines  int
	runs   int // in a line
	inside int // levels of merging that make a run
	levels int // of merging runs
	phases []int
}

// NewSort makes the kernel of a sort, or nil if the type of a plain key has none. Arguments: the
// sorted tensors, the tensors, what the comparer captures. A tensor has less than 2³¹ elements.
func NewSort(s SortSpec) kernel.Kernel {
	if s.Plain {
		return newPlainSort(s)
	}
	k := &sorter{spec: s, axes3: around(s.Dims, s.Axis)}
	k.lines = k.outer * k.inner * min(k.n, 1)
	k.runs = (k.n + firstRun - 1) / firstRun
	for w := 1; w < min(k.n, firstRun); w *= 2 {
		k.inside++
	}
	for w := firstRun; w < k.n; w *= 2 {
		k.levels++
	}
	k.phases = []int{unitsOf(k.lines*k.runs, k.volume()*4)}
	for range k.levels {
		k.phases = append(k.phases, 1, unitsOf(k.lines*k.segments(), k.volume()*4))
	}
	bytes := 0
	for _, size := range s.Sizes {
		bytes += size
	}
	k.phases = append(k.phases, unitsOf(k.lines, k.volume()*bytes))
	return k
}

// segments is the number of segments of a line.
func (k *sorter) segments() int { return (k.n + segment - 1) / segment }

func (k *sorter) Name() string {
	return fmt.Sprintf("sort %d of %v along %d", len(k.spec.Sizes), k.spec.Dims, k.spec.Axis)
}

func (k *sorter) Phases() []int { return k.phases }

// Shared holds two arrays of places, and the beginnings of segments.
func (k *sorter) Shared() int { return 8*k.volume() + 4*k.lines*k.segments() }

// Scratch holds, after the comparer's memory, the bench.
func (k *sorter) Scratch() int {
	n := up(k.spec.Scratch) + up(int(unsafe.Sizeof(bench{}))) + 2*up(8*len(k.spec.Sizes))
	for _, size := range k.spec.Sizes {
		n += 2 * up(Batch*size)
	}
	return n
}

func up(n int) int { return (n + kernel.Align - 1) &^ (kernel.Align - 1) }

// lane is a merge in progress: of the entries a … aEnd and b … bEnd of one array of places to
// the other, from out on. In a search it is the range a … aEnd.
type lane struct{ a, aEnd, b, bEnd, out int32 }

// bench is the memory in which a worker prepares pairs.
type bench struct {
	lanes   [Batch]lane
	lefts   [Batch]int32 // places of the elements to compare
	rights  [Batch]int32
	verdict [Batch]byte
}

// merging is a worker's view of a sort.
type merging struct {
	k        *sorter
	w        *kernel.Worker
	args     []unsafe.Pointer
	bench    *bench
	lhs, rhs []unsafe.Pointer // of the comparer, inside the worker's memory
}

// open lays out the worker's memory.
func (k *sorter) open(w *kernel.Worker, args []unsafe.Pointer) merging {
	m := merging{k: k, w: w, args: args}
	p, n := unsafe.Add(w.Scratch, up(k.spec.Scratch)), len(k.spec.Sizes)
	m.bench = (*bench)(p)
	p = unsafe.Add(p, up(int(unsafe.Sizeof(bench{}))))
	clear(span[uintptr](p, 2*up(8*n)/8)) // as kernel.At does
	m.lhs, p = span[unsafe.Pointer](p, n), unsafe.Add(p, up(8*n))
	m.rhs, p = span[unsafe.Pointer](p, n), unsafe.Add(p, up(8*n))
	for t, size := range k.spec.Sizes {
		m.lhs[t], p = p, unsafe.Add(p, up(Batch*size))
		m.rhs[t], p = p, unsafe.Add(p, up(Batch*size))
	}
	return m
}

// places is one of the two arrays of places of elements, line after line; they alternate from
// level to level.
func (m *merging) places(level int) []int32 {
	n := m.k.volume()
	return span[int32](unsafe.Add(m.args[len(m.args)-1], level%2*4*n), n)
}

// starts are the beginnings of all segments in the first of the runs merged.
func (m *merging) starts() []int32 {
	return span[int32](unsafe.Add(m.args[len(m.args)-1], 8*m.k.volume()), m.k.lines*m.k.segments())
}

// place is the first element of a line.
func (k *sorter) place(line int) int { return line/k.inner*k.n*k.inner + line%k.inner }

// compare decides n pairs, named by the bench.
func (m *merging) compare(n int) []byte {
	k := m.k
	for t, size := range k.spec.Sizes {
		src := m.args[len(k.spec.Sizes)+t]
		load := sized(size, load[uint8], load[uint16], load[uint32], load[uint64], load[bits128])
		load(m.lhs[t], src, m.bench.lefts[:n])
		load(m.rhs[t], src, m.bench.rights[:n])
	}
	first := 2 * len(k.spec.Sizes)
	k.spec.Compare(m.w, m.lhs, m.rhs, m.args[first:first+k.spec.Captures], n, &m.bench.verdict[0])
	return m.bench.verdict[:n]
}

// load gathers elements.
func load[T any](dst, src unsafe.Pointer, places []int32) {
	for j, i := range places {
		*at[T](dst, j) = *at[T](src, int(i))
	}
}

// merge advances all lanes to their end; from and to are arrays of places.
func (m *merging) merge(lanes []lane, from, to []int32) {
	b := m.bench
	for {
		n := 0
		for _, l := range lanes {
			switch {
			case l.a == l.aEnd:
				copy(to[l.out:], from[l.b:l.bEnd])
			case l.b == l.bEnd:
				copy(to[l.out:], from[l.a:l.aEnd])
			default:
				b.lefts[n], b.rights[n] = from[l.b], from[l.a]
				lanes[n] = l
				n++
			}
		}
		if lanes = lanes[:n]; n == 0 {
			return
		}
		for j, before := range m.compare(n) {
			l := &lanes[j]
			if before != 0 {
				to[l.out] = from[l.b]
				l.b++
			} else {
				to[l.out] = from[l.a]
				l.a++
			}
			l.out++
		}
	}
}

func (k *sorter) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	m := k.open(w, args)
	last := len(k.phases) - 1
	switch all := k.lines * k.segments(); {
	case phase == 0:
		runs := k.lines * k.runs
		m.sortRuns(part(runs, k.phases[0], lo), part(runs, k.phases[0], hi))
	case phase == last:
		m.deliver(part(k.lines, k.phases[last], lo), part(k.lines, k.phases[last], hi))
	case phase%2 == 1:
		m.findStarts(phase / 2)
	default:
		m.mergeSegments(phase/2-1, part(all, k.phases[phase], lo), part(all, k.phases[phase], hi))
	}
}
