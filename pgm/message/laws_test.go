package message

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
)

// kinds are factors of all kinds, for the laws that all of them obey.
func kinds() map[string]Factor {
	table := Table{Card: []int{2, 3}, Log: []float64{.3, -1, .2, 0, 1.5, -.7}}
	return map[string]Factor{
		"prior of a normal":    Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(.4, 2)},
		"prior of a gamma":     Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(3, 2)},
		"prior of shares":      Prior{Family: expfam.Dirichlet{K: 3}, Eta: expfam.Dirichlet{K: 3}.Natural([]float64{2, 1, 1.5})},
		"prior of a class":     Prior{Family: expfam.Categorical{K: 3}, Eta: []float64{.1, -2, 1}},
		"raw":                  Prior{Family: expfam.Normal{}, Eta: []float64{.2, 0}, Raw: true},
		"normal":               Normal{},
		"scaled normal":        Normal{Scale: 2.5},
		"gamma":                Gamma{Shape: 1.7},
		"multivariate normal":  MultiNormal{D: 2},
		"transition":           Transition{E: 2, D: 3, Matrix: []float64{1, .5, -.3, .2, -1, .7}},
		"relevance":            Relevance{Group: []int{0, 1, 0}},
		"joint":                Joint{D: 2},
		"categorical":          Categorical{K: 3},
		"bernoulli":            Bernoulli{},
		"sticks":               Sticks{K: 4},
		"table":                table,
		"probit":               Probit{},
		"logistic":             Logistic{},
		"softmax":              Softmax{K: 3},
		"gate of normals":      Gate{Of: Normal{}, K: 2, Shared: []bool{true, false, false}},
		"gate of joints":       Gate{Of: Joint{D: 2}, K: 3, Shared: []bool{true, false}},
		"gate of categoricals": Gate{Of: Categorical{K: 3}, K: 2, Shared: []bool{true, false}},
		"walk":                 Walk{T: 3, K: 2},
		"along":                Along{T: 1, Gate: Gate{Of: Categorical{K: 3}, K: 2, Shared: []bool{true, false}}},
		"linear":               Linear{Weights: []float64{1, -2, .5}, Offset: .3},
		"dot":                  Dot{D: 2},
		"interval":             Interval{Low: -.5, High: 1.2},
		"above":                Interval{Low: .3, High: math.Inf(1)},
		"likelihood":           Likelihood{Log: func(_ int, x float64) float64 { return -math.Log(1 + x*x) }, Width: 1},
	}
}

// randomNatural draws natural parameters of a family.
func randomNatural(r *rand.Rand, f expfam.Family) []float64 {
	pos := func() float64 { return math.Exp(.5 * r.NormFloat64()) }
	matrix := func(d int) []float64 {
		a, p := make([]float64, d*d), make([]float64, d*d)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		for i := range d {
			for j := range d {
				p[i*d+j] = dot(a[i*d:(i+1)*d], a[j*d:(j+1)*d])
			}
			p[i*d+i]++
		}
		return p
	}
	vector := func(n int, f func() float64) (x []float64) {
		for range n {
			x = append(x, f())
		}
		return x
	}
	switch f := f.(type) {
	case expfam.Normal:
		return f.Natural(r.NormFloat64(), pos())
	case expfam.Gamma:
		return f.Natural(pos()+.5, pos())
	case expfam.Beta:
		return f.Natural(pos(), pos())
	case expfam.Dirichlet:
		return f.Natural(vector(f.K, pos))
	case expfam.Categorical:
		return vector(f.K, r.NormFloat64)
	case PathFamily:
		return vector(f.Len(), r.NormFloat64)
	case expfam.MultiNormal:
		return f.Natural(vector(f.D, r.NormFloat64), matrix(f.D))
	case expfam.Wishart:
		return f.Natural(matrix(f.D), float64(f.D)+pos())
	case expfam.NormalWishart:
		return f.Natural(vector(f.D, r.NormFloat64), pos(), matrix(f.D), float64(f.D)+pos())
	}
	panic(fmt.Sprintf("no parameters of %T", f))
}

// randomSite draws the statistics and messages of a factor's variables.
func randomSite(t testing.TB, r *rand.Rand, f Factor) *Site {
	s := &Site{Alpha: 1}
	for _, slot := range f.Slots() {
		in := In{Eta: randomNatural(r, slot.Family), U: make([]float64, slot.Family.Len())}
		if _, err := slot.Family.Expect(in.U, in.Eta); err != nil {
			t.Fatal(err)
		}
		s.In = append(s.In, in)
	}
	return s
}

func TestVariationalMessagesAreTheSlopesOfTheEnergy(t *testing.T) {
	r := rng.New(41).Rand()
	for name, f := range kinds() {
		a, ok := f.(Averager)
		if !ok {
			continue
		}
		for range 20 {
			s := randomSite(t, r, f)
			for k, slot := range f.Slots() {
				to := make([]float64, slot.Family.Len())
				a.Average(to, k, s)
				slopesOf(t, name, slot, to, s.In[k].U, func() float64 { return a.Energy(s) })
			}
		}
	}
}

// slopesOf compares a message with central differences along directions of the statistics. Those
// of matrices are symmetric, of classes they keep the sum.
func slopesOf(t *testing.T, name string, slot Slot, got, u []float64, energy func() float64) {
	t.Helper()
	const h = 1e-5
	for _, d := range directions(slot.Family) {
		at := append([]float64(nil), u...)
		shift := func(by float64) float64 {
			for i, v := range d {
				u[i] = at[i] + by*v
			}
			return energy()
		}
		slope := (shift(h) - shift(-h)) / (2 * h)
		copy(u, at)
		if want := dot(got, d); !(math.Abs(slope-want) <= 1e-8*(1+math.Abs(energy()))+1e-7*math.Abs(want)) {
			t.Errorf("%s: slot %s: message along %v: got %v, want the slope %v", name, slot.Name, d, want, slope)
		}
	}
}

// directions are along what the statistics of a family can move.
func directions(f expfam.Family) (out [][]float64) {
	n := f.Len()
	unit := func(at ...int) []float64 {
		d := make([]float64, n)
		for _, i := range at {
			d[i]++
		}
		return d
	}
	matrix := func(from, d int) {
		for i := range d {
			for j := i; j < d; j++ {
				out = append(out, unit(from+i*d+j, from+j*d+i))
			}
		}
	}
	switch f := f.(type) {
	case expfam.Categorical:
		for k := 1; k < n; k++ {
			d := unit(k)
			d[0] = -1
			out = append(out, d)
		}
	case expfam.MultiNormal:
		for i := range f.D {
			out = append(out, unit(i))
		}
		matrix(f.D, f.D)
	case expfam.Wishart:
		matrix(0, f.D)
		out = append(out, unit(n-1))
	case expfam.NormalWishart:
		matrix(0, f.D)
		for i := f.D * f.D; i < n; i++ {
			out = append(out, unit(i))
		}
	default:
		for i := range n {
			out = append(out, unit(i))
		}
	}
	return out
}
