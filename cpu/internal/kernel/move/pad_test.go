package move

import (
	"testing"

	"github.com/gomlx/compute"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// padded are the output dimensions of a padding.
func padded(s PadSpec) (out []int) {
	for i, n := range s.Dims {
		var p compute.PadAxis
		if i < len(s.Axes) {
			p = s.Axes[i]
		}
		out = append(out, max(0, n+p.Start+p.End+max(0, n-1)*p.Interior))
	}
	return out
}

func TestPaddingPlacesTheOperandBetweenFillValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		s := PadSpec{Size: sizes[rng.IntN(5)], Dims: drawDims(t, rng, 0, 4, 3000)}
		for range s.Dims[:rng.IntN(len(s.Dims)+1)] {
			var p compute.PadAxis
			if rng.IntN(3) > 0 {
				p = compute.PadAxis{Start: rng.IntN(9) - 4, End: rng.IntN(9) - 4, Interior: max(0, rng.IntN(5)-2)}
			}
			s.Axes = append(s.Axes, p)
		}
		if len(s.Dims) > 0 && rng.IntN(10) == 0 {
			s.Dims[rng.IntN(len(s.Dims))] = 0
		}
		out := padded(s)
		n, total := volume(s.Dims), volume(out)
		src, dst, fill := buffer(t, n*s.Size, true), buffer(t, total*s.Size, true), buffer(t, s.Size, true)
		random(rng, src, n*s.Size)
		random(rng, fill, s.Size)
		want := kernel.Alloc(total * s.Size)
		for i := range total {
			copy(elem(want, s.Size, i), elem(fill, s.Size, 0))
		}
		from := 0
		eachIndex(s.Dims, func(index []int) {
			to, inside := 0, true
			for i, k := range index {
				if i < len(s.Axes) {
					k = s.Axes[i].Start + k*(1+s.Axes[i].Interior)
				}
				inside = inside && k >= 0 && k < out[i]
				to = to*out[i] + k
			}
			if inside {
				copy(elem(want, s.Size, to), elem(src, s.Size, from))
			}
			from++
		})
		k := NewPad(s)
		runShuffled(rng, k, dst, src, fill)
		same(t, k.Name(), dst, want, s.Size, total)
	})
}

func BenchmarkPad(b *testing.B) {
	s := PadSpec{Size: 4, Dims: []int{64, 28, 28, 32}, Axes: []compute.PadAxis{{}, {Start: 1, End: 1}, {Start: 1, End: 1}}}
	n, total := volume(s.Dims)*4, volume(padded(s))*4
	benchmarkBytes(b, NewPad(s), n+total, kernel.Alloc(total), kernel.Alloc(n), kernel.Alloc(4))
}
