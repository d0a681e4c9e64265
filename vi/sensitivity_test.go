package vi_test

import (
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

// decoder is a function of each code of width values.
func decoder(width int, of func(z []float32) []float64) func(z []float32) ([]float32, error) {
	return func(z []float32) (out []float32, err error) {
		for ; len(z) > 0; z = z[width:] {
			for _, v := range of(z[:width]) {
				out = append(out, float32(v))
			}
		}
		return out, nil
	}
}

// A decoder x̂ = Wz + b has the norms of the columns of W, at any codes and scales and with a class behind
// the code. Outputs of size up to 8 round by 5e-7 in float32, over steps of at least 2·.5/64: 1e-4 at most
// with three outputs.
func TestSensitivityOfAnAffineDecoderIsTheNormOfItsColumns(t *testing.T) {
	w := [][]float64{{1, -2, 0}, {2, .5, 0}, {-2, 0, 0}}
	of := decoder(4, func(z []float32) []float64 {
		out := make([]float64, 3)
		for i, row := range w {
			out[i] = .3 + 100*float64(z[3]-2) // the class, which does not move
			for j, v := range row {
				out[i] += v * float64(z[j])
			}
		}
		return out
	})
	z := make([]float32, 5*4)
	rng.New(1).Normal(z)
	for i := 3; i < len(z); i += 4 {
		z[i] = 2
	}
	got, err := vi.Sensitivity(z, 4, []float64{1, .5, 0}, of)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{3, math.Sqrt(4.25), 0} {
		tk.Close(t, "norm of a column", got[j], want, 1e-4)
	}
}

// For x̂ = (sin z₁, z₁z₂) the norms are √(cos²z₁ + z₂²) and |z₁|; the central difference of the sine is off
// by h²/6 of it at most, 4e-5, and float32 by 1e-5.
func TestSensitivityIsTheMeanOfTheNormsOfTheJacobian(t *testing.T) {
	z := []float32{.5, -1, -1.2, .25, 2, 2}
	var want [2]float64
	for i := 0; i < len(z); i += 2 {
		a, b := float64(z[i]), float64(z[i+1])
		want[0] += math.Hypot(math.Cos(a), b) / 3
		want[1] += math.Abs(a) / 3
	}
	got, err := vi.Sensitivity(z, 2, []float64{1, 1}, decoder(2, func(z []float32) []float64 {
		return []float64{math.Sin(float64(z[0])), float64(z[0]) * float64(z[1])}
	}))
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "first", got[0], want[0], 5e-5)
	tk.Close(t, "second", got[1], want[1], 5e-5)
}

// The scale of a dimension is the deviation of the mixture of all guides.
func TestScaleIsTheDeviationOfTheAggregate(t *testing.T) {
	p := vi.Posterior{Mean: []float64{1, 5, 3, 5}, Variance: []float64{2, 0, 4, 0}, N: 2, L: 2}
	got := p.Scale()
	tk.Close(t, "both", got[0], 2, 1e-15) // 1 between, 3 within
	tk.Close(t, "none", got[1], 0, 0)
}

func TestSensitivityTellsWhatIsWrong(t *testing.T) {
	broken := errors.New("broken")
	if _, err := vi.Sensitivity([]float32{1, 2}, 2, []float64{1}, func([]float32) ([]float32, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want the decoder's error", err)
	}
	for _, c := range []struct{ z, width, l int }{{0, 2, 2}, {3, 2, 2}, {2, 1, 2}, {2, 2, 0}} {
		if _, err := vi.Sensitivity(make([]float32, c.z), c.width, make([]float64, c.l), nil); err == nil {
			t.Errorf("%+v: got no error", c)
		}
	}
}
