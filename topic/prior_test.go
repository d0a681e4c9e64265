package topic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/internal/rng"
)

// draws is s of n vectors θ whose E ln θ is ψ(γ) − ψ(Σγ) for random γ.
func draws(seed uint64, n, k int) []float64 {
	r, s := rng.New(seed).Rand(), make([]float64, k)
	for range n {
		total, gamma := 0.0, make([]float64, k)
		for i := range gamma {
			gamma[i] = math.Exp(2 * r.NormFloat64())
			total += gamma[i]
		}
		for i, g := range gamma {
			s[i] += polygamma.Digamma(g) - polygamma.Digamma(total)
		}
	}
	return s
}

// direct maximises f of concentrations in their logarithms by a compass search, which knows no
// derivatives: it moves along one axis while that helps, and halves its step where none does.
func direct(f func([]float64) float64, k int) (a []float64, best float64) {
	a = make([]float64, k)
	for i := range a {
		a[i] = 1
	}
	best = f(a)
	for step := 1.0; step > 1e-9; {
		moved := false
		for i, was := range a {
			for _, size := range []float64{step, -step} {
				a[i] = was * math.Exp(size)
				if v := f(a); v > best {
					best, was, moved = v, a[i], true
				}
				a[i] = was
			}
		}
		if !moved {
			step /= 2
		}
	}
	return a, best
}

func TestNewtonsConcentrationsAreThoseOfDirectMaximisation(t *testing.T) {
	for seed := range uint64(12) {
		k, n := 1+int(seed%4), 3+5*int(seed)
		s := draws(seed, n, k)
		if k > 1 {
			want, best := direct(func(a []float64) float64 { return dirichletBound(a, s, float64(n)) }, k)
			for _, start := range []float64{0.006, 0.5, 40} {
				got := make([]float64, k)
				for i := range got {
					got[i] = start
				}
				maximise(got, s, float64(n))
				// a search by values stops where f is flat: half the digits
				if !near(got, want, 1e-4) || dirichletBound(got, s, float64(n)) < best-1e-10*math.Abs(best) {
					t.Errorf("seed %d from %g: got α %v with %.15g, want %v with %.15g", seed, start, got, dirichletBound(got, s, float64(n)), want, best)
				}
			}
		}
		m := k + 1
		total := sum(draws(seed, n, m))
		even := func(a []float64) float64 {
			return float64(n)*(lgamma(float64(m)*a[0])-float64(m)*lgamma(a[0])) + a[0]*total
		}
		want, _ := direct(even, 1)
		for _, start := range []float64{0.006, 0.5, 40} {
			if got := maximiseEven(start, total, float64(n), m); math.Abs(got/want[0]-1) > 1e-4 {
				t.Errorf("seed %d from %g: got α %g of all, want %g", seed, start, got, want[0])
			}
		}
	}
}

func TestSharesOfTopicsAreThoseOfDirectMaximisation(t *testing.T) {
	for seed := range uint64(12) {
		k, n, gamma := 2+int(seed%3), 3+5*float64(seed), 0.5+float64(seed%4)
		s := draws(seed, int(n), k)
		for _, total := range []float64{0.5, 1, 30} {
			share := func(x []float64) []float64 { // x less its last, which is 1
				a, all := append([]float64{1}, x...), 1.0
				for _, v := range x {
					all += v
				}
				for i := range a {
					a[i] *= total / all
				}
				return a
			}
			want, best := direct(func(x []float64) float64 { return sharesBound(share(x), s, n, gamma) }, k-1)
			got := make([]float64, k)
			for i := range got {
				got[i] = total / float64(k)
			}
			maximiseShares(got, s, n, gamma)
			if f := sharesBound(got, s, n, gamma); !near(got, share(want), 1e-3) || f < best-1e-10*math.Abs(best) || math.Abs(sum(got)-total) > 1e-12*total {
				t.Errorf("seed %d, sum %g: got %v with %.15g, want %v with %.15g", seed, total, got, f, share(want), best)
			}
		}
	}
}

func TestTheGradientIsNoughtWhereNewtonStops(t *testing.T) {
	for seed := range uint64(1000) {
		k, n := 2+int(seed%30), 1+int(seed%50)
		s, a := draws(seed, n, k), make([]float64, k)
		for i := range a {
			a[i] = 0.01 + float64((seed+uint64(i))%7)
		}
		before := dirichletBound(a, s, float64(n))
		maximise(a, s, float64(n))
		total := polygamma.Digamma(sum(a))
		for i, x := range a {
			if g := float64(n)*(total-polygamma.Digamma(x)) + s[i]; math.Abs(g)*x > 1e-8*float64(n) && x > smallest*(1+1e-9) {
				t.Fatalf("seed %d: got slope %g in ln α %d at %g", seed, g*x, i, x)
			}
		}
		if after := dirichletBound(a, s, float64(n)); after < before-1e-13*math.Abs(before) {
			t.Fatalf("seed %d: got %g after %g, want it to rise", seed, after, before)
		}
	}
}

func TestNewtonStepsAreThoseOfTheWholeHessian(t *testing.T) {
	s, a := draws(3, 7, 4), []float64{0.3, 1.2, 2.5, 0.8}
	step := newtonStep(a, s, 7)
	gradient := func(out, a []float64) {
		total := polygamma.Digamma(sum(a))
		for i, x := range a {
			out[i] = 7*(total-polygamma.Digamma(x)) + s[i]
		}
	}
	got, want := make([]float64, 4), make([]float64, 4)
	gradient(want, a)
	h := 1e-6 // H step by central differences of the gradient along the step
	forth, back := make([]float64, 4), make([]float64, 4)
	gradient(forth, []float64{a[0] + h*step[0], a[1] + h*step[1], a[2] + h*step[2], a[3] + h*step[3]})
	gradient(back, []float64{a[0] - h*step[0], a[1] - h*step[1], a[2] - h*step[2], a[3] - h*step[3]})
	for i := range got {
		got[i] = (forth[i] - back[i]) / (2 * h)
		if math.Abs(got[i]-want[i]) > 1e-6*math.Abs(want[i])+1e-6 {
			t.Errorf("component %d: got H·step %g, want the gradient %g", i, got[i], want[i])
		}
	}
	numeric := fd.Gradient(nil, func(a []float64) float64 { return dirichletBound(a, s, 7) }, a, &fd.Settings{Formula: fd.Central})
	if !near(numeric, want, 1e-6) {
		t.Errorf("got gradient %v, want %v", want, numeric)
	}
}

func TestTrigammaIsTheSlopeOfDigamma(t *testing.T) {
	for _, x := range []float64{0.005, 0.1, 1, 3.7, 50, 1e4, 1e7} {
		want := fd.Derivative(polygamma.Digamma, x, &fd.Settings{Formula: fd.Central, Step: 1e-5 * x})
		if got := trigamma(x); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("ψ'(%g): got %.15g, want %.15g", x, got, want)
		}
	}
	if got := trigamma(1); math.Abs(got-math.Pi*math.Pi/6) > 1e-15 || got != mathext.Zeta(2, 1) {
		t.Errorf("ψ'(1): got %.17g, want π²/6", got)
	}
}
