package gemm

import "unsafe"

// The portable tile: large enough to make a call worth while, computed in blocks of 2×4 sums
// that fit in the registers.
const (
	goRows = 8
	goCols = 16
)

// blocked is [plain] with eight sums at a time.
func blocked[T float32 | float64](t *Tile) {
	size := unsafe.Sizeof(T(0))
	for i := 0; i < t.Rows; i += 2 {
		for j := 0; j < t.Cols; j += 4 {
			sub := *t
			sub.A = unsafe.Add(t.A, uintptr(i)*t.ARow)
			sub.B = unsafe.Add(t.B, uintptr(j)*size)
			sub.C = unsafe.Add(t.C, uintptr(i)*t.CRow+uintptr(j)*size)
			sub.Rows, sub.Cols = min(2, t.Rows-i), min(4, t.Cols-j)
			if sub.Rows == 2 && sub.Cols == 4 {
				block2x4[T](&sub)
			} else {
				plain[T](&sub)
			}
		}
	}
}

// block2x4 computes a tile of exactly 2×4 elements.
func block2x4[T float32 | float64](t *Tile) {
	var c00, c01, c02, c03, c10, c11, c12, c13 T
	for s := range uintptr(t.Segs) {
		a, b := unsafe.Add(t.A, s*t.ASeg), unsafe.Add(t.B, s*t.BSeg)
		for k := range uintptr(t.K) {
			p, q := unsafe.Add(a, k*t.ACol), (*[4]T)(unsafe.Add(b, k*t.BRow))
			a0, a1 := *(*T)(p), *(*T)(unsafe.Add(p, t.ARow))
			c00 += a0 * q[0]
			c01 += a0 * q[1]
			c02 += a0 * q[2]
			c03 += a0 * q[3]
			c10 += a1 * q[0]
			c11 += a1 * q[1]
			c12 += a1 * q[2]
			c13 += a1 * q[3]
		}
	}
	put(t, 0, [4]T{c00, c01, c02, c03})
	put(t, 1, [4]T{c10, c11, c12, c13})
}

// put stores row i of a tile that is four elements wide.
func put[T float32 | float64](t *Tile, i uintptr, sums [4]T) {
	c := (*[4]T)(unsafe.Add(t.C, i*t.CRow))
	for j, sum := range sums {
		if t.Add != 0 {
			sum += c[j]
		}
		c[j] = sum
	}
}
