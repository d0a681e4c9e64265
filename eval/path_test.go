package eval_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// codes returns n random vectors of d standard normal values.
func codes(seed uint64, n, d int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, d)
		rng.New(seed).At(uint64(i)).Normal(out[i])
	}
	return out
}

func length(x []float32) float64 {
	sum := 0.
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// unit scales x to a norm.
func unit(x []float32, norm float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(float64(v) / length(x) * norm)
	}
	return out
}

func TestPathsEndExactlyAtTheirEnds(t *testing.T) {
	for _, kind := range eval.PathKinds {
		z := codes(1, 40, 7)
		for i := 0; i < len(z); i += 2 {
			a, b := z[i], z[i+1]
			path, err := eval.Path(kind, a, b, 9)
			if err != nil || len(path) != 9 {
				t.Fatalf("%s: got %d points, %v, want 9", kind, len(path), err)
			}
			if !slices.Equal(path[0], a) || !slices.Equal(path[8], b) {
				t.Errorf("%s: ends: got %v and %v, want %v and %v", kind, path[0], path[8], a, b)
			}
			path[0][0]++
			if path[0][0] == a[0] {
				t.Errorf("%s: the path shares memory with its end", kind)
			}
		}
	}
}

func TestLinearIsTheWeightedMean(t *testing.T) {
	got := eval.Linear([]float32{0, 4, -2}, []float32{4, 0, -2}, .25)
	if want := []float32{1, 3, -2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSlerpOnTheCircle: on the unit circle the formula is a rotation by tω.
func TestSlerpOnTheCircle(t *testing.T) {
	for _, omega := range []float64{1e-5, .3, math.Pi / 2, 2, math.Pi - 1e-5} {
		a := []float32{1, 0}
		b := []float32{float32(math.Cos(omega)), float32(math.Sin(omega))}
		for _, at := range []float64{.1, .5, .8} {
			got := eval.Slerp(a, b, at)
			// The rounding of the ends to float32 grows by 1/sin ω.
			tol := 2e-7 + 1e-7/math.Abs(math.Sin(omega))
			if math.Abs(float64(got[0])-math.Cos(at*omega)) > tol || math.Abs(float64(got[1])-math.Sin(at*omega)) > tol {
				t.Errorf("ω=%v t=%v: got %v, want %v %v", omega, at, got, math.Cos(at*omega), math.Sin(at*omega))
			}
		}
	}
}

func TestSlerpKeepsTheNorm(t *testing.T) {
	z := codes(2, 60, 20)
	for i := 0; i < len(z); i += 2 {
		a, b := unit(z[i], 4.4), unit(z[i+1], 4.4)
		for step := range 11 {
			if got := length(eval.Slerp(a, b, float64(step)/10)); math.Abs(got-4.4) > 1e-5 {
				t.Errorf("pair %d, t=%v: norm: got %v, want 4.4", i/2, float64(step)/10, got)
			}
		}
		if mid := length(eval.Linear(a, b, .5)); mid > 4 {
			t.Errorf("pair %d: the straight line's middle has norm %v, want it to cut the corner", i/2, mid)
		}
	}
}

func TestSlerpBetweenOppositeEnds(t *testing.T) {
	for i, a := range codes(3, 20, 6) {
		a = unit(a, 3)
		b := make([]float32, len(a))
		for j := range b {
			b[j] = -2 * a[j]
		}
		last := a
		for step := 1; step <= 8; step++ {
			at := float64(step) / 8
			got := eval.Slerp(a, b, at)
			if want := 3 * (1 + at); math.Abs(length(got)-want) > 1e-5 {
				t.Errorf("code %d, t=%v: norm: got %v, want %v", i, at, length(got), want)
			}
			dot := 0.
			for j := range got {
				dot += float64(got[j]) * float64(last[j])
			}
			if turn := math.Acos(dot / length(got) / length(last)); math.Abs(turn-math.Pi/8) > 1e-5 {
				t.Errorf("code %d, t=%v: turned by %v, want π/8", i, at, turn)
			}
			last = got
		}
	}
	if got := eval.Slerp([]float32{2}, []float32{-2}, .25); got[0] != 1 {
		t.Errorf("one dimension: got %v, want the straight line's 1", got)
	}
}

func TestSlerpIsStraightWhereThereIsNoCircle(t *testing.T) {
	a := []float32{1, 2, 3}
	near := []float32{1, 2, math.Nextafter32(3, 4)}
	for _, b := range [][]float32{a, near, {2, 4, 6}, {0, 0, 0}} {
		for _, at := range []float64{.25, .5, .9} {
			if got, want := eval.Slerp(a, b, at), eval.Linear(a, b, at); !slices.Equal(got, want) {
				t.Errorf("to %v at %v: got %v, want %v", b, at, got, want)
			}
			if got := eval.Slerp(b, a, at); math.IsNaN(length(got)) {
				t.Errorf("from %v at %v: got %v", b, at, got)
			}
		}
	}
}

func TestPathRefusesNonsense(t *testing.T) {
	a, b := []float32{1, 2}, []float32{3, 4}
	for _, c := range []struct {
		kind  string
		a, b  []float32
		steps int
		want  string
	}{
		{"cubic", a, b, 9, `kind: got "cubic", want one of linear, slerp`},
		{"linear", a, b[:1], 9, "ends: got 2 and 1 values"},
		{"slerp", nil, nil, 9, "ends: got 0 and 0 values"},
		{"linear", a, b, 1, "steps: got 1"},
		{"linear", a, b, math.MaxInt, "steps: got"},
	} {
		if _, err := eval.Path(c.kind, c.a, c.b, c.steps); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.kind, err, c.want)
		}
	}
}
