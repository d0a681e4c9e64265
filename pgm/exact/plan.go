package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// mostTries is how many orders are compared: after one of each heuristic, equals are put in random
// order as long as that takes little time beside what it may save.
const (
	mostTries = 100
	mostLooks = 1 << 18 // at variables, after which no other order is begun
	lookCells = 500     // cells that take as long as to find the cost of a variable, with some to spare
)

// DefaultMemory is the default cap on the tables of a question, in bytes: 4 GiB.
const DefaultMemory = 4 << 30

// Config says how a question is answered. The zero value is the default.
type Config struct {
	// Heuristics are tried in order, and the cheapest elimination is used; none means all.
	Heuristics []Heuristic
	// Memory is the cap on the bytes of all tables; 0 means DefaultMemory.
	Memory float64
}

// Plan is how a question will be answered and what that will cost.
type Plan struct {
	// Heuristic is the one that was cheapest.
	Heuristic Heuristic
	// Order is the elimination order.
	Order []int
	// Width is the number of variables in the largest clique, less one.
	Width int
	// Largest is the number of entries of the largest table.
	Largest float64
	// Cells is the number of entries of all tables together, a measure of time.
	Cells float64
	// Bytes is the most memory that tables take at one time.
	Bytes float64
}

// TooLarge is the refusal of a question whose tables would not fit.
type TooLarge struct {
	// Plan is the cheapest plan that was found.
	Plan Plan
	// Memory is the cap in bytes.
	Memory float64
}

// Error states the estimate and the cap.
func (e *TooLarge) Error() string {
	return fmt.Sprintf("pgm: exact: memory: got an estimate of %.3g bytes (width %d, largest table %.3g entries, %.3g in all), want at most %.3g",
		e.Plan.Bytes, e.Plan.Width, e.Plan.Largest, e.Plan.Cells, e.Memory)
}

// problem is a graph with the evidence put in.
type problem struct {
	card     []int
	factors  []*pgm.Factor
	constant float64 // Σ ln φ of the factors that became numbers
	free     []int   // the variables that are not evidence
	evidence pgm.Evidence
}

func newProblem(g *pgm.Graph, e pgm.Evidence) (*problem, error) {
	factors, constant, err := g.Reduce(e)
	if err != nil {
		return nil, err
	}
	p := &problem{card: g.Card(), factors: factors, constant: constant, evidence: e}
	for v := range g.Vars {
		if _, seen := e[v]; !seen {
			p.free = append(p.free, v)
		}
	}
	return p, nil
}

func (p *problem) scopes() [][]int {
	scopes := make([][]int, len(p.factors))
	for i, f := range p.factors {
		scopes[i] = f.Vars
	}
	return scopes
}

// cells is the number of entries of a table.
func (p *problem) cells(vars []int) float64 {
	size := 1.
	for _, v := range vars {
		size *= float64(p.card[v])
	}
	return size
}

// plan chooses among the heuristics by the cells of the elimination of first and then of
// then; variables in neither are kept. measure fills in the memory of a plan.
func (p *problem) plan(c Config, first, then []int, measure func(cliques []clique) float64) (best Plan, err error) {
	heuristics := c.Heuristics
	if len(heuristics) == 0 {
		heuristics = []Heuristic{MinFill, MinWeight, MinNeighbours}
	}
	best.Cells = math.Inf(1)
	key, looks := rng.New(0).Named("order"), 0
	for try := 0; try < len(heuristics) || try < mostTries && looks < mostLooks && float64(looks*lookCells) < best.Cells; try++ {
		s := search{heuristic: heuristics[try%len(heuristics)], card: p.card}
		if s.heuristic < MinFill || s.heuristic > MinNeighbours {
			return best, fmt.Errorf("pgm: exact: heuristic: got %d, want 0 to 2", int(s.heuristic))
		}
		if try >= len(heuristics) {
			s.rank = key.At(uint64(try)).Perm(len(p.card))
		}
		s.find(p.scopes(), first, then)
		if looks += s.looks; try == 0 || s.cells < best.Cells {
			best = Plan{Heuristic: s.heuristic, Order: s.order, Width: s.width, Largest: s.largest, Cells: s.cells}
		}
	}
	limit := c.Memory
	if limit == 0 {
		limit = DefaultMemory
	}
	if best.Bytes = measure(p.cliques(best.Order)); !(best.Bytes <= limit) {
		return best, &TooLarge{best, limit}
	}
	return best, nil
}

// clique is the scope of what is multiplied when a variable is eliminated.
type clique struct {
	v      int   // the variable
	vars   []int // those that are eliminated later or kept, and v last
	parent int   // the clique that takes the message, −1 where none does
}

// cliques are the tables of an elimination. Each is ordered by when its variables leave, last
// first, so that sums run along neighbours.
func (p *problem) cliques(order []int) []clique {
	when := make([]int, len(p.card))
	for v := range when {
		when[v] = len(order)
	}
	for i, v := range order {
		when[v] = i
	}
	a := newAdjacency(len(p.card), p.scopes())
	cliques := make([]clique, len(order))
	for i, v := range order {
		vars := slices.Clone(a[v])
		slices.SortFunc(vars, func(x, y int) int {
			if when[x] != when[y] {
				return when[y] - when[x]
			}
			return x - y
		})
		parent := -1
		if len(vars) > 0 && when[vars[len(vars)-1]] < len(order) {
			parent = when[vars[len(vars)-1]]
		}
		cliques[i] = clique{v, append(vars, v), parent}
		a.eliminate(v)
	}
	return cliques
}

// cardOf are the numbers of states of variables.
func (p *problem) cardOf(vars []int) []int {
	card := make([]int, len(vars))
	for i, v := range vars {
		card[i] = p.card[v]
	}
	return card
}
