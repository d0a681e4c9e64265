package gemm

import "unsafe"

// Tiles of sums along contiguous lines: few rows, many columns.
const (
	dotRows = 4
	dotCols = 64
)

// choose cuts the columns in panels, for the micro-kernel that suits the layout: if rows of A
// and columns of B are contiguous, and there are so few rows of A that transposing B would
// take longer than the product, sums are taken along both.
func (p *product) choose() {
	p.dot = p.M <= dotRows && p.K >= 32 && p.A.Col == 1 && p.B.Row == 1 && p.B.Col != 1 && p.N > 1
	if !p.dot {
		p.panels = panels(p.micros, p.N)
		return
	}
	m := dots(p.level, p.DType)
	for col := 0; col < p.N; col += dotCols {
		p.panels = append(p.panels, panel{&m, col, min(dotCols, p.N-col), dotCols})
	}
}

// plainDots is the definition of a micro-kernel for columns of B that are contiguous, BSeg
// from one to the next: C[i,j] (+)= Σ_k A[i,k]·B[k,j].
func plainDots[T float32 | float64](t *Tile) {
	size := unsafe.Sizeof(T(0))
	for i := range uintptr(t.Rows) {
		for j := range uintptr(t.Cols) {
			var sum T
			for k := range uintptr(t.K) {
				sum += *(*T)(unsafe.Add(t.A, i*t.ARow+k*size)) * *(*T)(unsafe.Add(t.B, j*t.BSeg+k*size))
			}
			c := (*T)(unsafe.Add(t.C, i*t.CRow+j*size))
			if t.Add != 0 {
				sum += *c
			}
			*c = sum
		}
	}
}
