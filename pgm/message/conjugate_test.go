package message

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// randomDAG declares up to eight plates of a conjugate model: normal variables whose means are
// constants, other variables, sums or gates of them, and precisions with rates of their own; some
// are observed.
func randomDAG(r *rand.Rand) (m *Model, random []Var) {
	m = New()
	rate := m.Random("rate", expfam.Gamma{}, 1)
	m.Add("of rate", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(1+r.Float64(), 1+r.Float64())}, rate)
	tau := m.Random("tau", expfam.Gamma{}, 2)
	m.Add("of tau", Gamma{Shape: .5 + r.Float64()}, tau, rate)
	pi, z := m.Random("pi", expfam.Dirichlet{K: 2}, 1), m.Random("z", expfam.Categorical{K: 2}, 3)
	m.Add("of pi", Prior{Family: expfam.Dirichlet{K: 2}, Eta: []float64{r.Float64(), r.Float64()}}, pi)
	m.Add("of z", Categorical{K: 2}, z, pi)
	random = []Var{rate, tau, pi, z}
	x := []Var{m.Random("x0", expfam.Normal{}, 1)}
	m.Add("of x0", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(r.NormFloat64(), .5)}, x[0])
	for i := 1; i < 2+r.IntN(3); i++ {
		v := m.Random(fmt.Sprint("x", i), expfam.Normal{}, 1)
		mean := x[r.IntN(len(x))]
		if r.IntN(2) == 0 {
			mean = m.Derive(fmt.Sprint("mean", i), expfam.Normal{}, Linear{Weights: []float64{1 + r.Float64()}, Offset: r.NormFloat64()}, mean)
		}
		m.Add(fmt.Sprint("of x", i), Normal{}, v, mean, tau.At(r.IntN(2)))
		x = append(x, v)
	}
	random = append(random, x...)
	y := make([]float64, 3)
	for i := range y {
		y[i] = 2 * r.NormFloat64()
	}
	m.Add("data", Gate{Of: Normal{}, K: 2, Shared: []bool{true, false, false}}, z, m.Known("y", expfam.Normal{}, 3, y), x[0], tau.At(0), x[len(x)-1], tau.At(1))
	return m, random
}

func TestRandomConjugateModelsClimbToStationaryPoints(t *testing.T) {
	r := rng.New(71).Rand()
	for trial := range 1000 {
		m, random := randomDAG(r)
		if m.Err() != nil {
			t.Fatal(m.Err())
		}
		a := ascent(t, m, AscentConfig{Tolerance: 1e-15, Sweeps: 20000, Step: []float64{1, 1, .5}[trial%3]})
		trace := climb(t, a) // a falling bound is an error
		if trial%20 > 0 {
			continue
		}
		top := trace[len(trace)-1]
		for _, v := range random { // a stationary point: no direction of any parameter has a slope
			for i := range v.Len() {
				eta := a.Natural(v, i)
				for _, d := range directions(v.Family()) {
					h := 1e-4 * max(math.Abs(dot(eta, d)), 1e-2)
					var side [2]float64
					for k, by := range []float64{-h, h} {
						moved := append([]float64(nil), eta...)
						for j := range d {
							moved[j] += by * d[j]
						}
						start(t, a, v, i, moved)
						bound, err := a.Bound()
						if err != nil {
							t.Fatal(err)
						}
						side[k] = bound
					}
					start(t, a, v, i, eta)
					if slope := (side[1] - side[0]) / 2e-4; math.Abs(slope) > 2e-4 || side[0] > top+1e-9 || side[1] > top+1e-9 {
						t.Fatalf("trial %d: %s %d along %v: slope %v, bounds %v beside %v", trial, v.Name(), i, d, slope, side, top)
					}
				}
			}
		}
	}
}

// A natural-gradient step of size ρ goes ρ of the way to the coordinate's optimum; of size 1 it is
// the coordinate's update (Hoffman et al. 2013, section 2.3).
func TestANaturalGradientStepOfOneIsTheUpdate(t *testing.T) {
	r := rng.New(72).Rand()
	for range 50 {
		m, random := randomDAG(r)
		a := ascent(t, m, AscentConfig{})
		for _, v := range random {
			to := make([]float64, v.b.size)
			a.collect(to, v.b, 0)
			eta := a.Natural(v, 0)
			// ∇_η L = F(η)(η* − η) with F the Fisher information, the slope of ⟨u⟩.
			for _, d := range directions(v.Family()) {
				const h = 1e-5
				var bound [2]float64
				var u [2][]float64
				for k, by := range []float64{-h, h} {
					moved := append([]float64(nil), eta...)
					for j := range d {
						moved[j] += by * d[j]
					}
					start(t, a, v, 0, moved)
					var err error
					if bound[k], err = a.Bound(); err != nil {
						t.Fatal(err)
					}
					u[k] = a.Moments(v, 0)
				}
				start(t, a, v, 0, eta)
				want := 0.
				for j := range to {
					want += (u[1][j] - u[0][j]) / (2 * h) * (to[j] - eta[j])
				}
				tk.Close(t, v.Name(), (bound[1]-bound[0])/(2*h), want, 2e-5)
			}
			if err := a.update(v.b, 0, make([]float64, v.b.size)); err != nil {
				t.Fatal(err)
			}
			for j, x := range a.Natural(v, 0) {
				tk.Close(t, v.Name(), x, to[j], 1e-12)
			}
		}
	}
}

// Shares of a coin and of a die, whose posteriors and evidence are those of counting.
func TestCountingModelsAreExact(t *testing.T) {
	m := New()
	p, pi := m.Random("p", expfam.Beta{}, 1), m.Random("pi", expfam.Dirichlet{K: 3}, 1)
	m.Add("coin", Prior{Family: expfam.Beta{}, Eta: expfam.Beta{}.Natural(2, 3)}, p)
	m.Add("die", Prior{Family: expfam.Dirichlet{K: 3}, Eta: expfam.Dirichlet{K: 3}.Natural([]float64{1, 2, .5})}, pi)
	m.Add("tosses", Bernoulli{}, m.Known("heads", expfam.Categorical{K: 2}, 5, []float64{1, 1, 0, 1, 0}), p)
	m.Add("throws", Categorical{K: 3}, m.Known("faces", expfam.Categorical{K: 3}, 4, []float64{2, 2, 0, 2}), pi)
	a := ascent(t, m, AscentConfig{})
	trace := climb(t, a)
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	want := lg(5) - lg(2) - lg(3) + lg(5) + lg(5) - lg(10) + lg(3.5) - lg(.5) + lg(3.5) - lg(7.5) // B(5, 5)/B(2, 3), and 1 of face 0, 3 of face 2
	tk.Close(t, "bound", trace[len(trace)-1], want, 1e-12)
	if eta := a.Natural(p, 0); eta[0] != 4 || eta[1] != 4 {
		t.Errorf("coin: got %v, want Beta(5, 5)", eta)
	}
	if eta := a.Natural(pi, 0); eta[0] != 1 || eta[1] != 1 || eta[2] != 2.5 {
		t.Errorf("die: got %v, want Dir(2, 2, 3.5)", eta)
	}
}

// A class by three sticks of which the data are one each of classes 0 and 2: stick k is
// Beta(1 + N_k, α + Σ_{j>k} N_j).
func TestSticksCountWhatEndsAndWhatGoesOn(t *testing.T) {
	m := New()
	v := m.Random("v", expfam.Beta{}, 3)
	m.Add("prior", Prior{Family: expfam.Beta{}, Eta: expfam.Beta{}.Natural(1, 2)}, v)
	m.Add("classes", Sticks{K: 4}, m.Known("z", expfam.Categorical{K: 4}, 3, []float64{0, 2, 3}), v.At(0), v.At(1), v.At(2))
	a := ascent(t, m, AscentConfig{})
	climb(t, a)
	for k, want := range [][2]float64{{2, 4}, {1, 4}, {2, 3}} {
		if eta := a.Natural(v, k); eta[0]+1 != want[0] || eta[1]+1 != want[1] {
			t.Errorf("stick %d: got Beta(%v, %v), want Beta(%v, %v)", k, eta[0]+1, eta[1]+1, want[0], want[1])
		}
	}
}

// x ~ N(μ, Λ⁻¹) with both random, against the same model by its joint conjugate prior: the bound of
// the product of factors is below the evidence that the joint one finds.
func TestTheMultivariateNormalIsBoundedByItsConjugateEvidence(t *testing.T) {
	r := rng.New(73).Rand()
	const d, n = 2, 6
	x := make([]float64, d*n)
	for i := range x {
		x[i] = r.NormFloat64() + 1
	}
	joint := New()
	data := joint.Known("x", expfam.MultiNormal{D: d}, n, x)
	theta := joint.Random("theta", expfam.NormalWishart{D: d}, 1)
	prior := expfam.NormalWishart{D: d}.Natural(make([]float64, d), 1, identity(d), 3)
	joint.Add("prior", Prior{Family: expfam.NormalWishart{D: d}, Eta: prior}, theta)
	joint.Add("data", Joint{D: d}, data, theta)
	a := ascent(t, joint, AscentConfig{})
	trace := climb(t, a)
	post, err := expfam.NormalWishart{D: d}.Expect(nil, a.Natural(theta, 0))
	if err != nil {
		t.Fatal(err)
	}
	before, err := expfam.NormalWishart{D: d}.Expect(nil, prior)
	if err != nil {
		t.Fatal(err)
	}
	evidence := post - before - float64(d*n)/2*ln2Pi // A(η + Σu) − A(η): exact conjugacy
	tk.Close(t, "evidence", trace[len(trace)-1], evidence, 1e-12)

	m := New()
	mu, lambda := m.Random("mu", expfam.MultiNormal{D: d}, 1), m.Random("lambda", expfam.Wishart{D: d}, 1)
	m.Add("precisions", Prior{Family: expfam.Wishart{D: d}, Eta: expfam.Wishart{D: d}.Natural(identity(d), 3)}, lambda)
	m.Add("means", MultiNormal{D: d}, mu, m.Constant(expfam.MultiNormal{D: d}, 0, 0), lambda)
	m.Add("data", MultiNormal{D: d}, m.Known("x", expfam.MultiNormal{D: d}, n, x), mu, lambda)
	b := climb(t, ascent(t, m, AscentConfig{Tolerance: 1e-14}))
	if gap := evidence - b[len(b)-1]; gap < 0 || gap > .5 {
		t.Errorf("gap of the product of factors: got %v, want one from 0 to .5", gap)
	}
}

// A scalar normal is a multivariate one of one dimension, whose Wishart precision W(V, ν) is the
// Gamma distribution of shape ν/2 and rate 1/(2V).
func TestOneDimensionIsTheScalarModel(t *testing.T) {
	x := []float64{.5, -1, 2, 2.5}
	scalar, multi := New(), New()
	tau := scalar.Random("tau", expfam.Gamma{}, 1)
	mu := scalar.Random("mu", expfam.Normal{}, 1)
	scalar.Add("precision", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(1.5, 2)}, tau)
	scalar.Add("mean", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(.5, 2)}, mu)
	scalar.Add("data", Normal{}, scalar.Known("x", expfam.Normal{}, len(x), x), mu, tau)
	lambda := multi.Random("lambda", expfam.Wishart{D: 1}, 1)
	vector := multi.Random("mu", expfam.MultiNormal{D: 1}, 1)
	multi.Add("precision", Prior{Family: expfam.Wishart{D: 1}, Eta: expfam.Wishart{D: 1}.Natural([]float64{4}, 3)}, lambda)
	multi.Add("mean", Prior{Family: expfam.MultiNormal{D: 1}, Eta: expfam.MultiNormal{D: 1}.Natural([]float64{.5}, []float64{2})}, vector)
	multi.Add("data", MultiNormal{D: 1}, multi.Known("x", expfam.MultiNormal{D: 1}, len(x), x), vector, lambda)
	a, b := climb(t, ascent(t, scalar, AscentConfig{Order: []Var{mu, tau}})), climb(t, ascent(t, multi, AscentConfig{Order: []Var{vector, lambda}}))
	tk.Close(t, "bound", a[len(a)-1], b[len(b)-1], 1e-9)
}
