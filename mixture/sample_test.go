package mixture

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// Of n draws the part below a value differs from the density's integral by more than 4.4 of its
// deviations once in 10⁵; 4 shapes, 2 columns and 7 values make a false alarm in 2,000 seeds.
func TestSamplesFollowThePredictiveDensity(t *testing.T) {
	const n = 40000
	for _, cov := range []Covariance{Full, Tied, Diagonal, Spherical} {
		c := Default()
		c.Components, c.Covariance, c.Restarts = 3, cov, 2
		m, err := Fit(t.Context(), clouds(60), c)
		if err != nil {
			t.Fatal(err)
		}
		x, at := m.Sample(n, rng.New(8))
		if x.N() != n || len(at) != n {
			t.Fatalf("got %d rows and %d components, want %d", x.N(), len(at), n)
		}
		for k, part := range m.Components {
			got, want := float64(len(slices.DeleteFunc(slices.Clone(at), func(i int) bool { return i != k })))/n, part.Weight
			if sd := math.Sqrt(want * (1 - want) / n); math.Abs(got-want) > 4.4*sd+1e-12 {
				t.Errorf("%s: component %d: got %v of the rows, want %v", cov, k, got, want)
			}
		}
		for column := range 2 {
			for _, cut := range []float64{-4, -2, 0, 2, 4, 6, 9} {
				below := 0
				for i := range n {
					if x.Row(i)[column] < cut {
						below++
					}
				}
				want := massBelow(m, column, cut)
				if sd := math.Sqrt(want * (1 - want) / n); math.Abs(float64(below)/n-want) > 4.4*sd+1e-3 {
					t.Errorf("%s: column %d below %v: got %v, want %v", cov, column, cut, float64(below)/n, want)
				}
			}
		}
	}
}

// massBelow integrates the predictive density over the plane left of a cut by the midpoint rule,
// good to 1e-3.
func massBelow(m *Model, column int, cut float64) (mass float64) {
	const step, reach = .1, 25.
	for u := -reach; u < cut-step/2; u += step {
		line := Data{D: 2}
		for v := -reach; v < reach; v += step {
			p := [2]float64{u + step/2, v + step/2}
			if column == 1 {
				p[0], p[1] = p[1], p[0]
			}
			line.X = append(line.X, p[0], p[1])
		}
		logs, err := m.LogProb(line)
		if err != nil {
			return math.NaN()
		}
		for _, l := range logs {
			mass += math.Exp(l) * step * step
		}
	}
	return mass
}

func TestEqualSeedsGiveEqualRows(t *testing.T) {
	m := fit(t, clouds(50), Default())
	a, _ := m.Sample(20, rng.New(3))
	b, _ := m.Sample(20, rng.New(3))
	c, _ := m.Sample(20, rng.New(4))
	if !slices.Equal(a.X, b.X) || slices.Equal(a.X, c.X) {
		t.Error("rows do not follow the seed")
	}
	if x, at := m.Sample(0, rng.New(3)); x.N() != 0 || len(at) != 0 {
		t.Errorf("got %d rows of none", x.N())
	}
}

// χ²_f has mean f and variance 2f; the mean of n draws is within 5 deviations.
func TestChiSquareHasItsMoments(t *testing.T) {
	const n = 100000
	r := rng.New(9).Rand()
	for _, f := range []float64{.3, 1, 2, 3.5, 40} {
		sum, squares := 0., 0.
		for range n {
			v := chiSquare(r, f)
			sum += v / n
			squares += v * v / n
		}
		if math.Abs(sum-f) > 5*math.Sqrt(2*f/n) {
			t.Errorf("f = %v: mean %v", f, sum)
		}
		// E v⁴ − (2f)² of the squares' estimate: Var v² = 8f(f+2)(f+3)
		if want := f*f + 2*f; math.Abs(squares-want) > 5*math.Sqrt(8*f*(f+2)*(f+3)/n) {
			t.Errorf("f = %v: mean square %v, want %v", f, squares, want)
		}
	}
}

func TestTheCovarianceOfAComponentIsThatOfItsRows(t *testing.T) {
	x := clouds(3000)
	c := Default()
	c.Components, c.Restarts = 3, 2
	m := fit(t, x, c)
	for k := range m.Components {
		cov := m.Components[k].Covariance()
		if math.Abs(cov[0]-1) > .15 || math.Abs(cov[3]-1) > .15 || math.Abs(cov[1]) > .15 {
			t.Errorf("component %d: got %v, want about the unit matrix", k, cov)
		}
	}
}
