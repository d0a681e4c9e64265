package mixture

import (
	"gonum.org/v1/gonum/floats"

	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// manyStudents is St(x | m, (c·P)⁻¹, f) with a dense inverse (Bishop 2006, eq. B.68).
func manyStudents(x, m, p []float64, c, f float64) float64 {
	d := len(x)
	sigma, inv := mat.NewDense(d, d, slices.Clone(p)), mat.NewDense(d, d, nil)
	sigma.Scale(c, sigma)
	if err := inv.Inverse(sigma); err != nil {
		return math.NaN()
	}
	z := minus(x, mat.NewVecDense(d, slices.Clone(m)))
	return math.Gamma((f+float64(d))/2) / math.Gamma(f/2) / math.Sqrt(mat.Det(sigma)) *
		math.Pow(math.Pi*f, -float64(d)/2) * math.Pow(1+mat.Inner(z, inv, z)/f, -(f+float64(d))/2)
}

// predictive is the density of a row by the textbook's densities.
func predictive(m *Model, x []float64) (p float64) {
	d := m.Columns
	for _, c := range m.Components {
		shrink := (1 + c.Beta) / c.Beta
		switch m.Covariance {
		case Diagonal:
			v := c.Weight
			for j := range x {
				s := distuv.StudentsT{Mu: c.Mean[j], Sigma: math.Sqrt(shrink * c.Scale[j*d+j] / c.Nu), Nu: c.Nu}
				v *= s.Prob(x[j])
			}
			p += v
		default:
			f := c.Nu + 1 - float64(d)
			if m.Covariance == Spherical {
				f = c.Nu
			}
			p += c.Weight * manyStudents(x, c.Mean, c.Scale, shrink/f, f)
		}
	}
	return p
}

func TestThePredictiveDensityIsAMixtureOfStudents(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		x := drawn(150, 3, 3, 12)
		m := fit(t, x, c)
		far := Data{append(slices.Clone(x.X), 50, -60, 70, 0, 0, 1e3), 3}
		got, err := m.LogProb(far)
		if err != nil {
			t.Fatal(err)
		}
		for n := range far.N() {
			tk.Close(t, "ln p(x)", got[n], math.Log(predictive(m, far.Row(n))), 1e-9)
		}
	})
}

func TestRowsFarFromAllComponentsHaveFiniteDensities(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		m := fit(t, drawn(150, 2, 3, 12), c)
		x := Data{[]float64{1e100, -1e100, 1e150, 0}, 2}
		got, err := m.LogProb(x)
		if err != nil {
			t.Fatal(err)
		}
		for n, l := range got {
			if math.IsNaN(l) || math.IsInf(l, 0) || l > -200 {
				t.Errorf("row %d: got ln p %v", n, l)
			}
		}
		r, err := m.Responsibilities(x)
		if err != nil {
			t.Fatal(err)
		}
		for n := range x.N() {
			tk.Close(t, "sum of responsibilities", floats.Sum(r[n*5:(n+1)*5]), 1, 1e-12)
		}
	})
}

// TestBoundsOrderModelsAsHeldOutRowsDo compares one to six components on Old Faithful: two have the
// highest bound and of held-out rows (five parts) one is far worse than two.
func TestBoundsOrderModelsAsHeldOutRowsDo(t *testing.T) {
	x, _, _ := faithful(t)
	var bounds, held [7]float64
	for k := 1; k <= 6; k++ {
		c := bishop()
		c.Components, c.Restarts = k, 5
		bounds[k] = fit(t, x, c).Bound
		for part := range 5 {
			in, out := Data{D: 2}, Data{D: 2}
			for n := range x.N() {
				if n%5 == part {
					out.X = append(out.X, x.Row(n)...)
				} else {
					in.X = append(in.X, x.Row(n)...)
				}
			}
			l, err := fit(t, in, c).LogProb(out)
			if err != nil {
				t.Fatal(err)
			}
			held[k] += floats.Sum(l)
		}
	}
	t.Logf("bounds %.2f, held out %.2f", bounds[1:], held[1:])
	for k := 1; k <= 6; k++ {
		if bounds[k] > bounds[2] {
			t.Errorf("%d components: got bound %v over that of two, %v", k, bounds[k], bounds[2])
		}
		if k > 1 && !(held[k] > held[1]+50) {
			t.Errorf("%d components: got %v nats on held-out rows, want far more than one component's %v", k, held[k], held[1])
		}
	}
}

func TestFitsDoNotDependOnUnits(t *testing.T) {
	every(t, func(t *testing.T, c Config) {
		if c.Covariance == Spherical {
			return // columns share a unit
		}
		x := drawn(200, 2, 2, 13)
		c.Restarts, c.Sweeps, c.Tolerance = 1, 20, 0 // the same number of sweeps of both
		want := fit(t, x, c)
		moved := Data{slices.Clone(x.X), 2}
		for i := range moved.X {
			moved.X[i] = moved.X[i]*[]float64{8, .5}[i%2] + []float64{-64, 32}[i%2]
		}
		got := fit(t, moved, c)
		// A density in other units: 8·½ a row.
		tk.Close(t, "bound", got.Bound, want.Bound-200*math.Log(4), 1e-9)
		for k, v := range got.Components {
			tk.Close(t, "count", v.Count, want.Components[k].Count, 1e-7)
		}
	})
}

func TestTightClustersFarFromTheOriginKeepTheirSpread(t *testing.T) {
	x, c := drawn(400, 2, 1, 14), Default()
	mean, _ := x.moments()
	for i := range x.X {
		x.X[i] = 1e6 + float64(i/2%2) + 1e-4*(x.X[i]-mean[i%2])
	}
	c.Components, c.Restarts, c.Beta = 2, 3, 1e-9
	c.Scale = []float64{1e-8, 0, 0, 1e-8}
	m := fit(t, x, c)
	for _, v := range m.Components {
		tk.Close(t, "count", v.Count, 200, 1e-3)
		if sd := math.Sqrt(v.Scale[0] / v.Nu); sd < .8e-4 || sd > 1.2e-4 {
			t.Errorf("deviation: got %v, want about 1e-4", sd)
		}
	}
}

func ExampleFit() {
	// Two groups of numbers, and room for four.
	x := Data{X: []float64{-1.1, -.9, -1, -1.2, -.8, 4.9, 5.1, 5, 5.2, 4.8}, D: 1}
	c := Default()
	c.Components = 4
	m, err := Fit(context.Background(), x, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range m.Components {
		if v.Count > .5 {
			fmt.Printf("%.0f rows about %.1f\n", v.Count, v.Mean[0])
		}
	}
	// Unordered output:
	// 5 rows about -0.5
	// 5 rows about 4.5
}

func TestTheBoundOfTheFittedRowsIsTheOneReported(t *testing.T) {
	x := drawn(300, 3, 4, 11)
	for _, cov := range []Covariance{Full, Tied, Diagonal, Spherical} {
		for _, weights := range []Weights{Dirichlet, Sticks} {
			c := Default()
			c.Components, c.Covariance, c.Weights, c.Restarts, c.Sweeps = 5, cov, weights, 1, 7
			m, err := Fit(context.Background(), x, c)
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.ELBO(x)
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, fmt.Sprintf("%s, %s", cov, weights), got, m.Bound, 1e-12)
			if _, err := m.ELBO(Data{[]float64{1, 2}, 2}); err == nil {
				t.Error("got no error of rows with two columns")
			}
		}
	}
}
