package scalarref

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func newNet(t *testing.T, cfg Config) *Net {
	t.Helper()
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// batchFor returns data in the likelihood's support.
func batchFor(likelihood string, batch, dims int) [][]float64 {
	if likelihood == "bernoulli" {
		return BinaryBatch(batch, dims)
	}
	return GrayBatch(batch, dims)
}

// gradError is the worst scaled difference between Grad and central differences.
func gradError(n *Net, x, eps [][]float64) (worst float64, where string) {
	const h = 6e-6 // about the cube root of the unit roundoff
	g := n.Grad(x, eps)
	for _, p := range n.Params() {
		for i, old := range p.Values {
			p.Values[i] = old + h
			up, _, _ := n.Loss(x, eps)
			p.Values[i] = old - h
			down, _, _ := n.Loss(x, eps)
			p.Values[i] = old
			if e := scaled(g[p.Name][i], (up-down)/(2*h)); e > worst {
				worst, where = e, fmt.Sprintf("%s[%d]", p.Name, i)
			}
		}
	}
	return worst, where
}

// TestGradientsMatchCentralDifferences covers every likelihood with none to three hidden
// layers. The points are fixed and lie off the kinks of ReLU and |x − o|.
func TestGradientsMatchCentralDifferences(t *testing.T) {
	for _, likelihood := range Likelihoods {
		for depth := range 4 {
			n := newNet(t, Config{D: 5, L: 2, Hidden: []int{6, 4, 3}[:depth], Likelihood: likelihood, Sigma: 0.7, Beta: 0.8})
			x := batchFor(likelihood, 3, 5)
			worst, where := gradError(n, x, SineNoise(3, 2, depth))
			if !(worst <= 1e-7) {
				t.Errorf("%s, %d hidden layers: got error %g at %s, want at most 1e-7", likelihood, depth, worst, where)
			}
		}
	}
}

// TestGradientCheckSeesAWrongSign is the negative control of the check above.
func TestGradientCheckSeesAWrongSign(t *testing.T) {
	right := pixels["gaussian"]
	n := newNet(t, Config{D: 3, L: 2, Likelihood: "gaussian", Beta: 1})
	n.pixel.nll = func(x, o, s float64) (float64, float64, float64) {
		v, do, ds := right.nll(x, o, s)
		return v, -do, ds
	}
	if worst, _ := gradError(n, GrayBatch(2, 3), SineNoise(2, 2, 0)); worst < 1e-3 {
		t.Errorf("wrong sign: got error %g, want it noticed", worst)
	}
}

// TestClampedLogVarianceHasNoGradient pushes the log-variance head past both limits: the
// loss uses e^±20, and the head learns nothing.
func TestClampedLogVarianceHasNoGradient(t *testing.T) {
	for _, raw := range []float64{-25, 25} {
		n := newNet(t, Config{D: 2, L: 1, Likelihood: "bernoulli", Beta: 1})
		zero(n)
		set(t, n, "encoder/logvar/bias", raw)
		x, eps := [][]float64{{1, 0}}, [][]float64{{0}}
		v := math.Copysign(20, raw)
		_, _, kl := n.Loss(x, eps)
		if want := 0.5 * (math.Exp(v) - 1 - v); scaled(kl, want) > 1e-12 {
			t.Errorf("log-variance %v: KL: got %v, want %v", raw, kl, want)
		}
		g := n.Grad(x, eps)
		for _, name := range []string{"encoder/logvar/bias", "encoder/logvar/weight"} {
			for _, d := range g[name] {
				if d != 0 {
					t.Errorf("log-variance %v: %s: got gradient %v, want 0", raw, name, d)
				}
			}
		}
	}
}

func zero(n *Net) {
	for _, p := range n.Params() {
		clear(p.Values)
	}
}

func set(t *testing.T, n *Net, name string, values ...float64) {
	t.Helper()
	if err := n.Set(name, values); err != nil {
		t.Fatal(err)
	}
}

// TestLossByHand: identity-like linear net where every number can be followed.
// x = (1, 0): μ = 2x₀ = 2, ln σ² = ln 4 so σ = 2; ε = −½ gives z = 1; outputs (3z, −z).
func TestLossByHand(t *testing.T) {
	n := newNet(t, Config{D: 2, L: 1, Likelihood: "bernoulli", Beta: 0.5})
	zero(n)
	set(t, n, "encoder/mean/weight", 2, 5)
	set(t, n, "encoder/logvar/bias", math.Log(4))
	set(t, n, "decoder/out/weight", 3, -1)
	loss, rec, kl := n.Loss([][]float64{{1, 0}}, [][]float64{{-0.5}})
	wantRec := math.Log(1+math.Exp(-3)) + math.Log(1+math.Exp(-1))
	wantKL := 0.5 * (4 + 4 - 1 - math.Log(4))
	if scaled(rec, wantRec) > 1e-15 || scaled(kl, wantKL) > 1e-15 || scaled(loss, wantRec+0.5*wantKL) > 1e-15 {
		t.Errorf("loss, rec, kl: got %v, %v, %v, want %v, %v, %v", loss, rec, kl, wantRec+0.5*wantKL, wantRec, wantKL)
	}
}

// TestHiddenLayersByHand: D 1, hidden (2, 1), with one ReLU unit off.
// x = 1: h0 = relu(3, −1) = (3, 0), h1 = relu(2·3 + 7·0 − 1) = 5, μ = 0.1·5 = ½.
// z = ½: decoder h0 = relu(4z) = 2, h1 = relu(2, −2) = (2, 0), output 2·1 + 0·9 + ¼ = 2¼.
func TestHiddenLayersByHand(t *testing.T) {
	n := newNet(t, Config{D: 1, L: 1, Hidden: []int{2, 1}, Likelihood: "gaussian", Beta: 1})
	zero(n)
	set(t, n, "encoder/hidden0/weight", 3, -1)
	set(t, n, "encoder/hidden1/weight", 2, 7)
	set(t, n, "encoder/hidden1/bias", -1)
	set(t, n, "encoder/mean/weight", 0.1)
	set(t, n, "decoder/hidden0/weight", 4)
	set(t, n, "decoder/hidden1/weight", 1, -1)
	set(t, n, "decoder/out/weight", 1, 9)
	set(t, n, "decoder/out/bias", 0.25)
	_, rec, kl := n.Loss([][]float64{{1}}, [][]float64{{0}})
	if want := 0.5*math.Log(2*math.Pi) + 0.5*1.25*1.25; scaled(rec, want) > 1e-15 {
		t.Errorf("reconstruction: got %v, want %v", rec, want)
	}
	if want := 0.125; scaled(kl, want) > 1e-15 {
		t.Errorf("KL: got %v, want %v", kl, want)
	}
}

// TestLossIsTheMeanOverTheBatch: loss and gradient of a batch are the means of its rows'.
func TestLossIsTheMeanOverTheBatch(t *testing.T) {
	n := newNet(t, Config{D: 4, L: 2, Hidden: []int{3}, Likelihood: "gaussian-learned", Beta: 0.3})
	x, eps := GrayBatch(4, 4), SineNoise(4, 2, 1)
	loss, _, _ := n.Loss(x, eps)
	g := n.Grad(x, eps)
	mean, meanG := 0.0, map[string][]float64{}
	for b := range x {
		l, _, _ := n.Loss(x[b:b+1], eps[b:b+1])
		mean += l / 4
		for name, row := range n.Grad(x[b:b+1], eps[b:b+1]) {
			if meanG[name] == nil {
				meanG[name] = make([]float64, len(row))
			}
			for i, v := range row {
				meanG[name][i] += v / 4
			}
		}
	}
	if scaled(loss, mean) > 1e-14 {
		t.Errorf("loss: got %v, want %v", loss, mean)
	}
	for name := range g {
		for i, v := range meanG[name] {
			if scaled(g[name][i], v) > 1e-14 {
				t.Errorf("gradient of %s[%d]: got %v, want %v", name, i, g[name][i], v)
			}
		}
	}
}

// TestKLMatchesQuadrature integrates q·(ln q − ln p) on a grid; the trapezoid rule is exact
// to rounding for a Gaussian tail.
func TestKLMatchesQuadrature(t *testing.T) {
	for _, c := range [][2]float64{{0, 0}, {1.5, 0}, {-0.4, -3}, {2, 1.2}} {
		mean, logVar := c[0], c[1]
		sd := math.Exp(logVar / 2)
		want := trapezoid(mean-14*sd, mean+14*sd, 4000, func(z float64) float64 {
			u := (z - mean) / sd
			logQ := -0.5*math.Log(2*math.Pi) - logVar/2 - u*u/2
			logP := -0.5*math.Log(2*math.Pi) - z*z/2
			return math.Exp(logQ) * (logQ - logP)
		})
		if got := KL([]float64{mean}, []float64{logVar}); scaled(got, want) > 1e-12 {
			t.Errorf("KL(N(%v, e^%v)): got %v, want %v", mean, logVar, got, want)
		}
	}
	// Dimensions add: N(1, 1) and N(0, e²) give ½ and ½(e² − 3).
	if got, want := KL([]float64{1, 0}, []float64{0, 2}), 0.5+0.5*(math.Exp(2)-3); scaled(got, want) > 1e-15 {
		t.Errorf("KL of two dimensions: got %v, want %v", got, want)
	}
}

// trapezoid integrates f over [a, b] with n panels.
func trapezoid(a, b float64, n int, f func(float64) float64) float64 {
	sum := 0.5 * (f(a) + f(b))
	for i := 1; i < n; i++ {
		sum += f(a + (b-a)*float64(i)/float64(n))
	}
	return sum * (b - a) / float64(n)
}

// TestParameterNamesAndShapes fixes the names that other implementations are matched by.
func TestParameterNamesAndShapes(t *testing.T) {
	n := newNet(t, Config{D: 7, L: 2, Hidden: []int{5, 3}, Likelihood: "gaussian-learned"})
	var got []string
	for _, p := range n.Params() {
		got = append(got, fmt.Sprint(p.Name, p.Shape))
		if want := product(p.Shape); len(p.Values) != want {
			t.Errorf("%s: got %d values, want %d", p.Name, len(p.Values), want)
		}
	}
	want := []string{
		"encoder/hidden0/weight[7 5]", "encoder/hidden0/bias[5]", "encoder/hidden1/weight[5 3]", "encoder/hidden1/bias[3]",
		"encoder/mean/weight[3 2]", "encoder/mean/bias[2]", "encoder/logvar/weight[3 2]", "encoder/logvar/bias[2]",
		"decoder/hidden0/weight[2 3]", "decoder/hidden0/bias[3]", "decoder/hidden1/weight[3 5]", "decoder/hidden1/bias[5]",
		"decoder/out/weight[5 7]", "decoder/out/bias[7]", "decoder/logscale[]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("parameters: got %v, want %v", got, want)
	}
}

func product(shape []int) int {
	p := 1
	for _, d := range shape {
		p *= d
	}
	return p
}

func TestMistakesAreNamed(t *testing.T) {
	ok := Config{D: 2, L: 1, Likelihood: "gaussian"}
	for want, change := range map[string]func(*Config){
		"sizes: got D 0":                 func(c *Config) { c.D = 0 },
		"hidden size: got 0":             func(c *Config) { c.Hidden = []int{3, 0} },
		`likelihood: got "poisson"`:      func(c *Config) { c.Likelihood = "poisson" },
		"sigma: got -1, want at least 0": func(c *Config) { c.Sigma = -1 },
	} {
		cfg := ok
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: got error %v, want %q", err, want)
		}
	}
	n := newNet(t, ok)
	if err := n.Set("encoder/mean", nil); err == nil {
		t.Error("Set of an unknown name: got no error")
	}
	if err := n.Set("encoder/mean/bias", []float64{1, 2}); err == nil || !strings.Contains(err.Error(), "got 2 values, want 1") {
		t.Errorf("Set with a wrong length: got error %v", err)
	}
}
