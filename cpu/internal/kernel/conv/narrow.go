package conv

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// narrow computes a convolution to at most four channels, such as a decoder's last one, where the
// columns of a tile would be idle. It takes the elements of the kernel as columns instead,
//
//	p[i, (k, co)] = Σ_ci x[i, ci] · w[k, ci, co],  y[o, co] = Σ_k p[i(o, k), (k, co)],
//
// a product over the input's positions and a sum of one number for each term. A unit is an
// image.
type narrow struct {
	s       Spec
	title   string
	size    int
	micro   gemm.Micro
	in, out int // positions of an image, in and out
	cols    int // columns: elements of the kernel times channels
	tab     [][]Taps
	strands []strand
}

// strand is an element of the kernel along the last axis: the outputs o, o+oStep, … see it with
// inputs i, i+iStep, ….
type strand struct{ count, o, oStep, i, iStep int }

// newNarrow returns the kernel, or nil if it would not be faster than the engine.
func newNarrow(l isa.Level, s Spec) *narrow {
	n := &narrow{s: s, title: s.name() + " narrow", size: s.DType.Size(), in: 1, out: 1, cols: s.OutChannels, tab: tables(s.Axes)}
	terms, step := 1, s.InChannels
	for i := len(s.Axes) - 1; i >= 0; i-- {
		a, used := s.Axes[i], 0
		if a.InStride != step {
			return nil
		}
		for _, t := range n.tab[i] {
			used += t.Count
		}
		n.in, n.out, n.cols, terms, step = n.in*a.In, n.out*a.Out(), n.cols*a.Kernel, terms*used, step*a.In
	}
	for i, m := range gemm.Kernels(l, s.DType) {
		if i == 0 || (n.cols+m.Cols-1)/m.Cols*m.Cols < (n.cols+n.micro.Cols-1)/n.micro.Cols*n.micro.Cols {
			n.micro = m
		}
	}
	if s.InChannel != 1 || s.Groups*s.BatchGroups != 1 || s.OutChannels > 4 || n.in*n.cols*n.size > passBytes {
		return nil
	}
	const addition = 8 // products in the time of adding one term; one of more channels costs less
	if direct, here := terms*s.InChannels, n.in*s.InChannels*((n.cols+n.micro.Cols-1)/n.micro.Cols)+addition*terms*(3+s.OutChannels)/4; 10*here > 7*direct {
		return nil
	}
	n.lay()
	return n
}

// lay lists the elements of the kernel along the last axis.
func (n *narrow) lay() {
	last := len(n.s.Axes) - 1
	a := n.s.Axes[last]
	period, move := a.period()
	for k := range a.Kernel {
		x := strand{oStep: period, iStep: move}
		for o, t := range n.tab[last] {
			j := (k - t.K) / t.KStep
			if k < t.K || (k-t.K)%t.KStep != 0 || j >= t.Count {
				continue
			}
			if x.count == 0 {
				x.o, x.i = o, t.I+j*t.IStep
			}
			x.count++
		}
		n.strands = append(n.strands, x)
	}
}

// Name implements kernel.Kernel.
func (n *narrow) Name() string { return n.title }

// Phases implements kernel.Kernel.
func (n *narrow) Phases() []int { return []int{1, n.s.Batch} }

// products is the room for the products of an image.
func (n *narrow) products() int { return align(n.in * n.cols * n.size) }

// line is the room for the outputs along the last axis.
func (n *narrow) line() int { return align(len(n.tab[len(n.tab)-1]) * n.s.OutChannels * n.size) }

func align(n int) int { return (n + kernel.Align - 1) / kernel.Align * kernel.Align }

// Scratch implements kernel.Kernel.
func (n *narrow) Scratch() int {
	bytes := stateBytes + n.products() + n.line()
	if n.s.Epilogue != nil {
		bytes += n.s.Epilogue.Scratch()
	}
	return bytes
}

// Shared implements kernel.Kernel.
func (n *narrow) Shared() int { return align(n.s.InChannels * n.cols * n.size) }

// Run implements kernel.Kernel.
func (n *narrow) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	shared := args[len(args)-1]
	if phase == 0 {
		n.pack(shared, args[n.s.ArgKernel])
		return
	}
	for image := lo; image < hi; image++ {
		n.multiply(kernel.At[state](w.Scratch), unsafe.Add(args[n.s.ArgInput], image*n.s.InBatch*n.size), shared)
		n.gather(w, image, args)
	}
}

// pack lays the kernel out as [ci, (k, co)].
func (n *narrow) pack(dst, src unsafe.Pointer) {
	var at [maxAxes]int
	for col := 0; ; col += n.s.OutChannels {
		from := 0
		for i, a := range n.s.Axes {
			from += at[i] * a.KernelStride
		}
		m := grid2{n.s.InChannels, n.s.OutChannels, n.s.KernelIn, n.s.KernelOut, n.cols, 1}
		m.copy(n.size, unsafe.Add(dst, col*n.size), unsafe.Add(src, from*n.size))
		if !next(&at, len(n.s.Axes), func(i int) int { return n.s.Axes[i].Kernel }) {
			return
		}
	}
}

// multiply computes the products of an image.
func (n *narrow) multiply(s *state, image, packed unsafe.Pointer) {
	t, c := &s.tile, unsafe.Add(unsafe.Pointer(s), stateBytes)
	*t = gemm.Tile{ARow: uintptr(n.s.InChannels * n.size), BRow: uintptr(n.cols * n.size), CRow: uintptr(n.cols * n.size)}
	rows := cut{n.in, (n.in + n.micro.Rows - 1) / n.micro.Rows}
	for i := range rows.parts {
		lo, hi := rows.span(i)
		t.Rows = hi - lo
		for col := 0; col < n.cols; col += n.micro.Cols {
			t.Cols = min(n.micro.Cols, n.cols-col)
			t.C = unsafe.Add(c, (lo*n.cols+col)*n.size)
			s.nest = nest{}
			s.nest.push(level{n.s.InChannels, n.size, n.cols * n.size})
			s.base.a, s.off.a = image, lo*n.s.InChannels*n.size
			s.base.b, s.off.b = packed, col*n.size
			s.run(n.micro, 0)
		}
	}
}

// gather sums the products of an image, line by line of the output.
func (n *narrow) gather(w *kernel.Worker, image int, args []unsafe.Pointer) {
	last := len(n.s.Axes) - 1
	products := unsafe.Add(w.Scratch, stateBytes)
	line := unsafe.Add(products, n.products())
	var o [maxAxes]int
	for {
		if n.size == 8 {
			lines[float64](n, line, products, &o)
		} else {
			lines[float32](n, line, products, &o)
		}
		to := image * n.s.OutBatch
		for i := range last {
			to += o[i] * n.s.Axes[i].OutStride
		}
		m := grid2{len(n.tab[last]), n.s.OutChannels, n.s.OutChannels, 1, n.s.Axes[last].OutStride, n.s.OutChannel}
		m.copy(n.size, unsafe.Add(args[n.s.ArgOutput], to*n.size), line)
		if last == 0 || !next(&o, last, func(i int) int { return len(n.tab[i]) }) {
			break
		}
	}
	if n.s.Epilogue != nil {
		n.s.Epilogue.Apply(w, image*n.out, n.out, 0, n.s.OutChannels, 0, args, unsafe.Add(line, n.line()))
	}
}

// lines sums the products of the line of outputs that begins at o.
func lines[T float32 | float64](n *narrow, dst, products unsafe.Pointer, o *[maxAxes]int) {
	last, channels := len(n.s.Axes)-1, n.s.OutChannels
	clear(unsafe.Slice((*T)(dst), len(n.tab[last])*channels))
	var at [maxAxes]int
	for i := range last {
		if n.tab[i][o[i]].Count == 0 {
			return
		}
	}
	for {
		in, col := 0, 0
		for i := range last {
			t := &n.tab[i][o[i]]
			in = in*n.s.Axes[i].In + t.I + at[i]*t.IStep
			col = col*n.s.Axes[i].Kernel + t.K + at[i]*t.KStep
		}
		in *= n.s.Axes[last].In
		col *= n.s.Axes[last].Kernel
		for k := range n.strands {
			x := &n.strands[k]
			from := elem[T](products, (in+x.i)*n.cols+(col+k)*channels)
			follow(elem[T](dst, x.o*channels), from, x.count, channels, x.oStep*channels, x.iStep*n.cols)
		}
		if last == 0 || !next(&at, last, func(i int) int { return n.tab[i][o[i]].Count }) {
			return
		}
	}
}

// follow adds count groups of one to four elements to others, steps apart.
func follow[T float32 | float64](dst, src *T, count, channels, dstStep, srcStep int) {
	d, s := unsafe.Pointer(dst), unsafe.Pointer(src)
	size := int(unsafe.Sizeof(*dst))
	for i := range count {
		to, from := unsafe.Add(d, i*dstStep*size), unsafe.Add(s, i*srcStep*size)
		*elem[T](to, 0) += *elem[T](from, 0)
		if channels == 1 {
			continue
		}
		*elem[T](to, 1) += *elem[T](from, 1)
		if channels == 2 {
			continue
		}
		*elem[T](to, 2) += *elem[T](from, 2)
		if channels == 4 {
			*elem[T](to, 3) += *elem[T](from, 3)
		}
	}
}
