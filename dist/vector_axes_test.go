package dist_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestVectorLogProbTakesOneDatumAndDraws: a datum without batch axes, and draws of draws, give what
// they give alone.
func TestVectorLogProbTakesOneDatumAndDraws(t *testing.T) {
	for _, v := range vectors {
		x, c := v.points(v.cases[0])[1], len(v.cases)
		out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			d := v.make(v.nodes(s, v.cases))
			datum := g.ConstTensor(s.Graph(), tensors.FromFlatDataAndDimensions(x, append([]int{1}, v.event...)...))
			one := g.Reshape(datum, append([]int{}, v.event...)...)
			rows := g.BroadcastToDims(datum, append([]int{c}, v.event...)...)
			many := g.BroadcastToDims(g.ExpandAxes(g.ExpandAxes(datum, 0), 0), append([]int{2, 5, c}, v.event...)...)
			single := v.make(firstOnly(v.nodes(s, v.cases)))
			return []*g.Node{d.LogProb(one), d.LogProb(rows), d.LogProb(many), single.LogProb(rows)}
		})
		if len(out[0]) != c || len(out[1]) != c || len(out[2]) != 10*c || len(out[3]) != c {
			t.Fatalf("%s: got %d, %d, %d and %d numbers, want %d, %d, %d and %d", v.name, len(out[0]), len(out[1]), len(out[2]), len(out[3]), c, c, 10*c, c)
		}
		for i, lp := range out[2] {
			tk.Close(t, v.name+", draws of draws", lp, out[1][i%c], 1e-14)
			tk.Close(t, v.name+", one datum", out[0][i%c], out[1][i%c], 1e-14)
			tk.Close(t, v.name+", one case", out[3][i%c], out[1][0], 1e-14)
		}
	}
}

// firstOnly takes the first case, without the batch axis.
func firstOnly(nodes []*g.Node) []*g.Node {
	out := make([]*g.Node, len(nodes))
	for i, n := range nodes {
		out[i] = g.Squeeze(g.SliceAxis(n, 0, g.AxisElem(0)), 0)
	}
	return out
}

// TestSharedCovariance: a matrix without batch axes is that of all means.
func TestSharedCovariance(t *testing.T) {
	p := trilCases[1]
	x := tk.Matrix([]float64{0, 1, 2, -1, .5, 3, 1, 1, 1, 2, -2, 0}, 2, 2, 3)
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		loc := g.ConstTensor(s.Graph(), tk.Matrix([]float64{1, 2, 3, -1, 0, 1}, 2, 3))
		tril := g.ConstTensor(s.Graph(), tk.Matrix(p[1], 3, 3))
		var all []*g.Node
		for i, d := range []dist.Distribution{
			dist.MultivariateNormal{Loc: loc, Tril: tril},
			dist.MultivariateNormal{Loc: loc, Tril: g.BroadcastToDims(g.ExpandAxes(tril, 0), 2, 3, 3)},
		} {
			r := d.(dist.Reparameterized).Rsample(s.In(fmt.Sprint(i)), "x", 4)
			all = append(all, d.LogProb(in[0]), g.Neg(g.Neg(d.Mean())), d.Variance(), d.(dist.Entropic).Entropy(), r)
		}
		return all
	}, x)
	for i, want := range []int{4, 6, 6, 2, 24} {
		if len(out[i]) != want || len(out[5+i]) != want {
			t.Fatalf("output %d: got %d and %d numbers, want %d", i, len(out[i]), len(out[5+i]), want)
		}
		for k := range out[i] {
			if i < 4 {
				tk.Close(t, fmt.Sprint("output ", i), out[i][k], out[5+i][k], 1e-14)
			}
		}
	}
	tk.Close(t, "ln p", out[0][1], newDense([]float64{-1, 0, 1}, gram(tri(p[1]))).logProb([]float64{-1, .5, 3}), 1e-13)
}

// TestCovarianceMatrices compares with products in plain Go.
func TestCovarianceMatrices(t *testing.T) {
	type covariant interface{ Covariance() *g.Node }
	for _, v := range vectors {
		var found bool
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			_, found = v.make(v.nodes(s, v.cases)).(covariant)
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		if !found {
			continue
		}
		got, n := v.values(t, 1, func(_ *model.Scope, d dist.Distribution) *g.Node { return d.(covariant).Covariance() }), v.event[0]
		for c, p := range v.cases {
			for k := range n * n {
				tk.Close(t, v.name+", covariance", got[c*n*n+k], v.cov(p, k/n, k%n), 1e-12)
			}
		}
	}
}

// TestVectorsDeclareTheirParameters: names, nodes and sets agree with the type's fields, and draws
// lie in the set.
func TestVectorsDeclareTheirParameters(t *testing.T) {
	for _, v := range vectors {
		var set dist.Set
		tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			d := v.make(v.nodes(s, v.cases)).(dist.Declared)
			if r := dist.EventRank(d); r != len(v.event) {
				t.Errorf("%s: event rank: got %d, want %d", v.name, r, len(v.event))
			}
			set = d.Support().Set
			for _, p := range d.Parameters() {
				field := reflect.Indirect(reflect.ValueOf(d)).FieldByName(p.Name)
				inner := v.typ != "" || v.name == "Independent" // parameters are those of the parts
				if !inner && (!field.IsValid() || field.Interface() != any(p.Node)) {
					t.Errorf("%s: parameter %s is not the field of that name", v.name, p.Name)
				}
			}
			if len(d.Parameters()) == 0 && v.name != "UniformSphere" {
				t.Errorf("%s has no parameters", v.name)
			}
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		for _, xs := range v.draws(t, 50, 9) {
			for _, x := range xs {
				if !lies(x, set, v.event) {
					t.Fatalf("%s: draw %v lies outside set %d", v.name, x, set)
				}
			}
		}
	}
}

// lies tells whether a value is in a set, to rounding.
func lies(x []float64, set dist.Set, event []int) bool {
	sum, square, least := 0., 0., math.Inf(1)
	for _, v := range x {
		sum, square, least = sum+v, square+v*v, math.Min(least, v)
	}
	switch set {
	case dist.Positive:
		return least > 0
	case dist.Simplex:
		return least >= 0 && math.Abs(sum-1) < 1e-12
	case dist.Sphere:
		return math.Abs(square-1) < 1e-12
	case dist.PositiveDefinite:
		var c mat.Cholesky
		return c.Factorize(mat.NewSymDense(event[0], x))
	case dist.CorrCholesky:
		return math.Abs(square-float64(event[0])) < 1e-12 && x[0] == 1 && x[1] == 0
	}
	return !math.IsNaN(sum)
}

// TestVectorLogProbInFloat32 is that of float64 at ordinary points, to the precision of a sum of a
// few dozen terms of order 1 to 10 and of the data themselves.
func TestVectorLogProbInFloat32(t *testing.T) {
	for _, v := range vectors {
		want := []float64{}
		var x []float32
		for _, p := range v.cases {
			datum := v.points(p)[1]
			want = append(want, v.logProb(datum, p))
			for _, e := range datum {
				x = append(x, float32(e))
			}
		}
		got := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float32), "single", func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{v.make(in[1:]).LogProb(in[0])}
		}), rng.New(1), v.single(x)...)[0]
		for i := range want {
			tk.Close(t, fmt.Sprint(v.name, ", case ", i, " in float32"), got[i], want[i], 1e-4)
		}
	}
}

// single returns data and parameters in float32.
func (v vector) single(x []float32) []*tensors.Tensor {
	in := []*tensors.Tensor{model.Tensor(dtypes.Float32, x, append([]int{len(v.cases)}, v.event...)...)}
	for j, p := range v.params {
		var flat []float32
		for _, c := range v.cases {
			for _, e := range c[j] {
				flat = append(flat, float32(e))
			}
		}
		in = append(in, model.Tensor(dtypes.Float32, flat, append([]int{len(v.cases)}, p.dims...)...))
	}
	return in
}

// nodesOn returns a Gauss–Legendre rule on [a, b].
func nodesOn(n int, a, b float64) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, w, a, b)
	return x, w
}

// integral sums the graph's density over weighted points.
func integral(t *testing.T, d func(s *model.Scope) dist.Distribution, points, weights []float64, event ...int) (sum float64) {
	t.Helper()
	x := tk.Matrix(points, append([]int{len(weights)}, event...)...)
	lp := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{d(s).LogProb(in[0])} }, x)[0]
	for i, w := range weights {
		sum += w * math.Exp(lp[i])
	}
	return sum
}

func constOf(s *model.Scope, v ...float64) *g.Node { return g.ConstTensor(s.Graph(), tk.Vector(v...)) }

// TestDirichletIsNormalised integrates over x = (sin²a, cos²a sin²b, cos²a cos²b), where densities
// with concentrations of halves are polynomials of sines and cosines.
func TestDirichletIsNormalised(t *testing.T) {
	var points, weights []float64
	as, ws := nodesOn(40, 0, math.Pi/2)
	for i, a := range as {
		for j, b := range as {
			s, c := math.Sincos(a)
			u, v := math.Sincos(b)
			points = append(points, s*s, c*c*u*u, c*c*v*v)
			weights = append(weights, ws[i]*ws[j]*2*s*c*c*c*2*u*v)
		}
	}
	for _, alpha := range [][]float64{{1, 1, 1}, {.5, 1.5, 2.5}, {4, 2, .5}, {12, 7.5, 3}, {.5, .5, .5}} {
		got := integral(t, func(s *model.Scope) dist.Distribution { return dist.Dirichlet{Concentration: constOf(s, alpha...)} }, points, weights, 3)
		tk.Close(t, fmt.Sprint("total of Dirichlet ", alpha), got, 1, 1e-11)
	}
}

// TestLKJIsNormalised integrates over angles, L₂₁ = sin a and (L₃₁, L₃₂) = sin b (cos c, sin c), where
// densities with concentrations of halves are polynomials of sines and cosines.
func TestLKJIsNormalised(t *testing.T) {
	var two, w2, three, w3 []float64
	as, wa := nodesOn(20, -math.Pi/2, math.Pi/2)
	bs, wb := nodesOn(20, 0, math.Pi/2)
	cs, wc := nodesOn(4, 0, 2*math.Pi)
	for i, a := range as {
		sa, ca := math.Sincos(a)
		two, w2 = append(two, 1, 0, sa, ca), append(w2, wa[i]*ca)
		for j, b := range bs {
			sb, cb := math.Sincos(b)
			for k, c := range cs {
				three = append(three, 1, 0, 0, sa, ca, 0, sb*math.Cos(c), sb*math.Sin(c), cb)
				w3 = append(w3, wa[i]*wb[j]*wc[k]*ca*sb*cb)
			}
		}
	}
	for _, eta := range []float64{.5, 1, 1.5, 4} {
		of := func(n int) func(s *model.Scope) dist.Distribution {
			return func(s *model.Scope) dist.Distribution {
				return dist.LKJCholesky{Size: n, Concentration: g.Scalar(s.Graph(), dtypes.Float64, eta)}
			}
		}
		tk.Close(t, fmt.Sprint("total of LKJ of 2, η = ", eta), integral(t, of(2), two, w2, 2, 2), 1, 1e-11)
		tk.Close(t, fmt.Sprint("total of LKJ of 3, η = ", eta), integral(t, of(3), three, w3, 3, 3), 1, 1e-11)
	}
}

// TestDirichletAtTheEdge: a zero counts nothing where its concentration is 1.
func TestDirichletAtTheEdge(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		d := dist.Dirichlet{Concentration: constOf(s, 1, 1, 2)}
		return []*g.Node{d.LogProb(in[0]), g.Gradient(g.ReduceAllSum(d.LogProb(in[1])), in[1])[0]}
	}, tk.Matrix([]float64{0, .5, .5, .5, .5, 0}, 2, 3), tk.Matrix([]float64{0, .5, .5}, 1, 3))
	tk.Close(t, "ln p at a zero of concentration 1", out[0][0], math.Log(6*.5), 1e-14)
	tk.Close(t, "ln p at a zero of concentration 2", out[0][1], math.Inf(-1), 0)
	tk.Close(t, "its derivative", out[1][2], 2, 1e-14)
}

// TestVectorsOutsideTheSupport have log-density −∞, and next to them others keep theirs.
func TestVectorsOutsideTheSupport(t *testing.T) {
	outside := map[string][]float64{
		"Dirichlet": {.5, -.1, .3, .3}, "NormalGamma": {1, -2},
		"Wishart": {1, 2, 0, 2, 1, 0, 0, 0, 1}, "InverseWishart": {-1, 0, 0, 0, 1, 0, 0, 0, 1},
	}
	for _, v := range vectors {
		bad, ok := outside[v.name]
		if v.name == "LKJCholesky" {
			bad, ok = make([]float64, size(v.event)), true // a diagonal of zeros
		}
		if !ok {
			continue
		}
		p, n := v.cases[0], len(bad)
		good := v.points(p)[1]
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			x := g.Reshape(in[0], append([]int{2, 1}, v.event...)...)
			d := v.make(v.nodes(s, v.cases[:1]))
			return []*g.Node{d.LogProb(x), g.Gradient(g.ReduceAllSum(g.SliceAxis(d.LogProb(x), 0, g.AxisElem(1))), in[0])[0]}
		}, tk.Matrix(append(append([]float64{}, bad...), good...), 2, n))
		tk.Close(t, v.name+" outside", out[0][0], math.Inf(-1), 0)
		tk.Close(t, v.name+" inside", out[0][1], v.logProb(good, p), 1e-12)
		for _, e := range out[1][n:] {
			if math.IsNaN(e) || math.IsInf(e, 0) {
				t.Errorf("%s: derivative inside: got %v, want numbers", v.name, out[1][n:])
			}
		}
	}
}

// TestDrawsWithoutDerivatives: those of a product or map of a distribution that has none, and of a
// mixture, are constants to the gradient.
func TestDrawsWithoutDerivatives(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		b := dist.Bernoulli{Logits: in[0]}
		n := dist.Normal{Loc: in[0], LogScale: in[0]}
		var slopes []*g.Node
		for i, d := range []dist.Distribution{
			dist.NewIndependent(b, 1), dist.NewTransformed(b, stretched{in[0]}, dist.Support{}), dist.Mixture{Logits: in[0], Components: n},
			dist.NewTransformed(n, stretched{in[0]}, dist.Support{}),
		} {
			x := d.Sample(s.In(fmt.Sprint(i)), "x", 3)
			slopes = append(slopes, g.Gradient(g.ReduceAllSum(x), in[0])[0])
			if _, ok := d.(dist.Reparameterized); ok != (i == 3) {
				t.Errorf("distribution %d: differentiable draws: got %v, want %v", i, ok, i == 3)
			}
		}
		return slopes
	}, tk.Vector(.5, 1.5))
	for i, slopes := range out {
		if (slopes[0] != 0) != (i == 3) {
			t.Errorf("distribution %d: derivative of draws: got %v, want zero %v", i, slopes, i != 3)
		}
	}
}

// stretched is y = cx for numbers.
type stretched struct{ c *g.Node }

func (f stretched) Forward(x *g.Node) (y, logDet *g.Node) {
	c := g.Add(g.ZerosLike(x), g.ExpandLeftToRank(f.c, x.Rank()))
	return g.Mul(x, c), g.Log(c)
}

func (f stretched) Inverse(y *g.Node) (x, logDet *g.Node) {
	c := g.Add(g.ZerosLike(y), g.ExpandLeftToRank(f.c, y.Rank()))
	return g.Div(y, c), g.Neg(g.Log(c))
}
