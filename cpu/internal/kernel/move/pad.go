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

// padder computes pieces of rows: a row lies along the innermost axis that is padded, and
// consists of runs of the elements of the axes inside it.
type padder struct {
	noMemory
	spec  PadSpec
	outer []padAxis
	row   padAxis
	run   int // bytes of a run
	rows  int
	cuts  int // pieces of a row
	units int
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
	if k.run == 0 {
		k.rows = 0
	}
	k.outer = axes
	k.cuts = unitsOf(k.row.to, k.row.to*k.run)
	k.units = unitsOf(k.rows*k.cuts, k.rows*k.row.to*k.run)
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

func (k *padder) Phases() []int { return []int{k.units} }

func (k *padder) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	pieces := k.rows * k.cuts
	for i := part(pieces, k.units, lo); i < part(pieces, k.units, hi); i++ {
		r, c := i/k.cuts, i%k.cuts
		from, to := part(k.row.to, k.cuts, c), part(k.row.to, k.cuts, c+1)
		k.piece(unsafe.Add(args[0], (r*k.row.to+from)*k.run), args[1], args[2], r, from, to)
	}
}

// piece computes the runs from ≤ o < to of an output row, at dst.
func (k *padder) piece(dst, operand, value unsafe.Pointer, r, from, to int) {
	src, scale := 0, k.row.n*k.run
	for i := len(k.outer) - 1; i >= 0; i-- {
		a := &k.outer[i]
		at := a.source(r % a.to)
		if at < 0 {
			k.fill(dst, value, (to-from)*k.run)
			return
		}
		src, r, scale = src+at*scale, r/a.to, scale*a.n
	}
	row := unsafe.Add(operand, src)
	if a := &k.row; a.step == 1 {
		begin, end := max(from, min(a.start, to)), min(to, max(a.start+a.n, from))
		k.fill(dst, value, (begin-from)*k.run)
		if begin < end {
			copyBytes(unsafe.Add(dst, (begin-from)*k.run), unsafe.Add(row, (begin-a.start)*k.run), (end-begin)*k.run)
		}
		if end < to {
			k.fill(unsafe.Add(dst, (end-from)*k.run), value, (to-end)*k.run)
		}
		return
	}
	for o := from; o < to; {
		here := unsafe.Add(dst, (o-from)*k.run)
		if at := k.row.source(o); at >= 0 {
			copyBytes(here, unsafe.Add(row, at*k.run), k.run)
			o++
			continue
		}
		gap := o + 1
		for gap < to && k.row.source(gap) < 0 {
			gap++
		}
		k.fill(here, value, (gap-o)*k.run)
		o = gap
	}
}
