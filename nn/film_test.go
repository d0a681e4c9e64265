package nn_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// conditions are those of two data, of three values each.
var conditions = gaussian(21, 6)

// under is a layer that sees the conditions.
func under(f func(s *model.Scope, h, v *g.Node) *g.Node) layer {
	return func(s *model.Scope, x *g.Node) *g.Node {
		return f(s, x, g.ConstAsDType(x.Graph(), x.DType(), [][]float64{conditions[:3], conditions[3:]}))
	}
}

func concat(_ *model.Scope, h, v *g.Node) *g.Node { return nn.Concat(h, v) }

// filmOf is FiLM of features with given parameters.
func filmOf(t *testing.T, weight, bias, x []float64, dims ...int) []float64 {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	c := dims[len(dims)-1]
	tk.Import(t, p, model.Array{Name: "weight", Trainable: true, Dims: []int{3, 2 * c}, Data: weight},
		model.Array{Name: "bias", Trainable: true, Dims: []int{2 * c}, Data: bias})
	return tk.Values(t, model.NewProgram(p, "film", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{under(nn.FiLM)(s, in[0])}
	}), rng.Key{}, tk.Matrix(x, dims...))[0]
}

// TestFiLMIsItsFormula: (1 + γ)·h + β in loops, for rows, sequences and images.
func TestFiLMIsItsFormula(t *testing.T) {
	for _, dims := range [][]int{{2, 4}, {2, 3, 4}, {2, 3, 5, 4}} {
		const c = 4
		w, b, x := gaussian(1, 3*2*c), gaussian(2, 2*c), gaussian(3, size(dims...))
		y := filmOf(t, w, b, x, dims...)
		for i := range y {
			row, ch := i/(len(y)/2), i%c
			gamma, beta := b[ch], b[c+ch]
			for k, v := range conditions[3*row : 3*row+3] {
				gamma += v * w[k*2*c+ch]
				beta += v * w[k*2*c+c+ch]
			}
			tk.Close(t, "FiLM", y[i], (1+gamma)*x[i]+beta, 1e-13)
		}
	}
}

// TestFiLMStartsAsTheIdentity: features pass unchanged, and yet its parameters have a gradient.
func TestFiLMStartsAsTheIdentity(t *testing.T) {
	x, y, _, p := apply(t, under(nn.FiLM), 2, 3, 3, 4)
	closeAll(t, "start", y, x, 0)
	if len(p["weight"]) != 3*8 || len(p["bias"]) != 8 {
		t.Errorf("got %d weights and %d biases, want 24 and 8", len(p["weight"]), len(p["bias"]))
	}
	slope := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		loss := g.ReduceAllSum(g.Square(under(nn.FiLM)(s, in[0])))
		_, nodes := s.Trainable()
		return g.Gradient(loss, nodes...)
	}, tk.Matrix(x, 2, 3, 3, 4))
	for i, v := range slope[0] {
		if v == 0 {
			t.Errorf("weight %d: got derivative 0 at the start, want it to learn", i)
		}
	}
}

func TestGradientsOfConditions(t *testing.T) {
	gradient(t, under(nn.FiLM), 2, 3)
	gradient(t, under(nn.FiLM), 2, 2, 3, 2)
	gradient(t, under(concat), 2, 2, 3, 2)
	// From parameters that are not 0, and by the condition itself.
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "weight", Trainable: true, Dims: []int{3, 4}, Data: gaussian(8, 12)},
		model.Array{Name: "bias", Trainable: true, Dims: []int{4}, Data: gaussian(9, 4)})
	d := tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
		y := nn.FiLM(s, s.Param("h", model.Gaussian(1), 2, 5, 2), s.Param("v", model.Gaussian(1), 2, 3))
		return []*g.Node{g.ReduceAllSum(g.Square(g.AddScalar(y, 1)))}
	})
	if d.Count != 12+4+20+6 {
		t.Errorf("got %d derivatives, want 42", d.Count)
	}
}

func TestConcatPutsTheConditionAtEveryPosition(t *testing.T) {
	x, y, shape, _ := apply(t, under(concat), 2, 2, 3, 4)
	shaped(t, "concat", shape, 2, 2, 3, 7)
	for i := range y {
		row, at, ch := i/(6*7), i/7, i%7
		want := 0.
		if ch < 4 {
			want = x[at*4+ch]
		} else {
			want = conditions[3*row+ch-4]
		}
		tk.Close(t, "concat", y[i], want, 0)
	}
}

func TestWrongConditionsAreErrors(t *testing.T) {
	for name, f := range map[string]func(s *model.Scope, h, v *g.Node) *g.Node{"FiLM": nn.FiLM, "Concat": concat} {
		for _, dims := range [][]int{{2}, {3, 4}} {
			prog := model.NewProgram(tk.Params(t, dtypes.Float64), "wrong", func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{under(f)(s, in[0])}
			})
			_, err := prog.Values(rng.Key{}, tk.Matrix(make([]float64, size(dims...)), dims...))
			if err == nil || !strings.Contains(err.Error(), "nn: "+name+": got features") {
				t.Errorf("%s of %v: got error %v", name, dims, err)
			}
		}
	}
}
