package vec_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute/dtypes"
)

// floats views n float32.
func floats(p unsafe.Pointer, n int) []float32 { return unsafe.Slice((*float32)(p), n) }

// normals allocates n float32 from N(0, σ²).
func normals(rng *rand.Rand, n int, sigma float64) unsafe.Pointer {
	p := kernel.Alloc(4 * n)
	for i := range floats(p, n) {
		floats(p, n)[i] = float32(sigma * rng.NormFloat64())
	}
	return p
}

// near compares with float64 results; the tolerance is relative to the largest of them.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	largest := 0.0
	for _, w := range want {
		largest = max(largest, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= tolerance*largest) {
			t.Errorf("%s: n %d: element %d: got %v, want %v", what, len(want), i, got[i], w)
			return
		}
	}
}

// rowLengths are those of rows, the last beyond one call.
var rowLengths = []int{1, 2, 7, 8, 16, 33, 64, 65, 127, 500, 5000}

// softmax64 is the definition.
func softmax64(x []float32) (y, log []float64) {
	most, sum := math.Inf(-1), 0.0
	for _, v := range x {
		most = max(most, float64(v))
	}
	for _, v := range x {
		sum += math.Exp(float64(v) - most)
	}
	for _, v := range x {
		y = append(y, math.Exp(float64(v)-most)/sum)
		log = append(log, float64(v)-most-math.Log(sum))
	}
	return y, log
}

// Tolerances are a few roundings: 2 ulp of the exponential, the sum's and the division's.
func TestSoftmaxMatchesItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 14))
	for _, l := range isa.Available() {
		r := vec.Rows(l)
		for _, n := range rowLengths {
			x, dst := normals(rng, n, 5), kernel.Alloc(4*n)
			y, log := softmax64(floats(x, n))
			r.Softmax(dst, x, n)
			near(t, l.String()+": softmax", floats(dst, n), y, 1e-6)
			r.LogSoftmax(dst, x, n)
			near(t, l.String()+": log softmax", floats(dst, n), log, 1e-6)
			r.Softmax(x, x, n)
			near(t, l.String()+": softmax in place", floats(x, n), y, 1e-6)
		}
	}
}

func TestSoftmaxGradMatchesItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 15))
	for _, l := range isa.Available() {
		for _, n := range rowLengths {
			y, dy, dx := normals(rng, n, 1), normals(rng, n, 1), kernel.Alloc(4*n)
			vec.Rows(l).Softmax(y, y, n)
			var sum float64
			for i, v := range floats(y, n) {
				sum += float64(v) * float64(floats(dy, n)[i])
			}
			var want []float64
			for i, v := range floats(y, n) {
				want = append(want, float64(v)*(float64(floats(dy, n)[i])-sum))
			}
			vec.Rows(l).SoftmaxGrad(dx, y, dy, n)
			if n > 1 { // with one element the exact result is 0, and there is nothing to be relative to
				near(t, l.String(), floats(dx, n), want, 2e-6)
			}
		}
	}
}

// layerNorm is a row's memory and the float64 results.
type layerNorm struct {
	x, gain, bias, dy  unsafe.Pointer
	y, dx, dgain, dbia []float64
}

func newLayerNorm(rng *rand.Rand, n int, epsilon float64) (c layerNorm) {
	c = layerNorm{x: normals(rng, n, 2), gain: normals(rng, n, 1), bias: normals(rng, n, 1), dy: normals(rng, n, 1)}
	m := bruteMoments(floats(c.x, n))
	rstd := 1 / math.Sqrt(m.M2/float64(n)+epsilon)
	var h, hx float64
	for i := range n {
		hat := (float64(floats(c.x, n)[i]) - m.Mean) * rstd
		g, d := float64(floats(c.gain, n)[i]), float64(floats(c.dy, n)[i])
		c.y = append(c.y, hat*g+float64(floats(c.bias, n)[i]))
		c.dgain, c.dbia = append(c.dgain, d*hat), append(c.dbia, d)
		h, hx = h+d*g/float64(n), hx+d*g*hat/float64(n)
		c.dx = append(c.dx, hat)
	}
	for i := range n {
		c.dx[i] = rstd * (float64(floats(c.gain, n)[i])*float64(floats(c.dy, n)[i]) - h - c.dx[i]*hx)
	}
	return c
}

// The reciprocal of the deviation is up to some hundreds, so a few roundings of 6e-8 of numbers
// near 1 may stand for 1e-5 of a result.
func TestLayerNormAndItsGradientMatchTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	const epsilon = 1e-3
	for _, l := range isa.Available() {
		r := vec.Rows(l)
		for _, n := range rowLengths[1:] {
			c := newLayerNorm(rng, n, epsilon)
			y, dx, dgain, dbias := kernel.Alloc(4*n), kernel.Alloc(4*n), kernel.Alloc(4*n), kernel.Alloc(4*n)
			s := r.LayerNorm(y, c.x, c.gain, c.bias, epsilon, n)
			near(t, l.String()+": result", floats(y, n), c.y, 1e-5)
			r.LayerNormGrad(dx, dgain, dbias, c.x, c.dy, c.gain, s, n)
			near(t, l.String()+": gradient of gain", floats(dgain, n), c.dgain, 1e-5)
			near(t, l.String()+": gradient of bias", floats(dbias, n), c.dbia, 0)
			if n > 2 { // of two elements the gradient is 0 up to ε
				near(t, l.String()+": gradient", floats(dx, n), c.dx, 1e-5)
			}
		}
	}
}

func TestLevelsNormaliseRowsToTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 17))
	for _, n := range lengths()[6:] {
		if n == 0 {
			continue
		}
		c := newLayerNorm(rng, n, 1e-3)
		out := func(l isa.Level) []unsafe.Pointer {
			o := []unsafe.Pointer{kernel.Alloc(4 * n), kernel.Alloc(4 * n), kernel.Alloc(4 * n), kernel.Alloc(4 * n)}
			s := vec.Rows(l).LayerNorm(o[0], c.x, c.gain, c.bias, 1e-3, n)
			vec.Rows(l).LayerNormGrad(o[1], o[2], o[3], c.x, c.dy, c.gain, s, n)
			return o
		}
		want := out(isa.Portable)
		for _, l := range fast() {
			for i, got := range out(l) {
				sameRun(t, fmt.Sprintf("%v: output %d", l, i), dtypes.Float32, got, want[i], n, 0)
			}
		}
	}
}

func TestRowKernelsStayInsideTheirRowsAndAllocateNothing(t *testing.T) {
	var p [5]func(int, bool) unsafe.Pointer
	for i := range p {
		p[i] = guarded(t)
	}
	for _, l := range isa.Available() {
		r := vec.Rows(l)
		for _, atEnd := range []bool{false, true} {
			for n := 1; n < 130; n++ {
				x, y, a, b, c := p[0](4*n, atEnd), p[1](4*n, atEnd), p[2](4*n, atEnd), p[3](4*n, atEnd), p[4](4*n, atEnd)
				r.Softmax(y, x, n)
				r.LogSoftmax(y, x, n)
				r.SoftmaxGrad(c, x, y, n)
				s := r.LayerNorm(y, x, a, b, 1e-5, n)
				r.LayerNormGrad(c, a, b, x, y, y, s, n)
			}
		}
		x, y := kernel.Alloc(4*tile), kernel.Alloc(4*tile)
		if n := testing.AllocsPerRun(100, func() {
			r.Softmax(y, x, tile)
			r.LayerNorm(y, x, x, x, 1e-5, tile)
		}); n >= 1 { // now and then the pool of accumulators is emptied
			t.Errorf("%v: got %v allocations for a row, want none", l, n)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, y, gain, bias := normals(rng, tile, 1), kernel.Alloc(4*tile), normals(rng, tile, 1), normals(rng, tile, 1)
	for _, l := range isa.Available() {
		r := vec.Rows(l)
		for name, f := range map[string]func(){
			"Softmax":       func() { r.Softmax(y, x, tile) },
			"LayerNorm":     func() { r.LayerNorm(y, x, gain, bias, 1e-5, tile) },
			"LayerNormGrad": func() { r.LayerNormGrad(y, gain, bias, x, x, gain, vec.Stats{Mean: 0, Rstd: 1}, tile) },
		} {
			b.Run(name+"/"+l.String(), func(b *testing.B) { perElement(b, f) })
		}
	}
}
