package scalarref

import (
	"math"
	"testing"
)

func nll(likelihood string, x, o, s float64) float64 {
	v, _, _ := pixels[likelihood].nll(x, o, s)
	return v
}

// TestDensitiesByHand compares −ln p with values that follow from the formula by hand.
func TestDensitiesByHand(t *testing.T) {
	for _, c := range []struct {
		likelihood        string
		x, o, s, want, by float64
	}{
		{"bernoulli", 1, 0, 0, math.Ln2, 1e-15},
		{"bernoulli", 1, math.Log(3), 0, math.Log(4. / 3), 1e-15},
		{"bernoulli", 0, math.Log(3), 0, math.Log(4), 1e-15},
		{"bernoulli", 0.25, math.Log(3), 0, 0.25*math.Log(4./3) + 0.75*math.Log(4), 1e-15},
		{"bernoulli", 0, 1000, 0, 1000, 0},
		{"bernoulli", 1, 1000, 0, 0, 0},
		{"bernoulli", 1, -1000, 0, 1000, 0},
		{"gaussian", 0.5, 0.5, 0, 0.91893853320467274, 1e-15}, // ½ ln 2π
		{"gaussian", 1, 0, math.Log(0.5), 0.91893853320467274 - math.Ln2 + 2, 1e-15},
		{"laplace", 0.5, 0.5, 0, math.Ln2, 1e-15},
		{"laplace", 0, 3, math.Log(2), math.Log(4) + 1.5, 1e-15},
		{"continuous-bernoulli", 0.3, 0, 0, 0, 1e-15},                                 // λ = ½ is the uniform
		{"continuous-bernoulli", 0, math.Log(3), 0, math.Log(2 / math.Log(3)), 1e-14}, // p = ln 3/2·3^x
		{"continuous-bernoulli", 1, math.Log(3), 0, math.Log(2 / (3 * math.Log(3))), 1e-14},
		{"discretized-logistic", 0, 1. / 510, 0, math.Ln2, 1e-15}, // half the mass lies below the first edge
		{"discretized-logistic", 1, 509. / 510, 3, math.Ln2, 1e-15},
		// A bin far narrower than the scale holds its width times the peak density e^−s/4.
		{"discretized-logistic", 100. / 255, 100. / 255, 30, 30 + math.Log(4*255), 1e-12},
		// Edges at o ± 1/510 = ±s·ln 3: mass ¾ − ¼.
		{"discretized-logistic", 100. / 255, 100. / 255, math.Log(1 / (510 * math.Log(3))), math.Ln2, 1e-12},
	} {
		if got := nll(c.likelihood, c.x, c.o, c.s); !(math.Abs(got-c.want) <= c.by) {
			t.Errorf("%s −ln p(%v; %v, s=%v): got %v, want %v", c.likelihood, c.x, c.o, c.s, got, c.want)
		}
	}
}

// TestScaleIsSigmaUnlessLearned: the configured σ and b enter as ln σ, and default to 1; a
// learned r gives −6 + softplus(r + 6) = ln(e⁻⁶ + eʳ).
func TestScaleIsSigmaUnlessLearned(t *testing.T) {
	for _, c := range []struct {
		likelihood         string
		sigma, learn, want float64
	}{
		{"gaussian", 0, 0, 0},
		{"gaussian", 0.25, 0, math.Log(0.25)},
		{"laplace", 0, 0, 0},
		{"laplace", 3, 0, math.Log(3)},
		{"gaussian-learned", 0.25, -0.6, math.Log(math.Exp(-6) + math.Exp(-0.6))},
		{"discretized-logistic", 0.25, -40, -6},
	} {
		n := newNet(t, Config{D: 1, L: 1, Likelihood: c.likelihood, Sigma: c.sigma})
		if pixels[c.likelihood].learned {
			set(t, n, "decoder/logscale", c.learn)
		}
		if got := n.logScale(); math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%s with sigma %v: ln scale: got %v, want %v", c.likelihood, c.sigma, got, c.want)
		}
	}
}

// TestDensitiesIntegrateToOne covers the continuous likelihoods. Laplace's kink lies on a
// grid point, where Simpson's rule keeps its order.
func TestDensitiesIntegrateToOne(t *testing.T) {
	for _, o := range []float64{-0.3, 0, 1.5} {
		for _, s := range []float64{-1, 0, 0.7} {
			w := 40 * math.Exp(s)
			for _, likelihood := range []string{"gaussian", "gaussian-learned", "laplace"} {
				got := simpson(o-w, o, 4000, func(x float64) float64 { return math.Exp(-nll(likelihood, x, o, s)) }) +
					simpson(o, o+w, 4000, func(x float64) float64 { return math.Exp(-nll(likelihood, x, o, s)) })
				if math.Abs(got-1) > 1e-9 {
					t.Errorf("%s(%v, s=%v): integral: got %v, want 1", likelihood, o, s, got)
				}
			}
		}
	}
	for _, o := range []float64{-3, 0.4, 2} {
		got := math.Exp(-nll("bernoulli", 0, o, 0)) + math.Exp(-nll("bernoulli", 1, o, 0))
		if math.Abs(got-1) > 1e-15 {
			t.Errorf("bernoulli(%v): sum: got %v, want 1", o, got)
		}
	}
}

// simpson integrates f over [a, b] with n panels, n even.
func simpson(a, b float64, n int, f func(float64) float64) float64 {
	h := (b - a) / float64(n)
	sum := f(a) + f(b)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i%2)) * f(a+h*float64(i))
	}
	return sum * h / 3
}

// TestContinuousBernoulliNormaliserMatchesIntegration: 1/C = ∫ λ^x (1−λ)^(1−x) dx on [0, 1],
// through the series, at its border and through the closed form.
func TestContinuousBernoulliNormaliserMatchesIntegration(t *testing.T) {
	for _, o := range []float64{-30, -4, -0.5, -0.051, -0.049, -1e-3, -1e-9, 0, 1e-12, 1e-4, 0.02, 0.0499999, 0.05, 0.06, 1, 8, 40} {
		inverse := simpson(0, 1, 4000, func(x float64) float64 { return math.Exp(x*o - softplus(o)) })
		got, slope := logNormalizer(o)
		if want := -math.Log(inverse); scaled(got, want) > 1e-10 {
			t.Errorf("ln C(%v): got %v, want %v", o, got, want)
		}
		// ∂ ln C = sigmoid(o) − E[x].
		mean := simpson(0, 1, 4000, func(x float64) float64 { return x * math.Exp(x*o-softplus(o)) }) / inverse
		if want := sigmoid(o) - mean; scaled(slope, want) > 1e-10 {
			t.Errorf("∂ ln C(%v): got %v, want %v", o, slope, want)
		}
	}
	for _, o := range []float64{800, -800} { // sinh overflows
		c, slope := logNormalizer(o)
		if scaled(c, math.Log(800)) > 1e-15 || scaled(slope, 1/o) > 1e-15 {
			t.Errorf("logNormalizer(%v): got %v, %v, want ln 800 and %v", o, c, slope, 1/o)
		}
	}
}

// TestSeriesMeetsClosedForm: both branches of the normaliser agree at their border.
func TestSeriesMeetsClosedForm(t *testing.T) {
	below, dBelow := logNormalizer(math.Nextafter(0.05, 0))
	above, dAbove := logNormalizer(0.05)
	if math.Abs(below-above) > 1e-14 || math.Abs(dBelow-dAbove) > 1e-12 {
		t.Errorf("border: got %v and %v, slopes %v and %v, want them equal", below, above, dBelow, dAbove)
	}
}

// TestDiscretizedLogisticSumsToOne adds the 256 bins up, also where most of the mass lies
// outside [0, 1] and where a bin is much wider or narrower than the scale.
func TestDiscretizedLogisticSumsToOne(t *testing.T) {
	for _, o := range []float64{-1, 0, 0.2, 0.5003, 1, 1.7} {
		for _, s := range []float64{-9, -5, -3, -1, 0, 2} {
			sum := 0.0
			for j := range 256 {
				sum += math.Exp(-nll("discretized-logistic", float64(j)/255, o, s))
			}
			if math.Abs(sum-1) > 1e-11 {
				t.Errorf("discretized-logistic(%v, s=%v): sum: got %v, want 1", o, s, sum)
			}
		}
	}
}

// TestDiscretizedLogisticSurvivesFarTails: 1,000 scales away the two sigmoids are equal in
// float64, while −ln p grows by one nat a scale.
func TestDiscretizedLogisticSurvivesFarTails(t *testing.T) {
	s := math.Log(1e-3)
	near, dNear, _ := discretizedLogistic(0.8, 1.8, s)
	far, dFar, _ := discretizedLogistic(0.8, 2.8, s)
	if scaled(far-near, 1000) > 1e-12 || scaled(dNear, 1000) > 1e-12 || scaled(dFar, 1000) > 1e-12 {
		t.Errorf("tail: got rise %v, slopes %v and %v, want 1000 each", far-near, dNear, dFar)
	}
}

// TestPixelDerivatives checks ∂/∂o and ∂/∂s of every likelihood where the net's check does
// not reach: large logits, small scales, both edge bins.
func TestPixelDerivatives(t *testing.T) {
	const h = 6e-6
	for _, name := range Likelihoods {
		f := pixels[name].nll
		for _, x := range []float64{0, 7. / 255, 0.6, 1} {
			for _, o := range []float64{-6, -0.02, 0.013, 0.31, 1.2, 9} {
				for _, s := range []float64{-1.5, 0, 1} {
					_, do, ds := f(x, o, s)
					up, _, _ := f(x, o+h, s)
					down, _, _ := f(x, o-h, s)
					if want := (up - down) / (2 * h); scaled(do, want) > 1e-7 {
						t.Errorf("%s ∂o at x=%v o=%v s=%v: got %v, want %v", name, x, o, s, do, want)
					}
					up, _, _ = f(x, o, s+h)
					down, _, _ = f(x, o, s-h)
					if want := (up - down) / (2 * h); scaled(ds, want) > 1e-7 {
						t.Errorf("%s ∂s at x=%v o=%v s=%v: got %v, want %v", name, x, o, s, ds, want)
					}
				}
			}
		}
	}
}
