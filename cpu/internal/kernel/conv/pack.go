package conv

import "unsafe"

// packer copies the kernel to shared memory, as strips of the columns of a tile: the elements
// that a tile uses lie in a row there, in the order in which it uses them. Elements between
// which an input dilation skips are sorted together.
type packer struct {
	p       *problem
	arg     int // the kernel's place among the arguments
	size    int
	cols    int   // of a strip
	strips  int   // strips in a group
	strip   int   // bytes of a strip
	order   []int // axes, innermost first; −1 is the input channels
	steps   []int // bytes, as order
	counts  []int // as order
	channel int   // bytes from input channel to input channel
}

func newPacker(p *problem, e *engine) *packer {
	k := &packer{p: p, arg: p.ArgKernel, size: e.size, cols: e.micro.Cols, strips: (e.cols + e.micro.Cols - 1) / e.micro.Cols, order: e.order}
	step := k.cols * k.size
	for _, axis := range k.order {
		n := p.InChannels
		if axis >= 0 {
			n = p.Axes[axis].Kernel
		} else {
			k.channel = step
		}
		k.steps, k.counts = append(k.steps, step), append(k.counts, n)
		step *= n
	}
	k.strip = step
	return k
}

// bytes is the size of the packed kernel.
func (k *packer) bytes() int { return k.p.groups * k.strips * k.strip }

// dense reports whether the kernel lies already as it would be packed.
func (k *packer) dense() bool {
	step := k.p.KernelIn
	for i, axis := range k.order {
		if axis >= 0 && (k.p.Axes[axis].KernelStride != step || k.p.Axes[axis].InputDilation > 1) {
			return false
		}
		step *= k.counts[i]
	}
	return k.order[0] == -1 && k.p.KernelIn > 0
}

// slot is the place of element i of an axis: those that one output uses follow each other.
func (a Axis) slot(i int) int {
	step := a.InputDilation / gcd(a.InputDilation, a.KernelDilation)
	place := i / step
	for r := range i % step {
		place += (a.Kernel - r + step - 1) / step
	}
	return place
}

// at is the offset in bytes of an element of an axis.
func (k *packer) at(axis, i int) int {
	for j, x := range k.order {
		if x == axis {
			return k.p.Axes[axis].slot(i) * k.steps[j]
		}
	}
	return 0
}

// units is one for each element of the outermost axis of a strip.
func (k *packer) units() int { return k.p.groups * k.strips * k.counts[len(k.counts)-1] }

// from is the offset in bytes of element i of an axis, or of an input channel, in the kernel.
func (k *packer) from(j, i int) int {
	if axis := k.order[j]; axis >= 0 {
		return i * k.p.Axes[axis].KernelStride * k.size
	}
	return i * k.p.KernelIn * k.size
}

// to is the offset in bytes of the same in a strip.
func (k *packer) to(j, i int) int {
	if axis := k.order[j]; axis >= 0 {
		i = k.p.Axes[axis].slot(i)
	}
	return i * k.steps[j]
}

// run packs a unit.
func (k *packer) run(u int, kernel, shared unsafe.Pointer) {
	top := len(k.order) - 1
	i := u % k.counts[top]
	u /= k.counts[top]
	group, strip := u/k.strips, u%k.strips
	src := (group*k.p.kerGroup + strip*k.cols*k.p.KernelOut) * k.size
	dst := u * k.strip
	cols := min(k.cols, k.p.OutChannels-strip*k.cols)
	var at [maxAxes + 1]int
	for {
		from, to := src+k.from(top, i), dst+k.to(top, i)
		for j := 1; j < top; j++ {
			from += k.from(j, at[j])
			to += k.to(j, at[j])
		}
		k.block(kernel, shared, from, to, cols)
		j := 1
		for ; j < top; j++ {
			if at[j]++; at[j] < k.counts[j] {
				break
			}
			at[j] = 0
		}
		if j >= top {
			return
		}
	}
}

// block packs the innermost axis.
func (k *packer) block(kernel, shared unsafe.Pointer, from, to, cols int) {
	rows := k.counts[0]
	if len(k.order) > 1 && k.order[0] >= 0 && k.p.Axes[k.order[0]].InputDilation > 1 {
		for i := range rows {
			grid2{1, cols, 0, k.p.KernelOut, 0, 1}.copy(k.size, unsafe.Add(shared, to+k.to(0, i)), unsafe.Add(kernel, from+k.from(0, i)))
		}
		return
	}
	grid2{rows, cols, k.from(0, 1) / k.size, k.p.KernelOut, k.cols, 1}.copy(k.size, unsafe.Add(shared, to), unsafe.Add(kernel, from))
}
