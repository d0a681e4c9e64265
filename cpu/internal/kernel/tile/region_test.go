package tile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

func mustNew(t testing.TB, l isa.Level, s Spec) kernel.Kernel {
	t.Helper()
	k, err := New(l, s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// floats allocates float32 elements.
func floats(n int) ([]float32, unsafe.Pointer) {
	p := kernel.Alloc(4 * n)
	return unsafe.Slice((*float32)(p), n), p
}

func TestNamesTellOperationsDimensionsAndReductions(t *testing.T) {
	for want, s := range map[string]Spec{
		"region add,max [128×400]": biasReLU(128, 400),
		"region abs,neg,exp,log1p,max,mul,sub,add,… [128×784] sum:01 sum:0": logitsBCE(128, 784),
		"region muladd []": {Loads: []Load{{f32, nil}}, Code: []Instr{{MulAdd, f32, f32, 0, 0, 0}}, Stores: []Store{{Reg: 1, DType: f32}}},
	} {
		if got := mustNew(t, isa.Portable, s).Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDeadAndRepeatedCodeIsLeftOut(t *testing.T) {
	w := over(4, 8)
	x, y, unused := w.matrix(), w.matrix(), w.matrix()
	a := w.op(compute.OpTypeMul, x, y)
	b := w.op(compute.OpTypeMul, x, y)
	w.op(compute.OpTypeExp, unused)
	sum := w.op(compute.OpTypeAdd, a, w.op(compute.OpTypeIdentity, b))
	r := mustNew(t, isa.Portable, w.store(sum).Spec).(*region)
	if len(r.loads) != 2 || len(r.steps) != 2 || !slices.Equal(r.dims, []int{1, 32}) {
		t.Errorf("got %d loads, %d steps, dimensions %v, want 2, 2, [1 32]", len(r.loads), len(r.steps), r.dims)
	}
}

func TestFewSlotsAreLiveInALongChain(t *testing.T) {
	w := over(1000)
	x := w.matrix()
	y := x
	for range 30 {
		y = w.op(compute.OpTypeAdd, w.op(compute.OpTypeExp, y), x)
	}
	r := mustNew(t, isa.Portable, w.store(y).Spec).(*region)
	if r.slots > 1 {
		t.Errorf("got %d slots, want 1", r.slots)
	}
}

func TestResultsAreComputedInTheirDestination(t *testing.T) {
	r := mustNew(t, isa.Portable, biasReLU(128, 400)).(*region)
	if last := r.steps[len(r.steps)-1]; len(r.steps) != 2 || int(last.dst) != len(r.loads) {
		t.Errorf("got steps %+v, want the second one to write the store", r.steps)
	}
}

func TestLongSumsAreAccurate(t *testing.T) {
	const n = 10_000_000
	x, px := floats(n)
	rng := rand.New(rand.NewPCG(5, 6))
	exact := make([]float64, 20)
	total := 0.0
	for i := range x {
		x[i] = rng.Float32()
		exact[i%20] += float64(x[i])
		total += float64(x[i])
	}
	check := func(what string, got float32, want float64) {
		t.Helper()
		if off := math.Abs(float64(got)/want - 1); off > 1e-6 {
			t.Errorf("%s: got %v, want %v: relative error %.1g", what, got, want, off)
		}
	}
	all := over(n)
	all.sum(all.matrix(), 0)
	columns := over(n/20, 20)
	columns.sum(columns.matrix(), 0)
	for _, l := range isa.Available() {
		y, py := floats(20)
		kernel.Run(mustNew(t, l, all.Spec), py, px)
		check("all", y[0], total)
		kernel.Run(mustNew(t, l, columns.Spec), py, px)
		for j := range y {
			check("column", y[j], exact[j])
		}
	}
}

func TestSumsHaveTheSameBitsAtEveryLevel(t *testing.T) {
	for _, s := range []Spec{logitsSums(300, 784), logitsSums(1000, 20), logitsSums(3, 100000)} {
		var first []*buffer
		for _, l := range isa.Available() {
			tr := newTrial(s, rand.New(rand.NewPCG(7, 8)), false, false)
			shuffled(mustNew(t, l, s), rand.New(rand.NewPCG(9, uint64(l))), tr.args)
			if first == nil {
				first = tr.stores
			}
			for j := range first {
				if !slices.Equal(first[j].mem, tr.stores[j].mem) {
					t.Errorf("%v: store %d: got other bits at %v than at %v", s.Dims, j, l, isa.Portable)
				}
			}
		}
	}
}

// logitsSums sums a product over rows, columns and all.
func logitsSums(m, n int) Spec {
	w := over(m, n)
	x := w.op(compute.OpTypeMul, w.matrix(), w.load(0, 1))
	return w.sum(x, 0).sum(x, 1).sum(x, 0, 1).Spec
}

func TestUnitsAreManyForLargeRegionsAndOneForSmallOnes(t *testing.T) {
	column := over(128, 784)
	column.sum(column.matrix(), 0)
	wide := over(128, 100000)
	wide.sum(wide.matrix(), 0)
	for _, c := range []struct {
		s        Spec
		low, top int
		phases   int
	}{
		{biasReLU(128, 20), 1, 1, 1},
		{biasReLU(128, 400), 8, 64, 1},
		{adamChain(313600), 64, 64, 1},
		{softmax(512, 256), 16, 64, 1},
		{logitsBCE(128, 784), 8, 64, 2},
		{column.Spec, 8, 16, 2},
		{wide.Spec, 49, 64, 1},
		{transposeOf(784, 400), 8, 64, 1},
	} {
		k := mustNew(t, isa.Portable, c.s)
		units := k.Phases()
		if units[0] < c.low || units[0] > c.top || len(units) != c.phases {
			t.Errorf("%s: got units %v, want %d to %d in %d phases", k.Name(), units, c.low, c.top, c.phases)
		}
	}
}

func TestAnEmptyRegionGivesWhatReductionsStartFrom(t *testing.T) {
	for _, c := range []struct {
		op   compute.OpType
		dt   dtypes.DType
		want float64
	}{
		{compute.OpTypeReduceSum, f32, 0}, {compute.OpTypeReduceProduct, dtypes.Float64, 1},
		{compute.OpTypeReduceMax, f32, math.Inf(-1)}, {compute.OpTypeReduceMin, dtypes.BFloat16, math.Inf(1)},
		{compute.OpTypeReduceMax, dtypes.Int8, -128}, {compute.OpTypeReduceMin, dtypes.Uint16, 65535},
		{compute.OpTypeReduceLogicalAnd, dtypes.Bool, 1}, {compute.OpTypeReduceLogicalOr, dtypes.Bool, 0},
	} {
		s := Spec{
			Dims:   []int{3, 0},
			Loads:  []Load{{c.dt, []int{0, 1}}},
			Stores: []Store{{Reg: 0, DType: c.dt, Reduce: c.op, Over: []bool{false, true}, Strides: []int{2, 0}}},
		}
		k := mustNew(t, isa.Best(), s)
		out := newBytes(5*c.dt.Size(), 0, c.dt)
		kernel.Run(k, out.addr(), nil)
		for i := range 3 {
			if got := number(out.get(2*i), c.dt); got != c.want {
				t.Errorf("%s of %v: element %d: got %v, want %v", k.Name(), c.dt, i, got, c.want)
			}
		}
	}
	s := Spec{Dims: []int{0}, Loads: []Load{{f32, []int{1}}}, Stores: []Store{{Reg: 0, DType: f32, Strides: []int{1}}}}
	if k := mustNew(t, isa.Best(), s); k.Scratch()+k.Shared() != 0 || k.Name() != "region copy [0]" {
		t.Errorf("%q: got %d and %d bytes of memory, want none", k.Name(), k.Scratch(), k.Shared())
	}
}

// A rotation of three parameters in place: no order of the copies is right without a spare.
func TestDonatedParametersMayChangePlaces(t *testing.T) {
	const n = 5000
	w := over(n)
	a, b, c := w.matrix(), w.matrix(), w.matrix()
	w.store(b).store(c).store(a)
	for _, l := range isa.Available() {
		x, px := floats(n)
		y, py := floats(n)
		z, pz := floats(n)
		for i := range x {
			x[i], y[i], z[i] = 1, 2, 3
		}
		kernel.Run(mustNew(t, l, w.Spec), px, py, pz, px, py, pz)
		for i := range x {
			if x[i] != 2 || y[i] != 3 || z[i] != 1 {
				t.Fatalf("%v: element %d: got %v %v %v, want 2 3 1", l, i, x[i], y[i], z[i])
			}
		}
	}
}

func TestAdamInPlaceEqualsTheFusedStep(t *testing.T) {
	const n = 3001
	p := vec.AdamParams{Beta1: 0.9, Rest1: 0.1, Beta2: 0.999, Rest2: 0.001, Correction1: 1.5, Correction2: 30, Rate: 0.01, Epsilon: 1e-7, Scale: 1}
	constants := []float32{p.Beta1, p.Rest1, p.Beta2, p.Rest2, p.Correction1, p.Correction2, p.Rate, p.Epsilon}
	for _, l := range isa.Available() {
		rng := rand.New(rand.NewPCG(11, 12))
		var got, want [4]unsafe.Pointer
		for i := range got {
			x, px := floats(n)
			y, py := floats(n)
			for j := range x {
				x[j] = rng.Float32()
				y[j] = x[j]
			}
			got[i], want[i] = px, py
		}
		args := []unsafe.Pointer{got[0], got[1], got[2], got[0], got[1], got[2], got[3]}
		for i := range constants {
			args = append(args, unsafe.Pointer(&constants[i]))
		}
		kernel.Run(mustNew(t, l, adamChain(n)), args...)
		vec.Adam(isa.Portable)(want[0], want[1], want[2], want[3], &p, 1, n)
		for i := range got {
			if x, y := unsafe.Slice((*float32)(got[i]), n), unsafe.Slice((*float32)(want[i]), n); !slices.Equal(x, y) {
				t.Errorf("%v: array %d: got other bits than from the fused step", l, i)
			}
		}
	}
}

func TestRunningAllocatesNothing(t *testing.T) {
	for _, s := range []Spec{biasReLU(128, 400), logitsBCE(128, 784), softmax(64, 256), transposeOf(50, 70)} {
		k := mustNew(t, isa.Best(), s)
		tr := newTrial(s, rand.New(rand.NewPCG(1, 2)), false, false)
		run := runner(k, tr.args)
		if n := testing.AllocsPerRun(20, run); n > 0 {
			t.Errorf("%s: got %v allocations a run, want none", k.Name(), n)
		}
	}
}

func TestSpecsThatMakeNoSenseAreErrors(t *testing.T) {
	for name, spoil := range map[string]func(s *Spec){
		"negative dimension":     func(s *Spec) { s.Dims[0] = -1 },
		"too large":              func(s *Spec) { s.Dims[0], s.Dims[1] = 1<<40, 1<<40 },
		"strides of a load":      func(s *Spec) { s.Loads[0].Strides = []int{1} },
		"type of a load":         func(s *Spec) { s.Loads[0].DType = dtypes.Complex128 },
		"register of an operand": func(s *Spec) { s.Code[0].B = 3 },
		"missing operand":        func(s *Spec) { s.Code[0].B = -1 },
		"operation":              func(s *Spec) { s.Code[0].Op = compute.OpTypeGather },
		"operation on a type":    func(s *Spec) { s.Code[0].Op = compute.OpTypeBitwiseAnd },
		"row without axes":       func(s *Spec) { s.Code[0] = Instr{compute.OpTypeReduceSum, f32, f32, 0, -1, -1} },
		"row axes":               func(s *Spec) { s.RowAxes = 3 },
		"register of a store":    func(s *Spec) { s.Stores[0].Reg = 7 },
		"strides of a store":     func(s *Spec) { s.Stores[0].Strides = nil },
		"type of a store":        func(s *Spec) { s.Stores[0].DType = dtypes.Float64 },
		"flags of a reduction":   func(s *Spec) { s.Stores[0].Reduce = compute.OpTypeReduceSum },
		"reduction":              func(s *Spec) { reduceRows(s, compute.OpTypeReduceBitwiseOr, 0) },
		"stride of a reduction":  func(s *Spec) { reduceRows(s, compute.OpTypeReduceSum, 1) },
		"long row": func(s *Spec) {
			*s = softmax(2, maxRow+1)
		},
		"row in pieces": func(s *Spec) {
			*s = softmax(6, 20)
			s.Dims, s.RowAxes = []int{2, 3, 20}, 2
			s.Loads[0].Strides, s.Stores[0].Strides = []int{20, 40, 1}, []int{60, 20, 1}
		},
		"many dimensions": func(s *Spec) {
			s.Dims = slices.Repeat([]int{2}, 9)
			for i := range s.Loads {
				s.Loads[i].Strides = slices.Repeat([]int{1}, 9)
			}
			s.Stores[0].Strides = rowMajor(s.Dims)
		},
		"many reductions": func(s *Spec) {
			reduceRows(s, compute.OpTypeReduceSum, 0)
			s.Stores = slices.Repeat(s.Stores, maxReds+1)
		},
		"many operands": func(s *Spec) { s.Stores = slices.Repeat(s.Stores, maxOps+1) },
		"many registers": func(s *Spec) {
			w := over(4, 6)
			x := w.matrix()
			var regs []int
			for range maxRegs {
				x = w.op(compute.OpTypeExp, x)
				regs = append(regs, x)
			}
			for _, r := range regs {
				x = w.op(compute.OpTypeAdd, x, r)
			}
			*s = w.store(x).Spec
		},
	} {
		s := biasReLU(4, 6)
		spoil(&s)
		if k, err := New(isa.Portable, s); err == nil {
			t.Errorf("%s: got %q, want an error", name, k.Name())
		}
	}
}

func reduceRows(s *Spec, op compute.OpType, stride int) {
	s.Stores[0].Reduce, s.Stores[0].Over, s.Stores[0].Strides = op, []bool{false, true}, []int{1, stride}
}
