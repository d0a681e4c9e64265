package move

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// maxLoops bounds the loops around a piece, after neighbouring axes were merged.
const maxLoops = 16

// loop is an axis of a copy: its length and the bytes from one element to the next.
type loop struct{ n, dst, src int }

// mover is a strided copy, cut in pieces. A piece is a rectangle in the plane of two loops: the
// inner one, along which the destination is contiguous if it is so anywhere, and one around it.
type mover struct {
	size       int // bytes of an element, which may be several of the original ones
	outer      []loop
	row, col   loop
	rows, cols int // of a piece; fewer at the edges
	down, wide int // pieces in the plane
	pieces     int
	bytes      int
	inner      func(m *mover, dst, src unsafe.Pointer, rows, cols int)
}

// newMover prepares a copy; strides are in elements.
func newMover(l isa.Level, size int, dims, dst, src []int) *mover {
	m := &mover{size: size, bytes: size * volume(dims)}
	if m.bytes == 0 {
		return m
	}
	loops := merged(size, dims, dst, src)
	for n := len(loops); n > 0; n = len(loops) { // a short run is one element of a larger size
		last := loops[n-1]
		if bytes := last.n * m.size; last.dst != m.size || last.src != m.size || bytes > 16 || bytes&(bytes-1) != 0 {
			break
		}
		m.size *= last.n
		loops = loops[:n-1]
	}
	m.choose(l, loops)
	m.cut()
	return m
}

// merged lists the loops, those with the larger steps in the destination first, without those of
// length 1, and with neighbours joined where both sides allow it.
func merged(size int, dims, dst, src []int) []loop {
	var loops []loop
	for i, n := range dims {
		if n > 1 {
			loops = append(loops, loop{n, dst[i] * size, src[i] * size})
		}
	}
	magnitude := func(x int) int { return max(x, -x) }
	slices.SortStableFunc(loops, func(a, b loop) int { return cmp.Compare(magnitude(b.dst), magnitude(a.dst)) })
	out := loops[:0]
	for _, b := range loops {
		if k := len(out) - 1; k >= 0 && out[k].dst == b.dst*b.n && out[k].src == b.src*b.n {
			out[k] = loop{out[k].n * b.n, b.dst, b.src}
			continue
		}
		out = append(out, b)
	}
	return out
}

// choose splits the loops in the plane of a piece and those around it.
func (m *mover) choose(l isa.Level, loops []loop) {
	m.row, m.col = loop{1, 0, 0}, loop{1, m.size, m.size}
	if n := len(loops); n > 0 {
		m.col, loops = loops[n-1], loops[:n-1]
	}
	across := -1 // the loop along which the source is contiguous
	if m.col.dst == m.size && m.col.src != m.size && m.col.n >= 4 {
		across = slices.IndexFunc(loops, func(a loop) bool { return a.src == m.size && a.n >= 4 })
	}
	switch n := len(loops); {
	case across >= 0:
		m.row = loops[across]
		loops = slices.Delete(loops, across, across+1)
		m.inner = transposer(l, m.size)
	case n > 0:
		m.row, loops = loops[n-1], loops[:n-1]
	}
	if m.inner == nil && m.col.dst == m.size && m.col.src == m.size {
		m.inner = copyRows
	}
	if m.inner == nil {
		m.inner = sized(m.size, strided[uint8], strided[uint16], strided[uint32], strided[uint64], strided[bits128])
	}
	if m.outer = loops; len(loops) > maxLoops {
		panic("move: got more axes than a copy can have")
	}
}

// cut sets the extent of pieces: about grain bytes, and square if rows and columns change places.
func (m *mover) cut() {
	m.cols = max(1, grain/m.size)
	if m.cols >= m.col.n/2 {
		m.cols = m.col.n
	}
	m.rows = max(1, grain/(m.cols*m.size))
	if m.row.src == m.size {
		m.rows, m.cols = 64, 64
	}
	m.down = (m.row.n + m.rows - 1) / m.rows
	m.wide = (m.col.n + m.cols - 1) / m.cols
	m.pieces = m.down * m.wide
	for _, a := range m.outer {
		m.pieces *= a.n
	}
}

// units is the number of units that the copy is worth.
func (m *mover) units() int { return unitsOf(m.pieces, m.bytes) }

// unit copies the pieces of one unit of several.
func (m *mover) unit(dst, src unsafe.Pointer, units, u int) {
	m.run(dst, src, part(m.pieces, units, u), part(m.pieces, units, u+1))
}

// run copies the pieces lo ≤ i < hi.
func (m *mover) run(dst, src unsafe.Pointer, lo, hi int) {
	if lo >= hi {
		return
	}
	var at [maxLoops]int
	plane := m.down * m.wide
	rest, i := lo/plane, lo%plane
	var d, s int
	for k := len(m.outer) - 1; k >= 0; k-- {
		a := &m.outer[k]
		at[k], rest = rest%a.n, rest/a.n
		d, s = d+at[k]*a.dst, s+at[k]*a.src
	}
	for left := hi - lo; ; i = 0 {
		n := min(left, plane-i)
		m.plane(unsafe.Add(dst, d), unsafe.Add(src, s), i, i+n)
		if left -= n; left == 0 {
			return
		}
		for k := len(m.outer) - 1; k >= 0; k-- {
			a := &m.outer[k]
			d, s = d+a.dst, s+a.src
			if at[k]++; at[k] < a.n {
				break
			}
			at[k] = 0
			d, s = d-a.n*a.dst, s-a.n*a.src
		}
	}
}

// plane copies the pieces lo ≤ i < hi of one plane.
func (m *mover) plane(dst, src unsafe.Pointer, lo, hi int) {
	for i := lo; i < hi; i++ {
		r, c := i/m.wide*m.rows, i%m.wide*m.cols
		m.inner(m, unsafe.Add(dst, r*m.row.dst+c*m.col.dst), unsafe.Add(src, r*m.row.src+c*m.col.src),
			min(m.rows, m.row.n-r), min(m.cols, m.col.n-c))
	}
}

// copyRows copies rows that are contiguous on both sides.
func copyRows(m *mover, dst, src unsafe.Pointer, rows, cols int) {
	n := cols * m.size
	for r := range rows {
		copyBytes(unsafe.Add(dst, r*m.row.dst), unsafe.Add(src, r*m.row.src), n)
	}
}

// strided copies element by element.
func strided[T any](m *mover, dst, src unsafe.Pointer, rows, cols int) {
	dstStep, srcStep := m.col.dst, m.col.src
	for r := range rows {
		d, s := unsafe.Add(dst, r*m.row.dst), unsafe.Add(src, r*m.row.src)
		for c := range cols {
			*(*T)(unsafe.Add(d, c*dstStep)) = *(*T)(unsafe.Add(s, c*srcStep))
		}
	}
}
