package prob

import (
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
)

// maxAssignments bounds the joint values of the discrete unknowns of one plate: the graph holds
// its body once for each.
const maxAssignments = 64

// assignments goes through the joint values of the group's discrete unknowns, setting them in
// choice, until it returns false.
func (gr *group) assignments(choice map[string]int) func() bool {
	next := -1
	return func() bool {
		next++
		rest := next
		for _, s := range gr.choices {
			choice[s.name] = rest % s.levels
			rest /= s.levels
		}
		return rest == 0
	}
}

// enumerable says how many values a discrete distribution has, and refuses it if they are not
// finite and few.
func (p *Trace) enumerable(s *site, d dist.Declared) {
	sup := d.Support()
	switch sup.Set {
	case dist.Boolean:
		s.levels = 2
	case dist.OneHot:
		s.levels = s.dims[len(s.dims)-1]
	case dist.Count:
		c, ok := d.(dist.Categorical)
		if !ok {
			fail(s.name, "discrete unknown: %T has no fixed number of values to sum over; a Categorical has", d)
		}
		s.levels = c.Logits.Shape().Dim(-1)
	default:
		fail(s.name, "discrete unknown: %T has infinitely many values, want finitely many to sum over", d)
	}
	gr := p.r.m.groups[s.group]
	joint := s.levels
	for _, c := range gr.choices {
		joint *= c.levels
	}
	event := sup.Rank()
	if extra := size(s.dims[s.plates : len(s.dims)-event]); extra != 1 {
		fail(s.name, "discrete unknown: got %d of them side by side, want one in a plate of %d", extra, extra)
	}
	if joint > maxAssignments {
		fail(s.name, "discrete unknown: got %d joint values to sum over, want at most %d", joint, maxAssignments)
	}
	gr.choices = append(gr.choices, s)
}

// single refuses a computed value where discrete unknowns are summed out: it would have as many
// values as they have.
func (p *Trace) single(s *site) {
	for gr := p.r.m.groups[s.group]; ; gr = p.r.m.groups[gr.parent] {
		if len(gr.choices) > 0 {
			fail(s.name, "computed value: the discrete unknown %q beside it is summed out, so it has no draws", gr.choices[0].name)
		}
		if gr.name == "" {
			return
		}
	}
}

// level is the k-th value of a discrete unknown, in the shape of the plates.
func (p *Trace) level(s *site, d dist.Distribution, k int) *g.Node {
	if dist.EventRank(d) == 0 {
		return p.Const(float64(k), p.valueDims(s)...)
	}
	hot := make([]float64, s.levels)
	hot[k] = 1
	return g.BroadcastToDims(leading(g.Const(p.r.s.Graph(), hot), len(s.dims)), p.valueDims(s)...)
}

// Select returns x[z], the element along the first axis of x that each whole number of z names:
// the parameters of a datum's component in a mixture.
func Select(x, z *g.Node) *g.Node {
	return g.Gather(x, g.ExpandAxes(g.ConvertDType(z, dtypes.Int32), -1))
}
