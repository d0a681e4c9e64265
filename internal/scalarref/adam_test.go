package scalarref

import (
	"math"
	"testing"
)

// TestFirstStepIsTheLearningRateTimesTheSign: m̂ = g and v̂ = g², so the step is
// lr·g/(|g| + 1e-8).
func TestFirstStepIsTheLearningRateTimesTheSign(t *testing.T) {
	const lr = 0.01
	n := newNet(t, Config{D: 4, L: 2, Hidden: []int{3}, Likelihood: "gaussian-learned", Beta: 1, LR: lr})
	x, eps := GrayBatch(3, 4), SineNoise(3, 2, 0)
	g := n.Grad(x, eps)
	before := map[string][]float64{}
	for _, p := range n.Params() {
		before[p.Name] = append([]float64(nil), p.Values...)
	}
	n.Step(x, eps)
	moved := 0
	for _, p := range n.Params() {
		for i, d := range g[p.Name] {
			got := before[p.Name][i] - p.Values[i]
			if want := lr * d / (math.Abs(d) + 1e-8); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s[%d]: got step %v, want %v", p.Name, i, got, want)
			}
			if math.Abs(d) > 1e-4 {
				moved++
				if want := math.Copysign(lr, d); math.Abs(got-want) > 1e-3*lr {
					t.Errorf("%s[%d]: got step %v, want %v", p.Name, i, got, want)
				}
			}
		}
	}
	if moved < 20 {
		t.Errorf("parameters with a gradient: got %d, want at least 20", moved)
	}
}

// TestAdamByHand follows one scalar through g = 1 and then g = −1: m = 0.1, −0.01;
// v = 1e-3, 1.999e-3; so m̂₂ = −0.01/0.19 and v̂₂ = 1.999e-3/(1 − 0.999²) = 1.
func TestAdamByHand(t *testing.T) {
	n := newNet(t, Config{D: 1, L: 1, Likelihood: "gaussian", LR: 0.5})
	zero(n)
	n.adam(map[string][]float64{"decoder/out/bias": {1}})
	if got, want := n.get("decoder/out/bias")[0], -0.5/(1+1e-8); scaled(got, want) > 1e-15 {
		t.Errorf("after one step: got %v, want %v", got, want)
	}
	n.adam(map[string][]float64{"decoder/out/bias": {-1}})
	if got, want := n.get("decoder/out/bias")[0], (-0.5+0.5*0.01/0.19)/(1+1e-8); math.Abs(got-want) > 1e-13 {
		t.Errorf("after two steps: got %v, want %v", got, want)
	}
}

// TestClippingKeepsTheDirection: the norm over all parameters falls to the limit, and a
// gradient within it is left alone.
func TestClippingKeepsTheDirection(t *testing.T) {
	n := newNet(t, Config{D: 1, L: 1, Likelihood: "gaussian"})
	g := map[string][]float64{"encoder/mean/bias": {3}, "decoder/out/weight": {-4}}
	if norm := n.ClipNorm(g, 6); norm != 5 || g["encoder/mean/bias"][0] != 3 {
		t.Errorf("limit 6: got norm %v and %v, want 5 and no change", norm, g)
	}
	if norm := n.ClipNorm(g, 2); norm != 5 {
		t.Errorf("limit 2: got norm %v, want that before clipping, 5", norm)
	}
	if a, b := g["encoder/mean/bias"][0], g["decoder/out/weight"][0]; math.Abs(a-1.2) > 1e-15 || math.Abs(b+1.6) > 1e-15 {
		t.Errorf("limit 2: got %v, %v, want 1.2, −1.6", a, b)
	}
}

// TestStepClips: Adam is blind to a constant factor of g, so the two runs part at the second
// step, when only one of the two gradients is scaled.
func TestStepClips(t *testing.T) {
	x, eps := GrayBatch(3, 4), SineNoise(3, 2, 0)
	last := func(clip float64) float64 {
		n := newNet(t, Config{D: 4, L: 2, Likelihood: "gaussian", Sigma: 0.1, Beta: 1, LR: 0.05, Clip: clip})
		for range 5 {
			n.Step(x, eps)
		}
		loss, _, _ := n.Loss(x, eps)
		return loss
	}
	free, loose, tight := last(0), last(1e9), last(1)
	if free != loose {
		t.Errorf("a limit above the norm: got loss %v, want %v", loose, free)
	}
	if math.Abs(tight-free) < 1e-6 {
		t.Errorf("a limit below the norm: got loss %v, as without a limit", tight)
	}
}

// TestTrainingLowersTheLoss runs every likelihood for 200 steps on a fixed batch.
func TestTrainingLowersTheLoss(t *testing.T) {
	for _, likelihood := range Likelihoods {
		n := newNet(t, Config{D: 8, L: 2, Hidden: []int{6}, Likelihood: likelihood, Sigma: 0.3, Beta: 1, LR: 0.02})
		x, eps := batchFor(likelihood, 5, 8), SineNoise(5, 2, 0)
		first := n.Step(x, eps)
		for range 200 {
			n.Step(x, eps)
		}
		if last, _, _ := n.Loss(x, eps); !(last < first-0.5) {
			t.Errorf("%s: loss: got %v after 200 steps, want less than %v − 0.5", likelihood, last, first)
		}
	}
}
