package testkit

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Bijector is an invertible map y = f(x) of arrays, batch axes first.
type Bijector interface {
	// Forward returns y and ln|det ∂y/∂x|, which has the batch axes.
	Forward(x *g.Node) (y, logDet *g.Node)
	// Inverse returns x and ln|det ∂x/∂y|, which has the batch axes.
	Inverse(y *g.Node) (x, logDet *g.Node)
}

// Map is a bijector with what its laws have to know. Its log-determinants may have some of the
// event axes, as those of maps of numbers do: they are summed.
type Map struct {
	Name   string                        // in messages
	Make   func(s *model.Scope) Bijector // builds it, with its parameters
	Dims   []int                         // event axes of x; none for a map of numbers
	Spread float64                       // standard deviation of inputs; 1 if 0
	Move   float64                       // that of the change to new parameters; ½ if 0
	Free   func(flat int) bool           // elements of y that are coordinates; nil is all
	OneWay bool                          // Inverse panics
	Parts  func(f Bijector) []Bijector   // of a composite, the first to act first; nil for others
	Mask   func(i, j int) bool           // whether y_i depends on x_j; nil: unknown
}

// Size is the number of elements of an event.
func (m Map) Size() int {
	n := 1
	for _, d := range m.Dims {
		n *= d
	}
	return n
}

// Shape puts batch axes before those of an event.
func (m Map) Shape(batch ...int) []int { return append(slices.Clone(batch), m.Dims...) }

// Inputs draws b events.
func (m Map) Inputs(seed uint64, b int) []float64 {
	out := make([]float64, b*m.Size())
	rng.New(seed).NormalFloat64(out)
	for i := range out {
		out[i] *= orElse(m.Spread, 1)
	}
	return out
}

// orElse returns v unless it is 0.
func orElse(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// Params makes the map's parameters and moves them at random.
func (m Map) Params(t testing.TB) *model.Params {
	t.Helper()
	p := Params(t, dtypes.Float64)
	m.Run(t, p, nil, forward)
	for i, a := range Export(t, p) {
		noise := make([]float64, len(a.Data))
		rng.New(uint64(100 + i)).NormalFloat64(noise)
		for j := range noise {
			a.Data[j] += orElse(m.Move, .5) * noise[j]
		}
		Import(t, p, a)
	}
	return p
}

// MapFunc is a graph function of a map and of events.
type MapFunc func(s *model.Scope, f Bijector, x *g.Node) []*g.Node

// forward returns y and its log-determinant.
func forward(_ *model.Scope, f Bijector, x *g.Node) []*g.Node {
	y, l := f.Forward(x)
	return []*g.Node{y, l}
}

// Run evaluates a function of the map and of events, one after the other in x; none is three
// drawn ones.
func (m Map) Run(t testing.TB, p *model.Params, x []float64, fn MapFunc) [][]float64 {
	t.Helper()
	if len(x) == 0 {
		x = m.Inputs(1, 3)
	}
	return m.runAt(t, p, x, m.Dims, fn)
}

// runAt evaluates a function of the map and of events of any axes.
func (m Map) runAt(t testing.TB, p *model.Params, x []float64, event []int, fn MapFunc) [][]float64 {
	t.Helper()
	size := 1
	for _, d := range event {
		size *= d
	}
	program := model.NewProgram(p, m.Name, func(s *model.Scope, in []*g.Node) []*g.Node {
		return renewed(fn(s, m.Make(s), in[0]))
	})
	return Values(t, program, rng.New(1), Matrix(x, append([]int{len(x) / size}, event...)...))
}

// renewed gives outputs operations of their own, which one that is itself an input lacks.
func renewed(out []*g.Node) []*g.Node {
	for i, n := range out {
		out[i] = g.Neg(g.Neg(n))
	}
	return out
}

// perEvent sums log-determinants of b events over what the event axes lack.
func perEvent(l []float64, b int) []float64 {
	out := make([]float64, b)
	for i, v := range l {
		out[i/(len(l)/b)] += v
	}
	return out
}

// Jacobian returns ∂y/∂x, the free rows, by central differences of fourth order with a step
// h = 1e-3, whose error is h⁴ + ε/h, some 1e-12 for numbers of order one.
func (m Map) Jacobian(t testing.TB, p *model.Params, x []float64) *mat.Dense {
	t.Helper()
	const h = 1e-3
	steps, weights := []float64{-2, -1, 1, 2}, []float64{1. / 12, -8. / 12, 8. / 12, -1. / 12}
	n, batch := len(x), []float64(nil)
	for j := range n {
		for _, s := range steps {
			moved := slices.Clone(x)
			moved[j] += s * h
			batch = append(batch, moved...)
		}
	}
	y := m.Run(t, p, batch, forward)[0]
	size := len(y) / (4 * n)
	var rows []int
	for i := range size {
		if m.Free == nil || m.Free(i) {
			rows = append(rows, i)
		}
	}
	jac := mat.NewDense(len(rows), n, nil)
	for j := range n {
		for k, w := range weights {
			for r, i := range rows {
				jac.Set(r, j, jac.At(r, j)+w*y[(4*j+k)*size+i]/h)
			}
		}
	}
	return jac
}

// logVolume is ½ ln det(JᵀJ), which for square J is ln|det J|.
func logVolume(j *mat.Dense) float64 {
	if r, c := j.Dims(); r == c {
		l, _ := mat.LogDet(j)
		return l
	}
	var gram mat.Dense
	gram.Mul(j.T(), j)
	l, _ := mat.LogDet(&gram)
	return l / 2
}

// scaledError is |got − want| / max(1, |want|).
func scaledError(got, want float64) float64 {
	return math.Abs(got-want) / math.Max(1, math.Abs(want))
}
