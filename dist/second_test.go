package dist_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// TestImplicitDrawsDifferentiateTwice: with s(p, z) the derivative of a draw z by its parameter p
// the second is the derivative of s along the path, (s(p+h, z+sh) − s(p−h, z−sh))/2h, whose error is
// of order h² = 1e-10 relative.
func TestImplicitDrawsDifferentiateTwice(t *testing.T) {
	for _, c := range []struct {
		name   string
		of     func(p, z *g.Node) *g.Node
		ps, zs []float64
	}{
		{"ln gamma", dist.ImplicitLogGamma, []float64{.3, .3, 1.5, 4, 60, 1e-3, .02}, []float64{-7, .4, -.2, 1.6, 4.1, -400, -30}},
		{"von Mises", func(k, z *g.Node) *g.Node {
			return dist.Follow(z, k, func(z *g.Node) *g.Node { return dist.VonMisesSlope(k, z) })
		}, []float64{.05, .6, 2, 2, 17, 150, 4e3}, []float64{2.9, -1.1, .3, -2.5, .4, -.1, .02}},
		{"cosine on the circle", func(k, z *g.Node) *g.Node {
			return dist.ImplicitCosine(k, z, special.BesselRatio(1, k), 2)
		}, []float64{.6, 2, 17, 40}, []float64{1.3, .6, .04, .003}},
		{"cosine in five dimensions", func(k, z *g.Node) *g.Node {
			return dist.ImplicitCosine(k, z, special.BesselRatio(2.5, k), 5)
		}, []float64{.6, 2, 17, 40, 300}, []float64{1.3, .6, .2, .03, .01}},
	} {
		slopes := func(ps, zs []float64) [][]float64 {
			return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
				first := g.Gradient(g.ReduceAllSum(c.of(in[0], in[1])), in[0])[0]
				return []*g.Node{first, g.Gradient(g.ReduceAllSum(first), in[0])[0]}
			}, tk.Vector(ps...), tk.Vector(zs...))
		}
		at := slopes(c.ps, c.zs)
		moved := func(sign float64) []float64 {
			ps, zs := make([]float64, len(c.ps)), make([]float64, len(c.ps))
			for i, p := range c.ps {
				ps[i], zs[i] = p*(1+sign*1e-5), c.zs[i]+sign*1e-5*p*at[0][i]
			}
			return slopes(ps, zs)[0]
		}
		up, down := moved(1), moved(-1)
		for i, p := range c.ps {
			want := (up[i] - down[i]) / (2e-5 * p)
			scale := math.Max(math.Abs(want), math.Abs(at[0][i]/p))
			if e := math.Abs(at[1][i]-want) / scale; !(e <= 1e-6) {
				t.Errorf("%s at p = %v, z = %v: second derivative: got %v, want %v", c.name, p, c.zs[i], at[1][i], want)
			}
		}
	}
}

// TestBothSidesOfUniformsKeepTheirDigits at the ends of the noise: u + v = 1, and the draws of
// either tail reach the 2⁻⁴⁹ quantile (2⁻²⁴ for the tail of −ln u near 0 in float32).
func TestBothSidesOfUniformsKeepTheirDigits(t *testing.T) {
	const last = 1 - 0x1p-24
	high, low := []float64{0, 0, .25, .5, last, last}, []float64{0, last, 0, .5, 0, last}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		u, v, e, l, gumbel := dist.Sides(in[0], in[1])
		return []*g.Node{u, v, e, l, gumbel}
	}, tk.Vector(high...), tk.Vector(low...))
	for i := range high {
		u, v := high[i]+0x1p-24*(low[i]+0x1p-25), 1-high[i]-0x1p-24*(low[i]+0x1p-25)
		where := fmt.Sprint("noise ", i)
		tk.Close(t, where+": u", out[0][i]/u, 1, 1e-15)
		tk.Close(t, where+": 1 − u", out[1][i]/v, 1, 1e-15)
		e := -math.Log(u)
		if u > .5 {
			e = -math.Log1p(-v)
		}
		tk.Close(t, where+": −ln u", out[2][i]/e, 1, 1e-14)
		tk.Close(t, where+": logit", out[3][i], math.Log(u)-math.Log(v), 1e-14)
		tk.Close(t, where+": Gumbel", out[4][i], -math.Log(e), 1e-14)
	}
	tk.Close(t, "largest −ln u", out[2][0], 49*math.Ln2, 1e-14)
	tk.Close(t, "largest Gumbel", out[4][5], 49*math.Ln2, 1e-13)
	tk.Close(t, "smallest logit", out[3][0], -49*math.Ln2, 1e-13)
}

// TestUniformSidesInFloat32 are inside (0, 1) with finite draws at the ends of the noise.
func TestUniformSidesInFloat32(t *testing.T) {
	const last = 1 - 0x1p-24
	p := model.NewProgram(tk.Params(t, dtypes.Float32), "sides", func(_ *model.Scope, in []*g.Node) []*g.Node {
		u, v, e, l, gumbel := dist.Sides(in[0], in[1])
		return []*g.Node{u, v, e, l, gumbel}
	})
	high, low := []float32{0, 0, .5, last, last}, []float32{0, last, .5, 0, last}
	out := tk.Values(t, p, key{}, model.Tensor(dtypes.Float32, high, 5), model.Tensor(dtypes.Float32, low, 5))
	for i := range high {
		for k := range out {
			if v := out[k][i]; math.IsNaN(v) || math.IsInf(v, 0) || (k < 3 && !(v > 0)) || (k < 2 && !(v < 1)) {
				t.Errorf("noise %d, output %d: got %v, want a finite number, of u and 1 − u inside (0, 1)", i, k, v)
			}
		}
	}
	tk.Close(t, "largest −ln u", out[2][0], 49*math.Ln2, 1e-6)
	tk.Close(t, "largest Gumbel", out[4][4], 49*math.Ln2, .7) // the sum of the noise rounds to 2⁻⁴⁹ or 2⁻⁴⁸
}

// TestSecondDerivativesOfLogProb: those of log-densities and distribution functions by parameters and
// data are differences of the first, which Laplace's method and Newton steps rely on.
func TestSecondDerivativesOfLogProb(t *testing.T) {
	worst := 0.
	for _, f := range families {
		of := map[string]func(d dist.Distribution, x *g.Node) *g.Node{"LogProb": logProbOf}
		if has[dist.Entropic](t, f) {
			of["Entropy"] = entropyOf
		}
		if has[dist.Cumulative](t, f) && !f.fixedX {
			of["CDF"] = cdfOf
		}
		for name, q := range of {
			d := tk.GradientWithin(t, 1e-6, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
				rows := f.law().Trainable(s, f.smooth)
				y := q(f.make(rows), f.law().DataNode(s))
				loss := g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))
				_, nodes := s.Trainable()
				sum := g.ZerosLike(loss)
				for i, v := range g.Gradient(loss, nodes...) {
					sum = g.Add(sum, g.ReduceAllSum(g.MulScalar(v, math.Sin(float64(1+i)))))
				}
				return []*g.Node{sum}
			})
			if !(d.Scaled <= 1e-6) {
				t.Errorf("%s.%s: %v", f.name, name, d)
			}
			worst = math.Max(worst, d.Scaled)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// TestSecondDerivativesOfVectors: those of log-densities by the parameters.
func TestSecondDerivativesOfVectors(t *testing.T) {
	worst := 0.
	for _, v := range vectors {
		var flat []float64
		points := 0
		for i := range v.points(v.cases[0])[:2] {
			points++
			for _, c := range v.cases {
				flat = append(flat, v.points(c)[i]...)
			}
		}
		shape := append([]int{points, len(v.cases)}, v.event...)
		d := tk.GradientWithin(t, 1e-6, tk.Params(t, dtypes.Float64), func(s *model.Scope, in []*g.Node) []*g.Node {
			y := v.make(v.trainable(s)).LogProb(in[0])
			loss := g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))
			_, nodes := s.Trainable()
			sum := g.ZerosLike(loss)
			for _, d := range g.Gradient(loss, nodes...) {
				sum = g.Add(sum, g.ReduceAllSum(g.Mul(d, g.AddScalar(g.Sin(g.Iota(s.Graph(), d.Shape(), -1)), 1.3))))
			}
			return []*g.Node{sum}
		}, tk.Matrix(flat, shape...))
		if !(d.Scaled <= 1e-6) {
			t.Errorf("%s: %v", v.name, d)
		}
		worst = math.Max(worst, d.Scaled)
	}
	t.Logf("worst scaled difference %.1e", worst)
}
