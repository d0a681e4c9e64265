package field

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
)

// lattice is the neighbourhood of each site, and the order in which a sweep goes: by colours, so
// that sites drawn one after the other do not depend on each other (on a grid, a checkerboard).
type lattice struct {
	near  [][]neighbour
	order []int
}

// neighbour is the other end of an edge.
type neighbour struct{ site, edge int }

func newLattice(n int, edges [][2]int) *lattice {
	l := &lattice{near: make([][]neighbour, n)}
	for i, e := range edges {
		l.near[e[0]] = append(l.near[e[0]], neighbour{e[1], i})
		l.near[e[1]] = append(l.near[e[1]], neighbour{e[0], i})
	}
	colour, byColour := make([]int, n), [][]int{}
	for v := range colour { // the least colour that no neighbour before it has
		taken := make([]bool, len(byColour)+1)
		for _, at := range l.near[v] {
			if at.site < v {
				taken[colour[at.site]] = true
			}
		}
		for taken[colour[v]] {
			colour[v]++
		}
		if colour[v] == len(byColour) {
			byColour = append(byColour, nil)
		}
		byColour[colour[v]] = append(byColour[colour[v]], v)
	}
	for _, sites := range byColour {
		l.order = append(l.order, sites...)
	}
	return l
}

// conditional writes p(x_v | the neighbours) ∝ exp(H_v + Σ_u J_uv [x_u = ·]).
func (l *lattice) conditional(p *Potts, x []int, v int, prob []float64) {
	copy(prob, p.H[v])
	for _, at := range l.near[v] {
		prob[x[at.site]] += p.J[at.edge]
	}
	discrete.Softmax(prob)
}

// sweep draws every site from its conditional distribution (Geman & Geman 1984).
func (l *lattice) sweep(p *Potts, x []int, r *rand.Rand, prob []float64) {
	for _, v := range l.order {
		l.conditional(p, x, v, prob)
		x[v] = discrete.Pick(r, prob)
	}
}

// Sampling says how Sample draws.
type Sampling struct {
	// Draws is how many states are wanted.
	Draws int
	// Chains is the number of chains, from random states, that they are drawn by.
	Chains int
	// Burn is the number of sweeps of each chain before its first draw.
	Burn int
	// Thin is the number of sweeps from one draw to the next.
	Thin int
	// Clusters makes a sweep of Swendsen & Wang go before each of Gibbs, for models whose
	// couplings are not negative.
	Clusters bool
	// Seed is that of the chains.
	Seed uint64
}

// DefaultSampling is 1,000 draws of 10 chains after 100 sweeps, 5 sweeps apart.
func DefaultSampling() Sampling {
	return Sampling{Draws: 1000, Chains: 10, Burn: 100, Thin: 5, Seed: 1}
}

// Sample draws states by Gibbs sampling. Draws i, i+Chains, … are of one chain.
func Sample(ctx context.Context, p *Potts, c Sampling) ([][]int, error) {
	if c.Draws < 1 || c.Chains < 1 || c.Burn < 0 || c.Thin < 1 {
		return nil, fmt.Errorf("field: sample: got %d draws of %d chains, %d to burn, %d apart, want at least 1, 1, 0 and 1", c.Draws, c.Chains, c.Burn, c.Thin)
	}
	for i, j := range p.J {
		if c.Clusters && j < 0 {
			return nil, fmt.Errorf("field: sample: clusters: edge %d: got a coupling of %g, want none below 0", p.Edges[i], j)
		}
	}
	l, out := newLattice(len(p.H), p.Edges), make([][]int, c.Draws)
	key := rng.New(c.Seed).Named("field")
	par.Each(min(c.Chains, c.Draws), func(chain int) {
		r := key.At(uint64(chain)).Rand()
		x, prob := randomState(p, r), make([]float64, p.States)
		wait := c.Burn
		for i := chain; i < c.Draws; i += c.Chains {
			for range wait {
				if ctx.Err() != nil {
					return
				}
				if c.Clusters {
					l.clusters(p, x, r)
				}
				l.sweep(p, x, r, prob)
			}
			out[i], wait = append([]int(nil), x...), c.Thin
		}
	})
	return out, ctx.Err()
}

func randomState(p *Potts, r *rand.Rand) []int {
	x := make([]int, len(p.H))
	for v := range x {
		x[v] = r.IntN(p.States)
	}
	return x
}

// clusters binds neighbours of one state with probability 1 − e^−J and draws a state for each of
// the sets so bound, by the sum of its fields (Swendsen & Wang 1987).
func (l *lattice) clusters(p *Potts, x []int, r *rand.Rand) {
	bound, of := make([]bool, len(p.Edges)), make([]int, len(x))
	for i, e := range p.Edges {
		bound[i] = r.Float64() < -math.Expm1(-p.J[i]) && x[e[0]] == x[e[1]]
	}
	for v := range of {
		of[v] = -1
	}
	prob, set := make([]float64, p.States), []int{}
	for v := range of {
		if of[v] >= 0 {
			continue
		}
		of[v], set = v, append(set[:0], v)
		clear(prob)
		for k := 0; k < len(set); k++ {
			for s, h := range p.H[set[k]] {
				prob[s] += h
			}
			for _, at := range l.near[set[k]] {
				if bound[at.edge] && of[at.site] < 0 {
					of[at.site] = v
					set = append(set, at.site)
				}
			}
		}
		discrete.Softmax(prob)
		state := discrete.Pick(r, prob)
		for _, w := range set {
			x[w] = state
		}
	}
}
