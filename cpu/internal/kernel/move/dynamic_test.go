package move

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// drawDynamic gives a slice of an operand, its starts, and where it begins after clamping.
func drawDynamic(t *rapid.T) (s DynamicSpec, starts []unsafe.Pointer, begin []int, update bool) {
	rng := newRand(t)
	s = DynamicSpec{Size: sizes[rng.IntN(5)], Operand: drawDims(t, rng, 0, 4, 4000), Index: indexTypes[rng.IntN(8)]}
	for _, n := range s.Operand {
		s.Window = append(s.Window, 1+rng.IntN(n))
		p := buffer(t, s.Index.Size(), true)
		writeIndex(s.Index, p, 0, rng.IntN(30)-5)
		starts = append(starts, p)
		begin = append(begin, max(0, min(reader(s.Index)(p, 0), n-s.Window[len(begin)])))
	}
	return s, starts, begin, rng.IntN(2) == 0
}

// shifted is the place of an index of the window in the operand.
func shifted(s DynamicSpec, begin, index []int) (at int) {
	for axis, n := range s.Operand {
		at = at*n + begin[axis] + index[axis]
	}
	return at
}

func TestDynamicSlicesAreTakenInsideTheOperand(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			s, starts, begin, _ := drawDynamic(t)
			rng := newRand(t)
			n, total := volume(s.Operand), volume(s.Window)
			src, dst, want := buffer(t, n*s.Size, true), buffer(t, total*s.Size, true), kernel.Alloc(total*s.Size)
			random(rng, src, n*s.Size)
			i := 0
			eachIndex(s.Window, func(index []int) {
				copy(elem(want, s.Size, i), elem(src, s.Size, shifted(s, begin, index)))
				i++
			})
			k := NewDynamicSlice(l, s)
			runShuffled(rng, k, append([]unsafe.Pointer{dst, src}, starts...)...)
			same(t, k.Name(), dst, want, s.Size, total)
		})
	})
}

func TestDynamicUpdatesReplaceASlice(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			s, starts, begin, inPlace := drawDynamic(t)
			rng := newRand(t)
			n, total := volume(s.Operand), volume(s.Window)
			src, dst, want := buffer(t, n*s.Size, true), buffer(t, n*s.Size, true), kernel.Alloc(n*s.Size)
			update := buffer(t, total*s.Size, true)
			random(rng, src, n*s.Size)
			random(rng, update, total*s.Size)
			copyBytes(want, src, n*s.Size)
			if inPlace {
				src = dst
				copyBytes(dst, want, n*s.Size)
			}
			i := 0
			eachIndex(s.Window, func(index []int) {
				copy(elem(want, s.Size, shifted(s, begin, index)), elem(update, s.Size, i))
				i++
			})
			k := NewDynamicUpdateSlice(l, s)
			runShuffled(rng, k, append([]unsafe.Pointer{dst, src, update}, starts...)...)
			same(t, k.Name(), dst, want, s.Size, n)
		})
	})
}
