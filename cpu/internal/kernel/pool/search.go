package pool

import "unsafe"

// search clears the part of the output that the unit owns and scatters the unit's sources.
func search[T any](k *choose, u int, args []unsafe.Pointer, better func(x, y T) bool, add func(x, y T) T) {
	own(k, u, func(offset int) { *elem[T](args[0], offset) = *new(T) })
	var w window
	for i := range k.per {
		k.window(&w, u, i)
		if w.empty {
			continue
		}
		best := w.first
		value := *elem[T](args[1], best)
		w.elements(k, func(offset int) {
			if v := *elem[T](args[1], offset); better(v, value) {
				best, value = offset, v
			}
		})
		to := elem[T](args[0], best)
		*to = add(*to, *elem[T](args[2], w.source))
	}
}

// elem is element i after p.
func elem[T any](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

// elements visits the window's elements after the first one, in row-major order.
func (w *window) elements(k *choose, visit func(offset int)) {
	var at [maxAxes]int
	offset := w.first
	for {
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
			return
		}
		visit(offset)
	}
}

// own visits the elements of the output that belong to a unit: along each of the first axes,
// those from the end of the window before to the end of its own, at the last position to the end
// of the axis.
func own(k *choose, u int, visit func(offset int)) {
	var lo, hi, at [maxAxes]int
	for x := len(k.axes) - 1; x >= 0; x-- {
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
	for {
		offset := 0
		for x := range k.axes {
			offset += at[x] * k.axes[x].InStride
		}
		visit(offset)
		x := len(k.axes) - 1
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
