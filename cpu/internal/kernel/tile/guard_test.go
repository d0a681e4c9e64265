//go:build linux

package tile

import (
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// guarded returns n bytes between two pages that may not be touched, at the first's end or at
// the second's begin.
func guarded(t testing.TB, n int, low bool) unsafe.Pointer {
	t.Helper()
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for _, edge := range [][]byte{mem[:page], mem[page+size:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	if low {
		return unsafe.Pointer(&mem[page])
	}
	return unsafe.Pointer(&mem[page+size-n])
}

// guard moves a buffer to guarded memory.
func (b *buffer) guard(t testing.TB, low bool) unsafe.Pointer {
	p := guarded(t, len(b.mem), low)
	copy(unsafe.Slice((*byte)(p), len(b.mem)), b.mem)
	b.mem = unsafe.Slice((*byte)(p), len(b.mem))
	return unsafe.Add(p, b.zero)
}

func TestNothingOutsideTheOperandsIsTouched(t *testing.T) {
	odd := over(7, 33, 5)
	x := odd.load(1, 7, 7*33) // transposed
	odd.store(odd.op(MulAdd, x, odd.load(-5*33, 5, 1), odd.load(0, 1, 0))).sum(x, 1).sum(x, 0, 2)
	for _, s := range []Spec{biasReLU(13, 41), logitsBCE(67, 131), adamChain(1001), softmax(9, 37), softmax(3, 300), logSumExp(9, 37), transposeOf(61, 35), odd.Spec} {
		for _, l := range isa.Available() {
			for _, low := range []bool{false, true} {
				k := mustNew(t, l, s)
				tr := newTrial(s, rand.New(rand.NewPCG(1, 2)), false, false)
				want, slacks := tr.want(l)
				for i, b := range slices.Concat(tr.stores, tr.loads) {
					tr.args[i] = b.guard(t, low)
				}
				if n := k.Shared(); n > 0 {
					tr.args = append(tr.args, guarded(t, n, low))
				}
				w := &kernel.Worker{Scratch: guarded(t, k.Scratch(), low)}
				for phase, units := range k.Phases() {
					k.Run(w, phase, 0, units, tr.args)
				}
				for j, st := range s.Stores {
					compare(t, k.Name(), s.Dims, st, tr.stores[j], want[j], slacks[j])
				}
			}
		}
	}
}

func TestEpiloguesTouchNothingOutsideTheOperands(t *testing.T) {
	for _, l := range isa.Available() {
		for _, low := range []bool{false, true} {
			for _, dims := range [][]int{{13, 41}, {5, 97}, {1, 2070}} {
				size := 4 * dims[0] * dims[1]
				o, whole := newEpilogueOperands(t, l, gated(dims...)), newEpilogueOperands(t, l, gated(dims...))
				for i, p := range o.args {
					o.args[i] = guarded(t, size, low)
					copy(unsafe.Slice((*byte)(o.args[i]), size), unsafe.Slice((*byte)(p), size))
				}
				for j := range o.outs {
					o.outs[j] = unsafe.Slice((*float32)(o.args[j]), size/4)
				}
				o.scratch = guarded(t, o.Scratch(), low)
				o.apply(dims, 4, 70)
				whole.apply(dims, dims[0], dims[1])
				for j := range o.outs {
					if !slices.Equal(o.outs[j], whole.outs[j]) {
						t.Errorf("%v: store %d of %v: got other bits in guarded memory", l, j, dims)
					}
				}
			}
		}
	}
}
