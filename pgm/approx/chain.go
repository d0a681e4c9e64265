package approx

import (
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/discrete"
)

// chain is a state of the model that moves block by block.
type chain struct {
	*blocks
	rand *rand.Rand
	now  []int     // the assignment of each block
	cell []int     // the place in the table of each factor between blocks
	prob []float64 // of the assignments of the block drawn last
}

// newChain starts at a draw by the factors inside of blocks alone.
func newChain(b *blocks, r *rand.Rand) *chain {
	c := &chain{blocks: b, rand: r, now: make([]int, len(b.list)), cell: make([]int, len(b.factors))}
	for i, k := range b.list {
		c.prob = append(c.prob[:0], k.own...)
		discrete.Softmax(c.prob)
		c.now[i] = discrete.Pick(c.rand, c.prob)
		for _, t := range k.touches {
			c.cell[t.factor] += t.offset[c.now[i]]
		}
	}
	return c
}

// draw sets a block by its conditional distribution given the others,
//
//	p(x_b | x_−b) ∝ Π_inside φ Π_between φ^β,
//
// which stays in prob.
func (c *chain) draw(i int, beta float64) {
	c.score(i, beta)
	discrete.Softmax(c.prob)
	c.move(i, discrete.Pick(c.rand, c.prob))
}

// score writes ln of what the assignments of a block are worth, given the others, to prob.
func (c *chain) score(i int, beta float64) {
	k := &c.list[i]
	c.prob = append(c.prob[:0], k.own...)
	for _, t := range k.touches {
		log, base := c.factors[t.factor].Log, c.cell[t.factor]-t.offset[c.now[i]]
		for a, o := range t.offset {
			c.prob[a] += beta * log[base+o]
		}
	}
}

// move sets a block.
func (c *chain) move(i, to int) {
	was := c.now[i]
	if to == was {
		return
	}
	for _, t := range c.list[i].touches {
		c.cell[t.factor] += t.offset[to] - t.offset[was]
	}
	c.now[i] = to
}

// between is Σ ln φ of the factors between blocks.
func (c *chain) between() (sum float64) {
	for _, f := range c.cross {
		sum += c.factors[f].Log[c.cell[f]]
	}
	return sum
}

// add adds the probabilities in prob, times w, to the marginals of the block's variables.
func (c *chain) add(i int, w float64, sums [][]float64) {
	k := &c.list[i]
	for a, p := range c.prob {
		for slot, v := range k.vars {
			sums[v][k.states[a][slot]] += w * p
		}
	}
}

// state is the present state of a variable of the block.
func (c *chain) state(i, slot int) int { return c.list[i].states[c.now[i]][slot] }
