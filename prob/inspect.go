package prob

import (
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// inspectPoints is the number of points at which a model is looked at before it is fitted: 0 and
// draws of N(0, I).
const inspectPoints = 4

// item is an array of an inspection: a term of ln p, a parameter or an observed value.
type item struct {
	site  *site
	what  string       // "" for a term
	must  dist.Support // of a parameter or value
	dims  []int
	value int // among the outputs
	low   int // of a bound among the outputs, −1 for none
	high  int
	lowD  []int
	highD []int
}

// inspection is the program that gives the items.
type inspection struct {
	items []item
	out   []*g.Node
}

// put adds an output.
func (c *inspection) put(x *g.Node) int {
	c.out = append(c.out, g.Neg(g.Neg(x))) // an input as output needs an operation of its own
	return len(c.out) - 1
}

// add adds an array with the set that it has to lie in.
func (c *inspection) add(s *site, what string, x *g.Node, must dist.Support) {
	it := item{site: s, what: what, must: must, dims: x.Shape().Dimensions, low: -1, high: -1, value: c.put(x)}
	if must.Low != nil {
		it.low, it.lowD = c.put(must.Low), must.Low.Shape().Dimensions
	}
	if must.High != nil {
		it.high, it.highD = c.put(must.High), must.High.Shape().Dimensions
	}
	c.items = append(c.items, it)
}

// collect lists what a run has to show.
func (c *inspection) collect(r *run) {
	for _, s := range r.m.sites {
		if d, ok := r.dists[s.name].(dist.Declared); ok {
			for _, q := range d.Parameters() {
				if q.Node != nil {
					c.add(s, "parameter "+q.Name, q.Node, q.Must)
				}
			}
			if s.kind == observed {
				c.add(s, "observed value", r.values[s.name], d.Support())
			}
		}
		if t := r.terms[s.name]; t != nil {
			c.add(s, "", g.ReduceAllSum(t), dist.Support{})
		}
	}
}

// inspect looks at the model at a few points and refuses it by a variable's name: values outside
// a support, parameters that are none, log-densities that are no numbers, improper densities.
func (m *Model) inspect() error {
	p, err := m.params(0)
	if err != nil {
		return err
	}
	var c *inspection
	prog := model.NewProgram(p, "inspect", func(s *model.Scope, in []*g.Node) []*g.Node {
		c = &inspection{}
		r := m.begin(s, scoring, in[0])
		c.put(r.evaluate())
		c.collect(r)
		return c.out
	})
	u, minus := make([]float64, max(1, m.dim)), 0
	for i := range inspectPoints {
		if i > 0 {
			rng.New(uint64(i)).NormalFloat64(u)
		}
		out, err := prog.Values(rng.Key{}, vector(u))
		if err != nil {
			return plain(err)
		}
		for _, it := range c.items {
			if err := it.check(out); err != nil {
				return err
			}
		}
		switch v := out[0][0]; {
		case math.IsInf(v, -1):
			minus++
		case math.IsNaN(v) || math.IsInf(v, 1):
			return fmt.Errorf("prob: log-density: got %v, want a finite number", v)
		}
		if minus == inspectPoints {
			return c.impossible(out)
		}
	}
	return m.proper(p)
}

// impossible names a variable whose values have density 0 wherever the model was looked at.
func (c *inspection) impossible(out [][]float64) error {
	for _, it := range c.items {
		if it.what == "" && math.IsInf(out[it.value][0], -1) {
			return fmt.Errorf("prob: variable %q: log-density: got −Inf at %d points, want a finite number", it.site.name, inspectPoints)
		}
	}
	return fmt.Errorf("prob: log-density: got −Inf at %d points, want a finite number", inspectPoints)
}

// check holds an item to what is asked of it.
func (it item) check(out [][]float64) error {
	v := out[it.value]
	if it.what == "" {
		if math.IsNaN(v[0]) || math.IsInf(v[0], 1) {
			return fmt.Errorf("prob: variable %q: log-density: got %v, want a finite number", it.site.name, v[0])
		}
		return nil
	}
	q := region{must: it.must, dims: it.dims}
	if it.low >= 0 {
		q.low, q.lowD = out[it.low], it.lowD
	}
	if it.high >= 0 {
		q.high, q.highD = out[it.high], it.highD
	}
	if at, got, want := q.outside(v); at >= 0 {
		where := ""
		if len(v) > 1 {
			where = fmt.Sprintf(" at index %d", at)
		}
		return fmt.Errorf("prob: variable %q: %s: got %s%s, want %s", it.site.name, it.what, got, where, want)
	}
	return nil
}
