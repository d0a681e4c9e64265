package prob_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi"
)

// hmc draws from a model by Hamiltonian Monte Carlo (Neal 2011, section 3.2) in units of given
// standard deviations: two chains of leapfrog paths of length 1.5, steps tuned in the first third to
// an acceptance of .8 and then fixed. It fails the test where split R̂ of the draws exceeds 1.05.
func hmc(t *testing.T, m *prob.Model, begin, sd []float64, draws int) [][]float64 {
	t.Helper()
	n, slope, err := prob.Gradient(m)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	chains := make([][][]float64, n) // coordinate, chain, draw
	for chain := range uint64(2) {
		gen := rng.New(77 + chain).Rand()
		x, grad := append([]float64(nil), begin...), make([]float64, n)
		for i := range x {
			x[i] += .5 * sd[i] * gen.NormFloat64()
		}
		lp, err := slope(x, grad)
		if err != nil {
			t.Fatal(err)
		}
		eps := .2
		for i := range chains {
			chains[i] = append(chains[i], nil)
		}
		for k := range draws * 3 / 2 {
			y, gy, p, h := append([]float64(nil), x...), append([]float64(nil), grad...), make([]float64, n), lp
			for i := range p {
				p[i] = gen.NormFloat64()
				h -= p[i] * p[i] / 2
			}
			e := eps * (.8 + .4*gen.Float64())
			next := lp
			for range int(math.Ceil(1.5 / e)) {
				for i := range y {
					p[i] += e / 2 * gy[i] * sd[i]
					y[i] += e * p[i] * sd[i]
				}
				if next, err = slope(y, gy); err != nil {
					t.Fatal(err)
				}
				for i := range y {
					p[i] += e / 2 * gy[i] * sd[i]
				}
			}
			after := next
			for i := range p {
				after -= p[i] * p[i] / 2
			}
			accept := math.Min(1, math.Exp(after-h))
			if math.IsNaN(accept) {
				accept = 0
			}
			if gen.Float64() < accept {
				x, grad, lp = y, gy, next
			}
			if k < draws/2 {
				eps = math.Min(.7, math.Max(.01, eps*math.Exp((accept-.8)/math.Sqrt(float64(k+10)))))
				continue
			}
			out = append(out, x)
			for i := range x {
				chains[i][chain] = append(chains[i][chain], x[i])
			}
		}
	}
	for i := range chains {
		if r := vi.SplitRHat(chains[i]...); !(r < 1.05) {
			t.Errorf("the reference chains of coordinate %d have R̂ %.3f, want below 1.05", i, r)
		}
	}
	return out
}

// TestTheReferenceSamplerIsRight: a correlated Gaussian, moments within 5 standard errors of 4,000
// draws with an autocorrelation time of 4.
func TestTheReferenceSamplerIsRight(t *testing.T) {
	a, b, d := 2., .9, 1.5
	out := hmc(t, gaussian(3, -1, a, b, d, 0), []float64{3, -1}, []float64{.8, .9}, 2000)
	det := a*d - b*b
	mean, sq, cross := 0., 0., 0.
	n := float64(len(out))
	for _, u := range out {
		mean += (u[0] - 3) / n
		sq += (u[0] - 3) * (u[0] - 3) / n
		cross += (u[0] - 3) * (u[1] + 1) / n
	}
	sd := math.Sqrt(d / det)
	within(t, "mean in sd", mean/sd, 0, 5*2/math.Sqrt(n))
	within(t, "variance", sq/sd/sd, 1, 5*2*math.Sqrt(2/n))
	within(t, "covariance", cross, -b/det, 5*2*sd*math.Sqrt(a/det)*math.Sqrt(2/n))
}
