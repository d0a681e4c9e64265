package vec_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Computed in float64 and rounded once, a power is within half an ulp and a little.
func TestPowersAreRoundedAlmostCorrectly(t *testing.T) {
	rng := rand.New(rand.NewPCG(40, 40))
	const n = 1 << 12
	var x, y, z [n]float32
	for round := range 40 {
		for i := range x {
			x[i] = float32(math.Exp(rng.NormFloat64() * []float64{0.001, 1, 20, 40}[round%4]))
			y[i] = float32(rng.NormFloat64() * []float64{1000, 20, 3, 1}[round%4])
			if i%5 == 0 {
				y[i] = float32(rng.IntN(21) - 10)
				x[i] *= float32(1 - 2*rng.IntN(2))
			}
			if i%11 == 0 {
				x[i] = math.Float32frombits(rng.Uint32() & 0x007fffff) // subnormal
			}
		}
		for _, l := range isa.Available() {
			vec.Lookup(l, compute.OpTypePow, dtypes.Float32)(unsafe.Pointer(&z[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]), nil, n)
			for i, got := range z {
				exact := math.Pow(float64(x[i]), float64(y[i]))
				if e := ulps(got, exact); e > 0.51 || signDiffers(got, exact) {
					t.Fatalf("%v: %v to the %v: got %v, want %v, is off by %.3f ulp", l, x[i], y[i], got, exact, e)
				}
			}
		}
	}
}

// Elements at which the routine stops are computed by the plain loop, those around them are not.
func TestSpecialPowersDoNotDisturbTheirNeighbours(t *testing.T) {
	const n = 70
	for _, l := range isa.Available() {
		fn := vec.Lookup(l, compute.OpTypePow, dtypes.Float32)
		for at := range n {
			var x, y, z [n]float32
			for i := range x {
				x[i], y[i] = float32(i+1), 2
			}
			x[at], y[at] = -1, 0.5
			fn(unsafe.Pointer(&z), unsafe.Pointer(&x), unsafe.Pointer(&y), nil, n)
			for i, got := range z {
				want := float64((i + 1) * (i + 1))
				if i == at {
					want = nan
				}
				if !sameFloat(float64(got), want) {
					t.Fatalf("%v: special at %d: element %d: got %v, want %v", l, at, i, got, want)
				}
			}
		}
	}
}

func TestLargeAnglesDoNotDisturbTheirNeighbours(t *testing.T) {
	const n = 70
	for _, l := range isa.Available() {
		fn := vec.Lookup(l, compute.OpTypeSin, dtypes.Float32)
		for at := range n {
			var x, y [n]float32
			for i := range x {
				x[i] = float32(i)
			}
			x[at] = 1e20
			fn(unsafe.Pointer(&y), unsafe.Pointer(&x), nil, nil, n)
			for i, got := range y {
				if want := math.Sin(float64(x[i])); ulps(got, want) > 2 {
					t.Fatalf("%v: large angle at %d: element %d: got %v, want %v", l, at, i, got, want)
				}
			}
		}
	}
}
