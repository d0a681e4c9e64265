package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// PadSpec describes a padding of a contiguous array: Start and End elements at the ends of an
// axis, which are cut off where negative, and Interior between neighbours.
type PadSpec struct {
	Size int               // bytes of an element
	Dims []int             // of the operand
	Axes []compute.PadAxis // those missing at the end are not padded
}

// padAxis is an axis of a padding: length n, output length to, and where operand element 0
// comes to lie in the output.
type padAxis struct{ n, to, start, step int }

// source gives the operand's index for an output index, or −1 in the padding.
func (a *padAxis) source(o int) int {
	o -= a.start
	if o < 0 || o%a.step != 0 || o/a.step >= a.n {
		return -1
	}
	return o / a.step
}

// padder computes row by row: the innermost axis that is padded, in runs of the elements of the
// axes inside it.
type padder struct {
	noMemory
	spec  PadSpec
	outer []padAxis
	row   padAxis
	run   int // bytes of a run
	rows  int
	first int // operand indices lo ≤ i < hi of the row are used
	last  int
	fill  func(dst, value unsafe.Pointer, bytes int)
}

// NewPad makes the kernel of a padding. Arguments: the result, the operand, the fill value.
func NewPad(s PadSpec) kernel.Kernel {
	k := &padder{spec: s, run: s.Size, rows: 1, fill: filler(s.Size), row: padAxis{1, 1, 0, 1}}
	var axes []padAxis
	for i, n := range s.Dims {
		var p compute.PadAxis
		if i < len(s.Axes) {
			p = s.Axes[i]
		}
		axes = append(axes, padAxis{n, max(0, p.Start+p.End+n+max(0, n-1)*p.Interior), p.Start, p.Interior + 1})
	}
	for ; len(axes) > 0; axes = axes[:len(axes)-1] {
		if a := axes[len(axes)-1]; a.start != 0 || a.to != a.n || a.step != 1 {
			k.row, axes = a, axes[:len(axes)-1]
			break
		}
		k.run *= axes[len(axes)-1].n
	}
	for _, a := range axes {
		k.rows *= a.to
	}
	k.outer = axes
	for k.first < k.row.n && k.row.start+k.first*k.row.step < 0 {
		k.first++
	}
	k.last = k.row.n
	for k.last > k.first && k.row.start+(k.last-1)*k.row.step >= k.row.to {
		k.last--
	}
	if k.row.to*k.run == 0 {
		k.rows = 0
	}
	return k
}

// filler gives the function that repeats a value over a number of bytes.
func filler(size int) func(dst, value unsafe.Pointer, bytes int) {
	return func(dst, value unsafe.Pointer, bytes int) {
		if bytes == 0 {
			return
		}
		copyBytes(dst, value, size)
		for done := size; done < bytes; done *= 2 {
			copyBytes(unsafe.Add(dst, done), dst, min(done, bytes-done))
		}
	}
}

func (k *padder) Name() string { return fmt.Sprintf("pad %v by %v", k.spec.Dims, k.spec.Axes) }

func (k *padder) Phases() []int { return []int{unitsOf(k.rows, k.rows*k.row.to*k.run)} }

func (k *padder) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	units := k.Phases()[0]
	for r := part(k.rows, units, lo); r < part(k.rows, units, hi); r++ {
		k.one(unsafe.Add(args[0], r*k.row.to*k.run), args[1], args[2], r)
	}
}

// one computes an output row.
func (k *padder) one(dst, operand, value unsafe.Pointer, r int) {
	src, scale := 0, k.row.n*k.run
	for i := len(k.outer) - 1; i >= 0; i-- {
		a := &k.outer[i]
		at := a.source(r % a.to)
		if at < 0 {
			k.fill(dst, value, k.row.to*k.run)
			return
		}
		src, r, scale = src+at*scale, r/a.to, scale*a.n
	}
	from, n := unsafe.Add(operand, src+k.first*k.run), k.last-k.first
	begin := max(0, k.row.start+k.first*k.row.step)
	if n == 0 {
		begin = k.row.to
	}
	k.fill(dst, value, begin*k.run)
	if k.row.step == 1 {
		copyBytes(unsafe.Add(dst, begin*k.run), from, n*k.run)
		begin += n
	} else {
		for i := range n {
			copyBytes(unsafe.Add(dst, begin*k.run), unsafe.Add(from, i*k.run), k.run)
			begin++
			gap := min(k.row.step-1, k.row.to-begin)
			k.fill(unsafe.Add(dst, begin*k.run), value, gap*k.run)
			begin += gap
		}
	}
	k.fill(unsafe.Add(dst, begin*k.run), value, (k.row.to-begin)*k.run)
}
