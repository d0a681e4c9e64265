package approx

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/discrete"
)

// MaxBlock is the most assignments of the variables that zeros tie together.
const MaxBlock = 1 << 16

// Values of a factor that are further apart than e^steep are taken for near to zeros: their
// variables are drawn at once where that makes a block of at most softBlock assignments.
const (
	steep     = 4
	softBlock = 256
)

// blocks parts the variables so that every factor with zeros lies inside one block. The
// assignments of probability above 0 are then the product of those of the blocks, so that a
// chain that draws block by block reaches every one of them, which one that draws variable
// by variable does not (Robert & Casella 2004, section 10.1). Factors near to zeros, which
// such a chain would cross rarely, tie their variables as far as blocks stay small.
type blocks struct {
	*problem
	list  []block
	cross []int // the factors between blocks
}

// block is a set of variables that is drawn at once.
type block struct {
	vars    []int
	states  [][]int   // the assignments that are possible
	own     []float64 // ln of the product of the factors inside, by assignment
	touches []touch
}

// touch is a factor between a block and others.
type touch struct {
	factor int
	offset []int // the part of the place in its table, by assignment
}

// ties parts the variables by the factors that have zeros, or nearly so.
func (p *problem) ties() parts {
	part, size := newParts(len(p.card)), append([]int(nil), p.card...)
	type soft struct {
		factor int
		slope  float64
	}
	var softs []soft
	for i, f := range p.factors {
		slope := discrete.Largest(f.Log) - slices.Min(f.Log)
		if slope > steep && !math.IsInf(slope, 1) {
			softs = append(softs, soft{i, slope})
		}
		if positive(f) {
			continue
		}
		for _, v := range f.Vars[1:] {
			u, w := part.root(f.Vars[0]), part.root(v)
			if part.join(u, w) {
				size[part.root(u)] = min(MaxBlock, size[u]) * min(MaxBlock, size[w])
			}
		}
	}
	slices.SortStableFunc(softs, func(a, b soft) int { return cmp.Compare(b.slope, a.slope) })
	for _, s := range softs {
		together, roots := 1, map[int]bool{}
		for _, v := range p.factors[s.factor].Vars {
			if r := part.root(v); !roots[r] {
				roots[r] = true
				together = min(together*size[r], softBlock+1)
			}
		}
		if together > softBlock {
			continue
		}
		for _, v := range p.factors[s.factor].Vars {
			part.join(p.factors[s.factor].Vars[0], v)
		}
		size[part.root(p.factors[s.factor].Vars[0])] = together
	}
	return part
}

func newBlocks(p *problem) (*blocks, error) {
	part := p.ties()
	b, of := &blocks{problem: p}, make([]int, len(p.card))
	index := map[int]int{}
	for v := range p.card {
		if _, seen := p.evidence[v]; seen {
			continue
		}
		root := part.root(v)
		if _, is := index[root]; !is {
			index[root] = len(b.list)
			b.list = append(b.list, block{})
		}
		of[v] = index[root]
		b.list[of[v]].vars = append(b.list[of[v]].vars, v)
	}
	inside := make([][]int, len(b.list))
	for i, f := range p.factors {
		home := of[f.Vars[0]]
		if slices.ContainsFunc(f.Vars, func(v int) bool { return of[v] != home }) {
			b.cross = append(b.cross, i)
			continue
		}
		inside[home] = append(inside[home], i)
	}
	for i := range b.list {
		if err := b.fill(&b.list[i], inside[i]); err != nil {
			return nil, err
		}
	}
	b.link(of)
	return b, nil
}

// fill lists the assignments of a block and their values by the factors inside.
func (b *blocks) fill(k *block, inside []int) error {
	count, card := 1, make([]int, len(k.vars))
	for i, v := range k.vars {
		if card[i] = b.card[v]; count > MaxBlock/card[i] && len(k.vars) > 1 {
			return fmt.Errorf("pgm: approx: sampling: zeros tie variable %d and %d others together: got above %d assignments, want at most as many",
				v, len(k.vars)-1, MaxBlock)
		}
		count *= card[i]
	}
	x, states := make([]int, len(b.card)), make([]int, len(k.vars))
	for done := false; !done; done = next(states, card) {
		for i, v := range k.vars {
			x[v] = states[i]
		}
		sum := 0.
		for _, f := range inside {
			sum += b.factors[f].At(x)
		}
		if !math.IsInf(sum, -1) {
			k.states, k.own = append(k.states, slices.Clone(states)), append(k.own, sum)
		}
	}
	return nil
}

// link notes which places of the tables between blocks the assignments have.
func (b *blocks) link(of []int) {
	for _, f := range b.cross {
		for k, v := range b.factors[f].Vars {
			block := &b.list[of[v]]
			n := len(block.touches)
			if n == 0 || block.touches[n-1].factor != f {
				block.touches = append(block.touches, touch{f, make([]int, len(block.states))})
				n++
			}
			slot := slices.Index(block.vars, v)
			for a, states := range block.states {
				block.touches[n-1].offset[a] += states[slot] * b.stride[f][k]
			}
		}
	}
}

// possible reports whether any assignment has a probability above 0.
func (b *blocks) possible() bool {
	return !slices.ContainsFunc(b.list, func(k block) bool { return len(k.states) == 0 })
}
