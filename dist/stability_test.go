package dist_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// TestStabilityTable: values at the ends of what models meet, in float64 within 1e-10 relative and in
// float32 within 1e-6, all finite: log-sum-exp at ±1e4, softplus at ±1e3, the divergence of normal
// distributions with σ = 1e±20 (float64 alone: 1e±40 is outside float32), and ln Γ near 0.
func TestStabilityTable(t *testing.T) {
	sum := func(in []*g.Node) *g.Node { return g.Reshape(special.LogSumExp(g.Stack(in, 0), 0), -1) }
	softplus := func(in []*g.Node) *g.Node { return special.Softplus(in[0]) }
	lgamma := func(in []*g.Node) *g.Node { return special.Lgamma(in[0]) }
	kl := func(in []*g.Node) *g.Node {
		return dist.MustKL(dist.NewNormal(in[0], in[1]), dist.NewNormal(in[2], in[3]))
	}
	tiny := 20 * math.Ln10
	rows := []struct {
		name string
		f    func(in []*g.Node) *g.Node
		in   []float64
		want float64
		wide bool
	}{
		{"log-sum-exp", sum, []float64{1e4, 1e4}, 1e4 + math.Ln2, false},
		{"log-sum-exp", sum, []float64{-1e4, -1e4}, -1e4 + math.Ln2, false},
		{"log-sum-exp", sum, []float64{1e4, -1e4}, 1e4, false},
		{"softplus", softplus, []float64{1e3}, 1e3, false},
		{"softplus", softplus, []float64{-1e3}, 0, false},
		{"softplus", softplus, []float64{-30}, 9.357622968839299e-14, false},
		{"KL, σ", kl, []float64{0, 1e-20, 0, 1}, tiny - .5, false},
		{"KL, σ", kl, []float64{0, 1e20, 0, 1}, .5*(1e40-1) - tiny, true},
		{"KL, σ", kl, []float64{1, 1, 0, 1e20}, tiny - .5, false},
		{"KL, σ", kl, []float64{1, 1, 0, 1e-20}, 1e40, true},
		{"KL, σ", kl, []float64{0, 1e20, 0, 1e20}, 0, false},
		{"KL, σ", kl, []float64{0, 1e-20, 0, 1e20}, 2*tiny - .5, false},
		{"ln Γ", lgamma, []float64{1e-300}, 300 * math.Ln10, true},
		{"ln Γ", lgamma, []float64{1e-30}, 30 * math.Ln10, false},
		{"ln Γ", lgamma, []float64{1e-10}, 10*math.Ln10 - .57721566490153286e-10, false},
		{"ln Γ", lgamma, []float64{1}, 0, false},
		{"ln Γ", lgamma, []float64{1e12}, 1e12*(math.Log(1e12)-1) - .5*math.Log(1e12) + .9189385332046727, false},
	}
	for _, r := range rows {
		for dtype, bar := range map[dtypes.DType]float64{dtypes.Float64: 1e-10, dtypes.Float32: 1e-6} {
			if dtype == dtypes.Float32 && r.wide {
				continue
			}
			p := model.NewProgram(tk.Params(t, dtype), "row", func(s *model.Scope, _ []*g.Node) []*g.Node {
				in := make([]*g.Node, len(r.in))
				for i, v := range r.in {
					in[i] = g.Reshape(g.Scalar(s.Graph(), s.DType(), v), 1)
				}
				return []*g.Node{r.f(in)}
			})
			got := tk.Values(t, p, key{})[0][0]
			e := math.Abs(got-r.want) / math.Max(math.Abs(r.want), 1e-30)
			if got == r.want {
				e = 0
			}
			t.Logf("%-12s %v in %v: %.17g, relative error %.1e", r.name, r.in, dtype, got, e)
			if !(math.Abs(got-r.want) <= bar*math.Max(1, math.Abs(r.want))) {
				t.Errorf("%s %v in %v: got %v, want %v", r.name, r.in, dtype, got, r.want)
			}
		}
	}
}
