package tile

import (
	"math"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// logSumExp stores the softmax of x·scale over rows of n and the logarithm of its denominator.
func logSumExp(m, n int) Spec {
	w := over(m, n)
	x, scale, least := w.matrix(), w.number(), w.number()
	w.RowAxes = 1
	y := w.op(compute.OpTypeMul, x, scale)
	top := w.op(compute.OpTypeReduceMax, y)
	e := w.op(compute.OpTypeExp, w.op(compute.OpTypeSub, y, top))
	sum := w.op(compute.OpTypeMax, w.op(compute.OpTypeReduceSum, e), least)
	w.store(w.op(compute.OpTypeDiv, e, sum))
	log := w.op(compute.OpTypeAdd, w.op(compute.OpTypeLog, sum), top)
	w.Stores = append(w.Stores, Store{Reg: log, DType: f32, Reduce: compute.OpTypeReduceMax, Over: []bool{false, true}, Strides: []int{1, 0}})
	return w.Spec
}

// actions counts the steps of a region by what they do.
func actions(r *region) map[action]int {
	count := map[action]int{}
	for _, s := range r.steps {
		count[s.do]++
	}
	return count
}

func TestValuesOfRowsAreComputedOnceARow(t *testing.T) {
	got := actions(mustNew(t, isa.Portable, logSumExp(6, 300)).(*region))
	// mul, sub, exp and div go over tiles; max, log and add over rows; sub and div want a tile of
	// the row's maximum and of its sum.
	for do, want := range map[action]int{calc: 4, calcRows: 3, foldRows: 2, spreadRow: 2, gatherRows: 1, gather: 0} {
		if got[do] != want {
			t.Errorf("action %d: got %d steps, want %d", do, got[do], want)
		}
	}
}

func TestRegionsWithoutRowsSpreadNothing(t *testing.T) {
	if got := actions(mustNew(t, isa.Portable, biasReLU(6, 300)).(*region)); got[spreadRow]+got[calcRows] > 0 {
		t.Errorf("got %v, want no steps over rows", got)
	}
}

// Float64 sums of exp(x − max) are within n roundings of 2⁻²⁴ of the float32 ones, logarithms and
// exponentials within a few.
func TestLogSumExpOfRowsOfAllLengths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, n := rapid.IntRange(1, 70).Draw(t, "rows"), rapid.SampledFrom([]int{1, 2, 3, 16, 17, 100, 2000, 3001}).Draw(t, "length")
		x, at := floats(m * n)
		for i := range x {
			x[i] = float32(math.Sin(float64(i*i))) * 5
		}
		scale, scaleAt := floats(1)
		least, leastAt := floats(1)
		scale[0], least[0] = 1.5, 1e-30
		soft, softAt := floats(m * n)
		log, logAt := floats(m)
		for _, l := range isa.Available() {
			k, err := New(l, logSumExp(m, n))
			if err != nil {
				t.Fatal(err)
			}
			kernel.Run(k, softAt, logAt, at, scaleAt, leastAt)
			for i := range m {
				sum := 0.
				for _, v := range x[i*n:][:n] {
					sum += math.Exp(1.5 * float64(v))
				}
				if want := math.Log(sum); math.Abs(float64(log[i])-want) > 1e-5*max(1, want) {
					t.Fatalf("%v: row %d of %d: got ln Σ = %v, want %v", l, i, n, log[i], want)
				}
				for j, v := range x[i*n:][:n] {
					if want := math.Exp(1.5*float64(v)) / sum; math.Abs(float64(soft[i*n+j])-want) > 1e-5*want {
						t.Fatalf("%v: row %d of %d, element %d: got %v, want %v", l, i, n, j, soft[i*n+j], want)
					}
				}
			}
		}
	})
}

// A reduction may leave its results where its operand was, and a spread may fill a tile from there.
func TestRowsAreReducedAndSpreadInPlace(t *testing.T) {
	for _, l := range isa.Available() {
		for _, cols := range []int{1, 2, 3, 40} {
			const rows = 9
			x, at := floats(rows * cols)
			for i := range x {
				x[i] = float32(i)
			}
			r := newRowReducer(l, Instr{Op: compute.OpTypeReduceMax, DType: f32, To: f32})
			var cell [8]byte
			r.run(at, at, rows, cols, unsafe.Pointer(&cell))
			for i := range rows {
				if want := float32((i+1)*cols - 1); x[i] != want {
					t.Errorf("%v: maximum of row %d of %d: got %v, want %v", l, i, cols, x[i], want)
				}
			}
			spreadRows(vec.Fill(l, 4), at, at, rows, cols, 4)
			for i := range x {
				if want := float32((i/cols+1)*cols - 1); x[i] != want {
					t.Errorf("%v: element %d of rows of %d: got %v, want %v", l, i, cols, x[i], want)
				}
			}
		}
	}
}
