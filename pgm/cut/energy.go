package cut

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// energy is E(x) = Σ E_v(x_v) + Σ E_uv(x_u, x_v) of binary variables, as a network in which
// the source's side is 1.
type energy struct {
	flow *Flow
	cost [][2]float64 // E_v
}

func newEnergy(n int) *energy { return &energy{flow: NewFlow(n), cost: make([][2]float64, n)} }

// add adds −ln φ of a factor.
func (n *energy) add(f *pgm.Factor, vars []pgm.Variable) error {
	switch len(f.Vars) {
	case 1:
		n.single(f.Vars[0], -f.Log[0], -f.Log[1])
		return nil
	case 2:
		u, v := f.Vars[0], f.Vars[1]
		gap := n.pair(u, v, [2][2]float64{{-f.Log[0], -f.Log[1]}, {-f.Log[2], -f.Log[3]}})
		if gap == 0 {
			return nil
		}
		e := &NotSubmodular{Names: [2]string{vars[u].Name, vars[v].Name}, Gap: gap}
		for i, w := range f.Vars {
			copy(e.States[i][:], vars[w].States)
		}
		return e
	}
	return fmt.Errorf("pgm: cut: factor over %s and others: got %d variables, want at most 2", vars[f.Vars[0]].Name, len(f.Vars))
}

// single adds E_v.
func (n *energy) single(v int, e0, e1 float64) {
	n.cost[v][0] += e0
	n.cost[v][1] += e1
}

// pair adds E_uv and returns how far it is from submodular, 0 where it is.
func (n *energy) pair(u, v int, e [2][2]float64) (gap float64) {
	e = transpose(n.forbid(v, transpose(n.forbid(u, e))))
	inf := math.Inf(1)
	switch {
	case e[0][0] == inf || e[1][1] == inf:
		return inf
	case e[0][1] == inf && e[1][0] == inf: // the two are equal
		n.single(u, e[0][0], e[1][1])
		n.flow.Arc(u, v, inf, inf)
		return 0
	case e[1][0] == inf:
		u, v, e = v, u, transpose(e)
	}
	w := e[0][1] + e[1][0] - e[0][0] - e[1][1]
	if w < 0 {
		scale := max(math.Abs(e[0][1]), math.Abs(e[1][0]), math.Abs(e[0][0]), math.Abs(e[1][1]))
		if w < -rounding*scale {
			return -w
		}
		w = 0
	}
	// E = E₀₀ + (E₁₀ − E₀₀) x_u + (E₁₁ − E₁₀) x_v + w (1 − x_u) x_v, of which only w may be infinite
	n.single(u, e[0][0], e[1][0])
	n.single(v, e[1][0], e[1][1])
	n.flow.Arc(v, u, w, 0)
	return 0
}

// forbid takes a state of u that is impossible with either state of the other out of E, which
// is then that of the other state.
func (n *energy) forbid(u int, e [2][2]float64) [2][2]float64 {
	var out [2]bool
	for s, row := range e {
		if out[s] = math.IsInf(row[0], 1) && math.IsInf(row[1], 1); out[s] {
			n.cost[u][s] = math.Inf(1)
		}
	}
	switch {
	case out[0] && out[1]:
		return [2][2]float64{}
	case out[0]:
		e[0] = e[1]
	case out[1]:
		e[1] = e[0]
	}
	return e
}

func transpose(e [2][2]float64) [2][2]float64 {
	return [2][2]float64{{e[0][0], e[1][0]}, {e[0][1], e[1][1]}}
}

// minimise finds the x of the least energy: a node is 1 where it is on the source's side.
func (n *energy) minimise(ctx context.Context) (ones func(v int) bool, err error) {
	for v, c := range n.cost {
		least := min(c[0], c[1])
		if math.IsInf(least, 1) {
			return nil, pgm.ErrImpossible
		}
		n.flow.Terminal(v, c[0]-least, c[1]-least)
	}
	_, err = n.flow.Max(ctx)
	return n.flow.Source, err
}
