package vec_test

import (
	"fmt"
	"math"
	"os"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// functions are the float32 functions whose accuracy is stated, with their float64 definition.
var functions = []struct {
	op compute.OpType
	f  func(float64) float64
}{
	{compute.OpTypeExp, math.Exp},
	{compute.OpTypeExpm1, math.Expm1},
	{compute.OpTypeLog, math.Log},
	{compute.OpTypeLog1p, math.Log1p},
	{compute.OpTypeTanh, math.Tanh},
	{compute.OpTypeLogistic, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
	{compute.OpTypeErf, math.Erf},
	{compute.OpTypeSin, math.Sin},
	{compute.OpTypeCos, math.Cos},
}

// everyPattern is set to test all 2³² arguments instead of every 257th.
const everyPattern = "ELBO_EVERY_FLOAT"

// ulps is the distance of a float32 from an exact result, in units of the last place of the
// exact result rounded to float32; results beyond the largest float32 count as Inf.
func ulps(got float32, exact float64) float64 {
	want := float32(exact)
	switch {
	case want != want || got != got:
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	case got == want:
		return 0
	case math.IsInf(float64(want), 0) || math.IsInf(float64(got), 0):
		return math.Inf(1)
	}
	_, e := math.Frexp(exact)
	ulp := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(got)-exact) / ulp
}

// signDiffers tells zeros apart.
func signDiffers(got float32, want float64) bool {
	return got == 0 && want == 0 && math.Signbit(float64(got)) != math.Signbit(want)
}

func TestFunctionsAreWithinTwoUnitsOfTheLastPlace(t *testing.T) {
	stride := uint64(257)
	if os.Getenv(everyPattern) != "" {
		stride = 1
	}
	for _, l := range isa.Available() {
		for _, c := range functions {
			t.Run(fmt.Sprintf("%v/%v", l, c.op), func(t *testing.T) { worst(t, l, c.op, c.f, stride) })
		}
	}
}

// worst measures the largest error of a function over all arguments, a stride apart.
func worst(t *testing.T, l isa.Level, op compute.OpType, f func(float64) float64, stride uint64) {
	fn := vec.Lookup(l, op, dtypes.Float32)
	x, y := make([]float32, 1<<12), make([]float32, 1<<12)
	var most float64
	var at float32
	for next := uint64(0); next < 1<<32; {
		n := 0
		if next == 0 {
			for _, v := range special {
				x[n] = float32(v)
				n++
			}
		}
		for ; n < len(x) && next < 1<<32; n++ {
			x[n] = math.Float32frombits(uint32(next))
			next += stride
		}
		fn(unsafe.Pointer(&y[0]), unsafe.Pointer(&x[0]), nil, nil, n)
		for i, v := range x[:n] {
			exact := f(float64(v))
			if e := ulps(y[i], exact); e > most {
				most, at = e, v
			}
			if signDiffers(y[i], exact) {
				t.Fatalf("%v: got %v, want %v", v, y[i], exact)
			}
		}
	}
	t.Logf("largest error %.3f ulp, at %v", most, at)
	if most > 2 {
		fn(unsafe.Pointer(&y[0]), unsafe.Pointer(&at), nil, nil, 1)
		t.Errorf("%v: got %v, want %v within 2 ulp, is off by %.3g", at, y[0], f(float64(at)), most)
	}
}
