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

// twoUlp are the operations on float32 that need not give the plain loop's bits. The plain
// result is within half an ulp of the exact one, and so is its own ulp.
var twoUlp = map[compute.OpType]bool{
	compute.OpTypeExp: true, compute.OpTypeExpm1: true, compute.OpTypeLog: true, compute.OpTypeLog1p: true, compute.OpTypeTanh: true,
	compute.OpTypeLogistic: true, compute.OpTypeErf: true, compute.OpTypeSin: true, compute.OpTypeCos: true, compute.OpTypePow: true,
}

// predicate reports whether the result is Bool.
func predicate(op compute.OpType) bool {
	switch op {
	case compute.OpTypeEqual, compute.OpTypeNotEqual, compute.OpTypeLessThan, compute.OpTypeLessOrEqual, compute.OpTypeGreaterThan,
		compute.OpTypeGreaterOrEqual, compute.OpTypeEqualTotalOrder, compute.OpTypeNotEqualTotalOrder, compute.OpTypeLessThanTotalOrder,
		compute.OpTypeLessOrEqualTotalOrder, compute.OpTypeGreaterThanTotalOrder, compute.OpTypeGreaterOrEqualTotalOrder,
		compute.OpTypeIsFinite, compute.OpTypeIsNaN:
		return true
	}
	return false
}

// operation is an elementwise operation with the types of its operands and result.
type operation struct {
	name string
	in   [3]dtypes.DType
	out  dtypes.DType
	ulp  float64
	at   func(isa.Level) vec.Fn
}

// operations lists everything of the type vec.Fn.
func operations() (out []operation) {
	for _, op := range compute.OpTypeValues() {
		for _, dt := range types {
			if vec.Lookup(isa.Portable, op, dt) == nil {
				continue
			}
			o := operation{fmt.Sprintf("%v/%v", op, dt), [3]dtypes.DType{dt, dt, dt}, dt, 0, func(l isa.Level) vec.Fn { return vec.Lookup(l, op, dt) }}
			if predicate(op) {
				o.out = dtypes.Bool
			}
			if op == compute.OpTypeWhere {
				o.in[0] = dtypes.Bool
			}
			if twoUlp[op] {
				o.ulp = 2.5
			}
			out = append(out, o)
		}
	}
	for _, from := range types {
		for _, to := range types {
			o := operation{fmt.Sprintf("Convert/%v/%v", from, to), [3]dtypes.DType{from, from, from}, to, 0, nil}
			o.at = func(l isa.Level) vec.Fn { return vec.Convert(l, from, to) }
			out = append(out, o)
		}
	}
	return append(out, extraOperations()...)
}

// extraOperations lists the operations without an OpType, and Fill and Copy.
func extraOperations() (out []operation) {
	for name, op := range map[string]vec.Op{"MulAdd": vec.MulAdd, "ReLU": vec.ReLU, "ReLUGrad": vec.ReLUGrad, "Silu": vec.Silu} {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			o := operation{fmt.Sprintf("%v/%v", name, dt), [3]dtypes.DType{dt, dt, dt}, dt, 0, func(l isa.Level) vec.Fn { return vec.Extra(l, op, dt) }}
			if op == vec.Silu {
				o.ulp = 3.5
			}
			out = append(out, o)
		}
	}
	for _, dt := range []dtypes.DType{dtypes.Uint8, dtypes.Uint16, dtypes.Uint32, dtypes.Uint64} {
		in := [3]dtypes.DType{dt, dt, dt}
		out = append(out, operation{fmt.Sprintf("Fill/%v", dt), in, dt, 0, func(l isa.Level) vec.Fn { return vec.Fill(l, dt.Size()) }},
			operation{fmt.Sprintf("Copy/%v", dt), in, dt, 0, func(l isa.Level) vec.Fn { return vec.Copy(l, dt.Size()) }})
	}
	return out
}

// fast lists the levels above plain Go.
func fast() []isa.Level { return isa.Available()[1:] }

func TestLevelsAgreeOnElementwiseOperations(t *testing.T) {
	const most = 1000
	for _, o := range operations() {
		t.Run(o.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			var in [3]unsafe.Pointer
			got, want := kernel.Alloc(8*most), kernel.Alloc(8*most)
			for _, n := range lengths() {
				for i, dt := range o.in {
					in[i] = drawn(rng, dt, n)
				}
				o.at(isa.Portable)(want, in[0], in[1], in[2], n)
				for _, l := range fast() {
					o.at(l)(got, in[0], in[1], in[2], n)
					if !sameRun(t, l.String(), o.out, got, want, n, o.ulp) {
						return
					}
				}
			}
		})
	}
}

func TestTheResultMayReplaceAnOperand(t *testing.T) {
	const n = 333
	for _, o := range operations() {
		rng := rand.New(rand.NewPCG(2, 2))
		var in [3]unsafe.Pointer
		for i, dt := range o.in {
			in[i] = drawn(rng, dt, n)
		}
		for _, l := range isa.Available() {
			want := kernel.Alloc(8 * n)
			o.at(l)(want, in[0], in[1], in[2], n)
			for i, dt := range o.in {
				if dt.Size() < o.out.Size() || len(o.name) > 4 && o.name[:4] == "Fill" {
					continue
				}
				same := in
				same[i] = kernel.Alloc(8 * n)
				vec.Copy(isa.Portable, dt.Size())(same[i], in[i], nil, nil, n)
				o.at(l)(same[i], same[0], same[1], same[2], n)
				sameRun(t, fmt.Sprintf("%s/%v: in place of operand %d", o.name, l, i), o.out, same[i], want, n, 0)
			}
		}
	}
}

func TestNothingOutsideTheRunsIsTouched(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	places := [4]func(int, bool) unsafe.Pointer{guarded(t), guarded(t), guarded(t), guarded(t)}
	for _, o := range operations() {
		for _, atEnd := range []bool{false, true} {
			for _, n := range []int{1, 3, 7, 8, 15, 17, 31, 33, 63, 65, 129} {
				var in [3]unsafe.Pointer
				for i, dt := range o.in {
					in[i] = places[i](n*dt.Size(), atEnd)
					draw(rng, dt, in[i], n)
				}
				for _, l := range fast() {
					o.at(l)(places[3](n*o.out.Size(), atEnd), in[0], in[1], in[2], n)
				}
			}
		}
	}
}

func TestOperandsMayBeMisaligned(t *testing.T) {
	const n = 77
	rng := rand.New(rand.NewPCG(4, 4))
	for _, o := range operations() {
		var in, odd [3]unsafe.Pointer
		for i, dt := range o.in {
			in[i] = drawn(rng, dt, n+1)
			odd[i] = unsafe.Add(in[i], dt.Size())
		}
		got, want := kernel.Alloc(8*n+8), kernel.Alloc(8*n+8)
		o.at(isa.Portable)(want, odd[0], odd[1], odd[2], n)
		for _, l := range fast() {
			at := unsafe.Add(got, o.out.Size())
			o.at(l)(at, odd[0], odd[1], odd[2], n)
			sameRun(t, o.name+"/"+l.String(), o.out, at, want, n, o.ulp)
		}
	}
}
