package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// layer is a layer under test: parameters in a scope, one array in, one out.
type layer func(s *model.Scope, x *g.Node) *g.Node

// gaussian returns values of N(0, 1).
func gaussian(seed uint64, n int) []float64 {
	out := make([]float64, n)
	rng.New(seed).NormalFloat64(out)
	return out
}

// size is the number of values of a shape.
func size(dims ...int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// apply runs a layer on Gaussian values of a shape and returns them, the output with its
// shape, and the parameters by name.
func apply(t *testing.T, f layer, dims ...int) (x, y []float64, shape []int, params map[string][]float64) {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	x = gaussian(11, size(dims...))
	y = tk.Values(t, model.NewProgram(p, "layer", func(s *model.Scope, in []*g.Node) []*g.Node {
		out := f(s, in[0])
		shape = out.Shape().Dimensions
		return []*g.Node{out}
	}), rng.Key{}, tk.Matrix(x, dims...))[0]
	params = map[string][]float64{}
	for _, a := range tk.Export(t, p) {
		params[a.Name] = a.Data
	}
	return x, y, shape, params
}

// gradient holds the derivatives of ½Σ(y + y₀)² by the input and every parameter of a layer
// to central differences, whose error is about 1e-10 times the third derivatives and the
// rounding of the sum.
func gradient(t *testing.T, f layer, dims ...int) {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
		y := f(s.In("layer"), s.Param("x", model.Gaussian(1), dims...))
		target := g.Const(s.Graph(), gaussian(5, y.Shape().Size()))
		return []*g.Node{g.MulScalar(g.ReduceAllSum(g.Square(g.Add(g.Reshape(y, -1), target))), .5)}
	})
}

// closeAll compares arrays to rounding.
func closeAll(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		tk.Close(t, fmt.Sprintf("%s[%d]", what, i), got[i], want[i], tol)
	}
}

// shaped fails the test on another shape.
func shaped(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got shape %v, want %v", what, got, want)
	}
}

// refused fails the test unless building the layer is an error with the given words.
func refused(t *testing.T, f layer, words string, dims ...int) {
	t.Helper()
	_, err := model.NewProgram(tk.Params(t, dtypes.Float64), "layer", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{f(s, in[0])}
	}).Run(rng.Key{}, tk.Matrix(make([]float64, size(dims...)), dims...))
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("got error %v, want one with %q", err, words)
	}
}

// within fails the test unless the largest of the values lies between half the bound and the
// bound; of n uniform values all are smaller than half with probability 2⁻ⁿ.
func within(t *testing.T, what string, values []float64, bound float64) {
	t.Helper()
	top := 0.
	for _, v := range values {
		top = math.Max(top, math.Abs(v))
	}
	if top > bound || top < bound/2 {
		t.Errorf("%s: largest value: got %v, want at most %v and near it", what, top, bound)
	}
}
