package testkit

import (
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Vectors is a distribution of vectors or matrices for the laws of the test kit. Name, Event,
// Cases, Make and Points are needed; what else is given is tested.
type Vectors struct {
	Name    string                                   // in messages
	Params  []Array                                  // parameters in one case
	Event   []int                                    // shape of a value
	Cases   [][][]float64                            // parameters of every case
	Make    func(p []*g.Node) Distribution           // of parameters with cases first
	Points  func(p [][]float64) [][]float64          // data, as many for every case
	LogProb func(x []float64, p [][]float64) float64 // the formula in plain Go
	Entropy func(p [][]float64) float64              // its closed form
	Mean    func(p [][]float64) []float64            // nil where it is NaN
	Cov     func(p [][]float64, i, j int) float64    // covariance of two elements, where there is a mean
	Stats   []Statistic                              // functions of a draw whose distribution is known
	NoPath  bool                                     // draws are not differentiable
	Accept  bool                                     // noise is accepted or refused: draws jump as parameters move
	Free    bool                                     // values are all reals, without a strong bend: the mass is tested by draws
	Inside  func(x *g.Node) *g.Node                  // puts moved data back on a support that is thin
}

// Array is a parameter's name and its shape in one case.
type Array struct {
	Name string // in a model's parameters
	Dims []int  // its axes
}

// Statistic is a function of a draw with a known distribution function.
type Statistic struct {
	Name string                                   // in messages
	Of   func(x []float64, p [][]float64) float64 // the figure
	CDF  func(v float64, p [][]float64) float64   // P(figure ≤ v)
}

// elements is the number of elements of a shape.
func elements(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// flat puts the j-th parameter of cases one after the other.
func flat(cases [][][]float64, j int) (out []float64) {
	for _, c := range cases {
		out = append(out, c[j]...)
	}
	return out
}

// Nodes makes graph constants of cases: the parameters, cases first.
func (v Vectors) Nodes(s *model.Scope, cases [][][]float64) []*g.Node {
	out := make([]*g.Node, len(v.Params))
	for j, p := range v.Params {
		t := tensors.FromFlatDataAndDimensions(flat(cases, j), append([]int{len(cases)}, p.Dims...)...)
		out[j] = g.ConstTensor(s.Graph(), t)
	}
	return out
}

// Trainable makes model parameters of all cases.
func (v Vectors) Trainable(s *model.Scope) []*g.Node {
	out := make([]*g.Node, len(v.Params))
	for j, p := range v.Params {
		out[j] = s.Param(p.Name, func(rng.Key, []int) []float64 { return flat(v.Cases, j) }, append([]int{len(v.Cases)}, p.Dims...)...)
	}
	return out
}

// Data lists the points of all cases, P×C×event.
func (v Vectors) Data() (out []float64, points int) {
	var all [][][]float64
	for _, c := range v.Cases {
		all = append(all, v.Points(c))
	}
	for i := range all[0] {
		for c := range all {
			out = append(out, all[c][i]...)
		}
	}
	return out, len(all[0])
}

// Values evaluates a function of the distribution of all cases.
func (v Vectors) Values(t testing.TB, seed uint64, fn func(s *model.Scope, d Distribution) *g.Node) []float64 {
	t.Helper()
	return Graph(t, seed, func(s *model.Scope, _ []*g.Node) []*g.Node {
		return renewed([]*g.Node{fn(s, v.Make(v.Nodes(s, v.Cases)))})
	})[0]
}

// Draws samples m values of every case: by case, then by draw.
func (v Vectors) Draws(t testing.TB, m int, seed uint64) [][][]float64 {
	t.Helper()
	all := v.Values(t, seed, func(s *model.Scope, d Distribution) *g.Node { return d.Sample(s, "x", m) })
	out, n, c := make([][][]float64, len(v.Cases)), elements(v.Event), len(v.Cases)
	if len(all) != m*n*c {
		t.Fatalf("%s: got %d numbers, want %d", v.Name, len(all), m*n*c)
	}
	for i := range m * c {
		out[i%c] = append(out[i%c], all[i*n:(i+1)*n])
	}
	return out
}

// MeanOrConstant is [MeanWithin] for figures that may not vary but for rounding.
func MeanOrConstant(t testing.TB, name string, xs []float64, want, k float64) {
	t.Helper()
	if slices.Max(xs)-slices.Min(xs) < 1e-12 {
		Close(t, name, xs[0], want, 1e-12)
		return
	}
	MeanWithin(t, name, xs, want, k)
}
