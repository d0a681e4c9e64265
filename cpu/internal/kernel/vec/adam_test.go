package vec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

var adamParams = []vec.AdamParams{
	{Beta1: 0.9, Rest1: 0.1, Beta2: 0.999, Rest2: 0.001, Correction1: 10, Correction2: 1000, Rate: 1e-3, Epsilon: 1e-8, Scale: 1},
	{Beta1: 0.8, Rest1: 0.2, Beta2: 0.95, Rest2: 0.05, Correction1: 1, Correction2: 1.5, Rate: 0.1, Epsilon: 1e-7, Decay: 0.01, Scale: 0.5},
}

// state is the memory of an Adam step.
type state struct{ w, m, v, grad unsafe.Pointer }

// newState draws weights, moments and gradients; the second moment is not negative.
func newState(rng *rand.Rand, n int) state {
	s := state{kernel.Alloc(4 * n), kernel.Alloc(4 * n), kernel.Alloc(4 * n), kernel.Alloc(4 * n)}
	for i := range n {
		for _, p := range []unsafe.Pointer{s.w, s.m, s.v, s.grad} {
			normal(rng, dtypes.Float32, p, i)
		}
	}
	vec.Lookup(isa.Portable, compute.OpTypeAbs, dtypes.Float32)(s.v, s.v, nil, nil, n)
	return s
}

func (s state) clone(n int) state {
	c := newState(rand.New(rand.NewPCG(0, 0)), n)
	for _, p := range [][2]unsafe.Pointer{{c.w, s.w}, {c.m, s.m}, {c.v, s.v}, {c.grad, s.grad}} {
		vec.Copy(isa.Portable, 4)(p[0], p[1], nil, nil, n)
	}
	return c
}

func (s state) same(t *testing.T, what string, o state, n int) {
	t.Helper()
	for i, p := range [][2]unsafe.Pointer{{s.w, o.w}, {s.m, o.m}, {s.v, o.v}, {s.grad, o.grad}} {
		sameRun(t, what+"/"+string("wmvg"[i]), dtypes.Float32, p[0], p[1], n, 0)
	}
}

func TestAdamHasTheSameBitsOnAllLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for i := range adamParams {
		for _, n := range lengths() {
			s := newState(rng, n)
			want := s.clone(n)
			vec.Adam(isa.Portable)(want.w, want.m, want.v, want.grad, &adamParams[i], 1, n)
			for _, l := range fast() {
				got := s.clone(n)
				vec.Adam(l)(got.w, got.m, got.v, got.grad, &adamParams[i], 1, n)
				got.same(t, fmt.Sprintf("%v: params %d", l, i), want, n)
			}
		}
	}
}

// chain computes an expression over runs, an operation at a time.
type chain struct {
	t *testing.T
	n int
}

func (c chain) op(op compute.OpType, a, b unsafe.Pointer) unsafe.Pointer {
	d := kernel.Alloc(4 * c.n)
	vec.Lookup(isa.Best(), op, dtypes.Float32)(d, a, b, nil, c.n)
	return d
}

func (c chain) constant(x float32) unsafe.Pointer {
	d := kernel.Alloc(4 * c.n)
	vec.Fill(isa.Best(), 4)(d, unsafe.Pointer(&x), nil, nil, c.n)
	return d
}

func TestAdamHasTheBitsOfTheSeparateOperations(t *testing.T) {
	const n = 100
	rng := rand.New(rand.NewPCG(12, 12))
	add, sub, mul, div, sqrt := compute.OpTypeAdd, compute.OpTypeSub, compute.OpTypeMul, compute.OpTypeDiv, compute.OpTypeSqrt
	for i := range adamParams {
		p, s, c := &adamParams[i], newState(rng, n), chain{t, n}
		got := s.clone(n)
		vec.Adam(isa.Best())(got.w, got.m, got.v, got.grad, p, 1, n)
		g := c.op(mul, s.grad, c.constant(p.Scale))
		want := s
		want.m = c.op(add, c.op(mul, c.constant(p.Beta1), s.m), c.op(mul, c.constant(p.Rest1), g))
		want.v = c.op(add, c.op(mul, c.constant(p.Beta2), s.v), c.op(mul, c.constant(p.Rest2), c.op(mul, g, g)))
		denominator := c.op(add, c.op(sqrt, c.op(mul, want.v, c.constant(p.Correction2)), nil), c.constant(p.Epsilon))
		step := c.op(div, c.op(mul, c.constant(p.Rate), c.op(mul, want.m, c.constant(p.Correction1))), denominator)
		if p.Decay != 0 {
			step = c.op(add, step, c.op(mul, c.constant(p.Rate), c.op(mul, s.w, c.constant(p.Decay))))
		}
		want.w = c.op(sub, s.w, step)
		got.same(t, fmt.Sprintf("params %d", i), want, n)
	}
}

func TestARefusedAdamStepChangesNothing(t *testing.T) {
	const n = 50
	s := newState(rand.New(rand.NewPCG(13, 13)), n)
	for _, l := range isa.Available() {
		got := s.clone(n)
		vec.Adam(l)(got.w, got.m, got.v, got.grad, &adamParams[0], 0, n)
		got.same(t, l.String(), s, n)
	}
}

func TestAdamStaysInsideItsRuns(t *testing.T) {
	places := [4]func(int, bool) unsafe.Pointer{guarded(t), guarded(t), guarded(t), guarded(t)}
	for _, atEnd := range []bool{false, true} {
		for n := range 70 {
			for _, l := range fast() {
				vec.Adam(l)(places[0](4*n, atEnd), places[1](4*n, atEnd), places[2](4*n, atEnd), places[3](4*n, atEnd), &adamParams[1], 1, n)
			}
		}
	}
}

func BenchmarkAdam(b *testing.B) {
	s := newState(rand.New(rand.NewPCG(1, 1)), tile)
	for _, l := range isa.Available() {
		step := vec.Adam(l)
		b.Run(l.String(), func(b *testing.B) {
			perElement(b, func() { step(s.w, s.m, s.v, s.grad, &adamParams[0], 1, tile) })
		})
	}
}
