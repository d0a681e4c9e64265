package special

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestPolygammaAtKnownPlaces: Abramowitz & Stegun (1964), 6.3.2, 6.3.3, 6.4.2 and 6.4.4.
func TestPolygammaAtKnownPlaces(t *testing.T) {
	const euler, apery = .57721566490153286061, 1.2020569031595942854
	xs := []float64{1, .5, 2}
	for k, c := range []struct {
		f    func(*g.Node) *g.Node
		want []float64
	}{
		{Lgamma, []float64{0, .5 * math.Log(math.Pi), 0}},
		{Digamma, []float64{-euler, -euler - 2*math.Ln2, 1 - euler}},
		{Trigamma, []float64{math.Pi * math.Pi / 6, math.Pi * math.Pi / 2, math.Pi*math.Pi/6 - 1}},
		{Tetragamma, []float64{-2 * apery, -14 * apery, -2*apery + 2}},
	} {
		for i, got := range values(t, func(x []*g.Node) *g.Node { return c.f(x[0]) }, xs) {
			if math.Abs(got-c.want[i]) > 4e-15*math.Max(1, math.Abs(c.want[i])) {
				t.Errorf("derivative %d of ln Γ at %v: got %v, want %v", k, xs[i], got, c.want[i])
			}
		}
	}
}

// TestIncompleteGammaIsAPoissonSum: Q(n, x) = Σ_{k<n} e⁻ˣ xᵏ/k! for whole n.
func TestIncompleteGammaIsAPoissonSum(t *testing.T) {
	var a, x, want []float64
	for _, n := range []int{1, 2, 5, 20, 60} {
		for _, v := range []float64{.1, 1, 4.5, 21, 70} {
			sum, term := 0., math.Exp(-v)
			for k := range n {
				sum += term
				term *= v / float64(k+1)
			}
			a, x, want = append(a, float64(n)), append(x, v), append(want, sum)
		}
	}
	q := values(t, func(in []*g.Node) *g.Node { return GammaQ(in[0], in[1]) }, a, x)
	p := values(t, func(in []*g.Node) *g.Node { return GammaP(in[0], in[1]) }, a, x)
	for i := range q {
		if math.Abs(q[i]-want[i]) > 1e-13*want[i] {
			t.Errorf("Q(%v, %v) = %v, want %v", a[i], x[i], q[i], want[i])
		}
		tk.Close(t, "P + Q", p[i]+q[i], 1, 1e-15)
	}
}

// TestIncompleteBetaIsABinomialTail: I_p(k, n−k+1) = P(at least k of n), and its mirror image.
func TestIncompleteBetaIsABinomialTail(t *testing.T) {
	var a, b, x, want []float64
	for _, n := range []int{1, 4, 12, 40} {
		for k := 1; k <= n; k += 1 + n/4 {
			for _, p := range []float64{.01, .3, .5, .97} {
				sum := 0.
				for j := k; j <= n; j++ {
					lj, _ := math.Lgamma(float64(j + 1))
					ln, _ := math.Lgamma(float64(n + 1))
					lr, _ := math.Lgamma(float64(n - j + 1))
					sum += math.Exp(ln - lj - lr + float64(j)*math.Log(p) + float64(n-j)*math.Log1p(-p))
				}
				a, b, x, want = append(a, float64(k)), append(b, float64(n-k+1)), append(x, p), append(want, sum)
			}
		}
	}
	got := values(t, func(in []*g.Node) *g.Node { return BetaInc(in[0], in[1], in[2]) }, a, b, x)
	mirror := values(t, func(in []*g.Node) *g.Node { return BetaInc(in[1], in[0], g.OneMinus(in[2])) }, a, b, x)
	for i := range got {
		// The binomial coefficients come from ln Γ with an error of about 1e-13.
		if math.Abs(got[i]-want[i]) > 1e-12*want[i] {
			t.Errorf("I_%v(%v, %v) = %v, want %v", x[i], a[i], b[i], got[i], want[i])
		}
		tk.Close(t, "I_x(a, b) + I_{1−x}(b, a)", got[i]+mirror[i], 1, 1e-14)
	}
}

// TestImplicitGradientsGiveTheGradientsOfMoments: with z ~ Gamma(a, 1), E[dz/da] = d E[z]/da = 1
// and E[2z dz/da] = d E[z²]/da = 2a + 1, both by quadrature over y = ln z.
func TestImplicitGradientsGiveTheGradientsOfMoments(t *testing.T) {
	for _, a := range []float64{.05, .6, 1, 3.3, 40, 1e3} {
		// e^(ay − eʸ)/Γ(a) by the trapezoid rule between the ends where it has fallen by e^−40.
		low, high := math.Log(a)-math.Max(9/math.Sqrt(a), 42/a)-1, math.Log(a+12*math.Sqrt(a)+45)
		const n = 20000
		lg, _ := math.Lgamma(a)
		shape, z, mass := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			y := low + (high-low)*float64(i)/(n-1)
			shape[i], z[i] = a, math.Exp(y)
			mass[i] = math.Exp(a*y-z[i]-lg) * (high - low) / (n - 1)
		}
		slope := values(t, func(in []*g.Node) *g.Node {
			return g.Gradient(g.ReduceAllSum(ImplicitGamma(in[0], in[1])), in[0])[0]
		}, shape, z)
		var total, first, second float64
		for i, d := range slope {
			total, first, second = total+mass[i], first+mass[i]*d, second+mass[i]*2*z[i]*d
		}
		tk.Close(t, "mass", total, 1, 1e-9)
		tk.Close(t, "dE[z]/da", first, 1, 1e-8)
		tk.Close(t, "dE[z²]/da", second, 2*a+1, 1e-8)
	}
}

// TestBesselRecurrence: I_{ν−1} − I_{ν+1} = (2ν/x) I_ν (Abramowitz & Stegun 9.6.26), and the closed
// form I_½(x) = √(2/πx) sinh x.
func TestBesselRecurrence(t *testing.T) {
	xs := []float64{.02, .4, 3, 9, 55, 600}
	at := func(nu float64) []float64 {
		return values(t, func(x []*g.Node) *g.Node { return LogBesselI(nu, x[0]) }, xs)
	}
	for _, nu := range []float64{1, 1.5, 4, 12.5} {
		below, here, above := at(nu-1), at(nu), at(nu+1)
		for i, x := range xs {
			left := math.Exp(below[i]-here[i]) - math.Exp(above[i]-here[i])
			tk.Close(t, "recurrence", left*x/(2*nu), 1, 1e-11*math.Max(1, x))
		}
	}
	for i, got := range at(.5) {
		x := xs[i]
		want := .5*math.Log(2/math.Pi/x) + x + math.Log(-math.Expm1(-2*x)) - math.Ln2
		tk.Close(t, "ln I_½", got, want, 1e-13)
	}
}

// TestNormalFunctionsAgreeWithTheLibrary over a sweep through all branches.
func TestNormalFunctionsAgreeWithTheLibrary(t *testing.T) {
	var xs []float64
	for x := -37.; x < 9; x += .0173 {
		xs = append(xs, x)
	}
	cdf := values(t, func(x []*g.Node) *g.Node { return Ndtr(x[0]) }, xs)
	logs := values(t, func(x []*g.Node) *g.Node { return LogNdtr(x[0]) }, xs)
	back := values(t, func(x []*g.Node) *g.Node { return Erfinv(g.Erf(x[0])) }, []float64{-2, -.3, 1e-9, .7, 3})
	for i, x := range xs {
		want := .5 * math.Erfc(-x/math.Sqrt2)
		// The library rounds x/√2, whose error e^(−x²/2) makes x² times larger.
		if tol := 4e-16 * (4 + x*x); math.Abs(cdf[i]-want) > tol*want {
			t.Errorf("Φ(%v) = %v, want %v", x, cdf[i], want)
		}
		tk.Close(t, "ln Φ", logs[i], math.Log(want), 1e-13)
	}
	for i, want := range []float64{-2, -.3, 1e-9, .7, 3} {
		// erf is flat at 3, where its rounding moves the argument by 1e-16/1.4e-4.
		tk.Close(t, "erf⁻¹", back[i], want, 2e-12)
	}
}
