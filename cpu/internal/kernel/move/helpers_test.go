package move

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// buffer is memory that ends (or begins) at a page which nobody may touch.
func buffer(t rapid.TB, n int, atEnd bool) unsafe.Pointer {
	t.Helper()
	page := syscall.Getpagesize()
	body := (n + page) / page * page
	all, err := syscall.Mmap(-1, 0, body+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range [][]byte{all[:page], all[page+body:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	t.(interface{ Cleanup(func()) }).Cleanup(func() { _ = syscall.Munmap(all) })
	if atEnd {
		return unsafe.Pointer(&all[page : page+body+1][body-n])
	}
	return unsafe.Pointer(&all[page])
}

// random fills n bytes.
func random(rng *rand.Rand, p unsafe.Pointer, n int) {
	for i := range span[byte](p, n) {
		span[byte](p, n)[i] = byte(rng.Uint32())
	}
}

// runShuffled runs a kernel unit by unit, in random order, by two workers.
func runShuffled(rng *rand.Rand, k kernel.Kernel, args ...unsafe.Pointer) {
	workers := [2]*kernel.Worker{{Scratch: kernel.Alloc(k.Scratch())}, {ID: 1, Scratch: kernel.Alloc(k.Scratch())}}
	if n := k.Shared(); n > 0 {
		p := kernel.Alloc(n)
		random(rng, p, n)
		args = append(args, p)
	}
	for phase, units := range k.Phases() {
		for _, u := range rng.Perm(units) {
			k.Run(workers[rng.IntN(2)], phase, u, u+1, args)
		}
	}
}

// eachLevel runs a test on every instruction set.
func eachLevel(t *testing.T, f func(t *testing.T, l isa.Level)) {
	for _, l := range isa.Available() {
		t.Run(l.String(), func(t *testing.T) { f(t, l) })
	}
}

// eachIndex visits all indices of an array in row-major order.
func eachIndex(dims []int, visit func(index []int)) {
	index := make([]int, len(dims))
	if volume(dims) == 0 {
		return
	}
	for {
		visit(index)
		k := len(dims) - 1
		for ; k >= 0; k-- {
			if index[k]++; index[k] < dims[k] {
				break
			}
			index[k] = 0
		}
		if k < 0 {
			return
		}
	}
}

// dot is the place of an index.
func dot(index, strides []int) (n int) {
	for k, i := range index {
		n += i * strides[k]
	}
	return n
}

// elem views an element of a size as bytes.
func elem(p unsafe.Pointer, size, i int) []byte { return span[byte](unsafe.Add(p, size*i), size) }

// text is a copy of n bytes.
func text(p unsafe.Pointer, n int) string { return string(span[byte](p, n)) }

// same fails where two arrays of elements differ.
func same(t rapid.TB, what string, got, want unsafe.Pointer, size, n int) {
	t.Helper()
	for i := range n {
		if g, w := elem(got, size, i), elem(want, size, i); string(g) != string(w) {
			t.Fatalf("%s: element %d: got %x, want %x", what, i, g, w)
		}
	}
}

func name(v any) string { return fmt.Sprintf("%+v", v) }

func newRand(t *rapid.T) *rand.Rand { return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)) }

// pointer is the address of a byte.
func pointer(p *byte) unsafe.Pointer { return unsafe.Pointer(p) }

// numbers fills n elements of a type with small whole numbers.
func numbers(rng *rand.Rand, dt dtypes.DType, p unsafe.Pointer, n int) {
	for i := range n {
		v := rng.IntN(5)
		switch dt {
		case dtypes.Float32:
			*at[float32](p, i) = float32(v - 2)
		case dtypes.Float64:
			*at[float64](p, i) = float64(v - 2)
		case dtypes.BFloat16:
			*at[bfloat16.BFloat16](p, i) = bfloat16.FromFloat32(float32(v - 2))
		case dtypes.Float16:
			*at[float16.Float16](p, i) = float16.FromFloat32(float32(v - 2))
		default:
			writer(dt)(p, i, v)
		}
	}
}
