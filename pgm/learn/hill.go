package learn

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// HillConfig says how the best structure is searched for.
type HillConfig struct {
	// Starts are the structures to begin with, of which the best end is kept; none means one
	// without edges.
	Starts [][][]int
	// MaxParents is the most parents of a variable; 0 means any number.
	MaxParents int
	// Tabu is how many structures are remembered, none of which is taken again while the
	// search goes on past a summit, for as many moves downhill (Glover 1989). 0 stops there.
	Tabu int
	// Restarts is how often the search then begins anew from the best structure after random moves.
	Restarts int
	// Shake is the number of random moves of a restart; 0 means one a variable, at most 20.
	Shake int
	// Steps is the most moves of a climb; 0 means any number.
	Steps int
	// Key is that of the random moves.
	Key rng.Key
	// Allowed, where set, says whether an edge may be there.
	Allowed func(from, to int) bool
	// Progress, where set, hears of every move, counted from 1, and the score after it.
	Progress func(step int, score float64)
}

// HillResult is the best structure that was found.
type HillResult struct {
	// Parents are those of each variable.
	Parents [][]int
	// Score is the score of the structure.
	Score float64
	// Moves counts the moves of all climbs.
	Moves int
}

// gainAtLeast is the least gain of a move that is not put down to rounding, relative to the score.
const gainAtLeast = 1e-10

// mostShake bounds the random moves of a restart: more lead so far away that the climb back is
// one from anywhere.
const mostShake = 20

// Hill searches by single moves: it adds, removes or turns round the edge that raises the
// score most, as long as one does (Chickering et al. 1995; Koller & Friedman 2009, section 18.4.3).
func Hill(ctx context.Context, f Families, c HillConfig) (*HillResult, error) {
	h, err := newHill(f, c)
	if err != nil {
		return nil, err
	}
	best := &HillResult{Score: math.Inf(-1)}
	for _, start := range h.c.Starts {
		h.reset(start)
		if err := h.climb(ctx, best); err != nil {
			return nil, err
		}
	}
	for i := range c.Restarts {
		h.reset(best.Parents)
		h.shake(c.Key.Named("shake").At(uint64(i)).Rand())
		if err := h.climb(ctx, best); err != nil {
			return nil, err
		}
	}
	best.Moves = h.moves
	return best, nil
}

// hill is a search at some structure.
type hill struct {
	f     Families
	c     HillConfig
	g     *dag
	local []float64   // score of each family
	gain  [][]float64 // [v][u]: of u becoming a parent of v, or ceasing to be one
	hash  uint64      // of the structure
	moves int
}

func newHill(f Families, c HillConfig) (*hill, error) {
	n := f.Len()
	if c.MaxParents < 0 || c.Tabu < 0 || c.Restarts < 0 || c.Shake < 0 || c.Steps < 0 {
		return nil, fmt.Errorf("pgm: learn: search: got %d parents, %d tabu, %d restarts, %d shakes and %d steps, want none below 0", c.MaxParents, c.Tabu, c.Restarts, c.Shake, c.Steps)
	}
	if len(c.Starts) == 0 {
		c.Starts = [][][]int{make([][]int, n)}
	}
	for _, start := range c.Starts {
		if err := acyclic(n, start); err != nil {
			return nil, err
		}
	}
	h := &hill{f: f, c: c, local: make([]float64, n), gain: make([][]float64, n)}
	for v := range n {
		h.gain[v] = make([]float64, n)
	}
	h.reset(c.Starts[0])
	return h, nil
}

// reset puts the search to a structure.
func (h *hill) reset(parents [][]int) {
	h.g, h.hash = newDag(parents), 0
	for v, ps := range h.g.parents {
		for _, p := range ps {
			h.hash ^= h.edge(p, v)
		}
		h.refresh(v)
	}
}

// edge is the hash of an edge; that of a structure is the sum of them modulo 2, bit by bit
// (Zobrist 1970; the mixing is that of Steele et al. 2014).
func (h *hill) edge(from, to int) uint64 {
	z := uint64(from*len(h.local)+to+1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// refresh scores all changes of the parents of v.
func (h *hill) refresh(v int) {
	ps := h.g.parents[v]
	h.local[v] = h.f.Score(v, ps)
	var more []int
	for u := range h.local {
		switch {
		case h.g.has(u, v):
			h.gain[v][u] = h.f.Score(v, without(ps, u)) - h.local[v]
		case u == v || h.full(v) || h.c.Allowed != nil && !h.c.Allowed(u, v):
			h.gain[v][u] = math.Inf(-1)
		default:
			more = append(more, u)
		}
	}
	out := make([]float64, len(more))
	scoreAll(h.f, v, ps, more, out)
	for i, u := range more {
		h.gain[v][u] = out[i] - h.local[v]
	}
}

func (h *hill) full(v int) bool { return h.c.MaxParents > 0 && len(h.g.parents[v]) >= h.c.MaxParents }

func (h *hill) score() float64 { return total(h.local) }

// move is a change of one edge.
type move struct {
	from, to  int
	cut, turn bool // taken away; turned round
	gain      float64
}

// each goes through all moves that leave the graph acyclic.
func (h *hill) each(f func(move)) {
	for v := range h.local {
		for u := range h.local {
			switch g := h.gain[v][u]; {
			case u == v:
			case h.g.has(u, v):
				f(move{u, v, true, false, g})
				if back := g + h.gain[u][v]; h.g.turns(u, v) && !math.IsInf(back, -1) {
					f(move{u, v, true, true, back})
				}
			case !math.IsInf(g, -1) && !h.g.below[v].has(u):
				f(move{u, v, false, false, g})
			}
		}
	}
}

// after is the hash of the structure that a move leads to.
func (h *hill) after(m move) uint64 {
	x := h.hash ^ h.edge(m.from, m.to)
	if m.turn {
		x ^= h.edge(m.to, m.from)
	}
	return x
}

// best is the move of the largest gain to a structure that is not barred, the first among
// those that rounding alone may part.
func (h *hill) best(barred []uint64) (best move, ok bool) {
	least := gainAtLeast * max(1, math.Abs(h.score()))
	best.gain = math.Inf(-1)
	h.each(func(m move) {
		if m.gain > best.gain+least || !ok {
			if !slices.Contains(barred, h.after(m)) {
				best, ok = m, true
			}
		}
	})
	return best, ok
}

// apply makes a move.
func (h *hill) apply(m move) {
	h.hash = h.after(m)
	if m.cut {
		h.g.unlink(m.from, m.to)
	} else {
		h.g.link(m.from, m.to)
	}
	if m.turn {
		h.g.link(m.to, m.from)
	}
	h.g.reach()
	h.refresh(m.to)
	if m.turn {
		h.refresh(m.from)
	}
	h.moves++
}

// climb moves uphill, and past summits as the tabu list allows, and keeps the best structure.
func (h *hill) climb(ctx context.Context, best *HillResult) error {
	var barred []uint64
	top, down := math.Inf(-1), 0
	for step := 1; ; step++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		score := h.score()
		least := gainAtLeast * max(1, math.Abs(score))
		if score > top+least {
			top, down = score, 0
		}
		if score > best.Score+least || best.Parents == nil {
			best.Score, best.Parents = score, copyOf(h.g.parents)
		}
		if barred = append(barred, h.hash); len(barred) > max(1, h.c.Tabu) {
			barred = barred[1:]
		}
		m, ok := h.best(barred)
		if !(m.gain > least) {
			down++
		}
		if !ok || down > h.c.Tabu || h.c.Steps > 0 && step > h.c.Steps {
			return nil
		}
		h.apply(m)
		if h.c.Progress != nil {
			h.c.Progress(h.moves, h.score())
		}
	}
}

// shake makes random moves.
func (h *hill) shake(r *rand.Rand) {
	n := h.c.Shake
	if n == 0 {
		n = min(len(h.local), mostShake)
	}
	for range n {
		count := 0
		h.each(func(move) { count++ })
		if count == 0 {
			return
		}
		chosen, at := move{}, r.IntN(count)
		h.each(func(m move) {
			if at == 0 {
				chosen = m
			}
			at--
		})
		h.apply(chosen)
	}
}
