package move

import "unsafe"

// run gives the entries of a run.
func (k *sorter) run(r int) (begin, end int) {
	line, begin := r/k.runs, r%k.runs*firstRun
	return line*k.n + begin, line*k.n + min(begin+firstRun, k.n)
}

// sortRuns sorts the runs lo ≤ r < hi by themselves.
func (m *merging) sortRuns(lo, hi int) {
	k := m.k
	for r := lo; r < hi; r++ {
		begin, end := k.run(r)
		first := k.place(r/k.runs) + r%k.runs*firstRun*k.inner
		for i := begin; i < end; i++ {
			m.places(0)[i] = int32(first + (i-begin)*k.inner)
		}
	}
	for level := range k.inside {
		from, to, width := m.places(level), m.places(level+1), 1<<level
		lanes := m.bench.lanes[:0]
		for r := lo; r < hi; r++ {
			begin, end := k.run(r)
			for a := begin; a < end; a += 2 * width {
				b, stop := min(a+width, end), min(a+2*width, end)
				lanes = append(lanes, lane{int32(a), int32(b), int32(b), int32(stop), int32(a)})
				if len(lanes) == Batch {
					m.merge(lanes, from, to)
					lanes = lanes[:0]
				}
			}
		}
		m.merge(lanes, from, to)
	}
}

// pair gives the runs that are merged at a level around entry i of a line: where the first
// begins, where the second begins and where it ends.
func (k *sorter) pair(level, i int) (a, b, end int) {
	width := firstRun << level
	a = i / (2 * width) * 2 * width
	return a, min(a+width, k.n), min(a+2*width, k.n)
}

// locate gives the line of a segment and the first entry in it.
func (k *sorter) locate(s int) (line, i int) {
	return s / k.segments(), s % k.segments() * segment
}

// findStarts searches, for every segment of the result, how many elements of the first run come
// before it: the least count c such that the element of the second run before the segment's
// other elements comes before element c of the first.
func (m *merging) findStarts(level int) {
	k, starts := m.k, m.starts()
	for base := 0; base < len(starts); base += Batch {
		lanes := m.bench.lanes[:min(Batch, len(starts)-base)]
		for j := range lanes {
			_, i := k.locate(base + j)
			a, b, end := k.pair(level, i)
			d := i - a
			lanes[j] = lane{a: int32(max(0, d-(end-b))), aEnd: int32(min(d, b-a))}
		}
		m.search(level, base, lanes)
		for j, l := range lanes {
			starts[base+j] = l.a
		}
	}
	m.order(level, starts)
}

// search halves the ranges of all lanes until they are empty.
func (m *merging) search(level, base int, lanes []lane) {
	var open [Batch]int16
	from := m.places(m.k.inside + level)
	for {
		n := 0
		for j, l := range lanes {
			if l.a < l.aEnd {
				line, i := m.k.locate(base + j)
				a, b, _ := m.k.pair(level, i)
				mid := int(l.a+l.aEnd) / 2
				m.bench.lefts[n], m.bench.rights[n] = from[line*m.k.n+b+i-a-mid-1], from[line*m.k.n+a+mid]
				open[n] = int16(j)
				n++
			}
		}
		if n == 0 {
			return
		}
		for j, before := range m.compare(n) {
			l := &lanes[open[j]]
			if mid := (l.a + l.aEnd) / 2; before != 0 {
				l.aEnd = mid
			} else {
				l.a = mid + 1
			}
		}
	}
}

// order makes starts rise, and by no more than a segment's length, so that every element has its
// place even if the comparer contradicts itself.
func (m *merging) order(level int, starts []int32) {
	for s := range starts {
		_, i := m.k.locate(s)
		if a, _, _ := m.k.pair(level, i); a == i {
			starts[s] = 0
			continue
		}
		starts[s] = max(starts[s-1], min(starts[s], starts[s-1]+segment))
	}
}

// mergeSegments merges the segments lo ≤ s < hi.
func (m *merging) mergeSegments(level, lo, hi int) {
	at := m.k.inside + level
	for lo < hi {
		lanes := m.bench.lanes[:min(hi-lo, Batch)]
		for j := range lanes {
			lanes[j] = m.segmentLane(level, lo+j)
		}
		m.merge(lanes, m.places(at), m.places(at+1))
		lo += len(lanes)
	}
}

// segmentLane is the merge that gives one segment.
func (m *merging) segmentLane(level, s int) lane {
	starts := m.starts()
	line, i := m.k.locate(s)
	a, b, end := m.k.pair(level, i)
	stop := min(i+segment, end)
	lower, upper := int(starts[s]), b-a // elements of the first run before i and before stop
	if stop < end {
		upper = int(starts[s+1])
	}
	base := line * m.k.n
	return lane{int32(base + a + lower), int32(base + a + upper), int32(base + b + i - a - lower), int32(base + b + stop - a - upper), int32(base + i)}
}

// deliver puts the elements of the lines lo ≤ l < hi in order.
func (m *merging) deliver(lo, hi int) {
	k, places := m.k, m.places(m.k.inside+m.k.levels)
	for line := lo; line < hi; line++ {
		order := places[line*k.n : (line+1)*k.n]
		for t, size := range k.spec.Sizes {
			dst := unsafe.Add(m.args[t], k.place(line)*size)
			arrange(size, dst, m.args[len(k.spec.Sizes)+t], k.inner, order)
		}
	}
}

// arrange writes elements, named by their places in src, to every step-th place of dst.
func arrange(size int, dst, src unsafe.Pointer, step int, order []int32) {
	move := sized(size, permute[uint8], permute[uint16], permute[uint32], permute[uint64], permute[bits128])
	move(dst, src, step, order)
}

func permute[T any](dst, src unsafe.Pointer, step int, order []int32) {
	for j, i := range order {
		*at[T](dst, j*step) = *at[T](src, int(i))
	}
}
