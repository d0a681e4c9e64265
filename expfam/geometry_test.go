package expfam

import (
	"math"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// three calls do with every family and triples of its parameters.
func three(do func(f Family, p, q, r []float64)) {
	for _, m := range members() {
		for i := range m.eta {
			for j := range m.eta {
				for k := range m.eta {
					do(m.f, m.eta[i], m.eta[j], m.eta[k])
				}
			}
		}
	}
}

// KL(p‖r) = KL(p‖q) + KL(q‖r) + (q − r)·(⟨u⟩_p − ⟨u⟩_q): the law of cosines of divergences (Amari &
// Nagaoka 2000, theorem 3.7).
func TestDivergencesObeyTheLawOfCosines(t *testing.T) {
	three(func(f Family, p, q, r []float64) {
		kl := func(a, b []float64) float64 { return must(t)(KL(f, a, b)) }
		_, up := expect(t, f, p)
		_, uq := expect(t, f, q)
		side := kl(p, q) + kl(q, r)
		for i := range q {
			side += (q[i] - r[i]) * (up[i] - uq[i])
		}
		tk.Close(t, f.Name(), kl(p, r), side, 1e-9*max(1, math.Abs(side)))
	})
}

// Along the line from q to p the divergence from q grows: its slope is s·(p − q)ᵀ Cov u (p − q) ≥ 0.
func TestDivergencesGrowAlongALine(t *testing.T) {
	three(func(f Family, p, q, _ []float64) {
		before := 0.
		for s := 0.; s <= 1; s += .125 {
			at := make([]float64, len(p))
			for i := range at {
				at[i] = q[i] + s*(p[i]-q[i])
			}
			kl := must(t)(KL(f, q, at))
			if kl < before-1e-12*max(1, before) {
				t.Fatalf("%s: at %v of the way from %v to %v: got %v after %v", f.Name(), s, q, p, kl, before)
			}
			before = kl
		}
	})
}

// E_q ln p(x | η) is largest at η = q, where it is minus the entropy (Gibbs' inequality).
func TestTheBestLawOfExpectedStatisticsIsTheirOwn(t *testing.T) {
	three(func(f Family, p, q, _ []float64) {
		_, u := expect(t, f, q)
		own, other := must(t)(CrossLogProb(f, q, u)), must(t)(CrossLogProb(f, p, u))
		if other > own+1e-12*max(1, math.Abs(own)) {
			t.Errorf("%s: got %v under %v, want at most %v", f.Name(), other, p, own)
		}
		tk.Close(t, f.Name(), own-other, must(t)(KL(f, q, p)), 1e-9*max(1, math.Abs(own), math.Abs(other)))
	})
}
