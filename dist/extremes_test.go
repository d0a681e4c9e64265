package dist_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// extremeRow is a line of testdata/extremes.csv, which mpmath wrote with 60 digits: the divergence
// of q from p, or the entropy of q where there is no p.
type extremeRow struct {
	q, p []float64
	want float64
}

// extremeTable reads the table by families, entropies under the family's name with "entropy" after it.
func extremeTable(t *testing.T) map[string][]extremeRow {
	t.Helper()
	table := map[string][]extremeRow{}
	for name, v := range numbersOf(t, "extremes.csv") {
		n, last := int(v[0]), len(v)-1
		if last == 1+n {
			name += " entropy"
		}
		table[name] = append(table[name], extremeRow{q: v[1 : 1+n], p: v[1+n : last], want: v[last]})
	}
	return table
}

// TestEntropiesAndDivergencesAtExtremeParameters of 1e-8 to 1e8: terms of the order of the
// parameters, which would leave an error of 1e-7, cancel on paper.
func TestEntropiesAndDivergencesAtExtremeParameters(t *testing.T) {
	worst, count := 0., 0
	for name, rows := range extremeTable(t) {
		var qs, ps [][]float64
		for _, r := range rows {
			qs, ps = append(qs, r.q), append(ps, r.p)
		}
		family, entropy := strings.CutSuffix(name, " entropy")
		var got []float64
		if entropy {
			got = named(family).evaluate(t, make([]float64, len(qs)), qs, entropyOf)
		} else {
			got = klCase{q: family, p: family}.kl(t, qs, ps)
		}
		for i, r := range rows {
			count++
			tk.Close(t, fmt.Sprint(name, r.q, r.p), got[i], r.want, 1e-12)
			worst = math.Max(worst, math.Abs(got[i]-r.want)/math.Max(1, math.Abs(r.want)))
		}
	}
	if count < 100 {
		t.Errorf("got %d rows, want at least 100", count)
	}
	t.Logf("worst scaled error of %d: %.1e", count, worst)
}

// TestSamplersRunOutOfProposalsRarely: the share that all proposals are refused is below 1e-9 at
// every concentration, by quadrature of the share that one is accepted.
func TestSamplersRunOutOfProposalsRarely(t *testing.T) {
	for _, a := range []float64{1, 1.01, 1.3, 2, 5, 50, 1e4} {
		d := a - 1./3
		c := 1 / math.Sqrt(9*d)
		accepted := tk.Integrate(func(x float64) float64 {
			v := math.Pow(1+c*x, 3)
			return math.Exp(-x*x/2+math.Min(0, x*x/2+d-d*v+d*math.Log(v))) / math.Sqrt(2*math.Pi)
		}, math.Max(-1/c, -12), 12, 64)
		if all := math.Pow(1-accepted, dist.GammaProposals); !(all < 1e-9) {
			t.Errorf("gamma, concentration %v: all proposals are refused with probability %.2g, want below 1e-9", a, all)
		}
	}
	for _, k := range []float64{0, 1e-3, .5, 1, 3, 30, 1e3, 1e6} {
		root := math.Sqrt(1 + 4*k*k)
		rise := (1 + 1/(root+2*k)) / 2
		accepted := tk.Integrate(func(u float64) float64 {
			tan := math.Sqrt(rise/(rise+2*k)) * math.Tan(math.Pi*u/2)
			c := rise + 2*k*tan*tan/(1+tan*tan)
			return math.Min(1, c*math.Exp(1-c))
		}, 0, 1, 64)
		if all := math.Pow(1-accepted, dist.VonMisesProposals); !(all < 1e-9) {
			t.Errorf("von Mises, concentration %v: all proposals are refused with probability %.2g, want below 1e-9", k, all)
		}
	}
}

// TestDrawsInFloat32 are finite, lie in the support, and have finite derivatives.
func TestDrawsInFloat32(t *testing.T) {
	for _, f := range families {
		for _, p := range f.smooth[:1] {
			const n = 2000
			program := model.NewProgram(tk.Params(t, dtypes.Float32), "draws", func(s *model.Scope, _ []*g.Node) []*g.Node {
				nodes := make([]*g.Node, len(p))
				for j, v := range p {
					nodes[j] = s.Param(fmt.Sprintf("p%d", j), model.Constant(v), n)
				}
				d := f.make(nodes)
				x := d.Sample(s, "x", 1)
				out := []*g.Node{d.LogProb(g.StopGradient(x))}
				if _, ok := d.(dist.Reparameterized); ok {
					out = append(out, g.Gradient(g.ReduceAllSum(x), nodes...)...)
				}
				return out
			})
			for k, column := range tk.Values(t, program, rng.New(4)) {
				for _, v := range column {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("%s%v in float32: output %d is %v, want a finite number", f.name, p, k, v)
					}
				}
			}
		}
	}
}

// TestScoreFunctionGradientVaries as (d+2)(d+4) at N(0, I) for f = Σz², 15 at d = 1 and 528 at
// d = 20, within 5 % over 200,000 draws: the pathwise one by 4.
func TestScoreFunctionGradientVaries(t *testing.T) {
	const n = 200000
	for _, d := range []int{1, 20} {
		out := tk.Graph(t, 6, func(s *model.Scope, _ []*g.Node) []*g.Node {
			zero := g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), n, d)
			q := dist.Normal{Loc: s.Param("mu", model.Constant(0), n, d), LogScale: zero}
			z := g.Squeeze(g.StopGradient(q.Sample(s, "z", 1)), 0)
			f := g.ReduceSum(g.Square(z), -1)
			score := g.Gradient(g.ReduceAllSum(q.LogProb(z)), q.Loc)[0]
			first := g.Squeeze(g.Slice(score, g.AxisRange(), g.AxisElem(0)), -1)
			return []*g.Node{g.Mul(f, first)}
		})
		_, variance, _ := tk.Moments(out[0])
		if want := float64((d + 2) * (d + 4)); math.Abs(variance-want) > .05*want {
			t.Errorf("d = %d: variance: got %v, want %v within 5 %%", d, variance, want)
		}
	}
}
