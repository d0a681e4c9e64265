package vae

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// Three components in two dimensions: logits, means and log-scales.
var (
	blendLogits = []float64{.3, -1, 1.2}
	blendMeans  = []float64{-2, .5, 1, 1, .3, -3}
	blendScales = []float64{-1, .2, .1, -2, -.5, .4}
)

// blendOf is that mixture for so many rows.
func blendOf(s *model.Scope, rows int) blend {
	c := func(v []float64, dims ...int) *g.Node {
		return g.Reshape(g.ConstAsDType(s.Graph(), dtypes.Float64, v), dims...)
	}
	return blend{c(blendLogits, 3), dist.Normal{Loc: c(blendMeans, 3, 2), LogScale: c(blendScales, 3, 2)}, rows}
}

// blendWeights are its π.
func blendWeights() []float64 {
	sum, out := 0., make([]float64, len(blendLogits))
	for _, l := range blendLogits {
		sum += math.Exp(l)
	}
	for k, l := range blendLogits {
		out[k] = math.Exp(l) / sum
	}
	return out
}

// MixtureDensity is Σ_k π_k N(z; μ_k, diag σ_k²) term by term.
func MixtureDensity(z, weights, means, scales []float64) (sum float64) {
	l := len(z)
	for k, w := range weights {
		for j, v := range z {
			w *= distuv.Normal{Mu: means[k*l+j], Sigma: scales[k*l+j]}.Prob(v)
		}
		sum += w
	}
	return sum
}

func TestBlendIsTheSumOfItsComponents(t *testing.T) {
	z := []float64{0, 0, -2, .5, 1, -3, 4, 4, .3, .3, -1, 9}
	scales := make([]float64, 6)
	for i, v := range blendScales {
		scales[i] = math.Exp(v)
	}
	for _, dims := range [][]int{{6, 2}, {2, 3, 2}, {1, 6, 2}} {
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{blendOf(s, 3).LogProb(in[0])}
		}, tk.Matrix(z, dims...))
		for i, got := range out[0] {
			want := math.Log(MixtureDensity(z[2*i:2*i+2], blendWeights(), blendMeans, scales))
			tk.Close(t, "ln p(z)", got, want, 1e-13)
		}
	}
}

// Far out the density underflows, its logarithm does not: it is that of the widest component.
func TestBlendHasTails(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		lp := blendOf(s, 1).LogProb(in[0])
		return []*g.Node{lp, g.Gradient(g.ReduceAllSum(lp), in[0])[0]}
	}, tk.Matrix([]float64{300, -3}, 1, 2))
	want := math.Log(blendWeights()[1]) + distuv.Normal{Mu: 1, Sigma: math.Exp(.1)}.LogProb(300) + distuv.Normal{Mu: 1, Sigma: math.Exp(-2)}.LogProb(-3)
	other := math.Log(blendWeights()[2]) + distuv.Normal{Mu: .3, Sigma: math.Exp(-.5)}.LogProb(300) + distuv.Normal{Mu: -3, Sigma: math.Exp(.4)}.LogProb(-3)
	tk.Close(t, "ln p far out", out[0][0], math.Max(want, other), 1e-12)
	tk.Close(t, "its slope", out[1][0], -(300-1)*math.Exp(-.2), 1e-9)
}

// Draws have the density's moments within five standard errors, and the components their shares by
// the χ² test; right code fails with probability 1e-5 in all. Each draw is of a component alone: the
// narrow second elements tell which.
func TestDrawsOfABlend(t *testing.T) {
	const m, rows = 40, 1000
	out := tk.Graph(t, 7, func(s *model.Scope, _ []*g.Node) []*g.Node {
		d := blendOf(s, rows)
		return []*g.Node{d.Sample(s, "z", m), d.Mean(), d.Variance()}
	})
	n := m * rows
	if len(out[0]) != 2*n || len(out[1]) != 2*rows {
		t.Fatalf("got %d draws and %d means, want %d and %d", len(out[0])/2, len(out[1])/2, n, rows)
	}
	for j := range 2 {
		var all, squares []float64
		for i := range n {
			v := out[0][2*i+j]
			all, squares = append(all, v), append(squares, (v-out[1][j])*(v-out[1][j]))
		}
		mean, _, se := tk.Moments(all)
		tk.Close(t, "mean", mean, out[1][j], 5*se)
		variance, _, se := tk.Moments(squares)
		tk.Close(t, "variance", variance, out[2][j], 5*se)
	}
	// Cells of the second element, whose probabilities are those of the mixture.
	edges := []float64{-5, -3, -1, 0, .6, .9, 1, 1.1, 1.5, math.Inf(1)}
	counts, below, chi := make([]float64, len(edges)), 0., 0.
	for i := range n {
		k := 0
		for out[0][2*i+1] > edges[k] {
			k++
		}
		counts[k]++
	}
	for k, e := range edges {
		up := 0.
		for c, w := range blendWeights() {
			up += w * distuv.Normal{Mu: blendMeans[2*c+1], Sigma: math.Exp(blendScales[2*c+1])}.CDF(e)
		}
		expected := float64(n) * (up - below)
		chi += (counts[k] - expected) * (counts[k] - expected) / expected
		below = up
	}
	if p := 1 - (distuv.ChiSquared{K: float64(len(edges) - 1)}).CDF(chi); p < 1e-6 {
		t.Errorf("χ² = %.1f of %d cells, p = %.2g; want draws of the mixture", chi, len(edges), p)
	}
}
