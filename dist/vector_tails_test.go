package dist_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// extremes are parameters far from ordinary, by name of the table's line.
var extremes = map[string][][][]float64{
	"MultivariateNormal": {
		{{0, 0, 0}, {1e-8, 0, 0, 0, 1e8, 0, 0, 0, 1}}, {{1e6, -1e6, 0}, {1e5, 0, 0, 3e5, 2e5, 0, -1e5, 4e5, 1e5}},
	},
	"MultivariateNormalPrecision": {
		{{0, 0, 0}, {1e-8, 0, 0, 0, 1e8, 0, 0, 0, 1}}, {{1e6, -1e6, 0}, {1e-5, 0, 0, 3e-5, 2e-5, 0, -1e-5, 4e-5, 1e-5}},
	},
	"Independent":    {{{0, 1e5, 1}, {-15, 12, 0}}, {{-1e3, 0, 0}, {5, -20, 20}}},
	"Dirichlet":      {{{1e-3, 1e-2, .1, 1}}, {{1e4, 3e3, 2e4, 1e3}}, {{1e-8, 1, 1, 1e6}}},
	"NormalGamma":    {{{0}, {1e-6}, {1e-3}, {1e-3}}, {{3}, {1e6}, {1e4}, {1e5}}},
	"Wishart":        {{{2.001}, wishartCases[1][1]}, {{1e4}, wishartCases[0][1]}, {{2.5}, {1e-4, 0, 0, 0, 1e3, 0, 0, 0, 1}}},
	"InverseWishart": {{{2.001}, wishartCases[1][1]}, {{1e4}, wishartCases[0][1]}, {{2.5}, {1e-4, 0, 0, 0, 1e3, 0, 0, 0, 1}}},
	"LKJCholesky":    {{{1e-3}}, {{1e-8}}, {{1e4}}},
}

// TestVectorTails holds log-densities and entropies to the formulas within 1e-9.
func TestVectorTails(t *testing.T) {
	found, worst := 0, 0.
	for _, v := range vectors {
		cases, ok := extremes[v.name]
		if !ok {
			continue
		}
		found++
		v.cases = cases
		flat, n := v.data()
		out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			d := v.make(v.nodes(s, cases))
			x := g.ConstTensor(s.Graph(), tk.Matrix(flat, append([]int{n, len(cases)}, v.event...)...))
			return []*g.Node{d.LogProb(x), d.(dist.Entropic).Entropy()}
		})
		for c, p := range cases {
			tk.Close(t, fmt.Sprint(v.name, ", extreme ", c, ", entropy"), out[1][c], v.entropy(p), 1e-9)
			for i, x := range v.points(p) {
				want, got := v.logProb(x, p), out[0][i*len(cases)+c]
				if e := math.Abs(got-want) / math.Max(1, math.Abs(want)); got != want {
					worst = math.Max(worst, e)
				}
				tk.Close(t, fmt.Sprint(v.name, ", extreme ", c, ", ln p at ", x), got, want, 1e-9)
			}
		}
	}
	if found < len(extremes) {
		t.Errorf("got %d lines with extremes, want %d", found, len(extremes))
	}
	t.Logf("worst relative difference %.1e", worst)
}

// TestLowRankWithATinyDiagonal: with D = δI and one factor f of length 5, for z = af/5 + bu, u at right
// angles, ln|Σ| = (n − 1) ln δ + ln(δ + 25) and zᵀΣ⁻¹z = a²/(δ + 25) + b²/δ. Woodbury's identity as a
// difference would lose 1e-16 a²/δ, here all of the first term; as a sum of squares it loses (1e-16 a)²/δ.
func TestLowRankWithATinyDiagonal(t *testing.T) {
	for _, delta := range []float64{1e-14, 1e-12, 1e-6, 1, 1e6} {
		got := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			d := dist.LowRankNormal{
				Loc: constOf(s, 0, 0, 0), Factor: g.ExpandAxes(constOf(s, 3, 4, 0), -1),
				LogDiag: constOf(s, math.Log(delta), math.Log(delta), math.Log(delta)),
			}
			return []*g.Node{d.LogProb(in[0])}
		}, tk.Matrix([]float64{3, 4, 0, 15, 20, 0, -30, -40, 0, 0, 0, 1}, 4, 3))[0]
		for i, quad := range []float64{25 / (delta + 25), 625 / (delta + 25), 2500 / (delta + 25), 1 / delta} {
			want := -.5 * (quad + 2*math.Log(delta) + math.Log(delta+25) + 3*math.Log(2*math.Pi))
			tk.Close(t, fmt.Sprint("ln p, δ = ", delta, ", datum ", i), got[i], want, 1e-12)
		}
	}
}

// TestVectorDrawsInFloat32 are finite for every case and extreme, and so are their derivatives.
func TestVectorDrawsInFloat32(t *testing.T) {
	for _, v := range vectors {
		more := milder[v.name]
		if v.name == "VonMisesFisher" {
			more = [][][]float64{{v.cases[0][0], {1e-7}}, {v.cases[1][0], {1e5}}}
		}
		for _, c := range slices.Concat(v.cases, more) {
			v.cases = [][][]float64{c}
			p := model.NewProgram(tk.Params(t, dtypes.Float32), "draws", func(s *model.Scope, in []*g.Node) []*g.Node {
				d := v.make(in[1:])
				x := d.Sample(s, "x", 2000)
				if v.noPath {
					return []*g.Node{x}
				}
				return append([]*g.Node{x}, g.Gradient(g.ReduceAllSum(x), in[1:]...)...)
			})
			for i, values := range tk.Values(t, p, rng.New(3), v.single(make([]float32, size(v.event)))...) {
				for _, e := range values {
					if math.IsNaN(e) || math.IsInf(e, 0) {
						t.Fatalf("%s%v: output %d holds %v", v.name, c, i, e)
					}
				}
			}
		}
	}
}

// milder are parameters far from ordinary whose draws float32 can hold.
var milder = map[string][][][]float64{
	"Dirichlet":      {{{1e-3, 1e-2, .1, 1}}, {{1e4, 3e3, 2e4, 1e3}}, {{1e-3, 1e-3, 1e-3, 1e-3}}},
	"NormalGamma":    {{{3}, {1e6}, {1e4}, {1e5}}},
	"Wishart":        {{{2.01}, wishartCases[1][1]}, {{1e4}, wishartCases[0][1]}},
	"InverseWishart": {{{1e4}, wishartCases[0][1]}},
	"LKJCholesky":    {{{1e-2}}, {{1e4}}},
}

// TestVonMisesFisherSlopes compares the derivative of every draw by κ with −(∂F/∂κ)/f for the
// distribution function F of the cosine, by quadrature and central differences of step 1e-4, whose own
// error is about 1e-8.
func TestVonMisesFisherSlopes(t *testing.T) {
	for _, n := range []int{2, 3, 6, 40} {
		for _, kappa := range []float64{.05, 1.7, 40, 300} {
			mu := make([]float64, n)
			mu[0] = 1
			out := tk.Graph(t, 2, func(s *model.Scope, _ []*g.Node) []*g.Node {
				k := s.Param("kappa", model.Constant(kappa), 60)
				loc := g.BroadcastToDims(g.ExpandAxes(constOf(s, mu...), 0), 60, n)
				x := dist.VonMisesFisher{Loc: loc, Concentration: k}.Rsample(s, "x", 1)
				w := g.SliceAxis(x, -1, g.AxisElem(0))
				return []*g.Node{g.Neg(g.Neg(w)), g.Gradient(g.ReduceAllSum(w), k)[0]}
			})
			f := func(w, k float64) float64 { return cosineCDF(n)(w, [][]float64{mu, {k}}) }
			for i, w := range out[0] {
				const h = 1e-4
				byK := (f(w, kappa*(1+h)) - f(w, kappa*(1-h))) / (2 * h * kappa)
				step := h * (1 - w*w)
				byW := (f(w+step, kappa) - f(w-step, kappa)) / (2 * step)
				tk.Close(t, fmt.Sprint("n = ", n, ", κ = ", kappa, ", w = ", w), out[1][i]*kappa, -byK/byW*kappa, 1e-5)
			}
		}
	}
}

// TestDivergencesOfLargeConcentrations: for concentrations s·a and 3s·a the divergence of Dirichlet
// distributions of K classes goes to ½(K − 1)(3 − 1 − ln 3) as s grows, and so does that of the precisions
// of normal-gamma ones with K = 2, with an error of order 1/s.
func TestDivergencesOfLargeConcentrations(t *testing.T) {
	limit := .5 * (2 - math.Log(3))
	for _, s := range []float64{1e6, 1e8, 1e12} {
		out := tk.Graph(t, 1, func(sc *model.Scope, in []*g.Node) []*g.Node {
			q := dist.Dirichlet{Concentration: in[0]}
			p := dist.Dirichlet{Concentration: g.MulScalar(in[0], 3)}
			c := g.SliceAxis(in[0], 0, g.AxisRange(0, 1))
			one := g.OnesLike(c)
			n := dist.NormalGamma{Loc: one, Count: one, Concentration: c, Rate: c}
			m := dist.NormalGamma{Loc: one, Count: one, Concentration: g.MulScalar(c, 3), Rate: g.MulScalar(c, 3)}
			return []*g.Node{dist.MustKL(q, p), dist.MustKL(n, m)}
		}, tk.Vector(s, 2*s, .7*s, 5*s))
		tk.Close(t, fmt.Sprint("KL of Dirichlet, s = ", s), out[0][0], 3*limit, 2/s+1e-13)
		tk.Close(t, fmt.Sprint("KL of normal-gamma, s = ", s), out[1][0], limit, 2/s+1e-13)
	}
}
