package nn_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// group is GroupNorm with a given number of groups.
func group(groups int) layer {
	return func(s *model.Scope, x *g.Node) *g.Node { return nn.GroupNorm(s, x, groups) }
}

// shaken is a norm whose gain and bias have left their starts.
func shaken(f layer) layer {
	return func(s *model.Scope, x *g.Node) *g.Node {
		c := x.Shape().Dim(-1)
		s.Param("gain", model.Gaussian(1), c)
		s.Param("bias", model.Gaussian(1), c)
		return f(s, x)
	}
}

// moments are mean and variance of the values that keep says are together.
func moments(x []float64, keep func(i int) bool) (mean, variance float64) {
	n := 0.
	for i, v := range x {
		if keep(i) {
			mean, n = mean+v, n+1
		}
	}
	mean /= n
	for i, v := range x {
		if keep(i) {
			variance += (v - mean) * (v - mean) / n
		}
	}
	return mean, variance
}

func TestLayerNormIsItsFormula(t *testing.T) {
	x, y, shape, p := apply(t, shaken(nn.LayerNorm), 2, 3, 5)
	shaped(t, "LayerNorm", shape, 2, 3, 5)
	for i := range x {
		mean, variance := moments(x, func(j int) bool { return j/5 == i/5 })
		tk.Close(t, "LayerNorm", y[i], p["gain"][i%5]*(x[i]-mean)/math.Sqrt(variance+1e-5)+p["bias"][i%5], 1e-13)
	}
}

func TestGroupNormIsItsFormula(t *testing.T) {
	const h, w, c = 3, 2, 6
	for _, groups := range []int{1, 2, 3, 6} {
		x, y, shape, p := apply(t, shaken(group(groups)), 2, h, w, c)
		shaped(t, "GroupNorm", shape, 2, h, w, c)
		for i := range x {
			together := func(j int) bool {
				return j/(h*w*c) == i/(h*w*c) && j%c/(c/groups) == i%c/(c/groups)
			}
			mean, variance := moments(x, together)
			tk.Close(t, fmt.Sprintf("%d groups", groups), y[i], p["gain"][i%c]*(x[i]-mean)/math.Sqrt(variance+1e-5)+p["bias"][i%c], 1e-13)
		}
	}
}

// TestGradientsOfNorms: the derivatives go through mean and variance.
func TestGradientsOfNorms(t *testing.T) {
	gradient(t, shaken(nn.LayerNorm), 2, 3, 4)
	gradient(t, shaken(nn.LayerNorm), 3, 7)
	for _, groups := range []int{1, 2, 4} {
		gradient(t, shaken(group(groups)), 2, 3, 2, 4)
	}
}

// TestNormsOfConstantsAreFinite: variance 0 gives the bias, and a gradient of 0.
func TestNormsOfConstantsAreFinite(t *testing.T) {
	for name, f := range map[string]layer{"LayerNorm": nn.LayerNorm, "GroupNorm": group(2)} {
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			y := f(s, in[0])
			return []*g.Node{y, g.Gradient(g.ReduceAllSum(g.Sin(y)), in[0])[0]}
		}, tk.Matrix([]float64{3, 3, 3, 3, 3, 3, 3, 3}, 1, 2, 1, 4))
		for i := range out[0] {
			tk.Close(t, name+" of a constant", out[0][i], 0, 1e-12)
			tk.Close(t, name+" gradient at a constant", out[1][i], 0, 1e-9)
		}
	}
}

func TestWrongGroupsAreErrors(t *testing.T) {
	for _, groups := range []int{0, -1, 3, 8} {
		refused(t, group(groups), fmt.Sprintf("groups: got %d, want a divisor of 4 channels", groups), 1, 2, 2, 4)
	}
	refused(t, group(1), "want images B×H×W×C", 2, 4)
}
