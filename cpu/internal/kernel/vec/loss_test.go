package vec_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute/dtypes"
)

func TestLogitsLossIsTheNegativeLogLikelihood(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 30))
	for _, l := range isa.Available() {
		fn := vec.LogitsLoss(l)
		for _, n := range lengths() {
			x, target := normals(rng, n, 10), uniform(0, 1, n)
			for i := range n {
				if i%3 == 0 {
					floats(target, n)[i] = float32(i % 2)
				}
				if i%7 == 0 {
					floats(x, n)[i] *= 1e-3
				}
			}
			loss, grad := kernel.Alloc(4*n), kernel.Alloc(4*n)
			fn(loss, grad, x, target, n)
			for i := range n {
				v, y := float64(floats(x, n)[i]), float64(floats(target, n)[i])
				p := 1 / (1 + math.Exp(-v))
				want := -y*v + math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
				tolerance := 0x1p-21 * (1 + math.Abs(v)*(1+y))
				if got := float64(floats(loss, n)[i]); math.Abs(got-want) > tolerance {
					t.Fatalf("%v: loss of %v against %v: got %v, want %v", l, v, y, got, want)
				}
				if got := float64(floats(grad, n)[i]); math.Abs(got-(p-y)) > 0x1p-22 {
					t.Fatalf("%v: derivative at %v against %v: got %v, want %v", l, v, y, got, p-y)
				}
			}
		}
	}
}

func TestLogitsLossTreatsSpecialNumbersAsFloat64Does(t *testing.T) {
	for _, c := range []struct{ x, target, loss, grad float64 }{
		{nan, 1, nan, nan},
		{0, nan, nan, nan},
		{0, 0, math.Ln2, 0.5},
		{mz, 1, math.Ln2, -0.5},
		{1e30, 0, 1e30, 1},
		{-1e30, 1, 1e30, -1},
		{-200, 0, 0, 0},
		{200, 1, 0, 0},
		{-inf, 0.5, inf, -0.5},
	} {
		for _, l := range isa.Available() {
			x, target, loss, grad := uniform(float32(c.x), float32(c.x), 20), uniform(float32(c.target), float32(c.target), 20), kernel.Alloc(80), kernel.Alloc(80)
			for i := range 20 { // differences of infinite numbers are not 0
				floats(x, 20)[i], floats(target, 20)[i] = float32(c.x), float32(c.target)
			}
			vec.LogitsLoss(l)(loss, grad, x, target, 20)
			for i := range 20 {
				a, b := floats(loss, 20)[i], floats(grad, 20)[i]
				if ulps(a, c.loss) > 2 || ulps(b, c.grad) > 2 {
					t.Errorf("%v: %v against %v: got %v and %v, want %v and %v", l, c.x, c.target, a, b, c.loss, c.grad)
					break
				}
			}
		}
	}
}

func TestLogitsLossStaysInsideItsRuns(t *testing.T) {
	var p [4]func(int, bool) unsafe.Pointer
	for i := range p {
		p[i] = guarded(t)
	}
	for _, atEnd := range []bool{false, true} {
		for n := range 70 {
			for _, l := range isa.Available() {
				vec.LogitsLoss(l)(p[0](4*n, atEnd), p[1](4*n, atEnd), p[2](4*n, atEnd), p[3](4*n, atEnd), n)
			}
		}
	}
}

func TestLogitsLossMayReplaceItsOperands(t *testing.T) {
	const n = 99
	rng := rand.New(rand.NewPCG(31, 31))
	for _, l := range isa.Available() {
		x, target, loss, grad := normals(rng, n, 3), uniform(0, 1, n), kernel.Alloc(4*n), kernel.Alloc(4*n)
		vec.LogitsLoss(l)(loss, grad, x, target, n)
		vec.LogitsLoss(l)(x, target, x, target, n)
		sameRun(t, l.String()+": loss", dtypes.Float32, x, loss, n, 0)
		sameRun(t, l.String()+": gradient", dtypes.Float32, target, grad, n, 0)
	}
}

func BenchmarkLogitsLoss(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, target, loss, grad := normals(rng, tile, 3), uniform(0, 1, tile), kernel.Alloc(4*tile), kernel.Alloc(4*tile)
	for _, l := range isa.Available() {
		fn := vec.LogitsLoss(l)
		b.Run(l.String(), func(b *testing.B) { perElement(b, func() { fn(loss, grad, x, target, tile) }) })
	}
}
