package vec_test

import (
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
	switch {
	case os.Getenv(everyPattern) != "":
		stride = 1
	case testing.Short():
		stride = 65537
	}
	for _, c := range functions {
		t.Run(c.op.String(), func(t *testing.T) {
			t.Parallel()
			var levels []*accuracy
			for _, l := range isa.Available() {
				levels = append(levels, &accuracy{level: l, fn: vec.Lookup(l, c.op, dtypes.Float32)})
			}
			everywhere(stride, func(x []float32, exact []float64) {
				for i, v := range x {
					exact[i] = c.f(float64(v))
				}
				for _, a := range levels {
					a.measure(t, x, exact)
				}
			})
			for _, a := range levels {
				t.Logf("%v: largest error %.3f ulp, at %v", a.level, a.most, a.at)
				if a.most > 2 {
					t.Errorf("%v: %v: got an error of %.3g ulp, want at most 2", a.level, a.at, a.most)
				}
			}
		})
	}
}

// everywhere calls f on all float32, a stride apart, in parts, and on the special ones.
func everywhere(stride uint64, f func(x []float32, exact []float64)) {
	x, exact := make([]float32, 1<<12), make([]float64, 1<<12)
	for i, v := range special {
		x[i] = float32(v)
	}
	f(x[:len(special)], exact)
	for next := uint64(0); next < 1<<32; {
		n := 0
		for ; n < len(x) && next < 1<<32; n++ {
			x[n] = math.Float32frombits(uint32(next))
			next += stride
		}
		f(x[:n], exact)
	}
}

// accuracy finds the largest error of a function.
type accuracy struct {
	level isa.Level
	fn    vec.Fn
	most  float64 // in ulp
	at    float32 // where
	y     [1 << 12]float32
}

func (a *accuracy) measure(t *testing.T, x []float32, exact []float64) {
	a.fn(unsafe.Pointer(&a.y[0]), unsafe.Pointer(&x[0]), nil, nil, len(x))
	for i, v := range x {
		if e := ulps(a.y[i], exact[i]); e > a.most {
			a.most, a.at = e, v
		}
		if signDiffers(a.y[i], exact[i]) {
			t.Fatalf("%v: %v: got %v, want %v", a.level, v, a.y[i], exact[i])
		}
	}
}
