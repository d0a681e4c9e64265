package tile

import "unsafe"

// expand copies a tile of a load to its slot; down is from row to row.
func (m *machine) expand(i int, ld *operand, at unsafe.Pointer, down int) {
	rows, cols := m.count[0], m.count[1]
	high, wide := int32(rows), int32(cols)
	slot, across := m.ptr[ld.slot], ld.strides[len(m.dims)-1]
	m.ptr[i] = slot
	if ld.mode == kept {
		h := &m.held[i]
		if h.at == at && high <= h.rows && (wide == h.cols || wide < h.cols && (rows == 1 || across == 0 && down == 0)) {
			return
		}
		*h = held{at, high, wide}
	}
	bytes := cols * ld.size
	switch {
	case across == 0 && down == 0:
		ld.fill(slot, at, nil, nil, rows*cols)
	case down == 0:
		if ld.dense {
			copyRows(slot, at, bytes, 0, bytes, 1)
		} else {
			ld.far(slot, at, across, cols)
		}
		repeatRow(slot, bytes, rows)
	case ld.dense:
		copyRows(slot, at, bytes, down, bytes, rows)
	case across == 0:
		for k := range rows {
			ld.fill(unsafe.Add(slot, k*bytes), unsafe.Add(at, k*down), nil, nil, cols)
		}
	case ld.turn != nil:
		ld.turn(slot, at, bytes, across, rows, cols)
	default:
		for k := range rows {
			ld.far(unsafe.Add(slot, k*bytes), unsafe.Add(at, k*down), across, cols)
		}
	}
}

// scatter stores a tile whose rows follow each other.
func (m *machine) scatter(j int, x unsafe.Pointer) {
	m.scatterFrom(j, x, m.count[1]*m.stores[j].size)
}

// scatterFrom stores a tile row by row; down is from row to row of x.
func (m *machine) scatterFrom(j int, x unsafe.Pointer, down int) {
	st := &m.stores[j]
	p := len(m.dims) - 2
	dst, bytes := m.ptr[len(m.loads)+j], m.count[1]*st.size
	switch {
	case st.dense:
		copyRows(dst, x, st.strides[p], down, bytes, m.count[0])
		return
	case st.turn != nil:
		st.turn(dst, x, st.strides[p+1], down, m.count[1], m.count[0])
		return
	}
	for k := range m.count[0] {
		st.far(unsafe.Add(dst, k*st.strides[p]), unsafe.Add(x, k*down), st.strides[p+1], m.count[1])
	}
}

// copyRows copies rows of some bytes; to and from lead from one row to the next.
func copyRows(dst, src unsafe.Pointer, to, from, bytes, rows int) {
	for k := range rows {
		d, s := unsafe.Add(dst, k*to), unsafe.Add(src, k*from)
		copy(unsafe.Slice((*byte)(d), bytes), unsafe.Slice((*byte)(s), bytes))
	}
}

// repeatRow copies the first of some rows to the others, twice as many at a time.
func repeatRow(p unsafe.Pointer, bytes, rows int) {
	all := unsafe.Slice((*byte)(p), bytes*rows)
	for done := bytes; done < len(all); done *= 2 {
		copy(all[done:], all[:done])
	}
}
