package move

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

var sizes = []int{1, 2, 4, 8, 16}

// drawDims gives the dimensions of an array of at most about limit elements.
func drawDims(t *rapid.T, rng *rand.Rand, least, most, limit int) []int {
	dims := make([]int, rapid.IntRange(least, most).Draw(t, "rank"))
	for i := range dims {
		n := 1 + rng.IntN(9)
		if rng.IntN(4) == 0 {
			n = 1 + rng.IntN(100)
		}
		dims[i] = max(1, min(n, limit))
		limit /= dims[i]
	}
	return dims
}

// drawView gives strides of a view of an array, the number of elements of that array, and the
// place of the view's first element.
func drawView(rng *rand.Rand, dims []int, injective bool) (strides []int, total, origin int) {
	strides, total = make([]int, len(dims)), 1
	for _, axis := range rng.Perm(len(dims)) {
		step := total
		if rng.IntN(4) == 0 {
			step += rng.IntN(3)
		}
		n := (dims[axis]-1)*step + total
		switch k := rng.IntN(8); {
		case k == 0 && !injective:
			step, n = 0, total
		case k == 1 && !injective:
			step = -step
			origin += (dims[axis] - 1) * -step
		}
		strides[axis], total = step, n
	}
	return strides, total, origin
}

func TestCopiesMoveEveryElement(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			rng := newRand(t)
			s := CopySpec{Size: sizes[rng.IntN(5)], Dims: drawDims(t, rng, 0, 5, 1<<15)}
			var srcTotal, dstTotal, origin int
			s.Src, srcTotal, origin = drawView(rng, s.Dims, false)
			dstTotal = volume(s.Dims)
			strides := rowMajor(s.Dims)
			if rng.IntN(2) == 0 {
				s.Dst, dstTotal, _ = drawView(rng, s.Dims, true)
				strides = s.Dst
			}
			atEnd := rng.IntN(2) == 0
			src, dst := buffer(t, srcTotal*s.Size, atEnd), buffer(t, dstTotal*s.Size, atEnd)
			random(rng, src, srcTotal*s.Size)
			random(rng, dst, dstTotal*s.Size)
			want := kernel.Alloc(dstTotal * s.Size)
			copyBytes(want, dst, dstTotal*s.Size)
			eachIndex(s.Dims, func(i []int) {
				copy(elem(want, s.Size, dot(i, strides)), elem(src, s.Size, origin+dot(i, s.Src)))
			})
			runShuffled(rng, NewCopy(l, s), dst, unsafe.Add(src, origin*s.Size))
			same(t, name(s), dst, want, s.Size, dstTotal)
		})
	})
}

func TestTransposesOfEverySizeAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	eachLevel(t, func(t *testing.T, l isa.Level) {
		for _, size := range sizes {
			for _, rows := range []int{1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 65, 100} {
				for _, cols := range []int{1, 2, 5, 8, 9, 16, 23, 32, 63, 80, 129} {
					n := rows * cols
					src, dst, want := buffer(t, n*size, true), buffer(t, n*size, true), kernel.Alloc(n*size)
					random(rng, src, n*size)
					for r := range rows {
						for c := range cols {
							copy(elem(want, size, r*cols+c), elem(src, size, c*rows+r))
						}
					}
					s := CopySpec{Size: size, Dims: []int{rows, cols}, Src: []int{1, rows}}
					runShuffled(rng, NewCopy(l, s), dst, src)
					same(t, name(s), dst, want, size, n)
				}
			}
		}
	})
}

func TestLargeCopiesAreCutInUnits(t *testing.T) {
	for _, s := range []CopySpec{
		{Size: 4, Dims: []int{1 << 20}, Src: []int{1}},
		{Size: 4, Dims: []int{1 << 20}, Src: []int{0}},
		{Size: 4, Dims: []int{1 << 20}, Src: []int{2}},
		{Size: 4, Dims: []int{1024, 1024}, Src: []int{1, 1024}},
		{Size: 1, Dims: []int{4, 1 << 10, 1 << 10}, Src: []int{1, 4, 1 << 12}},
	} {
		if got := NewCopy(isa.Best(), s).Phases()[0]; got < 32 || got > 128 {
			t.Errorf("%v: got %d units of %d bytes, want about %d", s, got, 4<<20, 4<<20/grain)
		}
	}
	if got := NewCopy(isa.Best(), CopySpec{Size: 4, Dims: []int{0, 3}, Src: []int{3, 1}}).Phases()[0]; got != 0 {
		t.Errorf("nothing to copy: got %d units", got)
	}
}

func TestNamesTellWhatIsCopied(t *testing.T) {
	for want, s := range map[string]CopySpec{
		"copy [3 5] of 4 bytes":                   {Size: 4, Dims: []int{3, 5}, Src: []int{5, 1}},
		"transpose 20×30 of 4 bytes, 2400 in all": {Size: 4, Dims: []int{20, 30}, Src: []int{1, 20}},
		"transpose 20×30 of 8 bytes, 4800 in all": {Size: 4, Dims: []int{20, 30, 2}, Src: []int{2, 40, 1}},
		"copy [20 30 3] of 4 bytes":               {Size: 4, Dims: []int{20, 30, 3}, Src: []int{3, 60, 1}},
	} {
		if got := NewCopy(isa.Portable, s).Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestConcatenationPutsPartsSideBySide(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			rng := newRand(t)
			s := ConcatenateSpec{Size: sizes[rng.IntN(5)]}
			dims := drawDims(t, rng, 1, 4, 5000)
			s.Axis = rng.IntN(len(dims))
			result := append([]int(nil), dims...)
			result[s.Axis] = 0
			type source struct {
				memory unsafe.Pointer
				origin int
			}
			var sources []source
			for range rapid.IntRange(1, 4).Draw(t, "parts") {
				p := Part{Dims: append([]int(nil), dims...)}
				p.Dims[s.Axis] = rng.IntN(7)
				result[s.Axis] += p.Dims[s.Axis]
				total, origin := volume(p.Dims), 0
				if rng.IntN(2) == 0 && total > 0 {
					p.Strides, total, origin = drawView(rng, p.Dims, false)
				}
				src := buffer(t, total*s.Size, true)
				random(rng, src, total*s.Size)
				s.Parts, sources = append(s.Parts, p), append(sources, source{src, origin})
			}
			n := volume(result)
			dst, want := buffer(t, n*s.Size, true), kernel.Alloc(n*s.Size)
			args, before := []unsafe.Pointer{dst}, 0
			for i, p := range s.Parts {
				strides := p.Strides
				if strides == nil {
					strides = rowMajor(p.Dims)
				}
				eachIndex(p.Dims, func(index []int) {
					to := append([]int(nil), index...)
					to[s.Axis] += before
					copy(elem(want, s.Size, dot(to, rowMajor(result))), elem(sources[i].memory, s.Size, sources[i].origin+dot(index, strides)))
				})
				before += p.Dims[s.Axis]
				args = append(args, unsafe.Add(sources[i].memory, sources[i].origin*s.Size))
			}
			k := NewConcatenate(l, s)
			runShuffled(rng, k, args...)
			same(t, name(s), dst, want, s.Size, n)
			if got, want := k.Name(), fmt.Sprintf("concatenate %d to %v", len(s.Parts), result); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		})
	})
}

// benchmarkBytes runs a kernel alone and reports the bytes that it reads and writes.
func benchmarkBytes(b *testing.B, k kernel.Kernel, bytes int, args ...unsafe.Pointer) {
	b.SetBytes(int64(bytes))
	w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
	if n := k.Shared(); n > 0 {
		args = append(args, kernel.Alloc(n))
	}
	for b.Loop() {
		for phase, units := range k.Phases() {
			k.Run(w, phase, 0, units, args)
		}
	}
}

func BenchmarkCopy(b *testing.B) {
	for _, l := range isa.Available() {
		for what, s := range map[string]CopySpec{
			"transpose 784×400":   {Size: 4, Dims: []int{784, 400}, Src: []int{1, 784}},
			"transpose f64":       {Size: 8, Dims: []int{784, 400}, Src: []int{1, 784}},
			"transpose 1024×1024": {Size: 4, Dims: []int{1024, 1024}, Src: []int{1, 1024}},
			"transpose bytes":     {Size: 1, Dims: []int{784, 400}, Src: []int{1, 784}},
			"contiguous":          {Size: 4, Dims: []int{784 * 400}, Src: []int{1}},
			"NHWC to NCHW":        {Size: 4, Dims: []int{16, 32, 28, 28}, Src: []int{32 * 784, 1, 28 * 32, 32}},
			"reverse":             {Size: 4, Dims: []int{784 * 400}, Src: []int{-1}},
			"broadcast":           {Size: 4, Dims: []int{784, 400}, Src: []int{1, 0}},
			"rows of 3":           {Size: 4, Dims: []int{784, 130, 3}, Src: []int{3, 784 * 3, 1}},
		} {
			b.Run(fmt.Sprintf("%s/%v", what, l), func(b *testing.B) {
				n := volume(s.Dims) * s.Size
				src := unsafe.Add(kernel.Alloc(2*n), n)
				benchmarkBytes(b, NewCopy(l, s), 2*n, kernel.Alloc(n), src)
			})
		}
	}
}
