package testkit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Slope is a loss and the parameters that descend it, while all others stay as they are.
type Slope struct {
	// Loss is the scalar whose gradient is taken.
	Loss *g.Node
	// Of names the parameters.
	Of []string
	// Held says that differences are those of the surrogate which the graph descends: its StopGradient
	// nodes keep their values while the parameters move, and nodes with a gradient of their own move
	// along it.
	Held bool
	// Want is the scalar whose differences the gradient has to equal; nil is Loss.
	Want *g.Node
}

// Nearer divides [Step] where a derivative disagrees with the first difference.
const Nearer = 64

// Slopes are those of a step of training that updates nothing, to compare with differences under the same
// noise. The parameters must be float64.
type Slopes struct {
	p        *model.Params
	fn       func(s *model.Scope, in []*g.Node) []Slope
	in       []*tensors.Tensor
	of       [][]string // parameters of each slope
	gradient *model.Program
}

// NewSlopes prepares the step that fn builds of the inputs.
func NewSlopes(p *model.Params, fn func(s *model.Scope, in []*g.Node) []Slope, in ...*tensors.Tensor) *Slopes {
	c := &Slopes{p: p, fn: fn, in: in}
	c.gradient = still(p, func(s *model.Scope, in []*g.Node) (out []*g.Node) {
		c.of = nil
		for _, l := range fn(s, in) {
			c.of = append(c.of, l.Of)
			out = append(out, g.Gradient(l.Loss, nodesOf(s, l.Of)...)...)
		}
		return out
	})
	return c
}

// Move adds N(0, scale²) to each parameter. In those that are drawn first many layers are at 0 and hide
// what lies before them; of so many random points it takes that with the fewest derivatives of 0.
func (c *Slopes) Move(t testing.TB, scale float64, points int) {
	t.Helper()
	Values(t, c.gradient, rng.New(7), c.in...) // there are parameters from now on
	first, best, fewest := Export(t, c.p), uint64(0), -1
	for seed := range uint64(points) {
		c.move(t, first, scale, seed)
		flat := 0
		for _, v := range Values(t, c.gradient, rng.New(7), c.in...) {
			for _, slope := range v {
				if slope == 0 {
					flat++
				}
			}
		}
		if fewest < 0 || flat < fewest {
			best, fewest = seed, flat
		}
	}
	c.move(t, first, scale, best)
}

// move sets the trainable parameters beside the values given.
func (c *Slopes) move(t testing.TB, from []model.Array, scale float64, seed uint64) {
	t.Helper()
	for i, a := range from {
		eps := make([]float64, len(a.Data))
		rng.New(seed).At(uint64(i)).NormalFloat64(eps)
		for j, v := range a.Data {
			eps[j] = v + scale*eps[j]
		}
		if a.Data = eps; a.Trainable {
			Import(t, c.p, a)
		}
	}
}

// Within holds every derivative to central differences, and fails the test if one is off by more than tol
// (scaled) or if all of a slope are 0.
//
// A rectifier whose argument changes sign within [Step] of the point gives a difference that is no
// derivative. One that disagrees is therefore taken again over a step [Nearer] times shorter, which
// has to agree within the same tol: a wrong derivative disagrees at both.
func (c *Slopes) Within(t testing.TB, tol float64) Difference {
	t.Helper()
	got, worst := Values(t, c.gradient, rng.New(7), c.in...), Difference{Scaled: -1}
	for i, names := range c.of {
		prog := still(c.p, func(s *model.Scope, in []*g.Node) []*g.Node {
			return c.fn(s, in[1:])[i].moved(s, in[0])
		})
		d := compare(t, tol, c.p, prog, names, got[:len(names)], c.in)
		if d.Flat == d.Count {
			t.Errorf("gradient by %s: all %d derivatives are 0, want some that are not", names, d.Count)
		}
		worst, got = worst.Max(d), got[len(names):]
	}
	if worst.Count == 0 || !(worst.Scaled <= tol) {
		t.Errorf("gradient: worst difference %v, want at most %g", worst, tol)
	}
	return worst
}

// still is a step of training whose updates are not made.
func still(p *model.Params, fn model.Func) *model.Program {
	return model.NewProgram(p, "slope", func(s *model.Scope, in []*g.Node) []*g.Node {
		out := fn(s, in)
		s.Guard(g.Const(s.Graph(), false))
		return out
	}).Training()
}

// nodesOf returns the trainable parameters of names.
func nodesOf(s *model.Scope, names []string) []*g.Node {
	all, nodes := s.Trainable()
	out := make([]*g.Node, len(names))
	for i, name := range names {
		k := slices.Index(all, name)
		if k < 0 {
			panic(fmt.Errorf("testkit: slope: got the parameter %q, want a trainable one that the graph has used", name))
		}
		out[i] = nodes[k]
	}
	return out
}

// compare holds derivatives by the named parameters to differences of a program whose first input moves
// their values, one after the other.
func compare(t testing.TB, tol float64, p *model.Params, prog *model.Program, names []string, got [][]float64, in []*tensors.Tensor) Difference {
	t.Helper()
	size := 0
	for _, v := range got {
		size += len(v)
	}
	by, err := p.Input(size)
	if err != nil {
		t.Fatal(err)
	}
	in, move := append([]*tensors.Tensor{by.Tensor}, in...), make([]float64, size)
	at := func(k int, h float64) float64 {
		move[k] = h
		err := by.Set(move...)
		if move[k] = 0; err != nil {
			t.Fatal(err)
		}
		return Values(t, prog, rng.New(7), in...)[0][0]
	}
	quotient := func(k int, h float64) float64 { return (at(k, h) - at(k, -h)) / (2 * h) }
	worst, k := Difference{Scaled: -1}, 0
	for i, name := range names {
		for j, v := range got[i] {
			d := Difference{Where: fmt.Sprintf("%s[%d]", name, j), Got: v, Want: quotient(k, Step), Count: 1}
			if d = d.scaled(); !(d.Scaled <= tol) {
				d.Want, d.Again = quotient(k, Step/Nearer), 1
				d = d.scaled()
			}
			if v == 0 && d.Want == 0 {
				d.Flat = 1
			}
			worst = worst.Max(d)
			k++
		}
	}
	return worst
}

// scaled returns the difference with its size.
func (d Difference) scaled() Difference {
	d.Scaled = math.Abs(d.Got-d.Want) / math.Max(1, math.Abs(d.Want))
	return d
}

// Max returns the larger of two differences with the counts of both.
func (d Difference) Max(e Difference) Difference {
	count, again, flat := d.Count+e.Count, d.Again+e.Again, d.Flat+e.Flat
	if e.Scaled > d.Scaled || math.IsNaN(e.Scaled) {
		d = e
	}
	d.Count, d.Again, d.Flat = count, again, flat
	return d
}

// moved returns what differences are taken of, where the parameters are further by the elements of a
// vector, those of the first parameter first.
func (l Slope) moved(s *model.Scope, by *g.Node) []*g.Node {
	m, first := mover{map[*g.Node]*g.Node{}, l.Held}, 0
	for _, n := range nodesOf(s, l.Of) {
		size := n.Shape().Size()
		m.to[n] = g.Add(n, g.Reshape(g.Slice(by, g.AxisRange(first, first+size)), n.Shape().Dimensions...))
		first += size
	}
	if l.Want != nil {
		return []*g.Node{m.of(l.Want)}
	}
	return []*g.Node{m.of(l.Loss)}
}

// mover copies nodes with others in the place of what they depend on.
type mover struct {
	to   map[*g.Node]*g.Node // of nodes that have been copied, or are replaced
	held bool                // see [Slope.Held]
}

// of returns the copy of a node, or itself where it depends on nothing that is replaced.
func (m mover) of(n *g.Node) *g.Node {
	if to, ok := m.to[n]; ok {
		return to
	}
	to := n
	if !m.held || !n.StopGradient() {
		inputs, same := n.Inputs(), true
		copies := make([]*g.Node, len(inputs))
		for i, from := range inputs {
			copies[i] = m.of(from)
			same = same && copies[i] == from
		}
		switch {
		case same:
		case m.held && n.CustomGradient() != nil:
			to = along(n, copies[0])
		default:
			to = n.CloneWithInputs(copies...)
		}
	}
	m.to[n] = to
	return to
}

// along returns an identity with a gradient of its own where its argument is x: n + J(x − n), with the
// matrix J of that gradient. What the graph has is v ↦ Jᵀv; J(x − n) is the derivative of (x − n)·Jᵀv by v.
func along(n, x *g.Node) *g.Node {
	v := g.Identity(g.ZerosLike(n))
	back := n.CustomGradient()(n, []*g.Node{v}, n.Shape())[0]
	way := g.StopGradient(g.Sub(x, n.Inputs()[0]))
	return g.Add(n, g.Gradient(g.ReduceAllSum(g.Mul(back, way)), v)[0])
}
