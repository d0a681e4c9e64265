package bij_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// forward evaluates a map at rows of n elements.
func forward(t *testing.T, f bij.Bijector, n int, x []float64) (y, logDet []float64) {
	t.Helper()
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		y, l := f.Forward(in[0])
		return []*g.Node{g.Neg(g.Neg(y)), g.Neg(g.Neg(l))}
	}, tk.Matrix(x, len(x)/n, n))
	return out[0], out[1]
}

// TestMapsOfNumbersFollowTheirFormulas, in logarithms where numbers are large.
func TestMapsOfNumbersFollowTheirFormulas(t *testing.T) {
	x := []float64{-40, -20.5, -8, -2, -.3, -1e-6, 0, 1e-9, .2, 1, 3.3, 12, 36, 40}
	square := func(v float64) float64 { return v * v }
	for _, c := range []struct {
		name        string
		f           bij.Bijector
		value, logD func(x float64) float64
	}{
		{"Identity", bij.Identity{}, func(x float64) float64 { return x }, func(float64) float64 { return 0 }},
		{"Exp", bij.Exp{}, math.Exp, func(x float64) float64 { return x }},
		{"Softplus", bij.Softplus{}, func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
			func(x float64) float64 { return -math.Log1p(math.Exp(-x)) }},
		{"Sigmoid", bij.Sigmoid{}, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
			func(x float64) float64 { return -2*math.Log(math.Cosh(x/2)) - 2*math.Ln2 }},
		{"Tanh", bij.Tanh{}, math.Tanh, func(x float64) float64 { return -2 * math.Log(math.Cosh(x)) }},
		{"Chain", bij.Chain{bij.Exp{}, bij.Exp{}, bij.Invert{Of: bij.Exp{}}}, math.Exp, func(x float64) float64 { return x }},
	} {
		in := x
		if c.name == "Chain" {
			in = x[3:11] // exp exp 12 is out of range
		}
		y, l := forward(t, c.f, 1, in)
		for i, v := range in {
			tk.Close(t, fmt.Sprintf("%s(%v)", c.name, v), y[i], c.value(v), 1e-14)
			if e := square(y[i]/c.value(v) - 1); c.value(v) != 0 && e > square(1e-13) {
				t.Errorf("%s(%v): got %v, want %v to 13 digits", c.name, v, y[i], c.value(v))
			}
			tk.Close(t, fmt.Sprintf("%s(%v): ln|dy/dx|", c.name, v), l[i], c.logD(v), 1e-13)
		}
	}
}

// TestTransformsAgreeWithTorch holds maps to the numbers of torch.distributions in
// testdata/transforms.json.
func TestTransformsAgreeWithTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/transforms.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name         string
		X, Y, LogDet []float64
		N            int
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	maps := map[string]bij.Bijector{
		"Exp": bij.Exp{}, "Softplus": bij.Softplus{}, "Sigmoid": bij.Sigmoid{}, "Tanh": bij.Tanh{},
		"StickBreaking": bij.StickBreaking{}, "CholeskyCorr": bij.CholeskyCorr{},
	}
	if len(cases) < 8 {
		t.Errorf("got %d cases, want 8 or more", len(cases))
	}
	for _, c := range cases {
		y, l := forward(t, maps[c.Name], c.N, c.X)
		if len(y) != len(c.Y) || len(l) != len(c.LogDet) {
			t.Fatalf("%s: got %d values and %d log-determinants, want %d and %d", c.Name, len(y), len(l), len(c.Y), len(c.LogDet))
		}
		for i, want := range c.Y {
			tk.Close(t, fmt.Sprint(c.Name, " of torch"), y[i], want, 1e-12)
		}
		for i, want := range c.LogDet {
			// The other side clips shares at its rounding unit, which costs digits in the tails.
			tk.Close(t, fmt.Sprint(c.Name, " of torch: ln|det|"), l[i], want, 1e-7)
		}
	}
}

// TestValuesLieInTheirSets, for inputs of many sizes.
func TestValuesLieInTheirSets(t *testing.T) {
	bounds := func(y []float64, low, high float64) error {
		for _, v := range y {
			if !(v > low && v < high) {
				return fmt.Errorf("%v is not within (%v, %v)", v, low, high)
			}
		}
		return nil
	}
	for _, c := range []struct {
		name string
		n    int
		f    bij.Bijector
		in   func(y []float64) error
	}{
		{"Exp", 3, bij.Exp{}, func(y []float64) error { return bounds(y, 0, math.Inf(1)) }},
		{"Softplus", 3, bij.Softplus{}, func(y []float64) error { return bounds(y, 0, math.Inf(1)) }},
		{"Sigmoid", 3, bij.Sigmoid{}, func(y []float64) error { return bounds(y, 0, 1) }},
		{"Tanh", 3, bij.Tanh{}, func(y []float64) error { return bounds(y, -1, 1) }},
		{"StickBreaking", 5, bij.StickBreaking{}, func(y []float64) error {
			sum := 0.
			for _, v := range y {
				sum += v
			}
			if len(y) != 6 || math.Abs(sum-1) > 1e-14 {
				return fmt.Errorf("%v has sum %v, want 6 numbers with sum 1", y, sum)
			}
			return bounds(y, 0, 1)
		}},
		{"Ordered", 4, bij.Ordered{}, func(y []float64) error {
			for i := range y[1:] {
				if !(y[i+1] > y[i]) {
					return fmt.Errorf("%v does not increase", y)
				}
			}
			return nil
		}},
		{"CholeskyCov", 6, bij.CholeskyCov{}, func(y []float64) error { return factor(y, 3, false) }},
		{"CholeskyCorr", 6, bij.CholeskyCorr{}, func(y []float64) error { return factor(y, 4, true) }},
		{"Stereographic", 3, bij.Stereographic{}, func(y []float64) error { return unit(y) }},
	} {
		for seed, sd := range []float64{.1, 1, 3} {
			x := make([]float64, 50*c.n)
			rng.New(uint64(seed)).NormalFloat64(x)
			for i := range x {
				x[i] *= sd
			}
			y, _ := forward(t, c.f, c.n, x)
			m := len(y) / 50
			for i := range 50 {
				if err := c.in(y[i*m : i*m+m]); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		}
	}
}

// unit is an error unless a vector has length one.
func unit(y []float64) error {
	sum := 0.
	for _, v := range y {
		sum += v * v
	}
	if math.Abs(sum-1) > 1e-13 {
		return fmt.Errorf("%v has squared length %v, want 1", y, sum)
	}
	return nil
}

// factor is an error unless a matrix is lower triangular with positive diagonal and, for a
// correlation matrix, rows of length one.
func factor(y []float64, n int, corr bool) error {
	if len(y) != n*n {
		return fmt.Errorf("got %d numbers, want %d×%d", len(y), n, n)
	}
	for i := range n {
		row := y[i*n : i*n+n]
		for j := i + 1; j < n; j++ {
			if row[j] != 0 {
				return fmt.Errorf("row %d: %v is not lower triangular", i, row)
			}
		}
		if !(row[i] > 0) {
			return fmt.Errorf("row %d: %v has no positive diagonal", i, row)
		}
		if corr {
			if err := unit(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestZeroIsTheCentre: of the simplex, of the correlation matrices, of the interval.
func TestZeroIsTheCentre(t *testing.T) {
	y, _ := forward(t, bij.StickBreaking{}, 6, make([]float64, 6))
	for _, v := range y {
		tk.Close(t, "piece", v, 1./7, 1e-15)
	}
	y, l := forward(t, bij.CholeskyCorr{}, 10, make([]float64, 10))
	for i, v := range y {
		want := 0.
		if i%6 == 0 {
			want = 1
		}
		tk.Close(t, "factor of the identity", v, want, 1e-15)
	}
	tk.Close(t, "its ln|det|", l[0], 0, 1e-15)
	y, l = forward(t, bij.Stereographic{}, 2, make([]float64, 2))
	tk.Close(t, "the other pole", y[2], -1, 0)
	tk.Close(t, "its ln|det|", l[0], 2*math.Ln2, 1e-15)
}

// TestElementsFillTheRows: x is read row by row.
func TestElementsFillTheRows(t *testing.T) {
	y, l := forward(t, bij.CholeskyCov{}, 6, []float64{1, 2, 3, 4, 5, 6})
	for i, want := range []float64{math.E, 0, 0, 2, math.Exp(3), 0, 4, 5, math.Exp(6)} {
		tk.Close(t, "factor", y[i], want, 1e-15)
	}
	tk.Close(t, "ln|det|", l[0], 10, 1e-15)
	y, _ = forward(t, bij.CholeskyCorr{}, 3, []float64{.5, -1, .25})
	z21, z31, z32 := math.Tanh(.5), math.Tanh(-1), math.Tanh(.25)
	rest := math.Sqrt(1 - z31*z31)
	for i, want := range []float64{1, 0, 0, z21, math.Sqrt(1 - z21*z21), 0, z31, z32 * rest, rest * math.Sqrt(1-z32*z32)} {
		tk.Close(t, "correlation factor", y[i], want, 1e-14)
	}
}

// TestTinyPiecesKeepTheirLogarithms: a stick broken at e^−30 goes there and back to 10 digits,
// which 1 − y would lose.
func TestTinyPiecesKeepTheirLogarithms(t *testing.T) {
	x := []float64{-30, 2, -25, 30, 28, .5}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		y, l := bij.StickBreaking{}.Forward(in[0])
		back, m := bij.StickBreaking{}.Inverse(y)
		return []*g.Node{back, g.Add(l, m)}
	}, tk.Matrix(x, 2, 3))
	for i, want := range x {
		tk.Close(t, "x", out[0][i], want, 1e-10)
	}
	for _, v := range out[1] {
		tk.Close(t, "sum of log-determinants", v, 0, 1e-10)
	}
}

// TestSphereIsCoveredOnce: ∫ e^{ln|det|} over the plane is the sphere's area 4π.
func TestSphereIsCoveredOnce(t *testing.T) {
	// In polar coordinates, with r = s/(1 − s), s in (0, 1).
	const n = 4000
	x := make([]float64, 0, 2*n)
	for i := range n {
		s := (float64(i) + .5) / n
		x = append(x, s/(1-s), 0)
	}
	_, l := forward(t, bij.Stereographic{}, 2, x)
	area := 0.
	for i, v := range l {
		s := (float64(i) + .5) / n
		area += math.Exp(v) * 2 * math.Pi * x[2*i] / ((1 - s) * (1 - s)) / n
	}
	tk.Close(t, "area", area, 4*math.Pi, 1e-6)
}
