package vec_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// borders are arguments at which a function overflows, vanishes, becomes constant or takes
// another branch.
var borders = map[compute.OpType][]float64{
	compute.OpTypeExp:      {88.72284, -87.33655, -103.97208, -104, -105, 89, math.Ln2 / 2, -math.Ln2 / 2, 1.5 * math.Ln2},
	compute.OpTypeExpm1:    {88.72284, 88.37626, -17.32868, -27, 0x1p-26, -0x1p-26, math.Ln2 / 2, -math.Ln2 / 2, 0x1p-126},
	compute.OpTypeLog:      {1, math.Sqrt2, math.Sqrt2 / 2, 0x1p-126, 0x1p-149, math.MaxFloat32, 2, 0.5},
	compute.OpTypeLog1p:    {-1, 0, math.Sqrt2 - 1, math.Sqrt2/2 - 1, 0x1p-24, -0x1p-24, 0x1p24, 0x1p25, math.MaxFloat32, 0x1p-126, 0x1.6ap127},
	compute.OpTypeTanh:     {0.625, -0.625, 9.010914, 10, 0x1p-12, 0x1p-126},
	compute.OpTypeLogistic: {0, -87.33655, -88.72284, -103.97208, 16.635532, -2.7476447},
	compute.OpTypeErf:      {0.92, -0.92, 3.832507, 4, 0x1p-126},
	compute.OpTypeSin:      {0x1p15, -0x1p15, math.Pi, math.Pi / 2, math.Pi / 4, 3 * math.Pi / 4, 0x1p-126, 10000 * math.Pi, 0x1p24, 1e38},
	compute.OpTypeCos:      {0x1p15, -0x1p15, math.Pi, math.Pi / 2, math.Pi / 4, 3 * math.Pi / 4, 1e-4, 10000.5 * math.Pi, 0x1p24, 1e38},
}

func TestFunctionsAreAccurateAroundTheirBorders(t *testing.T) {
	const around = 1000
	for _, c := range functions {
		var x []float32
		for _, b := range borders[c.op] {
			low, high := float32(b), float32(b)
			for range around {
				x = append(x, low, high)
				low, high = math.Nextafter32(low, float32(-inf)), math.Nextafter32(high, float32(inf))
			}
		}
		y := make([]float32, len(x))
		for _, l := range isa.Available() {
			vec.Lookup(l, c.op, dtypes.Float32)(unsafe.Pointer(&y[0]), unsafe.Pointer(&x[0]), nil, nil, len(x))
			for i, v := range x {
				if exact := c.f(float64(v)); ulps(y[i], exact) > 2 {
					t.Errorf("%v/%v of %v: got %v, want %v", l, c.op, v, y[i], exact)
					break
				}
			}
		}
	}
}

func TestFunctionsKeepTheirSymmetry(t *testing.T) {
	const n = 5000
	rng := rand.New(rand.NewPCG(50, 50))
	x, minus, y, z := normals(rng, n, 3), kernel.Alloc(4*n), kernel.Alloc(4*n), kernel.Alloc(4*n)
	neg := vec.Lookup(isa.Portable, compute.OpTypeNeg, dtypes.Float32)
	neg(minus, x, nil, nil, n)
	for op, odd := range map[compute.OpType]bool{compute.OpTypeTanh: true, compute.OpTypeErf: true, compute.OpTypeSin: true, compute.OpTypeCos: false} {
		for _, l := range isa.Available() {
			fn := vec.Lookup(l, op, dtypes.Float32)
			fn(y, x, nil, nil, n)
			fn(z, minus, nil, nil, n)
			if odd {
				neg(z, z, nil, nil, n)
			}
			sameRun(t, l.String()+"/"+op.String(), dtypes.Float32, z, y, n, 0)
		}
	}
}

// Every element has the bits that it has alone, wherever in a run it stands: a result must not
// depend on how a row is cut into tiles.
func TestResultsDoNotDependOnThePlaceInTheRun(t *testing.T) {
	const n = 75
	rng := rand.New(rand.NewPCG(51, 51))
	for op := range twoUlp {
		for _, l := range isa.Available() {
			fn := vec.Lookup(l, op, dtypes.Float32)
			x, y, whole, alone := normals(rng, n, 2), normals(rng, n, 1), kernel.Alloc(4*n), kernel.Alloc(4*n)
			if op == compute.OpTypePow || op == compute.OpTypeLog {
				vec.Lookup(l, compute.OpTypeAbs, dtypes.Float32)(x, x, nil, nil, n)
			}
			fn(whole, x, y, nil, n)
			for i := range n {
				fn(unsafe.Add(alone, 4*i), unsafe.Add(x, 4*i), unsafe.Add(y, 4*i), nil, 1)
			}
			sameRun(t, l.String()+"/"+op.String(), dtypes.Float32, alone, whole, n, 0)
		}
	}
}

func TestHalfPrecisionIsComputedInFloat32(t *testing.T) {
	const n = 600
	rng := rand.New(rand.NewPCG(52, 52))
	for _, dt := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		for _, op := range compute.OpTypeValues() {
			fn, wide := vec.Lookup(isa.Best(), op, dt), vec.Lookup(isa.Best(), op, dtypes.Float32)
			if fn == nil || op == compute.OpTypeWhere {
				continue
			}
			var x, y [3]unsafe.Pointer
			for i := range x {
				x[i], y[i] = drawn(rng, dt, n), kernel.Alloc(4*n)
				vec.Convert(isa.Best(), dt, dtypes.Float32)(y[i], x[i], nil, nil, n)
			}
			got, want, mid := kernel.Alloc(4*n), kernel.Alloc(4*n), kernel.Alloc(4*n)
			fn(got, x[0], x[1], x[2], n)
			wide(mid, y[0], y[1], y[2], n)
			if predicate(op) {
				sameRun(t, op.String(), dtypes.Bool, got, mid, n, 0)
				continue
			}
			vec.Convert(isa.Best(), dtypes.Float32, dt)(want, mid, nil, nil, n)
			sameRun(t, op.String(), dt, got, want, n, 0)
		}
	}
}

func TestElementwiseOperationsAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("under the race detector the pool of half precision forgets on purpose")
	}
	const n = 200
	rng := rand.New(rand.NewPCG(53, 53))
	dst := kernel.Alloc(8 * n)
	for _, l := range isa.Available() {
		var calls []func()
		for _, o := range operations() {
			var in [3]unsafe.Pointer
			for i, dt := range o.in {
				in[i] = drawn(rng, dt, n)
			}
			fn := o.at(l)
			calls = append(calls, func() { fn(dst, in[0], in[1], in[2], n) })
		}
		all := func() {
			for _, call := range calls {
				call()
			}
		}
		if a := testing.AllocsPerRun(10, all); a >= 5 { // now and then the pool of half precision is emptied
			t.Errorf("%v: got %v allocations in %d operations, want none", l, a, len(calls))
		}
	}
}

// Sums over runs that are cut differently agree as far as their rounding allows: n numbers near 1
// sum with an error of at most some n·2⁻²⁴ relative.
func TestSumsHardlyDependOnTheCut(t *testing.T) {
	const n = 1000
	x := uniform(0.5, 1.5, n)
	for _, l := range isa.Available() {
		sum := vec.Reduce(l, compute.OpTypeReduceSum, dtypes.Float32)
		var whole float32
		sum(unsafe.Pointer(&whole), x, n)
		for _, cut := range []int{0, 1, 63, 500, 999, n} {
			var parts float32
			sum(unsafe.Pointer(&parts), x, cut)
			sum(unsafe.Pointer(&parts), unsafe.Add(x, 4*min(cut, n-1)), n-cut)
			if math.Abs(float64(parts-whole)) > n*n*0x1p-24 {
				t.Errorf("%v: cut at %d: got %v, want %v", l, cut, parts, whole)
			}
		}
	}
}
