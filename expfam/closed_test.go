package expfam

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/polygamma"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// line is a law of one number, its reach and the same law of another library.
type line struct {
	f       Family
	eta     []float64
	low, up float64
	log     func(x float64) float64
	entropy float64
}

func lines() (out []line) {
	for _, v := range [][2]float64{{0, 1}, {-3, .25}, {2, 8}, {1e3, 1e-2}} {
		sd := 1 / math.Sqrt(v[1])
		d := distuv.Normal{Mu: v[0], Sigma: sd}
		out = append(out, line{Normal{}, Normal{}.Natural(v[0], v[1]), v[0] - 12*sd, v[0] + 12*sd, d.LogProb, d.Entropy()})
	}
	for _, v := range [][2]float64{{1, 1}, {3, 2}, {20, .5}, {400, 30}} {
		d := distuv.Gamma{Alpha: v[0], Beta: v[1]}
		h := v[0] - math.Log(v[1]) + lgamma(v[0]) + (1-v[0])*polygamma.Digamma(v[0])
		out = append(out, line{Gamma{}, Gamma{}.Natural(v[0], v[1]), 0, (v[0] + 20*math.Sqrt(v[0]) + 40) / v[1], d.LogProb, h})
	}
	for _, v := range [][2]float64{{1, 1}, {2, 3}, {30, 12}, {4, 1.5}} {
		d := distuv.Beta{Alpha: v[0], Beta: v[1]}
		a, b := v[0], v[1]
		h := lgamma(a) + lgamma(b) - lgamma(a+b) - (a-1)*polygamma.Digamma(a) - (b-1)*polygamma.Digamma(b) + (a+b-2)*polygamma.Digamma(a+b)
		out = append(out, line{Beta{}, Beta{}.Natural(a, b), 0, 1, d.LogProb, h})
	}
	return out
}

func TestDensitiesOfNumbersAgreeWithAnotherLibrary(t *testing.T) {
	for _, l := range lines() {
		for i := 1; i < 20; i++ {
			x := l.low + (l.up-l.low)*float64(i)/20
			tk.Close(t, l.f.Name(), must(t)(LogProb(l.f, l.eta, []float64{x})), l.log(x), 1e-11)
		}
		tk.Close(t, l.f.Name()+" entropy", must(t)(Entropy(l.f, l.eta)), l.entropy, 1e-12)
	}
}

func TestStatisticsAndDivergencesOfNumbersAgreeWithQuadrature(t *testing.T) {
	all := lines()
	for i, q := range all {
		_, u := expect(t, q.f, q.eta)
		s := make([]float64, 2)
		mean := func(f func(x float64) float64) float64 {
			// x = low + (up − low)·t³(10 − 15t + 6t²) takes the logarithms off both ends.
			return tk.Integrate(func(t float64) float64 {
				x := q.low + (q.up-q.low)*t*t*t*(10-15*t+6*t*t)
				return math.Exp(q.log(x)) * f(x) * (q.up - q.low) * 30 * t * t * (1 - t) * (1 - t)
			}, 0, 1, 100)
		}
		tk.Close(t, q.f.Name()+" total", mean(func(float64) float64 { return 1 }), 1, 1e-9)
		for j := range u {
			got := mean(func(x float64) float64 {
				if err := q.f.Stats(s, []float64{x}); err != nil {
					t.Fatal(err)
				}
				return s[j]
			})
			tk.Close(t, q.f.Name()+" statistic", got, u[j], 1e-6)
		}
		p := all[i/4*4+(i+1)%4]
		kl := mean(func(x float64) float64 { return q.log(x) - p.log(x) })
		tk.Close(t, q.f.Name()+" KL", must(t)(KL(q.f, q.eta, p.eta)), kl, 1e-6)
	}
}

func TestClassesAgreeWithEnumeration(t *testing.T) {
	f, q, p := Categorical{4}, []float64{.5, -1, 2, 0}, []float64{0, 3, -2, 1}
	total, h, kl := 0., 0., 0.
	_, u := expect(t, f, q)
	for k := range 4 {
		lq, lp := must(t)(LogProb(f, q, []float64{float64(k)})), must(t)(LogProb(f, p, []float64{float64(k)}))
		total += math.Exp(lq)
		h -= math.Exp(lq) * lq
		kl += math.Exp(lq) * (lq - lp)
		tk.Close(t, "probability", u[k], math.Exp(lq), 1e-14)
	}
	tk.Close(t, "total", total, 1, 1e-14)
	tk.Close(t, "entropy", must(t)(Entropy(f, q)), h, 1e-14)
	tk.Close(t, "KL", must(t)(KL(f, q, p)), kl, 1e-14)
}

func TestLogitsOfAnySizeHaveANormaliser(t *testing.T) {
	for _, c := range []float64{-1e300, -800, 0, 800, 1e300} {
		a, u := expect(t, Categorical{2}, []float64{c, c})
		tk.Close(t, "A", a, c+math.Ln2, 1e-15)
		tk.Close(t, "share", u[0], .5, 0)
	}
	a, u := expect(t, Categorical{2}, []float64{1e4, -1e4})
	tk.Close(t, "A", a, 1e4, 0)
	tk.Close(t, "share", u[1], 0, 0)
}

func TestFamiliesOfOneRowAreThoseOfNumbers(t *testing.T) {
	p, nu, m, beta := 3., 4.5, -1.2, .7
	tk.Close(t, "normal", must(t)(Entropy(MultiNormal{1}, MultiNormal{1}.Natural([]float64{m}, []float64{p}))),
		must(t)(Entropy(Normal{}, Normal{}.Natural(m, p))), 1e-14)
	tk.Close(t, "wishart", must(t)(Entropy(Wishart{1}, Wishart{1}.Natural([]float64{p}, nu))),
		must(t)(Entropy(Gamma{}, Gamma{}.Natural(nu/2, p/2))), 1e-13)
	q, r := NormalWishart{1}.Natural([]float64{m}, beta, []float64{p}, nu), NormalWishart{1}.Natural([]float64{.5}, 2, []float64{1}, 3)
	a, b := NormalGamma{}.Natural(m, beta, nu/2, p/2), NormalGamma{}.Natural(.5, 2, 1.5, .5)
	tk.Close(t, "normal-wishart", must(t)(KL(NormalWishart{1}, q, r)), must(t)(KL(NormalGamma{}, a, b)), 1e-13)
	_, u := expect(t, NormalWishart{1}, q)
	_, v := expect(t, NormalGamma{}, a)
	for i, want := range []float64{v[2], v[3], v[0], v[1]} {
		tk.Close(t, "statistic", u[i], want, 1e-13)
	}
}

// TestGaussiansWithConjugatePriorsHaveTheirEvidence uses N(μ, τ⁻¹) of 1 … 5 under the Normal-Gamma
// prior of m = 0, λ = a = b = 1: a posterior of mean 2.5, and ln evidence −12.260034.
func TestGaussiansWithConjugatePriorsHaveTheirEvidence(t *testing.T) {
	f := NormalGamma{}
	prior := f.Natural(0, 1, 1, 1)
	post := slices.Clone(prior)
	for x := 1.; x <= 5; x++ {
		for i, v := range []float64{x, -.5, -x * x / 2, .5} {
			post[i] += v
		}
	}
	before, _ := expect(t, f, prior)
	after, u := expect(t, f, post)
	tk.Close(t, "ln p(x)", after-before-2.5*math.Log(2*math.Pi), -12.260034, 5e-7/12)
	tk.Close(t, "mean", u[0]/u[2], 2.5, 1e-14)
}

func TestMultivariateNormalsAgreeWithDenseFormulas(t *testing.T) {
	f, mean, x := MultiNormal{3}, []float64{1, -2, .5}, []float64{.3, .1, -1}
	precision := []float64{2, .3, -.4, .3, 1, .2, -.4, .2, 1.5}
	l, z := mat.NewDense(3, 3, precision), mat.NewVecDense(3, []float64{-.7, 2.1, -1.5})
	det := mat.Det(l)
	eta := f.Natural(mean, precision)
	tk.Close(t, "ln p", must(t)(LogProb(f, eta, x)), .5*math.Log(det)-1.5*math.Log(2*math.Pi)-.5*mat.Inner(z, l, z), 1e-13)
	tk.Close(t, "entropy", must(t)(Entropy(f, eta)), 1.5*(1+math.Log(2*math.Pi))-.5*math.Log(det), 1e-13)
	_, u := expect(t, f, eta)
	var cov mat.Dense
	if err := cov.Inverse(l); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		tk.Close(t, "mean", u[i], mean[i], 1e-13)
		for j := range 3 {
			tk.Close(t, "⟨xxᵀ⟩", u[3+3*i+j], mean[i]*mean[j]+cov.At(i, j), 1e-13)
		}
	}
}

func TestWishartsAgreeWithTheBook(t *testing.T) {
	// Bishop 2006, eqs B.78–B.82, at D = 2: ln Γ₂(x) = ½ ln π + ln Γ(x) + ln Γ(x − ½).
	f, p, nu := Wishart{2}, []float64{2, .3, .3, 1}, 5.5
	eta, lambda := f.Natural(p, nu), []float64{1, -.5, -.5, 4}
	lnB := nu/2*math.Log(1.91) - nu*math.Ln2 - .5*math.Log(math.Pi) - lgamma(nu/2) - lgamma(nu/2-.5)
	trace := 2*1 + 2*.3*-.5 + 1*4.
	tk.Close(t, "ln p", must(t)(LogProb(f, eta, lambda)), lnB+(nu-3)/2*math.Log(3.75)-trace/2, 1e-13)
	logDet := polygamma.Digamma(nu/2) + polygamma.Digamma(nu/2-.5) + 2*math.Ln2 - math.Log(1.91)
	tk.Close(t, "entropy", must(t)(Entropy(f, eta)), -lnB-(nu-3)/2*logDet+nu, 1e-13)
	_, u := expect(t, f, eta)
	for i, want := range []float64{1, -.3, -.3, 2} {
		tk.Close(t, "⟨Λ⟩", u[i], nu*want/1.91, 1e-13)
	}
	tk.Close(t, "⟨ln|Λ|⟩", u[4], logDet, 1e-13)
}

func TestDirichletsOfTwoAreBetas(t *testing.T) {
	for _, v := range [][2]float64{{.01, .01}, {1, 2}, {1e-6, 5}, {1e6, 3e6}} {
		d, b := Dirichlet{2}.Natural(v[:]), Beta{}.Natural(v[0], v[1])
		tk.Close(t, "entropy", must(t)(Entropy(Dirichlet{2}, d)), must(t)(Entropy(Beta{}, b)), 1e-14)
	}
}

func TestShapesOfGreatSizeKeepTheirEntropy(t *testing.T) {
	// Gamma(a, b) tends to N(a/b, a/b²): H = ½ ln(2πe a/b²) − 1/(12a)·… of order 1/a. Rounding of
	// A at a = 1e8 is 1e-16·a·ln a = 2e-7.
	for _, a := range []float64{1e4, 1e6, 1e8} {
		got := must(t)(Entropy(Gamma{}, Gamma{}.Natural(a, 2)))
		tk.Close(t, "entropy", got, .5*math.Log(2*math.Pi*math.E*a/4), 1/a+4e-15*a)
	}
}

func TestDivergencesOfNormalsAndGammasAreTheTextbooks(t *testing.T) {
	for _, v := range [][4]float64{{0, 1, 0, 1}, {1, 2, -3, .5}, {1e3, 1e4, 1e3, 1}} {
		r, z := v[3]/v[1], v[0]-v[2]
		want := .5 * (r - 1 - math.Log(r) + v[3]*z*z)
		// The natural form subtracts terms of size ½τμ², each rounded to 1e-16 of itself.
		tol := 1e-12 + 4e-16*.5*v[1]*v[0]*v[0]
		tk.Close(t, "normal", must(t)(KL(Normal{}, Normal{}.Natural(v[0], v[1]), Normal{}.Natural(v[2], v[3]))), want, tol)
	}
	for _, v := range [][4]float64{{1, 1, 1, 1}, {3, .2, 7, 4}, {.01, 5, 2, 1}} {
		a, b, c, d := v[0], v[1], v[2], v[3]
		want := (a-c)*polygamma.Digamma(a) - lgamma(a) + lgamma(c) + c*math.Log(b/d) + a*(d-b)/b
		tk.Close(t, "gamma", must(t)(KL(Gamma{}, Gamma{}.Natural(a, b), Gamma{}.Natural(c, d))), want, 1e-12)
	}
}
