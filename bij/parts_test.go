package bij_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestChainsAreTheirParts: every map of vectors of three numbers, followed by every map of
// numbers and by the next of its kind.
func TestChainsAreTheirParts(t *testing.T) {
	var vectors []entry
	for _, e := range table {
		if slices.Equal(e.x, []int{3}) {
			vectors = append(vectors, e)
		}
	}
	if len(vectors) < 15 {
		t.Errorf("got %d maps of three numbers, want 15 or more", len(vectors))
	}
	for i, a := range vectors {
		b := vectors[(i+1)%len(vectors)]
		pair := entry{name: a.name + ", " + b.name, x: a.x, make: func(s *model.Scope) bij.Bijector {
			return bij.Chain{bij.Softplus{}, a.make(s.In("a")), bij.Affine{}, bij.Invert{Of: a.make(s.In("a"))}, b.make(s.In("b"))}
		}}
		law := pair.law()
		law.Parts = func(f tk.Bijector) (parts []tk.Bijector) {
			for _, p := range f.(bij.Chain) {
				parts = append(parts, p)
			}
			return parts
		}
		law.SumOfParts(t)
	}
}

// TestCouplingsKeepTheirPart to the bit, and move the rest.
func TestCouplingsKeepTheirPart(t *testing.T) {
	const n = 5
	for _, last := range []bool{false, true} {
		for name, law := range map[string]bij.Law{"NICE": bij.Additive{}, "RealNVP": bij.Scaling{}, "gate": bij.Gated{}, "spline": bij.SplineLaw{}} {
			e := entry{name: name, x: []int{n}, make: func(s *model.Scope) bij.Bijector { return bij.NewCoupling(s, n, last, law, small) }}
			x := e.inputs(1, 3)
			out := e.run(t, e.params(t), x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
				y, l := f.Forward(x)
				return []*g.Node{y, l}
			})
			for i, v := range x {
				kept := i%n < 2
				if last {
					kept = i%n >= 2
				}
				if (out[0][i] == v) != kept {
					t.Errorf("%s, last %v: element %d: got %v for %v, want it kept: %v", name, last, i%n, out[0][i], v, kept)
				}
			}
			for _, l := range out[1] {
				if (l == 0) != (name == "NICE") {
					t.Errorf("%s: ln|det|: got %v; only NICE keeps the volume", name, l)
				}
			}
		}
	}
}

// TestScalingIsBounded: no output of a network overflows a step.
func TestScalingIsBounded(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		y, l := bij.Scaling{}.Map(in[0]).Forward(g.Const(in[0].Graph(), []float64{1, 1, 1}))
		return []*g.Node{y, l}
	}, tk.Matrix([]float64{0, -1e6, 0, .1, 0, 1e6}, 3, 2))
	for i, want := range []float64{-4, 4 * math.Tanh(.025), 4} {
		tk.Close(t, "s", out[1][i], want, 1e-12)
		tk.Close(t, "y", out[0][i], math.Exp(want), 1e-12)
	}
}

// TestLinearIsItsFactors: y = U L P x, and its inverse is exact for a matrix of 17 rows.
func TestLinearIsItsFactors(t *testing.T) {
	const n = 17
	order := rng.New(3).Perm(n)
	e := entry{name: "Linear", x: []int{n}, move: .3, make: func(s *model.Scope) bij.Bijector { return bij.NewLinear(s, n, order) }}
	p := e.params(t)
	arrays := map[string][]float64{}
	for _, a := range tk.Export(t, p) {
		arrays[a.Name] = a.Data
	}
	x := e.inputs(2, 1)
	out := e.run(t, p, x, both)
	z := make([]float64, n)
	for i := range z {
		z[i] = x[order[i]]
		for j := range i {
			z[i] += arrays["lower"][i*n+j] * x[order[j]]
		}
	}
	logDet := 0.
	for i := range n {
		want := math.Exp(arrays["logscale"][i]) * z[i]
		logDet += arrays["logscale"][i]
		for j := i + 1; j < n; j++ {
			want += arrays["upper"][i*n+j] * z[j]
		}
		tk.Close(t, "y", out[0][i], want, 1e-12)
		tk.Close(t, "x", out[2][i], x[i], 1e-9) // the factors' condition is some 1e5
	}
	tk.Close(t, "ln|det|", out[1][0], logDet, 1e-12)
}

// TestLinearCountsThePixels: over an image ln|det| is that of a pixel times their number.
func TestLinearCountsThePixels(t *testing.T) {
	e := entry{name: "image", x: []int{4, 5, 3}, make: func(s *model.Scope) bij.Bijector {
		return bij.Independent{Of: bij.NewLinear(s, 3, nil), Axes: 2}
	}}
	p := e.params(t)
	var s []float64
	for _, a := range tk.Export(t, p) {
		if a.Name == "logscale" {
			s = a.Data
		}
	}
	out := e.run(t, p, e.inputs(1, 2), both)
	for _, l := range out[1] {
		tk.Close(t, "ln|det|", l, 20*(s[0]+s[1]+s[2]), 1e-12)
	}
}

// TestPermutationsTakeTheirElements: y_i = x_{Order[i]}.
func TestPermutationsTakeTheirElements(t *testing.T) {
	x := []float64{10, 20, 30, 40}
	for _, order := range [][]int{{2, 0, 3, 1}, {3, 2, 1, 0}, {0, 1, 2, 3}} {
		y, l := forward(t, bij.Permute{Order: order}, 4, x)
		for i, j := range order {
			if y[i] != x[j] {
				t.Errorf("order %v: element %d: got %v, want %v", order, i, y[i], x[j])
			}
		}
		tk.Close(t, "ln|det|", l[0], 0, 0)
	}
}

// TestNewMapsLearnFromTheStart: although a new map is the identity, its gradient is not
// zero, for every form of flow.
func TestNewMapsLearnFromTheStart(t *testing.T) {
	for _, e := range flows {
		p := tk.Params(t, dtypes.Float64)
		var names []string
		grads := e.run(t, p, nil, func(s *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(x)
			var nodes []*g.Node
			names, nodes = s.Trainable()
			return g.Gradient(g.Add(g.ReduceAllSum(g.Sin(y)), g.ReduceAllSum(l)), nodes...)
		})
		moved := 0.
		for _, d := range grads {
			for _, v := range d {
				moved = math.Max(moved, math.Abs(v))
			}
		}
		if !(moved > 1e-3) {
			t.Errorf("%s: largest derivative by %v: got %v, want more", e.name, names, moved)
		}
	}
}
