package message

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/expfam"
)

// Schedule is the order in which factors send.
type Schedule string

// The schedules.
const (
	Sequential Schedule = "sequential" // against an order and along it, every factor from the newest messages
	Flooding   Schedule = "flooding"   // all factors at once, from the messages of the sweep before
	Residual   Schedule = "residual"   // first the factor whose variables changed most (Elidan, McGraw & Koller 2006)
)

// Config is how messages are passed.
type Config struct {
	// Max takes the maximum over the other variables in place of the integral.
	Max bool
	// Alpha is the power of power EP, in (0, 1]; 0 means 1, which is sum-product and EP. Towards 0
	// the fixed points are those of variational messages.
	Alpha float64
	// Schedule is the order of factors; empty means sequential.
	Schedule Schedule
	// Visits, where set, are the factors of a sequential sweep in turn, in place of an order
	// breadth first that is gone through backwards and forwards.
	Visits []Visit
	// Sweeps is the most sweeps; 0 means 1000.
	Sweeps int
	// Tolerance is the change of natural parameters, by the size of the belief's, that counts as
	// none; 0 means 1e-12.
	Tolerance float64
	// Damping is the part of the old message that is kept, from 0 to below 1.
	Damping float64
	// Parts is the number of workers that share out the factors; 0 means 1.
	Parts int
	// Progress, where set, hears of every sweep. It may Save.
	Progress func(Record)
}

// Record is what is known after a sweep.
type Record struct {
	// Sweep counts from 1.
	Sweep int
	// Change is the largest change of a message.
	Change float64
	// Waiting is the number of factors that could not send.
	Waiting int
	// Sent is the number of messages sent in all sweeps.
	Sent int64
	// Bytes is how much went between workers in all sweeps.
	Bytes int64
	// Plates are the same by plate of factors, in the order of their declaration.
	Plates []Plate
}

// Plate is what is known of a plate of factors after a sweep.
type Plate struct {
	// Factor is its name.
	Factor string
	// Change is the largest change of a message.
	Change float64
	// Waiting is the number of factors that could not send.
	Waiting int
}

// filled puts in the defaults.
func (c Config) filled() (Config, error) {
	if c.Alpha == 0 {
		c.Alpha = 1
	}
	if c.Schedule == "" {
		c.Schedule = Sequential
	}
	if c.Sweeps == 0 {
		c.Sweeps = 1000
	}
	if c.Tolerance == 0 {
		c.Tolerance = 1e-12
	}
	c.Parts = max(c.Parts, 1)
	switch {
	case !(c.Alpha > 0 && c.Alpha <= 1) || c.Max && c.Alpha != 1:
		return c, fmt.Errorf("message: alpha: got %g (maximum: %v), want one in (0, 1], and 1 for a maximum", c.Alpha, c.Max)
	case !slices.Contains([]Schedule{Sequential, Flooding, Residual}, c.Schedule):
		return c, fmt.Errorf("message: schedule: got %q, want sequential, flooding or residual", c.Schedule)
	case c.Sweeps < 0 || !(c.Tolerance > 0) || !(c.Damping >= 0 && c.Damping < 1):
		return c, fmt.Errorf("message: got %d sweeps, tolerance %g and damping %g, want positive ones and a damping from 0 to below 1", c.Sweeps, c.Tolerance, c.Damping)
	case c.Parts > maxParts || c.Parts > 1 && c.Schedule == Residual:
		return c, fmt.Errorf("message: parts: got %d under schedule %s, want at most %d, of the sequential or flooding schedule", c.Parts, c.Schedule, maxParts)
	case c.Visits != nil && (c.Schedule != Sequential || c.Parts > 1):
		return c, fmt.Errorf("message: visits: got them with schedule %s and %d parts, want the sequential one of one part", c.Schedule, c.Parts)
	}
	return c, nil
}

// Messages is message passing in progress. Messages and beliefs lie in flat memory, in the order
// of their plates.
type Messages struct {
	g       *graph
	cfg     Config
	msg     [][][]float64 // by factor plate and slot: n×size, none to known variables
	next    [][][]float64 // what flooding sends in a sweep, as msg
	belief  [][]float64   // by block: Σ of the messages to each variable
	rows    [][][]int32   // by factor plate and slot: rows of belief, where they are not the variables' own
	owner   [][]uint8     // by factor plate and place: the worker, where there are several
	cut     []boundary
	workers []*worker
	pending []float64 // by factor of the residual schedule
	sweep   int64
	sent    int64
	bytes   int64
}

// NewMessages readies message passing; all messages are flat at first.
func NewMessages(m *Model, cfg Config) (*Messages, error) {
	g, err := newGraph(m)
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.filled(); err != nil {
		return nil, err
	}
	if err := g.sendable(cfg); err != nil {
		return nil, err
	}
	if err := g.checkVisits(cfg.Visits); err != nil {
		return nil, err
	}
	p := &Messages{g: g, cfg: cfg, msg: g.flat(), belief: make([][]float64, len(g.blocks))}
	if cfg.Schedule == Flooding {
		p.next = g.flat()
	}
	order := g.breadthFirst()
	p.split(order)
	if cfg.Visits != nil {
		p.workers[0].order = cfg.Visits
	}
	if cfg.Schedule == Residual {
		p.pending = make([]float64, len(order))
		for i := range p.pending {
			p.pending[i] = math.Inf(1)
		}
	}
	return p, nil
}

// flat are flat messages: all parameters 0.
func (g *graph) flat() [][][]float64 {
	out := make([][][]float64, len(g.nodes))
	for i, n := range g.nodes {
		out[i] = make([][]float64, len(n.slots))
		for k := range n.slots {
			if b := n.slots[k].b; !b.known {
				out[i][k] = make([]float64, n.n*b.size)
			}
		}
	}
	return out
}

// checkVisits refuses visits of factors that are not there.
func (g *graph) checkVisits(order []Visit) error {
	for i, v := range order {
		if v.Factor < 0 || int(v.Factor) >= len(g.nodes) || v.Place < 0 || int(v.Place) >= g.nodes[v.Factor].n {
			return fmt.Errorf("message: visit %d: got factor %d of plate %d, want one of the %d plates", i, v.Place, v.Factor, len(g.nodes))
		}
	}
	return nil
}

// row is where the belief of the variable in a slot lies for the worker that has the factor.
func (p *Messages) row(n *node, k, i int) int {
	if p.rows != nil && p.rows[n.id][k] != nil {
		return int(p.rows[n.id][k][i])
	}
	return n.slots[k].at(i)
}

// view is row i of an array of rows.
func view(x []float64, i, size int) []float64 { return x[i*size : (i+1)*size : (i+1)*size] }

// Natural is a copy of the natural parameters of the belief of one variable, without those of a
// value that is known.
func (p *Messages) Natural(v Var, i int) []float64 {
	if v.b.known {
		return nil
	}
	return slices.Clone(view(p.belief[v.b.id], v.place(i), v.b.size))
}

// Moments are ⟨u⟩ of one variable under its belief: the probabilities of classes, ⟨x⟩ and ⟨x²⟩ of
// a normal variable.
func (p *Messages) Moments(v Var, i int) ([]float64, error) {
	b, at := v.b, v.place(i)
	u := make([]float64, b.size)
	if b.known {
		return u, b.stats(u, at)
	}
	if err := moments(u, b.family, view(p.belief[b.id], at, b.size)); err != nil {
		return nil, &NodeError{"variable", b.name, at, err}
	}
	return u, nil
}

// Message is a copy of the natural parameters that a factor, by the name and place in its plate, last
// sent to the variable in a slot, or nil where it sends none.
func (p *Messages) Message(factor string, slot, i int) []float64 {
	for _, n := range p.g.nodes {
		if n.name == factor && slot >= 0 && slot < len(n.slots) && i >= 0 && i < n.n && !n.slots[slot].b.known {
			return slices.Clone(view(p.msg[n.id][slot], i, n.slots[slot].b.size))
		}
	}
	return nil
}

// moments sets u to ⟨u⟩; a categorical family may have logits of −∞.
func moments(u []float64, f expfam.Family, eta []float64) error {
	if _, logits := f.(expfam.Categorical); !logits {
		_, err := f.Expect(u, eta)
		return err
	}
	z := logSum(eta)
	for k, v := range eta {
		u[k] = math.Exp(v - z)
	}
	return nil
}

// Best is the class with the highest belief, the first of equals: after max-product on a tree
// whose best assignment is unique, the state in it.
func (p *Messages) Best(v Var, i int) int {
	if x := v.b.at(v.place(i)); x != nil {
		return int(x[0])
	}
	best, eta := 0, view(p.belief[v.b.id], v.place(i), v.b.size)
	for k, x := range eta {
		if x > eta[best] {
			best = k
		}
	}
	return best
}
