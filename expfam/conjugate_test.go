package expfam

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// plus is x + c·y.
func plus(x []float64, c float64, y []float64) []float64 {
	out := slices.Clone(x)
	for i, v := range y {
		out[i] += c * v
	}
	return out
}

func TestSymmetricDivergencesAreDifferencesOfStatistics(t *testing.T) {
	// KL(q ‖ p) + KL(p ‖ q) = (η_q − η_p)·(⟨u⟩_q − ⟨u⟩_p).
	for _, m := range members() {
		q, p := m.eta[0], m.eta[1]
		_, uq := expect(t, m.f, q)
		_, up := expect(t, m.f, p)
		got := must(t)(KL(m.f, q, p)) + must(t)(KL(m.f, p, q))
		tk.Close(t, m.f.Name(), got, inner(plus(q, -1, p), plus(uq, -1, up)), 1e-11)
	}
}

func TestNormalisersAreConvex(t *testing.T) {
	for _, m := range members() {
		q, p := m.eta[0], m.eta[1]
		aq, _ := expect(t, m.f, q)
		ap, _ := expect(t, m.f, p)
		for _, c := range []float64{.1, .5, .9} {
			mid := plus(plus(make([]float64, len(q)), c, q), 1-c, p)
			if a := must(t)(m.f.Expect(nil, mid)); !(a < c*aq+(1-c)*ap) {
				t.Errorf("%s: A at %v of the way: got %v, want less than %v", m.f.Name(), c, a, c*aq+(1-c)*ap)
			}
		}
	}
}

func TestClassesUnderDirichletsHaveTheirEvidence(t *testing.T) {
	// Pólya's urn: p(x₁ … x_n) is the product of (α_x + earlier x) / (Σα + earlier).
	alpha := []float64{.5, 2, 1.25}
	f := Dirichlet{3}
	eta, want := f.Natural(alpha), 0.
	before, _ := expect(t, f, eta)
	seen := []float64{0, 0, 0}
	for n, x := range []int{1, 1, 0, 2, 1, 0, 1} {
		want += math.Log((alpha[x] + seen[x]) / (3.75 + float64(n)))
		seen[x]++
		eta[x]++
	}
	after, _ := expect(t, f, eta)
	tk.Close(t, "ln p(x)", after-before, want, 1e-13)
}

func TestWaitsUnderGammasHaveTheirEvidence(t *testing.T) {
	// x ~ Exp(τ) adds u = (1, −x) to η; one wait under Gamma(a, b) has density a bᵃ/(b + x)^(a+1).
	f, a, b, x := Gamma{}, 2.5, 1.5, .7
	before, _ := expect(t, f, f.Natural(a, b))
	after, _ := expect(t, f, plus(f.Natural(a, b), 1, []float64{1, -x}))
	tk.Close(t, "ln p(x)", after-before, math.Log(a)+a*math.Log(b)-(a+1)*math.Log(b+x), 1e-13)
}

func TestVectorsUnderNormalWishartsPredictStudents(t *testing.T) {
	// One vector adds u = (−½xxᵀ, ½, x, −½) to η, and has the density of Bishop 2006, eq. B.68,
	// with f = ν + 1 − D and L = fβ/(1 + β) W; here W⁻¹ = diag(2, 3).
	f, m, beta, nu, x := NormalWishart{2}, []float64{1, -1}, .8, 3.5, []float64{2, .5}
	prior := f.Natural(m, beta, []float64{2, 0, 0, 3}, nu)
	u := []float64{-x[0] * x[0] / 2, -x[0] * x[1] / 2, -x[0] * x[1] / 2, -x[1] * x[1] / 2, .5, x[0], x[1], -.5}
	before, _ := expect(t, f, prior)
	after, _ := expect(t, f, plus(prior, 1, u))
	dof, c := nu-1, beta/(1+beta)
	q := c * (math.Pow(x[0]-m[0], 2)/2 + math.Pow(x[1]-m[1], 2)/3)
	want := lgamma(dof/2+1) - lgamma(dof/2) + .5*math.Log(c*c/6) - math.Log(math.Pi) - (dof/2+1)*math.Log1p(q)
	tk.Close(t, "ln p(x)", after-before-math.Log(2*math.Pi), want, 1e-13)
}

func TestNormalWishartsAreAWishartAndANormal(t *testing.T) {
	f, m, beta, p, nu := NormalWishart{2}, []float64{1, -2}, .4, []float64{2, .3, .3, 1}, 4.5
	lambda, mu := []float64{1, -.5, -.5, 4}, []float64{.2, .9}
	got := must(t)(LogProb(f, f.Natural(m, beta, p, nu), append(slices.Clone(mu), lambda...)))
	want := must(t)(LogProb(Wishart{2}, Wishart{2}.Natural(p, nu), lambda))
	want += must(t)(LogProb(MultiNormal{2}, MultiNormal{2}.Natural(m, scaled(lambda, beta)), mu))
	tk.Close(t, "ln p", got, want, 1e-12)
}

func TestNormalGammasAreAGammaAndANormal(t *testing.T) {
	f, m, lambda, a, b := NormalGamma{}, -1.5, .6, 2.5, 3.
	for _, x := range [][]float64{{0, 1}, {-4, .1}, {2, 6}} {
		got := must(t)(LogProb(f, f.Natural(m, lambda, a, b), x))
		want := must(t)(LogProb(Gamma{}, Gamma{}.Natural(a, b), x[1:]))
		want += must(t)(LogProb(Normal{}, Normal{}.Natural(m, lambda*x[1]), x[:1]))
		tk.Close(t, "ln p", got, want, 1e-13)
	}
}

// TestStatisticsOfWishartsAgreeWithDraws takes Λ = Σ zzᵀ of ν vectors from N(0, W), W = diag(.5, 2):
// means of 20,000 draws within 5 standard errors, a false alarm in a million for each of four.
func TestStatisticsOfWishartsAgreeWithDraws(t *testing.T) {
	f, nu, n := Wishart{2}, 6, 20_000
	_, want := expect(t, f, f.Natural([]float64{2, 0, 0, .5}, float64(nu)))
	z, draws := make([]float64, 2*nu*n), make([][]float64, 5)
	rng.New(7).NormalFloat64(z)
	u := make([]float64, 5)
	for i := range n {
		lambda := make([]float64, 4)
		for j := range nu {
			a, b := math.Sqrt(.5)*z[2*(i*nu+j)], math.Sqrt2*z[2*(i*nu+j)+1]
			for k, v := range []float64{a * a, a * b, a * b, b * b} {
				lambda[k] += v
			}
		}
		if err := f.Stats(u, lambda); err != nil {
			t.Fatal(err)
		}
		for k, v := range u {
			draws[k] = append(draws[k], v)
		}
	}
	for k, xs := range draws {
		tk.MeanWithin(t, fmt.Sprintf("statistic %d", k), xs, want[k], 5)
	}
}

func TestMatricesAreReadAsTheirSymmetricPart(t *testing.T) {
	for _, f := range []Family{MultiNormal{2}, Wishart{2}, NormalWishart{2}} {
		eta := make([]float64, f.Len())
		at := 0
		switch f.(type) {
		case MultiNormal:
			at = 2
		case Wishart:
			eta[4] = 1
		default:
			eta[4], eta[7] = 1, -.5
		}
		copy(eta[at:], []float64{-1, -.3, -.3, -2})
		want, _ := expect(t, f, eta)
		eta[at+1], eta[at+2] = -.6, 0
		got, _ := expect(t, f, eta)
		tk.Close(t, f.Name(), got, want, 1e-15)
	}
}

func ExampleKL() {
	q, p := Normal{}.Natural(1, 1), Normal{}.Natural(0, 1)
	kl, err := KL(Normal{}, q, p)
	fmt.Println(kl, err)
	// Output: 0.5 <nil>
}
