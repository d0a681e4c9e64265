package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

func TestSplitsAreInOrderAndNearlyEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := split{rapid.IntRange(0, 1000).Draw(t, "n"), rapid.IntRange(1, 70).Draw(t, "parts")}
		if s.at(0) != 0 || s.at(s.parts) != s.n {
			t.Fatalf("%+v: got %d to %d", s, s.at(0), s.at(s.parts))
		}
		for i := range s.parts {
			if size := s.at(i+1) - s.at(i); size < s.n/s.parts || size > ceil(s.n, s.parts) {
				t.Fatalf("%+v: part %d has %d things", s, i, size)
			}
		}
	})
}

func TestLinesLieAnOddNumberOfCacheLinesApart(t *testing.T) {
	for n := 1; n < 5000; n++ {
		for _, size := range []int{4, 8} {
			bytes := apart(n, size) * size
			if bytes < n*size || bytes > n*size+2*kernel.Align || bytes%(2*kernel.Align) != kernel.Align {
				t.Fatalf("%d elements of %d bytes: got lines %d bytes apart", n, size, bytes)
			}
		}
	}
}

func TestBatchesCountLikeNestedLoops(t *testing.T) {
	s := Spec{Batch: []Batch{{2, 100, 0, 7}, {3, 0, 10, -1}, {4, 1, 1, 50}}}
	n := 0
	for i := range 2 {
		for j := range 3 {
			for k := range 4 {
				a, b, c := s.offsets(n)
				if a != 100*i+k || b != 10*j+k || c != 7*i-j+50*k {
					t.Errorf("[%d,%d,%d]: got %d, %d, %d", i, j, k, a, b, c)
				}
				n++
			}
		}
	}
	if got := s.batches(); got != n {
		t.Errorf("got %d batches, want %d", got, n)
	}
}

func TestCopiesComeFromWhereTheBatchReads(t *testing.T) {
	p := &product{Spec: Spec{Batch: []Batch{{2, 100, 0, 0}, {3, 0, 10, 0}, {4, 1, 7, 0}}}}
	ofA, ofB := func(b *Batch) int { return b.A }, func(b *Batch) int { return b.B }
	if a, b := p.copies(ofA), p.copies(ofB); a != 8 || b != 12 {
		t.Fatalf("got %d and %d copies, want 8 and 12", a, b)
	}
	for batch := range p.batches() {
		a, b, _ := p.offsets(batch)
		copyA, copyB := p.copyOf(batch)
		if gotA, gotB := p.source(copyA, ofA), p.source(copyB, ofB); gotA != a || gotB != b {
			t.Errorf("batch %d: got copies of %d and %d, want %d and %d", batch, gotA, gotB, a, b)
		}
	}
}

func TestSumsAlongLinesMatchTheirDefinition(t *testing.T) {
	for _, l := range isa.Available() {
		compareDots[float32](t, l, dtypes.Float32)
		compareDots[float64](t, l, dtypes.Float64)
	}
}

// compareDots compares sums along lines with the plain ones, guards behind all operands.
func compareDots[T real](t *testing.T, l isa.Level, dt dtypes.DType) {
	t.Helper()
	r := rand.New(rand.NewPCG(21, 22))
	m := dots(l, dt)
	for k := range 70 {
		rows, cols := 1+r.IntN(m.Rows), 1+r.IntN(m.Cols)
		a, b := newMatrix[T](t, r, rows, k, r.IntN(3)), newMatrix[T](t, r, cols, k, r.IntN(3))
		got, want := newMatrix[T](t, r, rows, cols, 2), newMatrix[T](t, r, rows, cols, 2)
		for i := range rows {
			for j := range cols {
				*want.at(i, j) = *got.at(i, j)
			}
		}
		tile := Tile{A: a.p, B: b.p, C: got.p, ARow: a.stride(), BSeg: b.stride(), CRow: got.stride(),
			K: k, Segs: 1, Rows: rows, Cols: cols, Add: r.IntN(2)}
		ref := tile
		ref.C, ref.CRow = want.p, want.stride()
		gap := keepGaps(got)
		m.Do(&tile)
		plainDots[T](&ref)
		gap(t)
		for i := range rows {
			for j := range cols {
				// Products of normal variates are below 20 in size.
				x, y, bound := float64(*got.at(i, j)), float64(*want.at(i, j)), float64(k+1)*20*unit[T]()
				if math.Abs(x-y) > bound {
					t.Fatalf("%v %v %dx%dx%d [%d,%d]: got %v, want %v ± %v", l, dt, rows, k, cols, i, j, x, y, bound)
				}
			}
		}
	}
}

func TestTransposedLinesAreTheColumns(t *testing.T) {
	for _, l := range isa.Available() {
		compareTurns[float32](t, l, dtypes.Float32)
		compareTurns[float64](t, l, dtypes.Float64)
	}
}

// compareTurns transposes lines of every length and number that end at a guard.
func compareTurns[T real](t *testing.T, l isa.Level, dt dtypes.DType) {
	t.Helper()
	r := rand.New(rand.NewPCG(23, 24))
	lanes := turnLanes(l, dt)
	for lines := 1; lines <= lanes; lines++ {
		for length := 1; length < 40; length++ {
			from := newMatrix[T](t, r, lines, length, r.IntN(3))
			to := newMatrix[T](t, r, ceil(length, lanes)*lanes, lanes, r.IntN(3))
			gap := keepGaps(to)
			turnLines(l, dt, &turn{To: to.p, From: from.p, ToRow: to.stride(), FromRow: from.stride(), Lines: lines, Length: length})
			gap(t)
			for i := range lines {
				for k := range length {
					if got, want := *to.at(k, i), *from.at(i, k); got != want {
						t.Fatalf("%v %v %dx%d [%d,%d]: got %v, want %v", l, dt, lines, length, k, i, got, want)
					}
				}
			}
		}
	}
}

func TestProductsPropagateNaNAndInfinityOnEveryPath(t *testing.T) {
	for _, l := range isa.Available() {
		for _, s := range []Spec{
			plainSpec(40, 50, 60), plainSpec(20, 4000, 30), plainSpec(1, 300, 70), plainSpec(300, 70, 1),
			transposed(plainSpec(2, 100, 30), false, true), transposed(plainSpec(30, 100, 40), true, true),
		} {
			s.DType = dtypes.Float32
			a, b, c := make([]float32, s.M*s.K), make([]float32, s.K*s.N), make([]float32, s.M*s.N)
			b[(s.K-1)*s.B.Row] = float32(math.Inf(1))
			if s.N > 1 {
				b[s.K/2*s.B.Row+s.B.Col] = float32(math.NaN())
			}
			k := New(l, s)
			kernel.Run(k, pointer(c), pointer(a), pointer(b))
			for i, got := range c {
				if j := i % s.N; (got != got) != (j < 2) {
					t.Fatalf("%v %s: element %d: got %v, want NaN in the first two columns and 0 elsewhere", l, k.Name(), i, got)
				}
			}
		}
	}
}

func TestEveryNumberOfThreadsGivesTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for _, s := range []Spec{
		plainSpec(128, 100, 200), plainSpec(20, 5000, 30), transposed(plainSpec(64, 512, 96), false, true), plainSpec(300, 512, 300),
	} {
		s.DType = dtypes.Float32
		o := newOperands[float32](t, r, &s)
		for _, l := range isa.Available() {
			var want []float32
			for threads := 1; threads <= 4; threads++ {
				t.Run(fmt.Sprintf("%v/%dx%dx%d/%d", l, s.M, s.K, s.N, threads), func(t *testing.T) {
					team := newTeam(New(l, s), threads, o.c.at, o.a.at, o.b.at)
					team.run()
					team.close()
					got := slices.Clone(unsafe.Slice((*float32)(o.c.at), s.M*s.N))
					if want == nil {
						want = got
					}
					if !slices.Equal(got, want) {
						t.Error("got other bits than with one thread")
					}
				})
			}
		}
	}
}
