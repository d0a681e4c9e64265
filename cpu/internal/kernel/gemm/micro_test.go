package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// real is what the micro-kernels compute with.
type real interface{ float32 | float64 }

// unit is the distance from 1 to the next number.
func unit[T real]() float64 {
	if unsafe.Sizeof(T(0)) == 4 {
		return float64(math.Nextafter32(1, 2)) - 1
	}
	return math.Nextafter(1, 2) - 1
}

// matrix is rows × cols elements with a row stride, of which the last row ends at a guard.
type matrix[T real] struct {
	p          unsafe.Pointer
	rows, cols int
	ld         int
}

func newMatrix[T real](t testing.TB, r *rand.Rand, rows, cols, gap int) matrix[T] {
	m := matrix[T]{rows: rows, cols: cols, ld: cols + gap}
	size := int(unsafe.Sizeof(T(0)))
	m.p = guarded(t, max(0, (rows-1)*m.ld+cols)*size)
	for i := range max(0, (rows-1)*m.ld+cols) {
		*(*T)(unsafe.Add(m.p, i*size)) = T(r.NormFloat64())
	}
	return m
}

func (m matrix[T]) at(i, j int) *T {
	return (*T)(unsafe.Add(m.p, (i*m.ld+j)*int(unsafe.Sizeof(T(0)))))
}

// stride is the row stride in bytes.
func (m matrix[T]) stride() uintptr { return uintptr(m.ld) * unsafe.Sizeof(T(0)) }

func eachMicro(t *testing.T, f func(t *testing.T, m Micro, double bool)) {
	for _, l := range isa.Available() {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			for _, m := range Kernels(l, dt) {
				t.Run(fmt.Sprintf("%v/%v/%dx%d", l, dt, m.Rows, m.Cols), func(t *testing.T) {
					f(t, m, dt == dtypes.Float64)
				})
			}
		}
	}
}

func TestTileMatchesTheFieldsThatAssemblyReads(t *testing.T) {
	var x Tile
	for i, got := range []uintptr{
		unsafe.Offsetof(x.A), unsafe.Offsetof(x.B), unsafe.Offsetof(x.C), unsafe.Offsetof(x.ARow),
		unsafe.Offsetof(x.ACol), unsafe.Offsetof(x.ASeg), unsafe.Offsetof(x.BSeg), unsafe.Offsetof(x.BRow),
		unsafe.Offsetof(x.CRow), unsafe.Offsetof(x.K), unsafe.Offsetof(x.Segs), unsafe.Offsetof(x.Rows),
		unsafe.Offsetof(x.Cols), unsafe.Offsetof(x.Add), unsafe.Offsetof(x.Next), unsafe.Offsetof(x.NextStep),
	} {
		if want := uintptr(i) * unsafe.Sizeof(uintptr(0)); got != want {
			t.Errorf("field %d: got offset %d, want %d", i, got, want)
		}
	}
}

func TestMicroKernelsMatchTheirDefinition(t *testing.T) {
	eachMicro(t, func(t *testing.T, m Micro, double bool) {
		for rows := 1; rows <= m.Rows; rows++ {
			for cols := 1; cols <= m.Cols; cols++ {
				r := rand.New(rand.NewPCG(uint64(rows), uint64(cols)))
				if double {
					compareMicro[float64](t, r, m, rows, cols)
				} else {
					compareMicro[float32](t, r, m, rows, cols)
				}
			}
		}
	})
}

// compareMicro runs one random description of a tile, with guards behind all operands.
func compareMicro[T real](t *testing.T, r *rand.Rand, m Micro, rows, cols int) {
	t.Helper()
	size := unsafe.Sizeof(T(0))
	k, segs, add := r.IntN(9), r.IntN(4), r.IntN(2)
	b := newMatrix[T](t, r, k*segs, cols, r.IntN(3))
	c := newMatrix[T](t, r, rows, cols, r.IntN(3))
	tile := Tile{B: b.p, C: c.p, BRow: b.stride(), BSeg: uintptr(k) * b.stride(), CRow: c.stride(),
		K: k, Segs: segs, Rows: rows, Cols: cols, Add: add}
	if r.IntN(2) == 0 {
		tile.Next, tile.NextStep = uintptr(c.p), 4096 // soon behind the guard: a hint must not fault
	}
	if r.IntN(2) == 0 {
		a := newMatrix[T](t, r, rows, k*segs, r.IntN(3))
		tile.A, tile.ARow, tile.ACol, tile.ASeg = a.p, a.stride(), size, uintptr(k)*size
	} else {
		a := newMatrix[T](t, r, k*segs, rows, r.IntN(3))
		tile.A, tile.ARow, tile.ACol, tile.ASeg = a.p, size, a.stride(), uintptr(k)*a.stride()
	}
	want := newMatrix[T](t, r, rows, cols, 0)
	for i := range rows {
		for j := range cols {
			*want.at(i, j) = *c.at(i, j)
		}
	}
	ref := tile
	ref.C, ref.CRow = want.p, want.stride()
	plain[T](&ref)
	gap := keepGaps(c)
	m.Do(&tile)
	for i := range rows {
		for j := range cols {
			got, want := float64(*c.at(i, j)), float64(*want.at(i, j))
			// Products of normal variates are below 20 in size.
			if bound := float64(k*segs+1) * 20 * unit[T](); math.Abs(got-want) > bound {
				t.Fatalf("%dx%d k=%d segs=%d add=%d: [%d,%d]: got %v, want %v ± %v", rows, cols, k, segs, add, i, j, got, want, bound)
			}
		}
	}
	gap(t)
}

// keepGaps notes what lies between the rows and returns a check that it is still there.
func keepGaps[T real](m matrix[T]) func(t *testing.T) {
	var before []T
	visit := func(f func(p *T)) {
		for i := range m.rows - 1 {
			for j := m.cols; j < m.ld; j++ {
				f(m.at(i, j))
			}
		}
	}
	visit(func(p *T) { before = append(before, *p) })
	return func(t *testing.T) {
		t.Helper()
		n := 0
		visit(func(p *T) {
			if *p != before[n] {
				t.Fatalf("element %d between the rows: got %v, want %v", n, *p, before[n])
			}
			n++
		})
	}
}

func TestMicroKernelsPropagateNaNAndInfinity(t *testing.T) {
	eachMicro(t, func(t *testing.T, m Micro, double bool) {
		if double {
			propagate[float64](t, m)
		} else {
			propagate[float32](t, m)
		}
	})
}

// propagate multiplies zeros by rows that hold one infinity and one NaN: 0·∞ = NaN.
func propagate[T real](t *testing.T, m Micro) {
	r := rand.New(rand.NewPCG(1, 2))
	a, b := newMatrix[T](t, r, m.Rows, 3, 0), newMatrix[T](t, r, 3, m.Cols, 0)
	c := newMatrix[T](t, r, m.Rows, m.Cols, 0)
	for i := range m.Rows {
		for k := range 3 {
			*a.at(i, k) = 0
		}
	}
	*b.at(1, 0), *b.at(2, 1) = T(math.Inf(1)), T(math.NaN())
	m.Do(&Tile{A: a.p, B: b.p, C: c.p, ARow: a.stride(), ACol: unsafe.Sizeof(T(0)), BRow: b.stride(),
		CRow: c.stride(), K: 3, Segs: 1, Rows: m.Rows, Cols: m.Cols})
	for i := range m.Rows {
		for j := range m.Cols {
			if got := *c.at(i, j); (got != got) != (j < 2) {
				t.Fatalf("[%d,%d]: got %v, want NaN in the first two columns and 0 elsewhere", i, j, got)
			}
		}
	}
}

func TestPeakIsPositiveAtEveryLevel(t *testing.T) {
	for _, l := range isa.Available() {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			got := Peak(l, dt) / 1e9
			t.Logf("%v %v: %.1f GFLOP/s", l, dt, got)
			if !(got > 0) {
				t.Errorf("%v %v: got %v", l, dt, got)
			}
		}
	}
}
