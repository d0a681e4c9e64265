package prob

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// plate is a plate that a trace is inside of.
type plate struct {
	*group
	rows *g.Node // the data of the minibatch, B whole numbers; nil is all N
}

// width is the number of data that the graph holds.
func (q *plate) width() int {
	if q.rows != nil {
		return q.batch
	}
	return q.size
}

// Plate runs its body for n data that are independent given what is outside. Distributions of
// numbers expand to n, and the body's log-density is summed over them.
func (p *Trace) Plate(name string, n int, body func(p *Trace)) { p.Minibatch(name, n, 0, body) }

// Minibatch is a plate of n data of which every step of a fit sees b, drawn anew, with the
// body's log-density scaled by n/b (Hoffman et al. 2013, section 2.4). n comes from the plate,
// so there is nothing to scale by hand. Unknowns inside are one a datum. What is reported after
// a fit is computed from all data. b = 0 is all.
func (p *Trace) Minibatch(name string, n, b int, body func(p *Trace)) {
	r := p.r
	if r.mode == exploring {
		p.open(name, n, b)
	}
	gr := r.m.groups[name]
	if gr == nil || gr.size != n {
		panic(fmt.Errorf("prob: plate %q: the model's function did not have it with size %d when first run", name, n))
	}
	q := &plate{group: gr}
	if !r.full && b > 0 && b < n {
		q.rows = r.minibatch(gr)
	}
	total := p.run(gr, append(slices.Clone(p.plates), q), body)
	if r.mode != exploring && r.mode != scoring {
		return
	}
	total = g.ReduceSum(total, 0)
	if q.rows != nil {
		total = scale(total, float64(n)/float64(b))
	}
	if p.block.total == nil {
		p.block.total = total
		return
	}
	p.block.total = g.Add(p.block.total, total)
}

// open makes a plate while exploring.
func (p *Trace) open(name string, n, b int) {
	switch {
	case name == "":
		panic(fmt.Errorf("prob: a plate has no name"))
	case p.r.m.groups[name] != nil:
		panic(fmt.Errorf("prob: plate %q: the name is used twice", name))
	case n < 1:
		panic(fmt.Errorf("prob: plate %q: size: got %d, want at least 1", name, n))
	case b < 0 || b > n:
		panic(fmt.Errorf("prob: plate %q: minibatch: got %d, want 0 to %d", name, b, n))
	}
	p.r.m.groups[name] = &group{name: name, parent: p.group(), size: n, batch: b}
}

// minibatch draws b rows, one from each of b equal parts of the data, in the order of the data:
// every datum has the same chance b/n.
func (r *run) minibatch(q *group) *g.Node {
	if rows, ok := r.rows[q.name]; ok {
		return rows
	}
	u := r.s.In("minibatch").Uniform(q.name, q.batch)
	at := g.Add(g.Iota(r.s.Graph(), u.Shape(), 0), u)
	at = g.Floor(g.MulScalar(at, float64(q.size)/float64(q.batch)))
	r.rows[q.name] = g.ConvertDType(g.ClipScalar(at, 0, float64(q.size-1)), dtypes.Int32)
	return r.rows[q.name]
}

// pick takes the rows of the minibatches from an array with an axis for each plate.
func (p *Trace) pick(x *g.Node) *g.Node {
	for i, q := range p.plates {
		if q.rows == nil {
			continue
		}
		axis := len(p.plates) - 1 - i
		order := make([]int, 0, x.Rank())
		order = append(order, axis)
		for a := range x.Rank() {
			if a != axis {
				order = append(order, a)
			}
		}
		if axis > 0 {
			x = g.TransposeAllAxes(x, order...)
		}
		x = g.Gather(x, g.ExpandAxes(q.rows, -1))
		if axis > 0 {
			back := make([]int, len(order))
			for to, from := range order {
				back[from] = to
			}
			x = g.TransposeAllAxes(x, back...)
		}
	}
	return x
}

// shape is that of a number for each datum of the plates.
func (p *Trace) shape() []int {
	dims := make([]int, 0, len(p.plates))
	for _, q := range slices.Backward(p.plates) {
		dims = append(dims, q.width())
	}
	return dims
}

// group is the name of the innermost plate.
func (p *Trace) group() string {
	if len(p.plates) == 0 {
		return ""
	}
	return p.plates[len(p.plates)-1].name
}

// run runs a body once for every assignment of the discrete unknowns that belong to it, and
// returns ln Σ p over them, with the axes of the plates.
func (p *Trace) run(gr *group, plates []*plate, body func(p *Trace)) *g.Node {
	r := p.r
	once := func() *g.Node {
		inner := &Trace{r: r, plates: plates, block: &block{}}
		body(inner)
		if inner.block.total == nil {
			return inner.zero()
		}
		return inner.block.total
	}
	if r.mode != scoring || len(gr.choices) == 0 {
		return once()
	}
	var terms []*g.Node
	for next := gr.assignments(r.choice); next(); {
		terms = append(terms, once())
	}
	return special.LogSumExp(g.Stack(terms, 0), 0)
}
