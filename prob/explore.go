package prob

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// begin returns a run of the model's function.
func (m *Model) begin(s *model.Scope, mode mode, u *g.Node) *run {
	return &run{
		m: m, s: s, mode: mode, u: u, full: true, jacobian: true, choice: map[string]int{},
		values: map[string]*g.Node{}, dists: map[string]dist.Distribution{},
		terms: map[string]*g.Node{}, rows: map[string]*g.Node{},
	}
}

// evaluate runs the model's function and returns ln p, a scalar.
func (r *run) evaluate() *g.Node {
	outer := &Trace{r: r, block: &block{}}
	return outer.run(r.m.groups[""], nil, r.m.fn)
}

// explore runs the function once to find the variables and their shapes, and checks the model
// at a few points.
func (m *Model) explore() error {
	if m.fn == nil {
		return fmt.Errorf("prob: the model has no function")
	}
	if err := m.data.check(); err != nil {
		return err
	}
	m.byName, m.groups = map[string]*site{}, map[string]*group{"": {}}
	if err := m.find(); err != nil {
		return err
	}
	seen := false
	for _, s := range m.sites {
		seen = seen || s.kind == latent || s.kind == discrete
	}
	if !seen {
		return fmt.Errorf("prob: the model has no unknown (Trace.Sample)")
	}
	return m.inspect()
}

// find makes the list of variables.
func (m *Model) find() (err error) {
	b, err := openBackend()
	if err != nil {
		return err
	}
	p := model.NewParams(b, dtypes.Float64, rng.New(0))
	prog := model.NewProgram(p, "explore", func(s *model.Scope, _ []*g.Node) []*g.Node {
		func() {
			defer caught(&err)
			m.begin(s, exploring, nil).evaluate()
		}()
		return []*g.Node{g.Const(s.Graph(), 0.)}
	})
	if _, e := prog.Values(rng.Key{}); e != nil && err == nil {
		err = fmt.Errorf("prob: %w", e)
	}
	return err
}

// caught turns a panic of the model's function into an error.
func caught(err *error) {
	switch e := recover().(type) {
	case nil:
	case error:
		*err = e
	default:
		*err = fmt.Errorf("prob: the model's function: %v", e)
	}
}

// batches holds the minibatches of the graph that was last built, which all draws of a step share.
type batches struct {
	mu    sync.Mutex
	graph *g.Graph
	rows  map[string]*g.Node
}

// of returns the minibatches of a graph.
func (c *batches) of(graph *g.Graph) map[string]*g.Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.graph != graph {
		c.graph, c.rows = graph, map[string]*g.Node{}
	}
	return c.rows
}

// target returns an estimate of ln p at u, with the volume of the map from u, by minibatches.
func (m *Model) target(s *model.Scope, u *g.Node, c *batches) *g.Node {
	r := m.begin(s, scoring, u)
	r.full, r.rows = false, c.of(s.Graph())
	return r.evaluate()
}
