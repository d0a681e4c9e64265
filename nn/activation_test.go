package nn_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// activations are the functions with their values and slopes in closed form.
var activations = []struct {
	name  string
	f     func(x *g.Node) *g.Node
	value func(x float64) float64
	slope func(x float64) float64
}{
	{"ReLU", nn.ReLU, func(x float64) float64 { return max(x, 0) }, func(x float64) float64 { return step(x, 1, 0) }},
	{"LeakyReLU", func(x *g.Node) *g.Node { return nn.LeakyReLU(x, .2) },
		func(x float64) float64 { return max(x, .2*x) }, func(x float64) float64 { return step(x, 1, .2) }},
	{"ELU", func(x *g.Node) *g.Node { return nn.ELU(x, 1.5) },
		func(x float64) float64 { return step(x, x, 1.5*math.Expm1(x)) }, func(x float64) float64 { return step(x, 1, 1.5*math.Exp(x)) }},
	{"SiLU", nn.SiLU, func(x float64) float64 { return x * sigmoid(x) },
		func(x float64) float64 { return sigmoid(x) * (1 + x*sigmoid(-x)) }},
	{"GELU", nn.GELU, func(x float64) float64 { return x * normal(x) },
		func(x float64) float64 { return normal(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi) }},
	{"Softplus", nn.Softplus, func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, sigmoid},
	{"Tanh", nn.Tanh, math.Tanh, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }},
}

// step is a where x > 0 and b elsewhere.
func step(x, a, b float64) float64 {
	if x > 0 {
		return a
	}
	return b
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func normal(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) }

// TestActivationsAreTheirFormulas: values and slopes from −1000, where exponentials
// underflow, to 1000, where they overflow. The tolerance is that of 1 + erf near −1.
func TestActivationsAreTheirFormulas(t *testing.T) {
	xs := []float64{-1000, -40, -8, -3, -1, -.3, -1e-8, 1e-8, .2, 1, 2.5, 7, 40, 1000}
	for _, a := range activations {
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y := a.f(in[0])
			return []*g.Node{y, g.Gradient(g.ReduceAllSum(y), in[0])[0]}
		}, tk.Vector(xs...))
		for i, x := range xs {
			tk.Close(t, a.name, out[0][i], a.value(x), 1e-14)
			tk.Close(t, a.name+" slope", out[1][i], a.slope(x), 1e-14)
		}
	}
}

func TestActivationsKeepNaN(t *testing.T) {
	for _, a := range activations {
		if y := tk.Elementwise(t, a.f, math.NaN(), 1); !math.IsNaN(y[0]) || math.IsNaN(y[1]) {
			t.Errorf("%s of NaN and 1: got %v", a.name, y)
		}
	}
}
