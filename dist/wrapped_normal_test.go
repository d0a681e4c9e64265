package dist_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func init() { elsewhere = append(elsewhere, "WrappedNormal") }

// moebius is −x ⊕ y in plain Go.
func moebius(c float64, x, y []float64) []float64 {
	xx, yy, xy := c*sumSquares(x), c*sumSquares(y), 0.
	for i := range x {
		xy -= c * x[i] * y[i]
	}
	out := make([]float64, len(x))
	for i := range x {
		out[i] = (-(1+2*xy+yy)*x[i] + (1-xx)*y[i]) / (1 + 2*xy + xx*yy)
	}
	return out
}

// tangent is v of z = exp_μ(v/λ_μ): the direction of −μ ⊕ z with the length of their distance.
func tangent(c float64, mu, z []float64) []float64 {
	v, d := moebius(c, mu, z), ballDistance(c, mu, z)
	length := math.Sqrt(sumSquares(v))
	for i := range v {
		if length > 0 {
			v[i] *= d / length
		}
	}
	return v
}

// wrapped is the family on a ball of n dimensions. A parameter of its cases is anywhere; it is moved
// into the ball by the graph's exponential map, as an encoder does.
func wrapped(c float64, n int) vector {
	b := dist.PoincareBall{Curvature: c}
	inside := func(h []float64) []float64 {
		out, r := make([]float64, n), math.Sqrt(c*sumSquares(h))
		for i, v := range h {
			out[i] = v
			if r > 0 {
				out[i] *= math.Tanh(r) / r
			}
		}
		return out
	}
	v := vector{
		name: "WrappedNormal", params: []param{{"Loc", []int{n}}, {"LogScale", []int{n}}}, event: []int{n},
		make: func(p []*g.Node) dist.Distribution {
			return dist.WrappedNormal{Loc: b.Exp0(p[0]), LogScale: p[1], Curvature: c}
		},
		logProb: func(z []float64, p [][]float64) float64 {
			mu := inside(p[0])
			u, sum := tangent(c, mu, z), 0.
			for i, scale := range p[1] {
				sum += distuv.Normal{Sigma: math.Exp(scale)}.LogProb(u[i])
			}
			r := math.Sqrt(c * sumSquares(u))
			if r > 0 {
				sum -= float64(n-1) * math.Log(math.Sinh(r)/r)
			}
			return sum + float64(n)*math.Log(2/(1-c*sumSquares(z)))
		},
		points: func([][]float64) (out [][]float64) {
			all := ballPoints(c, n, 12, 2.5, 5)
			for i := range 12 {
				out = append(out, all[i*n:(i+1)*n])
			}
			return append(out, make([]float64, n))
		},
	}
	for k := range 4 {
		loc, scale := make([]float64, n), make([]float64, n)
		rng.New(uint64(k)).Named("loc").NormalFloat64(loc)
		rng.New(uint64(k)).Named("scale").NormalFloat64(scale)
		for i := range loc {
			loc[i] *= .3 * float64(k) / math.Sqrt(c)
			scale[i] = .3*scale[i] - .5 - .5*math.Log(c)
		}
		v.cases = append(v.cases, [][]float64{loc, scale})
	}
	for i := range n {
		v.stats = append(v.stats, statistic{fmt.Sprint("axis ", i), func(z []float64, p [][]float64) float64 {
			return tangent(c, inside(p[0]), z)[i] / math.Exp(p[1][i])
		}, func(x float64, _ [][]float64) float64 { return distuv.UnitNormal.CDF(x) }})
	}
	return v
}

// The log-density is the formula by distances in plain Go, derivatives of densities and draws are
// those of differences, and the tangent vectors of the draws are N(0, diag σ²): one that is fails
// with probability 1e-5 an axis.
func TestWrappedNormalKeepsTheLaws(t *testing.T) {
	for _, k := range ballCases {
		if k.n > 3 {
			continue
		}
		law := wrapped(k.c, k.n).law()
		worst := law.FollowsFormula(t)
		gradient := law.GradientLaw(t)
		law.StatisticsLaw(t)
		t.Logf("c = %v, n = %d: worst difference %.1e of central points, %.1e of derivatives", k.c, k.n, worst, gradient)
	}
}

// TestWrappedNormalIntegratesToOne by quadrature over the disk, in rings of equal steps of the
// hyperbolic radius, and over the diameter.
func TestWrappedNormalIntegratesToOne(t *testing.T) {
	for _, c := range []float64{.3, 1, 4} {
		for k := range 4 {
			p := wrapped(c, 2).cases[k]
			rho, w := nodesOn(160, 0, 20/math.Sqrt(c))
			var points, weights []float64
			const angles = 400
			for i, d := range rho {
				r := math.Tanh(math.Sqrt(c)*d/2) / math.Sqrt(c)
				slope := (1 - c*r*r) / 2
				for a := range angles {
					sin, cos := math.Sincos(2 * math.Pi * float64(a) / angles)
					points, weights = append(points, r*cos, r*sin), append(weights, w[i]*slope*r*2*math.Pi/angles)
				}
			}
			of := func(s *model.Scope) dist.Distribution {
				return wrapped(c, 2).make([]*g.Node{constOf(s, p[0]...), constOf(s, p[1]...)})
			}
			tk.Close(t, fmt.Sprint("c = ", c, ", case ", k, ": total"), integral(t, of, points, weights, 2), 1, 1e-6)
		}
		rho, w := nodesOn(300, -20/math.Sqrt(c), 20/math.Sqrt(c))
		var points, weights []float64
		for i, d := range rho {
			r := math.Tanh(math.Sqrt(c)*d/2) / math.Sqrt(c)
			points, weights = append(points, r), append(weights, w[i]*(1-c*r*r)/2)
		}
		of := func(s *model.Scope) dist.Distribution {
			return wrapped(c, 1).make([]*g.Node{constOf(s, .4), constOf(s, -.3)})
		}
		tk.Close(t, fmt.Sprint("c = ", c, ": total over the diameter"), integral(t, of, points, weights, 1), 1, 1e-8)
	}
}

// Densities along with draws are those of the draws, and far out, where float32 has lost the
// position, they stay finite. Outside of the ball the density is 0.
func TestWrappedNormalOfDraws(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		for _, scale := range []float64{-2, 0, 1.5} {
			out := tk.Values(t, model.NewProgram(tk.Params(t, dtype), "draws", func(s *model.Scope, _ []*g.Node) []*g.Node {
				loc := s.Param("loc", model.Constant(.3), 5, 2)
				d := dist.WrappedNormal{Loc: loc, LogScale: s.Param("scale", model.Constant(scale), 1, 2), Curvature: 1}
				z, lp := d.RsampleLogProb(s, "z", 40)
				grad := g.Gradient(g.Add(g.ReduceAllSum(z), g.ReduceAllSum(lp)), loc)[0]
				outside := d.LogProb(g.AddScalar(g.ZerosLike(loc), 1))
				return []*g.Node{lp, d.LogProb(z), grad, outside}
			}), rng.New(3))
			if len(out[0]) != 200 || len(out[3]) != 5 {
				t.Fatalf("got %d and %d log-densities, want 200 and 5", len(out[0]), len(out[3]))
			}
			for i, lp := range out[0] {
				tol := 1e-9
				if dtype == dtypes.Float32 {
					tol = 1e-3 * math.Exp(scale)
				}
				if scale < 1 {
					tk.Close(t, fmt.Sprint(dtype, ", σ = e^", scale), out[1][i], lp, tol)
				}
			}
			for i, v := range append(append([]float64{}, out[0]...), out[2]...) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%v, σ = e^%v: figure %d: got %v", dtype, scale, i, v)
				}
			}
			for _, v := range out[3] {
				if !math.IsInf(v, -1) {
					t.Errorf("outside: got ln p = %v, want −∞", v)
				}
			}
		}
	}
}

// The mean is the point from which squared distances are least, by their sum over axes of the
// variance: a shift of the centre raises E d² by the square of the shift at least (the ball has
// no positive curvature). Five standard errors fail with probability 6e-7.
func TestWrappedNormalHasItsFrechetMean(t *testing.T) {
	const m, c = 20_000, 1.
	p := wrapped(c, 2).cases[3]
	b := dist.PoincareBall{Curvature: c}
	out := tk.Graph(t, 4, func(s *model.Scope, _ []*g.Node) []*g.Node {
		d := wrapped(c, 2).make([]*g.Node{g.ExpandAxes(constOf(s, p[0]...), 0), g.ExpandAxes(constOf(s, p[1]...), 0)}).(dist.WrappedNormal)
		z := g.Squeeze(d.Sample(s, "z", m), 1)
		square := func(at *g.Node) *g.Node {
			return g.Square(b.Distance(g.BroadcastToDims(at, m, 2), z))
		}
		all := []*g.Node{d.Variance(), square(d.Mean())}
		for i := range 4 {
			v := []float64{.1, 0, -.1, 0, 0, .1, 0, -.1}[2*i : 2*i+2] // of length .1/λ
			shift := g.Div(g.ExpandAxes(constOf(s, v...), 0), g.Exp(b.LogConformal(d.Mean())))
			all = append(all, g.Sub(square(b.Exp(d.Mean(), shift)), all[1]))
		}
		return all
	})
	mean, _, se := tk.Moments(out[1])
	tk.Close(t, "E d²", mean, out[0][0]+out[0][1], 5*se)
	for i := range 4 {
		rise, _, se := tk.Moments(out[2+i])
		if !(rise > .01-5*se) {
			t.Errorf("shift %d of .1: E d² rises by %v ± %.1g, want at least .01", i, rise, se)
		}
	}
}

func TestWrappedNormalRefusesWrongShapes(t *testing.T) {
	for want, d := range map[string]func(s *model.Scope) dist.Distribution{
		"Curvature: got 0": func(s *model.Scope) dist.Distribution {
			return dist.WrappedNormal{Loc: constOf(s, 0, 0), LogScale: constOf(s, 0, 0)}
		},
		"LogScale: got [3]": func(s *model.Scope) dist.Distribution {
			return dist.WrappedNormal{Loc: constOf(s, 0, 0), LogScale: constOf(s, 0, 0, 0), Curvature: 1}
		},
	} {
		prog := model.NewProgram(tk.Params(t, dtypes.Float64), "wrong", func(s *model.Scope, _ []*g.Node) []*g.Node {
			return []*g.Node{d(s).LogProb(constOf(s, 0, 0))}
		})
		if _, err := prog.Values(rng.New(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
