package vi_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// decompose returns information, total correlation and marginals of draws z of N(mean, sd²), B×L
// each, that came from n rows.
func decompose(t *testing.T, z, mean [][]float64, sd float64, n int) [3]float64 {
	t.Helper()
	flat := func(x [][]float64) (out []float64) {
		for _, r := range x {
			out = append(out, r...)
		}
		return out
	}
	b, l := len(z), len(z[0])
	p := tk.Params(t, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(p, "decompose", func(_ *model.Scope, in []*g.Node) []*g.Node {
		q := dist.Normal{Loc: g.ExpandAxes(in[1], 0), LogScale: g.MulScalar(g.OnesLike(g.ExpandAxes(in[1], 0)), math.Log(sd))}
		d := vi.Decompose(vi.LogDensities{Pairs: q.LogProb(g.ExpandAxes(in[0], 1)), Prior: dist.StandardNormal(in[0]).LogProb(in[0]), N: n})
		return []*g.Node{d.Information, d.TotalCorrelation, d.Marginals}
	}), rng.Key{}, tk.Matrix(flat(z), b, l), tk.Matrix(flat(mean), b, l))
	return [3]float64{out[0][0], out[1][0], out[2][0]}
}

// Codes z = mean + noise with mean ~ N(0, S − sd²I) have q(z) = N(0, S): with correlation ρ the total
// correlation is −½ ln(1 − ρ²) = .5108 at ρ = .8, I(x; z) = ½ ln|S| − L ln sd, and the marginals are
// the prior's (Chen et al. 2018; the published figure is within .1 nat of N = B = 1,000).
func TestTheDecompositionOfGaussianCodesIsItsClosedForm(t *testing.T) {
	const n, rho, sd = 1000, .8, .3
	eps := make([]float64, 4*n)
	rng.New(7).NormalFloat64(eps)
	var z, mean [][]float64
	v := 1 - sd*sd
	for i := range n {
		a := math.Sqrt(v) * eps[4*i]
		b := rho/math.Sqrt(v)*eps[4*i] + math.Sqrt(v-rho*rho/v)*eps[4*i+1]
		mean = append(mean, []float64{a, b})
		z = append(z, []float64{a + sd*eps[4*i+2], b + sd*eps[4*i+3]})
	}
	got := decompose(t, z, mean, sd, n)
	tc := -.5 * math.Log(1-rho*rho)
	want := [3]float64{.5*math.Log(1-rho*rho) - 2*math.Log(sd), tc, 0}
	t.Logf("information %.4f of %.4f, total correlation %.4f of %.4f, marginals %.4f of 0", got[0], want[0], got[1], want[1], got[2])
	for i := range got {
		tk.Close(t, "term", got[i], want[i], .1)
	}
}

// The three terms add up to the draws' own ln q(z|x) − ln p(z), whatever the batch; and the weights
// of a row add up to one, so that equal guides have no information.
func TestTheDecompositionAddsUp(t *testing.T) {
	z := [][]float64{{.3, -1}, {2, .1}, {-.5, .4}, {1, 1}}
	mean := [][]float64{{0, -.5}, {1.5, 0}, {-1, 0}, {.5, 2}}
	for _, n := range []int{3, 4, 100} {
		got := decompose(t, z, mean, .7, n)
		want := 0.
		for i := range z {
			for j := range z[i] {
				d := (z[i][j] - mean[i][j]) / .7
				want += (-math.Log(.7) - d*d/2 + z[i][j]*z[i][j]/2) / 4
			}
		}
		tk.Close(t, "sum of the terms", got[0]+got[1]+got[2], want, 1e-12)
		same := decompose(t, z, [][]float64{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, .7, n)
		tk.Close(t, "information of equal guides", same[0], 0, 1e-12)
		tk.Close(t, "their total correlation", same[1], 0, 1e-12)
	}
}

// The estimate of q(z) is unbiased: over all batches of three rows out of five that hold the draw's
// own row, the mean of the weighted densities is the mixture of all five.
func TestStratifiedSamplingIsUnbiased(t *testing.T) {
	means := []float64{-2, -.5, .3, 1, 2.5}
	const at, sd = .8, .6
	density := func(m float64) float64 {
		return math.Exp(-(at-m)*(at-m)/(2*sd*sd)) / (sd * math.Sqrt(2*math.Pi))
	}
	mixture := 0.
	for _, m := range means {
		mixture += density(m) / 5
	}
	mean, batches := 0., 0.
	for k := 1; k < 5; k++ {
		for l := 1; l < 5; l++ {
			if k == l {
				continue
			}
			// The own row comes first; ln q(z|x) − I of the batch's first draw is ln of the estimate.
			rows := [][]float64{{means[0]}, {means[k]}, {means[l]}}
			mean += estimate(t, at, rows, sd, 5)
			batches++
		}
	}
	tk.Close(t, "mean of the estimates", mean/batches, mixture, 1e-12)
}

// estimate is q̂ at a draw of the first row, from the weights that [vi.Decompose] uses: three equal
// draws at the point have the mean of ln q(z|x_i) less the information.
func estimate(t *testing.T, at float64, rows [][]float64, sd float64, n int) float64 {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(p, "estimate", func(_ *model.Scope, in []*g.Node) []*g.Node {
		q := dist.Normal{Loc: g.ExpandAxes(in[1], 0), LogScale: g.MulScalar(g.OnesLike(g.ExpandAxes(in[1], 0)), math.Log(sd))}
		pairs := q.LogProb(g.ExpandAxes(in[0], 1))
		// Draws of the other rows are moved to where all densities are that of the first row: only
		// the first one's estimate differs from one batch to the next.
		first := g.Slice(pairs, g.AxisElem(0))
		d := vi.Decompose(vi.LogDensities{Pairs: g.Concatenate([]*g.Node{first, g.ZerosLike(first), g.ZerosLike(first)}, 0), Prior: g.ZerosLike(in[0]), N: n})
		own := g.ReduceAllSum(g.Slice(first, g.AxisElem(0), g.AxisElem(0)))
		return []*g.Node{g.Exp(g.Sub(own, g.MulScalar(d.Information, 3)))}
	}), rng.Key{}, tk.Matrix([]float64{at, at, at}, 3, 1), tk.Matrix([]float64{rows[0][0], rows[1][0], rows[2][0]}, 3, 1))
	return out[0][0]
}
