package pool

import "unsafe"

// picker scatters n neighbouring windows whose elements are at the same offsets from the first
// one's: source[c] is added to the output at the place of the extremum of x.
type picker func(x, source, out unsafe.Pointer, offsets []int, n int)

// largest is the picker of maxima.
func largest[T number](x, source, out unsafe.Pointer, offsets []int, n int) {
	for c := range n {
		best, at := *elem[T](x, offsets[0]+c), offsets[0]
		for _, o := range offsets[1:] {
			if v := *elem[T](x, o+c); v > best || v != v {
				best, at = v, o
			}
		}
		*elem[T](out, at+c) += *elem[T](source, c)
	}
}

// least is the picker of minima.
func least[T number](x, source, out unsafe.Pointer, offsets []int, n int) {
	for c := range n {
		best, at := *elem[T](x, offsets[0]+c), offsets[0]
		for _, o := range offsets[1:] {
			if v := *elem[T](x, o+c); v < best || v != v {
				best, at = v, o
			}
		}
		*elem[T](out, at+c) += *elem[T](source, c)
	}
}

// search clears the part of the output that the unit owns and scatters the unit's sources.
func search[T any](k *choose, u int, args []unsafe.Pointer, offsets []int, pick picker) {
	own(k, u, func(offset, n int) { clear(unsafe.Slice(elem[T](args[0], offset), n)) })
	var w window
	for i := range k.per {
		k.window(&w, u, i)
		if w.empty {
			continue
		}
		offsets = w.offsets(k, offsets[:0])
		pick(args[1], unsafe.Pointer(elem[T](args[2], w.source)), args[0], offsets, k.run)
	}
}

// elem is element i after p.
func elem[T any](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

// offsets lists the window's elements in row-major order.
func (w *window) offsets(k *choose, list []int) []int {
	var at [maxAxes]int
	offset := w.first
	for {
		list = append(list, offset)
		x := len(k.axes) - 1
		for ; x >= 0; x-- {
			step := w.taps[x].IStep * k.axes[x].InStride
			at[x]++
			offset += step
			if at[x] < w.taps[x].Count {
				break
			}
			offset -= at[x] * step
			at[x] = 0
		}
		if x < 0 {
			return list
		}
	}
}

// own visits the elements of the output that belong to a unit, as runs: along each of the first
// axes, those from the end of the window before to the end of its own, at the last position to
// the end of the axis.
func own(k *choose, u int, visit func(offset, n int)) {
	var lo, hi, at [maxAxes]int
	axes, n := len(k.axes), k.run
	for x := axes - 1; x >= 0; x-- {
		c := &k.axes[x]
		lo[x], hi[x] = 0, c.In
		if x < k.alone {
			o := u % c.out
			u /= c.out
			if o > 0 {
				lo[x] = min(c.In, max(0, o*c.Stride-c.Lo))
			}
			if o < c.out-1 {
				hi[x] = min(c.In, max(0, (o+1)*c.Stride-c.Lo))
			}
		}
		if lo[x] >= hi[x] {
			return
		}
		at[x] = lo[x]
	}
	first := 0
	for axes > 0 && k.axes[axes-1].InStride == n { // neighbours are cleared at once
		axes--
		first += lo[axes] * k.axes[axes].InStride
		n *= hi[axes] - lo[axes]
		if hi[axes]-lo[axes] < k.axes[axes].In {
			break
		}
	}
	for {
		offset := first
		for x := range axes {
			offset += at[x] * k.axes[x].InStride
		}
		visit(offset, n)
		x := axes - 1
		for ; x >= 0; x-- {
			if at[x]++; at[x] < hi[x] {
				break
			}
			at[x] = lo[x]
		}
		if x < 0 {
			return
		}
	}
}
