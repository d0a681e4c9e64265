package dist_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// ballCases are curvatures and dimensions.
var ballCases = []struct {
	c float64
	n int
}{{1, 2}, {.1, 3}, {5, 2}, {1, 10}, {2, 1}}

// ballPoints are points of a ball at distances of up to reach/√c from 0.
func ballPoints(c float64, n, count int, reach float64, seed uint64) []float64 {
	x, far := make([]float64, count*n), make([]float32, count)
	rng.New(seed).NormalFloat64(x)
	rng.New(seed).Named("far").Uniform(far)
	for i := range count {
		row := x[i*n : (i+1)*n]
		length := math.Sqrt(sumSquares(row))
		r := math.Tanh(reach/2*float64(far[i])) / math.Sqrt(c)
		for j := range row {
			row[j] *= r / length
		}
	}
	return x
}

// sumSquares is ‖x‖².
func sumSquares(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// ballDistance is arcosh(1 + 2c‖x − y‖²/((1 − c‖x‖²)(1 − c‖y‖²)))/√c by 2 arsinh of the root of half
// of what follows the 1.
func ballDistance(c float64, x, y []float64) float64 {
	apart := make([]float64, len(x))
	for i := range x {
		apart[i] = x[i] - y[i]
	}
	return 2 / math.Sqrt(c) * math.Asinh(math.Sqrt(c*sumSquares(apart)/((1-c*sumSquares(x))*(1-c*sumSquares(y)))))
}

// onBall evaluates functions of two sets of points.
func onBall(t *testing.T, n int, x, y []float64, fn func(x, y *g.Node) []*g.Node) [][]float64 {
	t.Helper()
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return fn(in[0], in[1]) },
		tk.Matrix(x, len(x)/n, n), tk.Matrix(y, len(y)/n, n))
}

// Exponential and logarithm are inverse to each other, to 1e-10 for points of which any two are up to
// 10/√c apart; −x ⊕ y is e^−10 from the boundary then, and rounding is as much larger.
func TestMapsOfTheBallAreInverse(t *testing.T) {
	for _, k := range ballCases {
		b := dist.PoincareBall{Curvature: k.c}
		x, y := ballPoints(k.c, k.n, 200, 5, 1), ballPoints(k.c, k.n, 200, 5, 2)
		out := onBall(t, k.n, x, y, func(x, y *g.Node) []*g.Node {
			v := b.Log(x, y)
			return []*g.Node{b.Exp(x, v), b.Exp0(b.Log0(y)), b.Add(g.Neg(x), b.Add(x, y)), b.Log(x, b.Exp(x, g.MulScalar(v, .5))), v}
		})
		for i := range y {
			tk.Close(t, "exp(log y)", out[0][i], y[i], 1e-10)
			tk.Close(t, "exp₀(log₀ y)", out[1][i], y[i], 1e-10)
			tk.Close(t, "−x ⊕ (x ⊕ y)", out[2][i], y[i], 1e-10)
			tk.Close(t, "log of half the way", out[3][i], out[4][i]/2, 1e-10)
		}
	}
}

// Distances follow the closed form, do not change when both points are moved by ⊕, and are the
// length of the logarithm in the metric; a point half the way is half as far from both.
func TestDistancesOfTheBall(t *testing.T) {
	for _, k := range ballCases {
		b := dist.PoincareBall{Curvature: k.c}
		x, y := ballPoints(k.c, k.n, 200, 5, 1), ballPoints(k.c, k.n, 200, 5, 2)
		out := onBall(t, k.n, x, y, func(x, y *g.Node) []*g.Node {
			by := g.MulScalar(g.OnesLike(x), .3/math.Sqrt(k.c*float64(k.n)))
			middle := b.Exp(x, g.MulScalar(b.Log(x, y), .5))
			length := g.Mul(g.Exp(b.LogConformal(x)), g.Sqrt(g.ReduceAndKeep(g.Square(b.Log(x, y)), g.ReduceSum, -1)))
			return []*g.Node{b.Distance(x, y), b.Distance(b.Add(by, x), b.Add(by, y)), b.Distance(x, middle), b.Distance(middle, y), length}
		})
		for i := range out[0] {
			want := ballDistance(k.c, x[i*k.n:(i+1)*k.n], y[i*k.n:(i+1)*k.n])
			for j, share := range []float64{1, 1, .5, .5, 1} {
				tk.Close(t, fmt.Sprint("c = ", k.c, ", distance ", j), out[j][i], share*want, 1e-9)
			}
		}
	}
}

// As c falls to 0 the ball becomes flat, with lengths twice as large: λ = 2.
func TestTheBallBecomesFlat(t *testing.T) {
	x, y := []float64{.3, -1, 2, .5, 0, 0}, []float64{1, 1, -.2, .4, .7, -.3}
	b := dist.PoincareBall{Curvature: 1e-10}
	out := onBall(t, 2, x, y, func(x, y *g.Node) []*g.Node { return []*g.Node{b.Exp(x, y), b.Log(x, y), b.Distance(x, y)} })
	for i := range x {
		tk.Close(t, "exp", out[0][i], x[i]+y[i], 1e-8)
		tk.Close(t, "log", out[1][i], y[i]-x[i], 1e-8)
	}
	for i := range out[2] {
		tk.Close(t, "distance", out[2][i], 2*math.Hypot(x[2*i]-y[2*i], x[2*i+1]-y[2*i+1]), 1e-8)
	}
}

// Points outside are moved to just inside along their direction, those inside stay, and all maps
// have finite values and derivatives there and at 0, in float32 too.
func TestGradientsAreFiniteAtTheBoundary(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		for _, c := range []float64{.5, 1, 4} {
			b, r := dist.PoincareBall{Curvature: c}, 1/math.Sqrt(c)
			points := []float64{0, 0, r, 0, -2 * r, 3 * r, .5 * r, .5 * r, 1e9, 1e9, 1e-30, 0, 0, -r * (1 - 1e-7)}
			out := tk.Values(t, model.NewProgram(tk.Params(t, dtype), "boundary", func(s *model.Scope, _ []*g.Node) []*g.Node {
				x := s.Param("x", func(rng.Key, []int) []float64 { return points }, len(points)/2, 2)
				p := b.Project(x)
				mid := g.MulScalar(g.OnesLike(p), .2*r)
				sum := g.ReduceAllSum(g.Add(b.Log0(p), g.Add(b.Log(mid, p), b.Exp(p, mid))))
				sum = g.Add(sum, g.ReduceAllSum(g.Add(b.Distance(mid, p), g.Squeeze(b.LogConformal(p), -1))))
				return []*g.Node{p, sum, g.Gradient(sum, x)[0]}
			}), rng.New(1))
			for i, v := range append(append(out[0][:len(points):len(points)], out[1]...), out[2]...) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%v, c = %v: figure %d: got %v", dtype, c, i, v)
				}
			}
			for i := 0; i < len(points); i += 2 {
				was, is := math.Hypot(points[i], points[i+1]), math.Hypot(out[0][i], out[0][i+1])
				if !(is < r) || was < .9*r && math.Abs(is-was) > 1e-7 || was > 0 && math.Abs(out[0][i]*points[i+1]-out[0][i+1]*points[i]) > 1e-6*was*is {
					t.Errorf("%v, c = %v: point %v came to %v", dtype, c, points[i:i+2], out[0][i:i+2])
				}
			}
		}
	}
}

// The derivatives of the maps are those of differences, on both sides of the switch to series.
func TestMapsOfTheBallHaveTheirGradients(t *testing.T) {
	b := dist.PoincareBall{Curvature: 1.3}
	x := []float64{.1, .2, -.5, .3, .02, -.01, 1e-3, 0, .4, .5}
	y := []float64{-.3, .4, .5, .1, .021, -.112, 0, .1, .3, .2}
	p := tk.Params(t, dtypes.Float64)
	tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
		u := s.Param("x", func(rng.Key, []int) []float64 { return x }, 5, 2)
		v := s.Param("y", func(rng.Key, []int) []float64 { return y }, 5, 2)
		sum := g.Add(b.Exp(u, v), g.Add(b.Log(u, v), g.Add(b.Exp0(v), b.Log0(u))))
		return []*g.Node{g.Add(g.ReduceAllSum(g.Mul(sum, g.AddScalar(g.Iota(s.Graph(), sum.Shape(), 0), 1))), g.ReduceAllSum(b.Distance(u, v)))}
	})
}

// The distance from a hyperplane is the least one from its points, which a search over the directions
// at right angles finds: in two dimensions it is one geodesic line through p.
func TestDistancesFromHyperplanes(t *testing.T) {
	for _, c := range []float64{.5, 1, 3} {
		const count = 30
		b := dist.PoincareBall{Curvature: c}
		p, z, a := ballPoints(c, 2, count, 2, 3), ballPoints(c, 2, count, 3, 4), ballPoints(c, 2, count, 2, 5)
		steps := 4001
		along := make([]float64, steps)
		for i := range along {
			along[i] = (float64(i)/float64(steps-1) - .5) * 12 / math.Sqrt(c)
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			p, z, a, along := g.ExpandAxes(in[0], 1), g.ExpandAxes(in[1], 1), g.ExpandAxes(in[2], 1), g.ExpandAxes(in[3], 0)
			turn := func(i int) *g.Node { return g.Slice(a, g.AxisRange(), g.AxisRange(), g.AxisRange(i, i+1)) }
			across := g.Concatenate([]*g.Node{g.Neg(turn(1)), turn(0)}, -1)
			across = g.Div(across, g.Sqrt(g.ReduceAndKeep(g.Square(across), g.ReduceSum, -1)))
			points := b.Exp(p, g.Mul(along, g.Div(across, g.Exp(b.LogConformal(p)))))
			return []*g.Node{b.Hyperplane(p, a, z), g.ReduceMin(b.Distance(points, z), 1), b.Hyperplane(p, a, b.Exp(p, g.MulScalar(a, .1)))}
		}, tk.Matrix(p, count, 2), tk.Matrix(z, count, 2), tk.Matrix(a, count, 2), tk.Matrix(along, steps, 1))
		for i := range count {
			step := 12 / math.Sqrt(c) / float64(steps-1)
			if got, least := math.Abs(out[0][i]), out[1][i]; got > least+1e-9 || got < least-step {
				t.Errorf("c = %v: distance %v, want that of the nearest point, %v", c, got, least)
			}
			if !(out[2][i] > 0) {
				t.Errorf("c = %v: distance on the side of a: got %v, want it positive", c, out[2][i])
			}
		}
	}
}

// The inverse hyperbolic sine keeps its digits on both sides, and its derivatives are 1/√(1 + t²).
func TestHyperplanesFarAndNear(t *testing.T) {
	b := dist.PoincareBall{Curvature: 1}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		z := in[0]
		f := b.Hyperplane(g.ZerosLike(z), g.ConstAsDType(s.Graph(), dtypes.Float64, [][]float64{{2, 0}}), z)
		return []*g.Node{f, g.Gradient(g.ReduceAllSum(f), z)[0]}
	}, tk.Matrix([]float64{1e-9, 0, -1e-9, 0, .9999, 0, -.9999, 0, .3, 0}, 5, 2))
	for i, r := range []float64{1e-9, -1e-9, .9999, -.9999, .3} {
		tk.Close(t, "distance along the axis", out[0][i], 2*math.Atanh(r), 1e-11) // the point itself is the way
		tk.Close(t, "slope", out[1][2*i], 2/(1-r*r), 1e-9)
	}
}
