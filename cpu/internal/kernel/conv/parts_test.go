package conv

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// anAxis is a random axis.
func anAxis(t *rapid.T) Axis {
	small := rapid.IntRange(1, 4)
	return Axis{In: rapid.IntRange(1, 15).Draw(t, "in"), Kernel: rapid.IntRange(1, 7).Draw(t, "kernel"), Stride: small.Draw(t, "stride"),
		Lo: rapid.IntRange(-4, 8).Draw(t, "lo"), Hi: rapid.IntRange(-4, 8).Draw(t, "hi"),
		InputDilation: small.Draw(t, "input dilation"), KernelDilation: small.Draw(t, "kernel dilation")}
}

func TestTapsAreTheTermsOfAnOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anAxis(t)
		for o := range a.Out() {
			var want, got [][2]int
			for k := range a.Kernel {
				for i := range a.In {
					if i*a.InputDilation == o*a.Stride+k*a.KernelDilation-a.Lo {
						want = append(want, [2]int{k, i})
					}
				}
			}
			x := a.Taps(o)
			for j := range x.Count {
				got = append(got, [2]int{x.K + j*x.KStep, x.I + j*x.IStep})
			}
			if !slices.Equal(got, want) {
				t.Fatalf("output %d of %+v: got %v, want %v", o, a, got, want)
			}
		}
	})
}

// Outputs that are a period apart and have terms see the same elements of the kernel, as far as
// the input reaches, with inputs that are the move apart.
func TestOutputsRepeatWithThePeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anAxis(t)
		period, move := a.period()
		for o := 0; o+period < a.Out(); o++ {
			x, y := a.Taps(o), a.Taps(o+period)
			if x.Count == 0 || y.Count == 0 || x.K != y.K {
				continue
			}
			if y.I-x.I != move {
				t.Fatalf("outputs %d and %d of %+v: got inputs %d and %d, want %d between them", o, o+period, a, x.I, y.I, move)
			}
		}
	})
}

// The elements of the kernel that one output uses are neighbours in a packed kernel, and every
// element has a place.
func TestSlotsArePermutationOfNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anAxis(t)
		seen := make([]bool, a.Kernel)
		for k := range a.Kernel {
			at := a.slot(k)
			if at < 0 || at >= a.Kernel || seen[at] {
				t.Fatalf("element %d of %+v: got place %d, which is none or taken", k, a, at)
			}
			seen[at] = true
			step := a.InputDilation / gcd(a.InputDilation, a.KernelDilation)
			if k+step < a.Kernel && a.slot(k+step) != at+1 {
				t.Fatalf("elements %d and %d of %+v: got places %d and %d, want neighbours", k, k+step, a, at, a.slot(k+step))
			}
		}
	})
}

func TestNestJoinsLoopsThatGoOn(t *testing.T) {
	var n nest
	n.push(level{3, 4, 8})
	n.push(level{1, 99, 99})
	n.push(level{5, 12, 24})
	if n.n != 1 || n.levels[0] != (level{15, 4, 8}) {
		t.Errorf("got %v, want one loop of 15", n.levels[:n.n])
	}
	n.push(level{2, 60, 121})
	if n.n != 2 {
		t.Errorf("got %d loops, want 2: the second operand does not go on", n.n)
	}
}

// The loops of a nest, split in calls of any length, give the sum over all of them.
func TestNestSumsEveryTerm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const words = 4000
		a, as := buffer(words, func(i int) float64 { return float64(i % 13) })
		b, bs := buffer(words, func(i int) float64 { return float64(i%7 - 3) })
		c, _ := buffer(1, func(int) float64 { return 5 })
		s := &state{}
		s.nest = nest{}
		type loop struct{ count, a, b int }
		var loops []loop
		total := 1
		for range rapid.IntRange(0, 4).Draw(t, "loops") {
			l := loop{rapid.IntRange(1, 5).Draw(t, "count"), rapid.IntRange(0, 60).Draw(t, "a"), rapid.IntRange(0, 60).Draw(t, "b")}
			loops = append(loops, l)
			s.nest.push(level{l.count, 8 * l.a, 8 * l.b})
			total *= l.count
		}
		want := 0.0
		for i := range total {
			x, y, j := 0, 0, i
			for _, l := range loops {
				x, y, j = x+j%l.count*l.a, y+j%l.count*l.b, j/l.count
			}
			want += as[x] * bs[y]
		}
		m := gemm.Kernel(isa.Best(), dtypes.Float64)
		s.tile = gemm.Tile{C: c, CRow: 8, Rows: 1, Cols: 1}
		s.base.a, s.base.b = a, b
		add := rapid.IntRange(0, 1).Draw(t, "add")
		s.run(m, add)
		if got := *(*float64)(c); got != want+float64(5*add) {
			t.Fatalf("got %v, want %v; %v", got, want+float64(5*add), loops)
		}
	})
}

func TestMatricesAreCopiedInAnyLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 40).Draw(t, "cols")
		m := grid2{rows, cols, cols + 3, 1, cols + 1, 1}
		if rapid.Bool().Draw(t, "transposed source") {
			m.srcRow, m.srcCol = 1, rows+2
		}
		if rapid.Bool().Draw(t, "transposed destination") {
			m.dstRow, m.dstCol = 1, rows+5
		}
		n := 50 * 50
		src, ss := buffer(n, func(i int) uint64 { return uint64(i + 1) })
		dst, ds := buffer(n, func(int) uint64 { return 0 })
		m.copy(8, dst, src)
		written := 0
		for i := range rows {
			for j := range cols {
				if got, want := ds[i*m.dstRow+j*m.dstCol], ss[i*m.srcRow+j*m.srcCol]; got != want {
					t.Fatalf("element %d, %d: got %d, want %d", i, j, got, want)
				}
			}
		}
		for _, v := range ds {
			if v != 0 {
				written++
			}
		}
		if written != rows*cols {
			t.Fatalf("got %d elements written, want %d", written, rows*cols)
		}
	})
}

// Parts are added in their order, not in that of their size: (1 + 2⁶⁰) − 2⁶⁰ is 0.
func TestPartsAreAddedInOrder(t *testing.T) {
	f := &finisher{size: 8, chunks: 3, part: 8 * 6, dims: []dim{{1, 6}, {2, 1}, {3, 2}}}
	parts := []float64{1, 0x1p60, -0x1p60}
	src, _ := buffer(18, func(i int) float64 { return parts[i/6] + float64(i%6)*0x1p10*float64(i/6) })
	_, ss := buffer(18, func(i int) float64 { return 0 })
	copy(ss, unsafe.Slice((*float64)(src), 18))
	dst, ds := buffer(6, func(int) float64 { return -1 })
	f.run(0, dst, src)
	for i := range 2 {
		for j := range 3 {
			at := i*3 + j
			if got, want := ds[i+2*j], (ss[at]+ss[6+at])+ss[12+at]; got != want {
				t.Errorf("element %d, %d: got %v, want %v", i, j, got, want)
			}
		}
	}
}

// Every element of a cut belongs to exactly one part.
func TestCutsCoverEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "n")
		c := cut{n, rapid.IntRange(1, n).Draw(t, "parts")}
		next := 0
		for i := range c.parts {
			lo, hi := c.span(i)
			if lo != next || hi <= lo || hi-lo > (n+c.parts-1)/c.parts {
				t.Fatalf("part %d of %+v: got %d to %d, want a part from %d, of nearly equal size", i, c, lo, hi, next)
			}
			next = hi
		}
		if next != n {
			t.Fatalf("%+v: got an end at %d, want %d", c, next, n)
		}
	})
}

// The tiles of an engine cover the rows of its result once, none larger than the micro-kernel.
func TestTilesCoverTheAxisOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		s.DType, s.ArgInput, s.ArgKernel = dtypes.Float32, 1, 2
		e := newEngine(isa.Best(), s)
		rows := map[int]bool{}
		for _, x := range e.tiles {
			if x.rows > e.micro.Rows {
				t.Fatalf("got a tile of %d rows, want at most %d", x.rows, e.micro.Rows)
			}
			for i := range x.rows {
				at := x.c + i*x.cRow
				if rows[at] {
					t.Fatalf("the row at %d is in two tiles", at)
				}
				rows[at] = true
			}
		}
		p := newProblem(s)
		want := p.Batch
		switch {
		case e.rowAxis >= 0:
			want = p.Axes[e.rowAxis].Out()
		case !e.channelsAreColumns():
			want = p.OutChannels
		}
		if len(rows) != want {
			t.Fatalf("got %d rows, want %d", len(rows), want)
		}
	})
}

// The narrow path is taken only where it pays, and agrees with the engine.
func TestNarrowAgreesWithTheEngine(t *testing.T) {
	for _, s := range []Spec{
		square(2, 14, 32, 1, 3, 1, true), square(2, 14, 64, 2, 3, 1, true), square(2, 14, 32, 3, 3, 1, true), square(2, 14, 128, 4, 3, 1, true), square(2, 7, 64, 1, 3, 1, true),
		inputGradient(square(2, 16, 1, 32, 4, 2, true)), inputGradient(square(2, 12, 1, 64, 3, 1, true)),
		last(Spec{Batch: 2, InChannels: 40, OutChannels: 1, Groups: 1, BatchGroups: 1, Axes: []Axis{{In: 50, Kernel: 7, Stride: 1, Lo: 3, Hi: 3, InputDilation: 1, KernelDilation: 1}}}),
		last(Spec{Batch: 2, InChannels: 40, OutChannels: 1, Groups: 1, BatchGroups: 1, Axes: []Axis{{In: 5, Kernel: 3, Stride: 1, Lo: 1, Hi: 1, InputDilation: 2, KernelDilation: 1},
			{In: 4, Kernel: 3, Stride: 1, Lo: 1, Hi: 1, InputDilation: 1, KernelDilation: 1}, {In: 6, Kernel: 3, Stride: 1, Lo: 1, Hi: 1, InputDilation: 1, KernelDilation: 1}}}),
	} {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			s.DType, s.ArgInput, s.ArgKernel = dt, 1, 2
			n := newNarrow(isa.Best(), s)
			if n == nil {
				if isa.Best() == isa.AVX512 && dt == dtypes.Float32 {
					t.Errorf("%s: is not computed that way", s.name())
				}
				continue
			}
			r := rand.New(rand.NewPCG(1, 2))
			outs, ins, kers := sizes(s)
			small := func(int) float64 { return float64(r.IntN(9) - 4) } // sums are exact
			fill := func(n int) unsafe.Pointer {
				if dt == dtypes.Float64 {
					p, _ := buffer(n, small)
					return p
				}
				p, _ := buffer(n, func(i int) float32 { return float32(small(i)) })
				return p
			}
			x, w, y, z := fill(ins), fill(kers), fill(outs), fill(outs)
			kernel.Run(n, y, x, w)
			kernel.Run(newEngine(isa.Best(), s), z, x, w)
			bytes := outs * dt.Size()
			if !slices.Equal(unsafe.Slice((*byte)(y), bytes), unsafe.Slice((*byte)(z), bytes)) {
				t.Errorf("%s, %v: differs from the engine", s.name(), dt)
			}
		}
	}
	if s := square(2, 14, 32, 64, 3, 1, true); newNarrow(isa.Best(), s) != nil {
		t.Error("a wide convolution is computed as a narrow one")
	}
}
