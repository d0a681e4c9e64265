// Package adam updates the parameters of a model by one step of Adam, all of them in one pass
// over memory.
package adam

import (
	"fmt"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// Spec is a step on several arrays w of float32 with moments m and v and gradients g, as
// [vec.AdamParams] states it.
//
// The arguments of the kernel are, of every array, the new w, m and v; then, of every array, w,
// m, v and g; then the scalars that [Scalars] lists, then Scale if Scaled, and the guard, a bool,
// if Guarded. A new array may be the old one.
type Spec struct {
	Sizes   []int // elements of each array
	Scaled  bool  // whether the gradients are multiplied by a scalar
	Guarded bool  // whether a guard that is false keeps everything as it was
}

// Scalars are the numbers of a step that every spec has, in the order of the arguments.
var Scalars = []string{"beta1", "rest1", "beta2", "rest2", "correction1", "correction2", "rate", "epsilon"}

// grain is the number of elements of a unit; five arrays of them fit the second-level cache.
const grain = 1 << 13

// step is the kernel of a spec.
type step struct {
	Spec
	update vec.AdamFn
	copy   vec.Fn
	first  []int // the first unit of every array, and the number of units
}

// New compiles a step.
func New(l isa.Level, s Spec) kernel.Kernel {
	k := &step{Spec: s, update: vec.Adam(l), copy: vec.Copy(l, 4)}
	units := 0
	for _, n := range s.Sizes {
		k.first = append(k.first, units)
		units += (n + grain - 1) / grain
	}
	k.first = append(k.first, units)
	return k
}

// Name implements kernel.Kernel.
func (k *step) Name() string {
	total := 0
	for _, n := range k.Sizes {
		total += n
	}
	return fmt.Sprintf("adam %d arrays of %d", len(k.Sizes), total)
}

// Phases implements kernel.Kernel.
func (k *step) Phases() []int { return []int{k.first[len(k.Sizes)]} }

// Scratch implements kernel.Kernel: room for the numbers of the step.
func (k *step) Scratch() int { return int(unsafe.Sizeof(vec.AdamParams{})) }

// Shared implements kernel.Kernel.
func (k *step) Shared() int { return 0 }

// Run implements kernel.Kernel.
func (k *step) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	p := (*vec.AdamParams)(w.Scratch)
	ok := k.read(p, args[7*len(k.Sizes):])
	array := 0
	for u := lo; u < hi; u++ {
		for u >= k.first[array+1] {
			array++
		}
		at := (u - k.first[array]) * grain
		k.piece(p, ok, array, at, min(grain, k.Sizes[array]-at), args)
	}
}

// read takes the numbers of the step from their arguments.
func (k *step) read(p *vec.AdamParams, args []unsafe.Pointer) (ok int) {
	for i, to := range []*float32{&p.Beta1, &p.Rest1, &p.Beta2, &p.Rest2, &p.Correction1, &p.Correction2, &p.Rate, &p.Epsilon} {
		*to = *(*float32)(args[i])
	}
	args = args[len(Scalars):]
	p.Decay, p.Scale = 0, 1
	if k.Scaled {
		p.Scale = *(*float32)(args[0])
		args = args[1:]
	}
	if k.Guarded {
		return int(*(*byte)(args[0]))
	}
	return 1
}

// piece updates n elements of an array.
func (k *step) piece(p *vec.AdamParams, ok, array, at, n int, args []unsafe.Pointer) {
	var now [3]unsafe.Pointer
	old := args[3*len(k.Sizes)+4*array:]
	for i := range now {
		now[i] = unsafe.Add(args[3*array+i], 4*at)
		if was := unsafe.Add(old[i], 4*at); was != now[i] {
			k.copy(now[i], was, nil, nil, n)
		}
	}
	k.update(now[0], now[1], now[2], unsafe.Add(old[3], 4*at), p, ok, n)
}
