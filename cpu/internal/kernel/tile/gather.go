package tile

import "unsafe"

// begin clears the window.
func (m *machine) begin(i int) {
	red := &m.reds[i]
	m.taken[i] = taken{}
	red.ops.fill(red.level(m, 0), unsafe.Pointer(&red.ops.neutral), nil, nil, red.window*red.lanes)
}

// taken counts what a reduction's levels hold: tiles, first levels, second levels.
type taken [3]int

// gather takes a tile into the window, or one element for each of its rows.
func (m *machine) gather(i int, x unsafe.Pointer, narrow bool) {
	red := &m.reds[i]
	p, q := len(m.dims)-2, len(m.dims)-1
	at, size := 0, red.ops.size
	for d := red.open; d < p; d++ {
		at += m.inside(d) * red.step[d]
	}
	if red.open <= p {
		at += m.inside(p) * red.step[p]
	}
	at += m.inside(q) * red.step[q]
	acc, row := unsafe.Add(red.level(m, 0), at*size), red.step[p]
	switch {
	case red.over[p] && red.over[q] && narrow:
		red.ops.across(acc, x, m.count[0])
	case red.over[p] && red.over[q]:
		red.ops.across(acc, x, m.count[0]*m.count[1])
	case narrow && row == 1:
		red.ops.merge(acc, acc, x, nil, m.count[0])
	case narrow:
		for k := range m.count[0] {
			red.ops.across(unsafe.Add(acc, k*row*size), unsafe.Add(x, k*size), 1)
		}
	case red.over[q]:
		for k := range m.count[0] {
			red.ops.across(unsafe.Add(acc, k*row*size), unsafe.Add(x, k*m.count[1]*size), m.count[1])
		}
	default:
		if red.lanes > 1 {
			row = red.window
		}
		m.gatherColumns(red, acc, x, row)
	}
	if red.levels > 1 {
		if m.taken[i][0]++; m.taken[i][0] >= red.period {
			m.flush(i, 0)
		}
	}
}

// inside is the current index of a dimension, counted from the unit's first.
func (m *machine) inside(d int) int {
	lo, _ := m.span(d)
	return m.idx[d] - lo
}

// gatherColumns takes each row of a tile into accumulators that lie row apart.
func (m *machine) gatherColumns(red *reduction, acc, x unsafe.Pointer, row int) {
	if row == m.count[1] {
		red.ops.merge(acc, acc, x, nil, m.count[0]*m.count[1])
		return
	}
	for k := range m.count[0] {
		a := unsafe.Add(acc, k*row*red.ops.size)
		red.ops.merge(a, a, unsafe.Add(x, k*m.count[1]*red.ops.size), nil, m.count[1])
	}
}

// flush adds a level to the next one, and that to its next one if it is time.
func (m *machine) flush(i, level int) {
	red, count := &m.reds[i], &m.taken[i]
	from, to := red.level(m, level), red.level(m, level+1)
	if level == 0 {
		m.foldLanes(red)
	}
	if count[level+1] == 0 {
		red.ops.copy(to, from, nil, nil, red.window)
	} else {
		red.ops.merge(to, to, from, nil, red.window)
	}
	count[level] = 0
	count[level+1]++
	if level == 0 {
		red.ops.fill(from, unsafe.Pointer(&red.ops.neutral), nil, nil, red.window*red.lanes)
		if count[1] >= flushEvery {
			m.flush(i, 1)
		}
	}
}

// foldLanes adds up the first level's windows in the first of them.
func (m *machine) foldLanes(red *reduction) {
	acc := red.level(m, 0)
	for half := red.lanes; half > 1; {
		low := (half + 1) / 2
		high := unsafe.Add(acc, low*red.window*red.ops.size)
		red.ops.merge(acc, acc, high, nil, (half-low)*red.window)
		half = low
	}
}

// end collects the levels in the first one and writes the results to the store, or to the
// unit's partial results.
func (m *machine) end(i int) {
	red := &m.reds[i]
	m.foldLanes(red)
	acc := red.level(m, 0)
	for level := 1; level < red.levels; level++ {
		if m.taken[i][level] > 0 {
			red.ops.merge(acc, acc, red.level(m, level), nil, red.window)
		}
	}
	dst, step, size := m.args[red.arg], red.strides, 1
	if red.partial {
		size = red.ops.size
		dst = unsafe.Add(m.args[len(m.args)-1], red.base+m.unit*red.cellCount*size)
		step = red.cellStep
	} else if red.ops.narrow != nil {
		red.ops.narrow(acc, acc, nil, nil, red.window)
	}
	for d := range red.open {
		dst = unsafe.Add(dst, m.idx[d]*step[d]*size)
	}
	m.spill(red, dst, acc, min(red.open, len(m.dims)-2))
}

// spill writes the part of the window that dimensions from d on reach, from src to dst.
func (m *machine) spill(red *reduction, dst, src unsafe.Pointer, d int) {
	for d < len(m.dims)-1 && red.ext[d] == 0 {
		d++
	}
	lo, hi := m.span(d)
	if d == len(m.dims)-2 && red.open > d {
		lo, hi = 0, m.count[0]
	}
	size, step := red.size, red.strides[d]
	if red.partial {
		size = red.ops.size
		step = red.cellStep[d] * size
	}
	if red.ext[d] == 0 {
		lo, hi, step = 0, 1, size
	}
	dst = unsafe.Add(dst, lo*step)
	if d >= red.last {
		red.ops.store(dst, src, step, hi-lo, size)
		return
	}
	for k := range hi - lo {
		m.spill(red, unsafe.Add(dst, k*step), unsafe.Add(src, k*red.step[d]*size), d+1)
	}
}

// store moves n elements from a run to places that are step bytes apart.
func (o *accOps) store(dst, src unsafe.Pointer, step, n, size int) {
	switch {
	case n == 1 || step == size:
		copy(unsafe.Slice((*byte)(dst), n*size), unsafe.Slice((*byte)(src), n*size))
	default:
		o.far(dst, src, step, n)
	}
}

// mergeRun is the number of results that are merged at a time, so that they stay in the cache.
const mergeRun = 4096

// merge adds up the partial results of all units, in their order, for one part in r.merges of
// the results of each reduction, and stores them.
func (r *region) merge(part int, args []unsafe.Pointer) {
	for i := range r.reds {
		red := &r.reds[i]
		if !red.partial {
			continue
		}
		lo, hi := red.cellCount*part/r.merges, red.cellCount*(part+1)/r.merges
		for ; lo < hi; lo += mergeRun {
			r.mergeCells(red, lo, min(lo+mergeRun, hi), args)
		}
	}
}

// mergeCells merges results lo ≤ c < hi in the first unit's memory.
func (r *region) mergeCells(red *reduction, lo, hi int, args []unsafe.Pointer) {
	size := red.ops.size
	at := func(unit int) unsafe.Pointer {
		return unsafe.Add(args[len(args)-1], red.base+(unit*red.cellCount+lo)*size)
	}
	sum := at(0)
	for u := 1; u < r.units; u++ {
		red.ops.merge(sum, sum, at(u), nil, hi-lo)
	}
	if red.ops.narrow != nil {
		red.ops.narrow(sum, sum, nil, nil, hi-lo)
	}
	last := len(r.dims) - 1
	for last > 0 && red.over[last] {
		last--
	}
	for c := lo; c < hi; {
		run := 1
		if !red.over[last] {
			run = min(r.dims[last]-c%r.dims[last], hi-c)
		}
		dst := args[red.arg]
		for d, step := range red.cellStep {
			if step > 0 {
				dst = unsafe.Add(dst, c/step%r.dims[d]*red.strides[d])
			}
		}
		red.ops.store(dst, unsafe.Add(sum, (c-lo)*red.size), red.strides[last], run, red.size)
		c += run
	}
}
