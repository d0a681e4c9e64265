package bnn

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// klOf returns the divergence of q = ∏N(m, s²) of an array 2×3 from a prior of scale .5.
func klOf(t *testing.T, p prior, seed uint64, m, s []float64) float64 {
	t.Helper()
	return tk.Graph(t, seed, func(scope *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{p.kl(scope, normal{in[0], in[1]}, .5)}
	}, tk.Matrix(m, 2, 3), tk.Matrix(s, 2, 3))[0][0]
}

var (
	means  = []float64{.3, -1, 0, .2, 2, -.1}
	spread = []float64{.1, .5, 1, .01, .3, .7}
)

func TestKLToAGaussianPriorIsItsIntegral(t *testing.T) {
	want := 0.
	for i, m := range means {
		q, p := distuv.Normal{Mu: m, Sigma: spread[i]}, distuv.Normal{Sigma: 1.5 * .5}
		want += tk.Integrate(func(x float64) float64 { return q.Prob(x) * (q.LogProb(x) - p.LogProb(x)) }, m-10*spread[i], m+10*spread[i], 20)
	}
	near(t, "KL", klOf(t, gaussianPrior{1.5}, 1, means, spread), want, 1e-9)
}

// The mixture's estimate has the integral for its mean: 4,000 draws, four standard errors.
func TestKLToAMixturePriorHasItsIntegralForMean(t *testing.T) {
	prior := mixturePrior{.3, 1.4, .2}
	wide, narrow := distuv.Normal{Sigma: .7}, distuv.Normal{Sigma: .1}
	want := 0.
	for i, m := range means {
		q := distuv.Normal{Mu: m, Sigma: spread[i]}
		want += tk.Integrate(func(x float64) float64 {
			return q.Prob(x) * (q.LogProb(x) - math.Log(.3*wide.Prob(x)+.7*narrow.Prob(x)))
		}, m-10*spread[i], m+10*spread[i], 40)
	}
	var draws []float64
	for seed := range uint64(4000) {
		draws = append(draws, klOf(t, prior, seed, means, spread))
		if seed >= 500 && testing.Short() {
			break
		}
	}
	tk.MeanWithin(t, "KL", draws, want, 4)
}

// The hierarchical prior's term is the least of KL(q ‖ N(0, v)) − ln InvGamma(v; a, b) over v,
// found by golden section, a layer or an input at a time.
func TestTheHierarchicalPriorHasTheBestVariance(t *testing.T) {
	b := hyperB * .25
	cost := func(v float64, lo, hi int) float64 {
		lg, _ := math.Lgamma(hyperA)
		c := lg - hyperA*math.Log(b) + (hyperA+1)*math.Log(v) + b/v
		for i := lo; i < hi; i++ {
			r := spread[i] * spread[i] / v
			c += .5 * (r + means[i]*means[i]/v - 1 - math.Log(r))
		}
		return c
	}
	least := func(lo, hi int) float64 {
		a, z := math.Log(1e-4), math.Log(1e3)
		for range 200 {
			u, w := a+.382*(z-a), a+.618*(z-a)
			if cost(math.Exp(u), lo, hi) < cost(math.Exp(w), lo, hi) {
				z = w
			} else {
				a = u
			}
		}
		return cost(math.Exp(a), lo, hi)
	}
	near(t, "layer", klOf(t, hierarchicalPrior{}, 1, means, spread), least(0, 6), 1e-9)
	near(t, "inputs", klOf(t, hierarchicalPrior{byInput: true}, 1, means, spread), least(0, 3)+least(3, 6), 1e-9)
}

// Ten inputs of which three count: relevance determination leaves the weights of the others at
// least ten times as small.
func TestRelevanceDeterminationSwitchesInputsOff(t *testing.T) {
	x, y := linearTable(200, 10, .1, 1)
	for i, row := range x {
		row[1] -= .6 * row[0]
		y[i] = float64(row[2]) - 2*float64(row[5]) + 1.5*float64(row[7])
	}
	q, _ := meanFieldOf(t, x, y, Config{Hidden: []int{10}, Prior: Prior{Kind: "ard"}, Epochs: 2000})
	size := make([]float64, 10)
	w := q["layer0/weight/mean"].Data
	for j := range size {
		for k := range 10 {
			size[j] += w[j*10+k] * w[j*10+k]
		}
	}
	least := min(size[2], size[5], size[7])
	for j, v := range size {
		if j != 2 && j != 5 && j != 7 && v > least/100 {
			t.Errorf("input %d: ‖w‖² got %v, want at most a hundredth of %v", j, v, least)
		}
	}
}

func TestThePriorsOfTheConfigurationAreTheirKinds(t *testing.T) {
	for _, kind := range PriorKinds {
		p := Prior{Kind: kind}.withDefaults()
		switch v := p.of().(type) {
		case gaussianPrior:
			near(t, kind, v.sd, 2, 0)
		case mixturePrior: // σ₁ = e⁻¹ and σ₂ = e⁻⁷ have this ratio
			near(t, kind, math.Log(v.sd2/v.sd1), -6, 1e-12)
		case hierarchicalPrior:
			if v.byInput != (kind == "ard") {
				t.Errorf("%s: got %+v", kind, v)
			}
		}
	}
}
