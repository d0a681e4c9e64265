package quant

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// normals returns n numbers from N(0, 1).
func normals(seed uint64, n int) []float64 {
	x := make([]float64, n)
	rng.New(seed).NormalFloat64(x)
	return x
}

// books are codebooks in parameters of float64.
type books struct {
	v Vector
	p *model.Params
}

// newBooks puts the codes, by the names of the books, into parameters.
func newBooks(t testing.TB, v Vector, codes map[string][]float64) books {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	for name, x := range codes {
		tk.Import(t, p, model.Array{Name: name + "/codes", Trainable: true, Dims: []int{v.Book.Codes, v.Book.Dim}, Data: x})
	}
	return books{v, p}
}

// program runs fn on features of any number.
func (b books) program(fn func(s *model.Scope, z *g.Node, o Output) []*g.Node) *model.Program {
	return model.NewProgram(b.p, "quantise", func(s *model.Scope, in []*g.Node) []*g.Node {
		return fn(s, in[0], b.v.Apply(s, in[0]))
	})
}

// array returns the values of a parameter.
func (b books) array(t testing.TB, name string) []float64 {
	t.Helper()
	for _, a := range tk.Export(t, b.p) {
		if a.Name == name {
			return a.Data
		}
	}
	t.Fatalf("no parameter %q", name)
	return nil
}

// closest is the search by plain loops: the first of the nearest rows of e, and its distance.
func closest(z, e []float64) (at int, best float64) {
	best = math.Inf(1)
	for k := 0; k*len(z) < len(e); k++ {
		d := 0.
		for j, v := range z {
			d += (v - e[k*len(z)+j]) * (v - e[k*len(z)+j])
		}
		if d < best {
			at, best = k, d
		}
	}
	return at, best
}

// same fails the test where two rows of numbers differ by more than tol.
func same(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Fatalf("%s: value %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}
