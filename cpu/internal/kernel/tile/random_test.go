package tile

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

var (
	someTypes = []dtypes.DType{dtypes.Float32, dtypes.Float32, dtypes.Float32, dtypes.Float64, dtypes.Int32, dtypes.Int64,
		dtypes.Uint8, dtypes.Bool, dtypes.Float16, dtypes.BFloat16, dtypes.Int8, dtypes.Uint16, dtypes.Uint32}
	unaryOps = []compute.OpType{compute.OpTypeNeg, compute.OpTypeAbs, compute.OpTypeSqrt, compute.OpTypeSign, compute.OpTypeFloor,
		compute.OpTypeExp, compute.OpTypeLogistic, compute.OpTypeLog1p, compute.OpTypeTanh, compute.OpTypeIdentity,
		compute.OpTypeLogicalNot, compute.OpTypeBitwiseNot, ReLU, Silu, compute.OpTypeIsFinite, compute.OpTypeRsqrt}
	binaryOps = []compute.OpType{compute.OpTypeAdd, compute.OpTypeSub, compute.OpTypeMul, compute.OpTypeDiv, compute.OpTypeMax,
		compute.OpTypeMin, compute.OpTypeLessThan, compute.OpTypeEqual, compute.OpTypeGreaterOrEqual, compute.OpTypeLogicalAnd,
		compute.OpTypeLogicalXor, compute.OpTypeBitwiseOr, compute.OpTypeShiftLeft, compute.OpTypeRem, LogitsLoss, LogitsLoss, LogitsGrad, LogitsGrad, ReLUGrad}
	reduceOps = []compute.OpType{compute.OpTypeReduceSum, compute.OpTypeReduceSum, compute.OpTypeReduceProduct, compute.OpTypeReduceMax,
		compute.OpTypeReduceMin, compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr, compute.OpTypeReduceBitwiseXor}
)

// gives is the type of an operation's result.
func gives(op compute.OpType, dt dtypes.DType) dtypes.DType {
	switch op {
	case compute.OpTypeLessThan, compute.OpTypeEqual, compute.OpTypeGreaterOrEqual, compute.OpTypeIsFinite:
		return dtypes.Bool
	}
	return dt
}

// randomStrides lays the dimensions out in some order, with gaps, backwards and broadcast.
func randomStrides(t *rapid.T, dims []int, broadcast bool) []int {
	strides := make([]int, len(dims))
	order := make([]int, len(dims))
	for i := range order {
		order[i] = i
	}
	if rapid.IntRange(0, 2).Draw(t, "permute") == 0 {
		order = rapid.Permutation(order).Draw(t, "order")
	}
	size := 1
	for _, d := range slices.Backward(order) {
		how := rapid.IntRange(0, 15).Draw(t, "layout")
		if broadcast && how < 5 {
			continue
		}
		if how == 5 {
			size *= 2
		}
		strides[d] = size
		size *= max(1, dims[d])
		if how == 6 {
			size += 3
		}
		if how == 7 {
			strides[d] = -strides[d]
		}
	}
	return strides
}

func randomDims(t *rapid.T) []int {
	var dims []int
	size := 1
	for range rapid.IntRange(0, 4).Draw(t, "rank") {
		d := rapid.SampledFrom([]int{0, 1, 2, 3, 5, 8, 16, 20, 33, 64, 100, 257, 300, 1025, 3000}).Draw(t, "dim")
		if d == 0 && rapid.IntRange(0, 9).Draw(t, "zero") > 0 {
			d = 7
		}
		if size*d > 30000 {
			d = 2
		}
		size *= max(1, d)
		dims = append(dims, d)
	}
	return dims
}

// randomSpec draws a region whose every instruction exists.
func randomSpec(t *rapid.T) Spec {
	s := Spec{Dims: randomDims(t)}
	if len(s.Dims) > 0 && rapid.IntRange(0, 4).Draw(t, "rows") == 0 {
		s.RowAxes = rapid.IntRange(1, len(s.Dims)).Draw(t, "row axes")
	}
	for range rapid.IntRange(1, 4).Draw(t, "loads") {
		dt := rapid.SampledFrom(someTypes).Draw(t, "type")
		s.Loads = append(s.Loads, Load{dt, randomStrides(t, s.Dims, true)})
	}
	for range rapid.IntRange(0, 9).Draw(t, "instructions") {
		s.Code = append(s.Code, randomInstr(t, s))
	}
	for range rapid.IntRange(1, 4).Draw(t, "stores") {
		s.Stores = append(s.Stores, randomStore(t, s))
	}
	return s
}

func randomInstr(t *rapid.T, s Spec) Instr {
	reg := func(want dtypes.DType) int {
		var fit []int
		for r := range len(s.Loads) + len(s.Code) {
			if want == dtypes.InvalidDType || typeOf(s, r) == want {
				fit = append(fit, r)
			}
		}
		if fit == nil {
			return -1
		}
		return rapid.SampledFrom(fit).Draw(t, "register")
	}
	for {
		in := Instr{A: reg(dtypes.InvalidDType), B: -1, C: -1}
		in.DType = typeOf(s, in.A)
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0, 1:
			in.Op = rapid.SampledFrom(unaryOps).Draw(t, "op")
		case 2:
			in.Op, in.To = compute.OpTypeConvertDType, rapid.SampledFrom(someTypes).Draw(t, "to")
		case 3:
			in.Op, in.B, in.C = rapid.SampledFrom([]compute.OpType{compute.OpTypeClamp, MulAdd}).Draw(t, "op"), reg(in.DType), reg(in.DType)
		case 4:
			in.Op, in.C, in.B, in.A = compute.OpTypeWhere, reg(in.DType), in.A, reg(dtypes.Bool)
			if in.A < 0 {
				continue
			}
		case 5:
			in.Op = rapid.SampledFrom(reduceOps[:5]).Draw(t, "op")
		default:
			in.Op, in.B = rapid.SampledFrom(binaryOps).Draw(t, "op"), reg(in.DType)
		}
		if in.To == dtypes.InvalidDType {
			in.To = gives(in.Op, in.DType)
		}
		if checkInstr(isa.Portable, s, len(s.Code), in) == nil {
			return in
		}
	}
}

func randomStore(t *rapid.T, s Spec) Store {
	for {
		st := Store{Reg: rapid.IntRange(0, len(s.Loads)+len(s.Code)-1).Draw(t, "stored")}
		st.DType = typeOf(s, st.Reg)
		dims := s.Dims
		if rapid.Bool().Draw(t, "reduced") {
			st.Reduce = rapid.SampledFrom(reduceOps).Draw(t, "reduction")
			st.Over = make([]bool, len(dims))
			for i := range st.Over {
				st.Over[i] = rapid.Bool().Draw(t, "over")
			}
			dims = remaining(dims, st.Over)
		}
		st.Strides = randomStrides(t, dims, false)
		for i := range st.Over {
			if st.Over[i] {
				st.Strides[i] = 0
			}
		}
		if checkStore(isa.Portable, s, st) == nil {
			return st
		}
	}
}

// fill draws elements that make sums neither overflow nor cancel out of proportion; now and
// then NaN, infinities and negative zeros.
func (b *buffer) fill(rng *rand.Rand, odd bool) {
	for i := range len(b.mem) / b.dt.Size() {
		x := math.Round(rng.NormFloat64()*64) / 16
		switch {
		case b.dt == dtypes.Bool:
			x = float64(rng.IntN(2))
		case odd && rng.IntN(50) == 0:
			x = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[rng.IntN(4)]
		}
		v := fromNumber(x, b.dt)
		copy(b.mem[i*b.dt.Size():][:b.dt.Size()], v[:])
	}
}

// shuffled runs a kernel's units in some order, on workers with dirty memory.
func shuffled(k kernel.Kernel, rng *rand.Rand, args []unsafe.Pointer) {
	dirty := func(n int) unsafe.Pointer {
		p := kernel.Alloc(n)
		for i := range n {
			*(*byte)(unsafe.Add(p, i)) = 0xff
		}
		return p
	}
	workers := []*kernel.Worker{{ID: 0, Scratch: dirty(k.Scratch())}, {ID: 1, Scratch: dirty(k.Scratch())}}
	args = slices.Clone(args)
	if n := k.Shared(); n > 0 {
		args = append(args, dirty(n))
	}
	for phase, units := range k.Phases() {
		for _, u := range rng.Perm(units) {
			k.Run(workers[rng.IntN(2)], phase, u, u+1, args)
		}
	}
}

// trial is a spec with its operands.
type trial struct {
	Spec
	loads, stores []*buffer
	args          []unsafe.Pointer
}

// newTrial draws operands; plain stores take over loads laid out alike if inPlace says so.
func newTrial(s Spec, rng *rand.Rand, odd, inPlace bool) *trial {
	tr := &trial{Spec: s}
	for _, ld := range s.Loads {
		b := newBuffer(s.Dims, ld.Strides, ld.DType)
		b.fill(rng, odd)
		tr.loads = append(tr.loads, b)
	}
	taken := map[int]bool{}
	for _, st := range s.Stores {
		tr.stores = append(tr.stores, tr.target(st, inPlace, taken))
	}
	for _, b := range slices.Concat(tr.stores, tr.loads) {
		tr.args = append(tr.args, b.addr())
	}
	return tr
}

func (tr *trial) target(st Store, inPlace bool, taken map[int]bool) *buffer {
	for i, ld := range tr.Loads {
		if inPlace && st.Over == nil && !taken[i] && ld.DType.Size() == st.DType.Size() && slices.Equal(ld.Strides, st.Strides) {
			taken[i] = true
			b := *tr.loads[i]
			b.dt = st.DType
			return &b
		}
	}
	if st.Over != nil {
		return newBuffer(remaining(tr.Dims, st.Over), st.Strides, st.DType)
	}
	return newBuffer(tr.Dims, st.Strides, st.DType)
}

// want computes the trial by its definition.
func (tr *trial) want(l isa.Level) ([]*buffer, []slack) {
	out := make([]*buffer, len(tr.stores))
	for j, b := range tr.stores {
		out[j] = b.clone()
	}
	return out, interpret(l, tr.Spec, tr.loads, out)
}

func TestRandomRegionsEqualTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSpec(t)
		seed := rapid.Uint64().Draw(t, "seed")
		odd, inPlace := rapid.IntRange(0, 3).Draw(t, "odd") == 0, rapid.Bool().Draw(t, "in place")
		if inPlace {
			likeLoads(t, &s)
		}
		l := rapid.SampledFrom(isa.Available()).Draw(t, "level")
		k, err := New(l, s)
		refused(t, err)
		rng := rand.New(rand.NewPCG(seed, 1))
		tr := newTrial(s, rng, odd, inPlace)
		want, slacks := tr.want(l)
		shuffled(k, rng, tr.args)
		for j, st := range s.Stores {
			compare(t, k.Name(), s.Dims, st, tr.stores[j], want[j], slacks[j])
		}
	})
}

// refused ends a draw that New may refuse: a row of several axes that some operand does not have
// as one run, and a region beyond a limit. Any other error is a failure.
func refused(t *rapid.T, err error) {
	if err == nil {
		return
	}
	if text := err.Error(); !strings.Contains(text, "axes of a row are not laid out as one") && !strings.Contains(text, "want at most") {
		t.Fatal(err)
	}
	t.Skipf("%v", err)
}

// likeLoads gives plain stores the layout of loads that do not broadcast.
func likeLoads(t *rapid.T, s *Spec) {
	for j := range s.Stores {
		st := &s.Stores[j]
		i := rapid.IntRange(0, len(s.Loads)-1).Draw(t, "like")
		whole := true
		for d, n := range s.Dims {
			whole = whole && (n < 2 || s.Loads[i].Strides[d] != 0)
		}
		if st.Over == nil && whole {
			st.Strides = s.Loads[i].Strides
		}
	}
}
