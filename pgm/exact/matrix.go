package exact

import "math/bits"

// matrix is an interaction graph whose edges are bits: row v holds the neighbours of v. It is what
// adjacency is, and faster where there are not too many variables for it.
type matrix struct {
	words int // of a row
	rows  []uint64
	near  []int // of the last variable that was asked for
}

// newMatrix joins all variables of each scope.
func newMatrix(n int, scopes [][]int) *matrix {
	m := &matrix{words: (n + 63) / 64}
	m.rows = make([]uint64, n*m.words)
	for _, s := range scopes {
		for _, v := range s {
			row := m.row(v)
			for _, u := range s {
				if u != v {
					row[u>>6] |= 1 << (u & 63)
				}
			}
		}
	}
	return m
}

func (m *matrix) row(v int) []uint64 { return m.rows[v*m.words : (v+1)*m.words] }

// around are the neighbours of v, until the next call.
func (m *matrix) around(v int) []int {
	m.near = m.near[:0]
	for i, w := range m.row(v) {
		for ; w != 0; w &= w - 1 {
			m.near = append(m.near, i<<6|bits.TrailingZeros64(w))
		}
	}
	return m.near
}

// fill is how many edges eliminating v would add, each counted from both ends.
func (m *matrix) fill(v int) (n int) {
	row, near := m.row(v), m.around(v)
	for _, u := range near {
		n += len(near) - 1
		for i, w := range m.row(u) {
			n -= bits.OnesCount64(w & row[i])
		}
	}
	return n
}

// eliminate joins the neighbours of v and takes v out.
func (m *matrix) eliminate(v int) {
	row := m.row(v)
	for _, u := range m.around(v) {
		other := m.row(u)
		for i, w := range row {
			other[i] |= w
		}
		other[u>>6] &^= 1 << (u & 63)
		other[v>>6] &^= 1 << (v & 63)
	}
}
