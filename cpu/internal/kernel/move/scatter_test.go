package move

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

var scatterOps = map[compute.OpType]compute.OpType{
	compute.OpTypeScatterSum: compute.OpTypeAdd, compute.OpTypeScatterMax: compute.OpTypeMax, compute.OpTypeScatterMin: compute.OpTypeMin}

// scatterOf is the scatter of a geometry.
func scatterOf(g geometry, op compute.OpType, dt dtypes.DType) ScatterSpec {
	return ScatterSpec{Op: op, Type: dt, Operand: g.operand, Indices: g.indices, Updates: g.result, Index: g.index,
		IndexVectorAxis: g.vectorAxis, UpdateWindowAxes: g.windowAxes, InsertedAxes: g.dropped, OperandAxes: g.pointed}
}

func TestScatterAppliesUpdatesInTheirOrder(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			rng := newRand(t)
			g := drawGeometry(t, rng)
			op := []compute.OpType{compute.OpTypeScatterSum, compute.OpTypeScatterMax, compute.OpTypeScatterMin}[rng.IntN(3)]
			dt := []dtypes.DType{dtypes.Float32, dtypes.Float64, dtypes.Int32, dtypes.Uint8, dtypes.Int64, dtypes.BFloat16}[rng.IntN(6)]
			size, n, total := dt.Size(), volume(g.operand), volume(g.result)
			operand, updates := buffer(t, n*size, true), buffer(t, total*size, true)
			dst, want := buffer(t, n*size, true), kernel.Alloc(n*size)
			indices := buffer(t, volume(g.indices)*g.index.Size(), true)
			numbers(rng, dt, operand, n)
			numbers(rng, dt, updates, total)
			g.fill(rng, indices)
			copyBytes(want, operand, n*size)
			// Sums of the small integers drawn are exact in every type, so their order does not matter.
			combine := vec.Lookup(isa.Portable, scatterOps[op], dt)
			g.each(indices, func(i int, start, within []int) {
				to := 0
				for axis, n := range g.operand {
					k := start[axis] + within[axis]
					if start[axis] > n || k < 0 || k >= n {
						return
					}
					to = to*n + k
				}
				p := &elem(want, size, to)[0]
				combine(pointer(p), pointer(p), pointer(&elem(updates, size, i)[0]), nil, 1)
			})
			k := NewScatter(l, scatterOf(g, op, dt))
			if rng.IntN(3) == 0 {
				copyBytes(dst, operand, n*size)
				operand = dst
			}
			runShuffled(rng, k, dst, operand, indices, updates)
			same(t, k.Name()+name(g), dst, want, size, n)
		})
	})
}

func TestSumsOfDuplicatesAreTakenInOrder(t *testing.T) {
	const table, width, rows = 40, 130, 700
	rng := rand.New(rand.NewPCG(8, 9))
	g := geometry{operand: []int{table, width}, sizes: []int{1, width}, dropped: []int{0}, pointed: []int{0}, batch: []int{rows},
		vectorAxis: 1, indices: []int{rows, 1}, windowAxes: []int{1}, result: []int{rows, width}, index: dtypes.Int64}
	operand, updates, dst, indices := kernel.Alloc(table*width*4), kernel.Alloc(rows*width*4), kernel.Alloc(table*width*4), kernel.Alloc(rows*8)
	want := make([]float32, table*width)
	for i := range want {
		want[i] = rng.Float32()
	}
	copy(span[float32](operand, len(want)), want)
	for b := range rows {
		*at[int64](indices, b) = int64(rng.IntN(table))
		for j := range width {
			u := rng.Float32()
			*at[float32](updates, b*width+j) = u
			want[int(*at[int64](indices, b))*width+j] += u
		}
	}
	for _, l := range isa.Available() {
		k := NewScatter(l, scatterOf(g, compute.OpTypeScatterSum, dtypes.Float32))
		if got := k.Phases()[1]; got < 8 {
			t.Errorf("%v: got %d units, want several", l, got)
		}
		runShuffled(rng, k, dst, operand, indices, updates)
		for i, w := range want {
			if got := *at[float32](dst, i); got != w {
				t.Fatalf("%v: element %d: got %v, want %v", l, i, got, w)
			}
		}
	}
}

func TestTypesWithoutScatterHaveNoKernel(t *testing.T) {
	g := geometry{operand: []int{3}, pointed: []int{0}, dropped: []int{0}, indices: []int{1, 1}, vectorAxis: 1, result: []int{1}, index: dtypes.Int32}
	if k := NewScatter(isa.Portable, scatterOf(g, compute.OpTypeScatterMax, dtypes.Complex64)); k != nil {
		t.Errorf("got %s, want none", k.Name())
	}
}

func BenchmarkScatterRows(b *testing.B) {
	const table, width, rows = 5000, 256, 2048
	g := geometry{operand: []int{table, width}, dropped: []int{0}, pointed: []int{0}, vectorAxis: 1, indices: []int{rows, 1},
		windowAxes: []int{1}, result: []int{rows, width}, index: dtypes.Int32}
	for _, l := range isa.Available() {
		b.Run(fmt.Sprint(l), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			dst, updates, indices := kernel.Alloc(table*width*4), kernel.Alloc(rows*width*4), kernel.Alloc(rows*4)
			for i := range rows {
				*at[int32](indices, i) = int32(rng.IntN(table))
			}
			benchmarkBytes(b, NewScatter(l, scatterOf(g, compute.OpTypeScatterSum, dtypes.Float32)), 3*rows*width*4, dst, dst, indices, updates)
		})
	}
}
