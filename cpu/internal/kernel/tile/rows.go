package tile

import "unsafe"

// longRow is the number of columns from which steps go row by row where that saves copies of a row
// that is repeated, though all rows together are one run of memory.
const longRow = 64

// rowMachine is a machine whose registers have each a distance from row to row.
type rowMachine struct {
	machine
	down [maxOps]int // of loads and stores, in bytes; the rows of a slot follow each other
	long bool        // steps go row by row, and a row that is repeated is had in place
}

// begin prepares for tiles of at most some rows and columns.
func (m *rowMachine) begin(rows, cols int) {
	m.long = cols >= longRow || cols < m.dims[len(m.dims)-1]
	m.setSlots()
	if m.long {
		m.prepare(cols)
		return
	}
	m.prepare(rows * cols)
	for _, i := range m.fixed {
		m.down[i] = cols * m.loads[i].size
	}
}

// part computes one tile.
func (m *rowMachine) part() {
	p := len(m.dims) - 2
	row, col := m.idx[p], m.idx[p+1]
	for i := range m.inPlace {
		o := &m.inPlace[i]
		m.ptr[o.reg%maxRegs] = unsafe.Add(m.base[o.reg%maxOps], row*o.down+col*o.across)
		m.down[o.reg%maxOps] = o.down
	}
	for _, i := range m.copied {
		ld := &m.loads[i]
		at := unsafe.Add(m.base[i], row*ld.strides[p]+col*ld.strides[p+1])
		if m.long && ld.dense && ld.strides[p] == 0 {
			m.ptr[i], m.down[i] = at, 0
			continue
		}
		m.expand(i, ld, at, ld.strides[p])
		m.down[i] = m.count[1] * ld.size
	}
	if m.waiting {
		m.delayed()
		return
	}
	for i := range m.steps {
		m.step(&m.steps[i])
	}
}

// delayed runs the steps with the stores that have to wait in slots, and then stores those.
func (m *rowMachine) delayed() {
	var dst [maxOps]unsafe.Pointer
	first, cols := len(m.loads), m.count[1]
	for j := range m.stores {
		if st := &m.stores[j]; m.waits[j] {
			dst[j], m.ptr[first+j], m.down[first+j] = m.ptr[first+j], m.ptr[st.slot], cols*st.size
		}
	}
	for i := range m.steps {
		m.step(&m.steps[i])
	}
	for j := range m.stores {
		if st := &m.stores[j]; m.waits[j] {
			copyRows(dst[j], m.ptr[st.slot], st.strides[len(m.dims)-2], cols*st.size, cols*st.size, m.count[0])
		}
	}
}

// step computes a step: at once if all rows follow each other, else row by row.
func (m *rowMachine) step(s *step) {
	rows, cols := m.count[0], m.count[1]
	a, downA := m.ptr[s.a%maxRegs], m.from(s.a, s.sizes[1])
	if s.do == scatter {
		m.scatterFrom(int(s.which), a, downA)
		return
	}
	dst, b, c := m.ptr[s.dst%maxRegs], m.ptr[s.b%maxRegs], m.ptr[s.c%maxRegs]
	down, downB, downC := m.from(s.dst, s.sizes[0]), m.from(s.b, s.sizes[2]), m.from(s.c, s.sizes[3])
	if rows == 1 || down == cols*int(s.sizes[0]) && downA == cols*int(s.sizes[1]) && downB == cols*int(s.sizes[2]) && downC == cols*int(s.sizes[3]) {
		s.fn(dst, a, b, c, rows*cols)
		return
	}
	for range rows - 1 {
		s.fn(dst, a, b, c, cols)
		dst, a, b, c = unsafe.Add(dst, down), unsafe.Add(a, downA), unsafe.Add(b, downB), unsafe.Add(c, downC)
	}
	s.fn(dst, a, b, c, cols)
}

// from is the distance from row to row of a register with elements of some size; 0 if there is
// none.
func (m *rowMachine) from(reg, size uint8) int {
	if int(reg) < len(m.loads)+len(m.stores) {
		return m.down[reg%maxOps]
	}
	return m.count[1] * int(size)
}
