package dist_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// bare hides all but the methods of a distribution.
type bare struct{ dist.Distribution }

// TestAbilitiesOfProducts: a product has the abilities of its elements and no others.
func TestAbilitiesOfProducts(t *testing.T) {
	tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		normal, count := dist.Normal{Loc: in[0], LogScale: in[0]}, dist.Bernoulli{Logits: in[0]}
		for _, base := range []dist.Distribution{normal, count, dist.DiscretizedLogistic{Loc: in[0], LogScale: in[0]}, bare{normal}} {
			d := dist.NewIndependent(base, 1)
			_, path := base.(dist.Reparameterized)
			_, entropic := base.(dist.Entropic)
			_, gotPath := d.(dist.Reparameterized)
			_, gotEntropic := d.(dist.Entropic)
			if path != gotPath || entropic != gotEntropic {
				t.Errorf("product of %T: got abilities %v and %v, want %v and %v", base, gotPath, gotEntropic, path, entropic)
			}
		}
		if p := dist.NewIndependent(bare{normal}, 1).(dist.Declared).Parameters(); p != nil {
			t.Errorf("parameters of a product of what declares none: got %v", p)
		}
		if p := dist.NewTransformed(bare{normal}, exponential{}, dist.Support{}).(dist.Declared).Parameters(); p != nil {
			t.Errorf("parameters of a map of what declares none: got %v", p)
		}
		if r := dist.EventRank(dist.Mixture{Logits: in[0], Components: bare{normal}}); r != 0 {
			t.Errorf("event rank of a mixture of what declares none: got %d, want 0", r)
		}
		return []*g.Node{g.Neg(in[0])}
	}, tk.Vector(1, 2))
}

// entropyOnly has an entropy and no differentiable draws.
type entropyOnly struct {
	dist.Distribution
	entropy *g.Node
}

func (d entropyOnly) Entropy() *g.Node { return d.entropy }

func TestEntropyOfAProductIsTheSum(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		d := dist.NewIndependent(entropyOnly{dist.Bernoulli{Logits: in[0]}, in[0]}, 1)
		if _, ok := d.(dist.Reparameterized); ok {
			t.Error("got differentiable draws, want none")
		}
		return []*g.Node{d.(dist.Entropic).Entropy()}
	}, tk.Vector(1, 2.5))
	tk.Close(t, "entropy", out[0][0], 3.5, 0)
}

// TestSupportsOfProductsAndMixtures: axes are added to the set, and bounds are those of all components.
func TestSupportsOfProductsAndMixtures(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		normal := dist.Normal{Loc: in[0], LogScale: in[0]}
		simplex := dist.Dirichlet{Concentration: g.Exp(in[0])}
		for i, c := range []struct {
			d    dist.Distribution
			want dist.Support
			rank int
		}{
			{dist.NewIndependent(normal, 0), dist.Support{Set: dist.Real}, 0},
			{dist.NewIndependent(normal, 1), dist.Support{Set: dist.Vector}, 1},
			{dist.NewIndependent(normal, 2), dist.Support{Set: dist.Matrix}, 2},
			{dist.NewIndependent(dist.NewIndependent(normal, 1), 1), dist.Support{Set: dist.Matrix}, 2},
			{dist.NewIndependent(simplex, 1), dist.Support{Set: dist.Simplex, Extra: 1}, 2},
			{dist.NewIndependent(dist.Bernoulli{Logits: in[0]}, 2), dist.Support{Set: dist.Boolean, Extra: 2}, 2},
			{dist.Mixture{Logits: g.ReduceSum(in[0], -1), Components: simplex}, dist.Support{Set: dist.Simplex}, 1},
			{dist.NewTransformed(dist.NewIndependent(normal, 1), exponential{}, dist.Support{Set: dist.Positive}), dist.Support{Set: dist.Positive, Extra: 1}, 1},
		} {
			got := c.d.(dist.Declared).Support()
			if got != c.want || dist.EventRank(c.d) != c.rank {
				t.Errorf("distribution %d: got support %v of rank %d, want %v of rank %d", i, got, dist.EventRank(c.d), c.want, c.rank)
			}
		}
		u := dist.Uniform{Low: in[0], High: g.AddScalar(in[0], 1)}
		m := dist.Mixture{Logits: in[0], Components: u}.Support()
		return []*g.Node{m.Low, m.High, g.Exp(dist.Mixture{Logits: g.ZerosLike(in[0]), Components: u}.LogProb(g.Scalar(s.Graph(), s.DType(), 1.2)))}
	}, tk.Matrix([]float64{0, 3, 1, -1, 5, .5}, 2, 3))
	for i, want := range [][]float64{{0, -1}, {4, 6}, {1. / 3, 1. / 3}} {
		for k := range want {
			tk.Close(t, "bound or density", out[i][k], want[k], 1e-14)
		}
	}
}

// TestOneDiagonalForAllElements: a LogDiag of one number is that of every element.
func TestOneDiagonalForAllElements(t *testing.T) {
	x := []float64{.3, -1, 2}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		var all []*g.Node
		for _, diag := range []*g.Node{g.Scalar(s.Graph(), s.DType(), -.7), constOf(s, -.7), constOf(s, -.7, -.7, -.7)} {
			d := dist.LowRankNormal{Loc: constOf(s, 0, 1, 2), Factor: g.ExpandAxes(in[0], -1), LogDiag: diag}
			all = append(all, d.LogProb(in[0]), d.Variance())
		}
		return all
	}, tk.Vector(x...))
	want := fromFactor([][]float64{{0, 1, 2}, x, {-.7, -.7, -.7}})
	for i := 0; i < 6; i += 2 {
		tk.Close(t, "ln p", out[i][0], want.logProb(x), 1e-12)
		tk.Close(t, "variance", out[i+1][2], 4+math.Exp(-.7), 1e-14)
	}
}
