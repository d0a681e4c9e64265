package adam_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/adam"
)

// arrays are the values that a step reads and writes.
type arrays struct{ w, m, v, g []float32 }

// numbers are the scalars in the order of adam.Scalars.
var numbers = []float32{.9, .1, .999, .001, 1.25, 3, 1e-2, 1e-8}

// draw makes an array with moments as they are after some steps.
func draw(r *rand.Rand, n int) arrays {
	a := arrays{make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
	for i := range n {
		a.w[i], a.m[i], a.v[i], a.g[i] = float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.Float64()), float32(r.NormFloat64())
	}
	return a
}

// clone copies an array.
func (a arrays) clone() arrays {
	return arrays{slices.Clone(a.w), slices.Clone(a.m), slices.Clone(a.v), slices.Clone(a.g)}
}

// wanted is the step with loops, each operation rounded to float32.
func (a arrays) wanted(scale float32) arrays {
	b := a.clone()
	for i := range a.w {
		g := a.g[i] * scale
		b.m[i] = float32(.9)*a.m[i] + float32(.1)*g
		b.v[i] = float32(.999)*a.v[i] + float32(.001)*float32(g*g)
		root := float32(math.Sqrt(float64(b.v[i] * 3)))
		b.w[i] = a.w[i] - float32(1e-2)*float32(b.m[i]*1.25)/(root+1e-8)
	}
	return b
}

// at is the address of a slice's first element.
func at[T any](x []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

// arguments lists the kernel's arguments; to is from in place.
func arguments(s adam.Spec, from, to []arrays, scale float32, ok bool) []unsafe.Pointer {
	var args []unsafe.Pointer
	for _, a := range to {
		args = append(args, at(a.w), at(a.m), at(a.v))
	}
	for _, a := range from {
		args = append(args, at(a.w), at(a.m), at(a.v), at(a.g))
	}
	for i := range numbers {
		args = append(args, unsafe.Pointer(&numbers[i]))
	}
	if s.Scaled {
		args = append(args, unsafe.Pointer(&scale))
	}
	if s.Guarded {
		args = append(args, unsafe.Pointer(&ok))
	}
	return args
}

// TestEveryArrayIsUpdated in place and into other memory, of sizes around the borders of units,
// on every level, with and without scale and guard.
func TestEveryArrayIsUpdated(t *testing.T) {
	sizes := []int{1, 8192, 8193, 3, 20000, 0, 17}
	for _, l := range isa.Available() {
		for mode := range 8 {
			s := adam.Spec{Sizes: sizes, Scaled: mode&1 != 0, Guarded: mode&2 != 0}
			scale := float32(1)
			if s.Scaled {
				scale = .375
			}
			r := rand.New(rand.NewPCG(1, uint64(mode)))
			var from, to, want []arrays
			for _, n := range sizes {
				a := draw(r, n)
				from, want = append(from, a), append(want, a.wanted(scale))
				if mode&4 != 0 {
					to = append(to, a)
				} else {
					to = append(to, draw(r, n))
				}
			}
			kernel.Run(adam.New(l, s), arguments(s, from, to, scale, true)...)
			for i := range sizes {
				check(t, fmt.Sprintf("%v, mode %d, array %d", l, mode, i), to[i], want[i])
			}
		}
	}
}

// check compares up to a few roundings: the products of the loops above may be fused by the
// compiler on some machines.
func check(t *testing.T, what string, got, want arrays) {
	t.Helper()
	for name, x := range map[string][2][]float32{"w": {got.w, want.w}, "m": {got.m, want.m}, "v": {got.v, want.v}} {
		for i := range x[0] {
			if d := math.Abs(float64(x[0][i] - x[1][i])); !(d <= 4e-7*math.Max(1, math.Abs(float64(x[1][i])))) {
				t.Fatalf("%s: %s[%d]: got %v, want %v", what, name, i, x[0][i], x[1][i])
			}
		}
	}
}

// TestAFalseGuardKeepsEverything, gradients that are not finite included.
func TestAFalseGuardKeepsEverything(t *testing.T) {
	for _, l := range isa.Available() {
		s := adam.Spec{Sizes: []int{100}, Guarded: true}
		a := draw(rand.New(rand.NewPCG(1, 1)), 100)
		a.g[7] = float32(math.NaN())
		to := draw(rand.New(rand.NewPCG(1, 2)), 100)
		kernel.Run(adam.New(l, s), arguments(s, []arrays{a}, []arrays{to}, 1, false)...)
		if !slices.Equal(to.w, a.w) || !slices.Equal(to.m, a.m) || !slices.Equal(to.v, a.v) {
			t.Errorf("%v: values have changed", l)
		}
	}
}

// TestUnitsMayBeDoneInAnyOrder gives the same bits, so that threads do not matter.
func TestUnitsMayBeDoneInAnyOrder(t *testing.T) {
	s := adam.Spec{Sizes: []int{30000, 5, 9000}}
	k := adam.New(isa.Best(), s)
	r := rand.New(rand.NewPCG(3, 3))
	a := []arrays{draw(r, 30000), draw(r, 5), draw(r, 9000)}
	b := []arrays{a[0].clone(), a[1].clone(), a[2].clone()}
	kernel.Run(k, arguments(s, a, a, 1, true)...)
	w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
	args := arguments(s, b, b, 1, true)
	for _, u := range r.Perm(k.Phases()[0]) {
		k.Run(w, 0, u, u+1, args)
	}
	for i := range a {
		if !slices.Equal(a[i].w, b[i].w) || !slices.Equal(a[i].v, b[i].v) {
			t.Errorf("array %d: other bits", i)
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	s := adam.Spec{Sizes: []int{1000}, Guarded: true}
	k := adam.New(isa.Best(), s)
	a := []arrays{draw(rand.New(rand.NewPCG(1, 1)), 1000)}
	w, args := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}, arguments(s, a, a, 1, true)
	if n := testing.AllocsPerRun(20, func() { k.Run(w, 0, 0, 1, args) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkAdam(b *testing.B) {
	for _, l := range isa.Available() {
		b.Run(l.String(), func(b *testing.B) {
			s := adam.Spec{Sizes: []int{313600}}
			k := adam.New(l, s)
			a := []arrays{draw(rand.New(rand.NewPCG(1, 1)), 313600)}
			w, args := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}, arguments(s, a, a, 1, true)
			for b.Loop() {
				k.Run(w, 0, 0, k.Phases()[0], args)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/313600, "ns/element")
		})
	}
}
