package vec_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// exact are functions of float64 with some 100 bits: eˣ by its series after halving the argument
// twenty times, and ln by one Newton step from the result in float64.
var exact = map[compute.OpType]func(x float64) *big.Float{
	compute.OpTypeExp: func(x float64) *big.Float { return bigExp(new(big.Float).SetPrec(200).SetFloat64(x)) },
	compute.OpTypeLog: func(x float64) *big.Float {
		m, n := math.Frexp(x)
		y := new(big.Float).SetPrec(200).SetFloat64(math.Log(m) + float64(n)*math.Ln2)
		e := bigExp(new(big.Float).Neg(y))
		e.Mul(e, new(big.Float).SetPrec(200).SetFloat64(x)) // x·e⁻ʸ = 1 + δ, and ln x = y + δ − …
		return y.Add(y, e.Sub(e, big.NewFloat(1)))
	},
}

func bigExp(x *big.Float) *big.Float {
	const halvings, terms = 20, 20
	r := new(big.Float).SetPrec(200).SetMantExp(x, -halvings)
	sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
	for i := 1; i < terms; i++ {
		term.Mul(term, r)
		term.Quo(term, big.NewFloat(float64(i)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// doubleUlps is the distance from an exact result in units of its last place.
func doubleUlps(got float64, want *big.Float) float64 {
	rounded, _ := want.Float64()
	if got == rounded {
		return 0
	}
	d, _ := new(big.Float).Sub(want, big.NewFloat(got)).Float64()
	_, e := math.Frexp(rounded)
	return math.Abs(d) / math.Ldexp(1, max(e-53, -1074))
}

func TestDoubleFunctionsAreWithinTwoUnitsOfTheLastPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(60, 60))
	for op, f := range exact {
		var x []float64
		for i := range 3000 {
			v := rng.NormFloat64() * []float64{1e-3, 1, 30, 250}[i%4]
			if op == compute.OpTypeLog {
				v = math.Exp(v)
			}
			if op == compute.OpTypeExp && v < 709 && v > -745 || op == compute.OpTypeLog && v-v == 0 && v > 0 {
				x = append(x, v)
			}
		}
		x = append(x, 1, math.Nextafter(1, 2), math.Nextafter(1, 0), math.Sqrt2/2, math.Sqrt2, 0x1p-1074, 0x1p-1022, 0.5, 2, 10)
		y := make([]float64, len(x))
		for _, l := range isa.Available() {
			vec.Lookup(l, op, dtypes.Float64)(unsafe.Pointer(&y[0]), unsafe.Pointer(&x[0]), nil, nil, len(x))
			worst, at := 0.0, 0.0
			for i, v := range x {
				if e := doubleUlps(y[i], f(v)); e > worst {
					worst, at = e, v
				}
			}
			t.Logf("%v/%v: largest error %.3f ulp, at %v", l, op, worst, at)
			if worst > 2 {
				t.Errorf("%v/%v: of %v: got an error of %.3g ulp, want at most 2", l, op, at, worst)
			}
		}
	}
}

func TestDoubleFunctionsOverflowAndVanish(t *testing.T) {
	for _, l := range isa.Available() {
		exp, log := vec.Lookup(l, compute.OpTypeExp, dtypes.Float64), vec.Lookup(l, compute.OpTypeLog, dtypes.Float64)
		for _, c := range []struct{ x, want float64 }{
			{709.78, math.Exp(709.78)}, {709.79, inf}, {1e300, inf}, {-745.13, 0x1p-1074}, {-745.14, 0}, {-1e300, 0}, {nan, nan}, {0, 1},
		} {
			if got := apply[float64, float64](t, exp, c.x); math.Abs(got-c.want) > 1e-15*c.want && !sameFloat(got, c.want) {
				t.Errorf("%v: exp %v: got %v, want %v", l, c.x, got, c.want)
			}
		}
		for _, c := range []struct{ x, want float64 }{
			{math.MaxFloat64, math.Log(math.MaxFloat64)}, {0x1p-1074, -1074 * math.Ln2}, {-0x1p-1074, nan}, {inf, inf}, {nan, nan}, {1, 0},
		} {
			if got := apply[float64, float64](t, log, c.x); math.Abs(got-c.want) > 1e-13 && !sameFloat(got, c.want) {
				t.Errorf("%v: log %v: got %v, want %v", l, c.x, got, c.want)
			}
		}
	}
}
