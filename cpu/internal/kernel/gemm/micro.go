package gemm

import "unsafe"

// Tile describes one call of a micro-kernel: a tile of C, of at most Rows×Cols elements as
// told by [Micro], as a sum over K in segments,
//
//	C[i,j] (+)= Σ_s Σ_k A[i, s, k] · B[s, k, j].
//
// Strides are in bytes, so that one description serves every type. The elements of a row of
// B and of C are contiguous. Segments let a convolution read a window out of an image in
// place: a segment is the contiguous run of one window row, ASeg leads to the next row.
type Tile struct {
	A, B, C    unsafe.Pointer // A[0,0,0], B[0,0,0], C[0,0]
	ARow, ACol uintptr        // from A[i,s,k] to A[i+1,s,k] and to A[i,s,k+1]
	ASeg, BSeg uintptr        // from A[i,s,0] to A[i,s+1,0], from B[s,0,j] to B[s+1,0,j]
	BRow, CRow uintptr        // from B[s,k,j] to B[s,k+1,j], from C[i,j] to C[i+1,j]
	K, Segs    int            // elements of a segment, number of segments
	Rows, Cols int            // the tile's extent, 1 ≤ Rows ≤ Micro.Rows, 1 ≤ Cols ≤ Micro.Cols
	Add        int            // 1: add to what C holds, 0: overwrite it

	// Next, if not 0, is the address of memory that a later call will read, NextStep how far to go on in
	// it for each step of K: a hint, which may lead past the end.
	Next     uintptr
	NextStep uintptr
}

// Micro is a micro-kernel and the largest tile that it computes.
type Micro struct {
	Rows, Cols int         // of the largest tile
	Do         func(*Tile) // computes a tile
}

// plain is the definition of a micro-kernel: the loops of [Tile], in the order of the sum.
// Other versions may fuse the multiplication with the addition.
func plain[T float32 | float64](t *Tile) {
	size := unsafe.Sizeof(T(0))
	for i := range uintptr(t.Rows) {
		for j := range uintptr(t.Cols) {
			var sum T
			for s := range uintptr(t.Segs) {
				for k := range uintptr(t.K) {
					a := *(*T)(unsafe.Add(t.A, i*t.ARow+s*t.ASeg+k*t.ACol))
					b := *(*T)(unsafe.Add(t.B, s*t.BSeg+k*t.BRow+j*size))
					sum += a * b
				}
			}
			c := (*T)(unsafe.Add(t.C, i*t.CRow+j*size))
			if t.Add != 0 {
				sum += *c
			}
			*c = sum
		}
	}
}
