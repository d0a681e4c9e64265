package tile

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// machine is the state of one Run. It lives on the stack.
type machine struct {
	*region
	args    []unsafe.Pointer
	scratch unsafe.Pointer
	unit    int
	lo, hi  int          // the unit's part of unitDim
	idx     [maxDims]int // of the tile's first element
	count   [2]int       // rows and columns of the tile

	ptr     [maxRegs]unsafe.Pointer // where each register's tile is
	base    [maxOps]unsafe.Pointer  // of loads and stores, at the current outer indices
	held    [maxOps]held            // what the slots of kept loads hold
	waits   [maxOps]bool            // which stores in place wait for the end of the tile
	waiting bool                    // any of them does
	taken   [maxReds]taken
}

// held tells which tile a kept load's slot holds.
type held struct {
	at         unsafe.Pointer
	rows, cols int32
}

// Name implements [kernel.Kernel].
func (r *region) Name() string { return r.name }

// Phases implements [kernel.Kernel]: the region, and the merging of partial results.
func (r *region) Phases() []int {
	if r.merges > 0 {
		return []int{r.units, r.merges}
	}
	return []int{r.units}
}

// Scratch implements [kernel.Kernel].
func (r *region) Scratch() int { return r.scratch }

// Shared implements [kernel.Kernel].
func (r *region) Shared() int { return r.shared }

// Run implements [kernel.Kernel].
func (r *region) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	if phase == 1 {
		for u := lo; u < hi; u++ {
			r.merge(u, args)
		}
		return
	}
	m := machine{region: r, args: args, scratch: w.Scratch}
	m.setSlots()
	m.prepare(r.rows * r.cols)
	for u := lo; u < hi; u++ {
		m.unit = u
		m.lo, m.hi = r.shape.unit(u, r.dims[r.unitDim])
		m.loop(0)
	}
}

// setSlots gives the slots their places in scratch memory.
func (m *machine) setSlots() {
	first := len(m.loads) + len(m.stores)
	for i := range m.slots {
		m.ptr[first+i] = unsafe.Add(m.scratch, i*m.slotBytes)
	}
}

// prepare expands what does not change to n elements and finds the stores that have to wait.
func (m *machine) prepare(n int) {
	for _, i := range m.fixed {
		ld := &m.loads[i]
		m.ptr[i] = m.ptr[ld.slot]
		ld.fill(m.ptr[i], m.args[ld.arg], nil, nil, n)
	}
	if !m.clashing {
		return
	}
	for j := range m.stores {
		for _, c := range m.stores[j].clash {
			m.waits[j] = m.waits[j] || m.args[m.stores[j].arg] == m.args[m.loads[c].arg]
		}
		m.waiting = m.waiting || m.waits[j]
	}
}

// span is the range of indices of a dimension that the unit covers.
func (m *machine) span(d int) (lo, hi int) {
	if d == m.unitDim {
		return m.lo, m.hi
	}
	return 0, m.dims[d]
}

// loop walks through dimension d and those inside it.
func (m *machine) loop(d int) {
	for i := range m.reds {
		if m.reds[i].open == d {
			m.begin(i)
		}
	}
	lo, hi := m.span(d)
	if d < len(m.dims)-2 {
		for m.idx[d] = lo; m.idx[d] < hi; m.idx[d]++ {
			m.loop(d + 1)
		}
	} else {
		m.rebase()
		for m.idx[d] = lo; m.idx[d] < hi; m.idx[d] += m.rows {
			m.count[0] = min(m.rows, hi-m.idx[d])
			m.rowsOfTiles()
		}
	}
	for i := range m.reds {
		if m.reds[i].open == d {
			m.end(i)
		}
	}
}

// rowsOfTiles walks through the last dimension, tile by tile.
func (m *machine) rowsOfTiles() {
	q := len(m.dims) - 1
	for _, i := range m.perRow {
		m.begin(i)
	}
	lo, hi := m.span(q)
	for m.idx[q] = lo; m.idx[q] < hi; m.idx[q] += m.cols {
		m.count[1] = min(m.cols, hi-m.idx[q])
		m.tile()
	}
	for _, i := range m.perRow {
		m.end(i)
	}
}

// rebase computes the addresses of the operands at the current outer indices.
func (m *machine) rebase() {
	for i := range m.loads {
		m.base[i] = m.origin(&m.loads[i].access)
	}
	for j := range m.stores {
		m.base[len(m.loads)+j] = m.origin(&m.stores[j].access)
	}
}

// origin is an operand's address at the current outer indices and the first row and column.
func (m *machine) origin(a *access) unsafe.Pointer {
	at := 0
	for d := range len(m.dims) - 2 {
		at += m.idx[d] * a.strides[d]
	}
	return unsafe.Add(m.args[a.arg], at)
}

// tile computes one tile: it has the loads ready, runs the steps, and stores what waited.
func (m *machine) tile() {
	p := len(m.dims) - 2
	row, col := m.idx[p], m.idx[p+1]
	for i := range m.inPlace {
		o := &m.inPlace[i]
		m.ptr[o.reg%maxRegs] = unsafe.Add(m.base[o.reg%maxOps], row*o.down+col*o.across)
	}
	for _, i := range m.copied {
		ld := &m.loads[i]
		m.expand(i, ld, unsafe.Add(m.base[i], row*ld.strides[p]+col*ld.strides[p+1]), ld.strides[p])
	}
	if !m.waiting {
		m.run()
		return
	}
	var dst [maxOps]unsafe.Pointer
	first := len(m.loads)
	for j := range m.stores {
		if m.waits[j] {
			dst[j], m.ptr[first+j] = m.ptr[first+j], m.ptr[m.stores[j].slot]
		}
	}
	m.run()
	for j := range m.stores {
		if st := &m.stores[j]; m.waits[j] {
			n := m.count[0] * m.count[1] * st.size
			copyRows(dst[j], m.ptr[st.slot], n, n, n, 1)
		}
	}
}

// run executes the steps on the tile.
func (m *machine) run() {
	n := m.count[0] * m.count[1]
	for i := range m.steps {
		s := &m.steps[i]
		dst, a := m.ptr[s.dst%maxRegs], m.ptr[s.a%maxRegs]
		switch s.do {
		case calc:
			s.fn(dst, a, m.ptr[s.b%maxRegs], m.ptr[s.c%maxRegs], n)
		case calcRows:
			s.fn(dst, a, m.ptr[s.b%maxRegs], m.ptr[s.c%maxRegs], m.count[0])
		case spreadRow:
			spreadRows(s.fn, dst, a, m.count[0], m.count[1], int(s.sizes[0]))
		case gather, gatherRows:
			m.gather(int(s.which), a, s.do == gatherRows)
		case scatter:
			m.scatter(int(s.which), a)
		default:
			m.rowOps[s.which].run(dst, a, m.count[0], m.count[1], unsafe.Add(m.scratch, m.cell))
		}
	}
}
