package dist_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// axisAndConcentration are the parameters of one distribution about the first axis.
func axisAndConcentration(s *model.Scope, n int, kappa float64) (dist.VonMisesFisher, *g.Node) {
	first := func(_ rng.Key, dims []int) []float64 {
		v := make([]float64, dims[0]*dims[1])
		v[0] = 1
		return v
	}
	k := s.Param("kappa", model.Constant(kappa), 1)
	return dist.VonMisesFisher{Loc: s.Param("loc", first, 1, n), Concentration: k}, k
}

// TestDivergenceFromTheSphereFollowsScipy compares KL and dKL/dκ with testdata/vmf_kl.json, up to
// 40 dimensions and κ = 1e4. In float64 the slope's table has lost κ·1e-16 to a difference of numbers
// near 1; in float32 KL is a difference of numbers of the size of κ, with a rounding of 1e-7 each.
func TestDivergenceFromTheSphereFollowsScipy(t *testing.T) {
	raw, err := os.ReadFile("testdata/vmf_kl.json")
	if err != nil {
		t.Fatal(err)
	}
	var table [][4]float64
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	if len(table) < 30 {
		t.Fatalf("got %d rows, want 30", len(table))
	}
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		worst := [2]float64{}
		for _, row := range table {
			n, kappa := int(row[0]), row[1]
			out := tk.Values(t, model.NewProgram(tk.Params(t, dtype), "kl", func(s *model.Scope, _ []*g.Node) []*g.Node {
				q, k := axisAndConcentration(s, n, kappa)
				kl := dist.MustKL(q, dist.UniformSphere{Like: q.Loc})
				return []*g.Node{kl, g.Gradient(g.ReduceAllSum(kl), k)[0]}
			}), rng.New(1))
			for i := range 2 {
				tol := 1e-11 * math.Max(1, row[2])
				if dtype == dtypes.Float32 {
					tol = 2e-6 + 1e-7*kappa
				}
				worst[i] = math.Max(worst[i], math.Abs(out[i][0]-row[2+i]))
				if !(math.Abs(out[i][0]-row[2+i]) <= tol) {
					t.Errorf("%v, n = %d, κ = %v, figure %d: got %v, want %v", dtype, n, kappa, i, out[i][0], row[2+i])
				}
			}
		}
		t.Logf("%v: worst difference %.1e of KL, %.1e of its slope", dtype, worst[0], worst[1])
	}
}

// TestGradientOfAnExpectationOnTheSphere: for f(z) = e^(a·z) with a along the axis, E f is a quotient
// of the constants at κ and κ + a, by quadrature over the angle here, and so is its derivative by
// differences of the quadrature. The mean of the derivatives of 10,000 draws is within five of
// their standard errors, which fails with probability 6e-7 a case for right code.
func TestGradientOfAnExpectationOnTheSphere(t *testing.T) {
	const draws, a = 10_000, 1.3
	for _, n := range []int{2, 3, 8} {
		for _, kappa := range []float64{.3, 2, 25} {
			out := tk.Graph(t, 3, func(s *model.Scope, _ []*g.Node) []*g.Node {
				q, _ := axisAndConcentration(s, n, kappa)
				each := g.BroadcastToDims(q.Concentration, draws)
				z := dist.VonMisesFisher{Loc: g.BroadcastToDims(q.Loc, draws, n), Concentration: each}.Rsample(s, "z", 1)
				f := g.Exp(g.MulScalar(g.Slice(z, g.AxisElem(0), g.AxisRange(), g.AxisElem(0)), a))
				return []*g.Node{g.Reshape(f, draws), g.Gradient(g.ReduceAllSum(f), each)[0]}
			})
			tilted := func(kappa float64) float64 { return angular(n, kappa+a, 1) / angular(n, kappa, 1) * math.Exp(a) }
			const h = 1e-5
			for i, want := range []float64{tilted(kappa), (tilted(kappa+h) - tilted(kappa-h)) / (2 * h)} {
				mean, _, se := tk.Moments(out[i])
				tk.Close(t, fmt.Sprintf("n = %d, κ = %v, E f or its slope %d", n, kappa, i), mean, want, 5*se)
			}
		}
	}
}

// angular is ∫ sin^(n−2)θ e^(κ(cos θ − shift)) dθ over [0, π].
func angular(n int, kappa, shift float64) (sum float64) {
	x, w := nodesOn(40, 0, math.Pi)
	for i, theta := range x {
		sum += w[i] * math.Pow(math.Sin(theta), float64(n-2)) * math.Exp(kappa*(math.Cos(theta)-shift))
	}
	return sum
}
