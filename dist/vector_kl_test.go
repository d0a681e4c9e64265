package dist_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// vectorPair is a registered pair of distributions of vectors or matrices.
type vectorPair struct {
	pair string // as the registry names it
	q, p vector
	kl   func(q, p [][]float64) float64
}

// klVectors is filled by the inits of the files that hold the formulas.
var klVectors []vectorPair

// low3 is a LowRankNormal of three numbers, to pair with the others.
var low3 = [][][]float64{
	{{0, 0, 0}, {1, 0, .5, .5, -.5, 1}, {0, 0, 0}},
	{{1, -2, .5}, {.3, -.8, 1.2, .4, 2, -1}, {-1, .5, -2}},
	{{-.3, .1, 4}, {2, 1, .7, .1, -1.5, .3}, {.3, -.7, 1}},
}

// gaussianPairs are all pairs of forms of normal distributions of vectors.
func gaussianPairs() (pairs []vectorPair) {
	full := normalVector("MultivariateNormal", 3, fromTril, param{"Tril", []int{3, 3}})
	full.make, full.cases = multivariate, trilCases
	prec := normalVector("MultivariateNormalPrecision", 3, fromPrecision, param{"PrecisionTril", []int{3, 3}})
	prec.make, prec.cases = precise, trilCases
	low := normalVector("LowRankNormal", 3, fromFactor, param{"Factor", []int{3, 2}}, param{"LogDiag", []int{3}})
	low.make, low.cases = lowRank, low3
	diag := normalVector("Independent", 3, fromDiagonal, param{"LogScale", []int{3}})
	diag.make, diag.cases = diagonalNormal, diagonalCases
	all := []vector{diag, full, prec, low}
	forms := []func([][]float64) dense{fromDiagonal, fromTril, fromPrecision, fromFactor}
	for i, q := range all {
		for j, p := range all {
			pairs = append(pairs, vectorPair{q.name + " ‖ " + p.name, q, p, func(a, b [][]float64) float64 {
				return forms[i](a).kl(forms[j](b))
			}})
		}
	}
	return pairs
}

func init() {
	klVectors = append(klVectors, gaussianPairs()...)
	sigma := func(p [][]float64) *mat.SymDense { return gram(tri(p[1])) }
	w, iw := wishartVector(), inverseWishartVector()
	klVectors = append(klVectors,
		vectorPair{"Dirichlet ‖ Dirichlet", dirichlet, dirichlet, func(q, p [][]float64) float64 { return dirichletKL(q[0], p[0]) }},
		vectorPair{"NormalGamma ‖ NormalGamma", normalGamma, normalGamma, normalGammaKL},
		vectorPair{"Wishart ‖ Wishart", w, w, func(q, p [][]float64) float64 {
			return wishartKL(q[0][0], sigma(q), p[0][0], sigma(p))
		}},
		vectorPair{"InverseWishart ‖ InverseWishart", iw, iw, func(q, p [][]float64) float64 {
			v, _ := inverse(sigma(q))
			u, _ := inverse(sigma(p))
			return wishartKL(q[0][0], v, p[0][0], u)
		}},
		vectorPair{"LKJCholesky ‖ LKJCholesky", lkj(3), lkj(3), func(q, p [][]float64) float64 {
			sum := lkjNorm(3, p[0][0]) - lkjNorm(3, q[0][0])
			for i := 1; i < 3; i++ {
				sum += (q[0][0] - p[0][0]) * (digamma(q[0][0]+float64(2-i)/2) - digamma(q[0][0]+1))
			}
			return sum
		}})
	for _, pair := range klVectors {
		elsewhere = append(elsewhere, pair.pair)
	}
}

// partner pairs every case of q with the next of p.
func (c vectorPair) partner(i int) int { return (i + 1) % len(c.p.cases) }

// TestVectorKL compares with a formula and with draws, where a right one fails with probability
// 6e-5 a case.
func TestVectorKL(t *testing.T) {
	for _, c := range klVectors {
		var turned [][][]float64
		for i := range c.q.cases {
			turned = append(turned, c.p.cases[c.partner(i)])
		}
		out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			q := c.q.make(c.q.nodes(s, c.q.cases))
			same := q
			if c.q.name != c.p.name {
				same = c.p.make(c.p.nodes(s, turned))
			}
			return []*g.Node{dist.MustKL(q, c.p.make(c.p.nodes(s, turned))), g.Neg(dist.MustKL(q, same))}
		})
		for i, xs := range c.q.draws(t, 10000, 8) {
			q, p := c.q.cases[i], turned[i]
			name := fmt.Sprint("KL ", c.pair, ", case ", i)
			tk.Close(t, name, out[0][i], c.kl(q, p), 1e-12)
			if !(out[0][i] > 0) {
				t.Errorf("%s: got %v, want above 0", name, out[0][i])
			}
			if c.q.name == c.p.name && math.Abs(out[1][i]) > 1e-12 {
				t.Errorf("%s, of itself: got %v, want 0", name, out[1][i])
			}
			ratio := make([]float64, len(xs))
			for k, x := range xs {
				ratio[k] = c.q.logProb(x, q) - c.p.logProb(x, p)
			}
			tk.MeanWithin(t, name, ratio, out[0][i], 4)
		}
	}
}

func TestVectorKLGradientMatchesDifferences(t *testing.T) {
	worst := 0.
	for _, c := range klVectors {
		turned := c.p
		turned.cases = append(append([][][]float64{}, c.p.cases[1:]...), c.p.cases[0])
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			q, p := c.q.make(c.q.trainable(s.In("q"))), c.p.make(turned.trainable(s.In("p")))
			return []*g.Node{g.ReduceAllSum(dist.MustKL(q, p))}
		})
		if t.Failed() {
			t.Fatal(c.pair)
		}
		worst = math.Max(worst, d.Scaled)
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// TestIndependentOfAnything: the divergence of products is the sum of the elements', and that of
// products over different numbers of axes has no closed form.
func TestIndependentOfAnything(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		q, p := dist.Laplace{Loc: in[0], LogScale: in[0]}, dist.Laplace{Loc: in[1], LogScale: in[1]}
		kl := dist.MustKL(dist.NewIndependent(q, 2), dist.NewIndependent(p, 2))
		if _, ok := dist.KL(dist.NewIndependent(q, 2), dist.NewIndependent(p, 1)); ok {
			t.Error("KL of products over two axes and one: got a closed form")
		}
		if _, ok := dist.KL(dist.NewIndependent(q, 1), dist.NewIndependent(dist.Bernoulli{Logits: in[0]}, 1)); ok {
			t.Error("KL of products of Laplace and of Bernoulli elements: got a closed form")
		}
		b := dist.NewIndependent(dist.Bernoulli{Logits: in[0]}, 1)
		if _, ok := b.(dist.Reparameterized); ok {
			t.Error("a product of Bernoulli elements: got differentiable draws")
		}
		if r := dist.EventRank(b); r != 1 {
			t.Errorf("a product over one axis: got event rank %d, want 1", r)
		}
		return []*g.Node{kl, g.ReduceAllSum(dist.MustKL(q, p)), dist.NewIndependent(q, 1).(dist.Entropic).Entropy()}
	}, tk.Matrix([]float64{.1, -.2, .7, 1, 0, .3}, 1, 2, 3), tk.Matrix([]float64{0, .5, .2, -1, .4, 0}, 1, 2, 3))
	tk.Close(t, "KL of products", out[0][0], out[1][0], 1e-14)
	if len(out[2]) != 2 {
		t.Fatalf("entropy: got %d numbers, want 2", len(out[2]))
	}
	tk.Close(t, "entropy of a product", out[2][1], 3*(1+math.Ln2)+1.3, 1e-14)
}

// TestShapeMistakesAreNamed: each is an error that names the distribution, what it got and what it wants.
func TestShapeMistakesAreNamed(t *testing.T) {
	v3, v4, m3 := []int{2, 3}, []int{2, 4}, []int{2, 3, 3}
	for want, c := range map[string]struct {
		dims [][]int
		fn   func(in []*g.Node) *g.Node
	}{
		"MultivariateNormal: Tril: got [2 4], want [… 3 3]": {[][]int{v3, v4}, func(in []*g.Node) *g.Node {
			return dist.MultivariateNormal{Loc: in[0], Tril: in[1]}.Mean()
		}},
		"MultivariateNormal: values: got [2 4], want [… 3]": {[][]int{v3, m3, v4}, func(in []*g.Node) *g.Node {
			return dist.MultivariateNormal{Loc: in[0], Tril: in[1]}.LogProb(in[2])
		}},
		"MultivariateNormalPrecision: PrecisionTril: got [2 3 3], want [… 4 4]": {[][]int{v4, m3}, func(in []*g.Node) *g.Node {
			return dist.MultivariateNormalPrecision{Loc: in[0], PrecisionTril: in[1]}.LogProb(in[0])
		}},
		"LowRankNormal: Factor: got [2 3 3], want [… 4 3]": {[][]int{v4, m3, v4}, func(in []*g.Node) *g.Node {
			return dist.LowRankNormal{Loc: in[0], Factor: in[1], LogDiag: in[2]}.Entropy()
		}},
		"LowRankNormal: LogDiag: got [2 4], want [… 3]": {[][]int{v3, m3, v4}, func(in []*g.Node) *g.Node {
			return dist.LowRankNormal{Loc: in[0], Factor: in[1], LogDiag: in[2]}.Variance()
		}},
		"Dirichlet: values: got [2 4], want [… 3]": {[][]int{v3, v4}, func(in []*g.Node) *g.Node {
			return dist.Dirichlet{Concentration: in[0]}.LogProb(in[1])
		}},
		"Wishart: ScaleTril: got [2 4], want [… 4 4]": {[][]int{{2}, v4}, func(in []*g.Node) *g.Node {
			return dist.Wishart{DF: in[0], ScaleTril: in[1]}.Mean()
		}},
		"InverseWishart: values: got [2 4], want [… 3 3]": {[][]int{{2}, m3, v4}, func(in []*g.Node) *g.Node {
			return dist.InverseWishart{DF: in[0], ScaleTril: in[1]}.LogProb(in[2])
		}},
		"LKJCholesky: values: got [2 3 3], want [… 5 5]": {[][]int{{2}, m3}, func(in []*g.Node) *g.Node {
			return dist.LKJCholesky{Size: 5, Concentration: in[0]}.LogProb(in[1])
		}},
		"LKJCholesky: Size: got 1, want 2 or more": {[][]int{{2}}, func(in []*g.Node) *g.Node {
			return dist.LKJCholesky{Size: 1, Concentration: in[0]}.Mean()
		}},
		"UniformSphere: values: got [2 4], want [… 3]": {[][]int{v3, v4}, func(in []*g.Node) *g.Node {
			return dist.UniformSphere{Like: in[0]}.LogProb(in[1])
		}},
		"NormalGamma: values: got [2 3], want [… 2]": {[][]int{v3}, func(in []*g.Node) *g.Node {
			return dist.NormalGamma{Loc: in[0], Count: in[0], Concentration: in[0], Rate: in[0]}.LogProb(in[0])
		}},
		"NormalGamma: batch axes: got [[2 3] [2 4] [2 3] [2 3]], want shapes that broadcast": {[][]int{v3, v4}, func(in []*g.Node) *g.Node {
			return dist.NormalGamma{Loc: in[0], Count: in[1], Concentration: in[0], Rate: in[0]}.Mean()
		}},
		"Mixture: components' shape: got [2 3], want [… 4 event axes]": {[][]int{v4, v3}, func(in []*g.Node) *g.Node {
			return dist.Mixture{Logits: in[0], Components: dist.Normal{Loc: in[1], LogScale: in[1]}}.Mean()
		}},
		"Independent: batch axes of the base: got 2, want 3": {[][]int{v4}, func(in []*g.Node) *g.Node {
			return dist.NewIndependent(dist.Normal{Loc: in[0], LogScale: in[0]}, 3).LogProb(in[0])
		}},
	} {
		fn := func(s *model.Scope, _ []*g.Node) []*g.Node {
			var in []*g.Node
			for i, dims := range c.dims {
				in = append(in, s.Param(fmt.Sprint("p", i), model.Constant(1), dims...))
			}
			return []*g.Node{c.fn(in)}
		}
		_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "shapes", fn).Values(key{})
		if err == nil || !strings.Contains(err.Error(), "dist: "+want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
