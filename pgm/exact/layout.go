package exact

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A clique's table is never made as a whole. It is gone through in blocks that stay in the nearest
// cache: a block is filled with the product of what the clique holds, and summed before the next
// one comes.

const (
	blockCells = 1 << 11 // most cells of a block, where one variable has not more states
	parts      = 4       // a table is divided into, whatever the number of processors
	partCells  = 1 << 15 // least cells of a table that is divided
)

// layout is a row-major table in blocks: those of its last axes together are one.
type layout struct {
	states []int // of every variable of the model
	vars   []int
	card   []int
	size   int // cells
	lead   int // axes before those of a block
	block  int // cells of a block
}

// newLayout is that of a table over variables; those with one state are left out.
func newLayout(vars []int, states []int) *layout {
	l := &layout{states: states, size: 1, block: 1}
	for _, v := range vars {
		if k := states[v]; k > 1 {
			l.vars, l.card = append(l.vars, v), append(l.card, k)
			l.size *= k
		}
	}
	for l.lead = len(l.vars); l.lead > 0; l.lead-- {
		if k := l.card[l.lead-1]; l.block == 1 || l.block*k <= blockCells {
			l.block *= k
			continue
		}
		break
	}
	return l
}

// blocks is the number of blocks.
func (l *layout) blocks() int { return l.size / l.block }

// view is how a table over some of the variables lies along a layout.
type view struct {
	step  []int   // along the leading axes
	index []int32 // places of a block's cells from where it begins; nil where all are one
	run   int     // cells next to each other that have the same place
	flat  bool    // places are those of the block
	still bool    // every block begins at the same place
}

// view is that of a row-major table over vars.
func (l *layout) view(vars []int) view {
	stride := make(map[int]int, len(vars))
	for i, s := len(vars)-1, 1; i >= 0; i-- {
		stride[vars[i]] = s
		s *= l.states[vars[i]]
	}
	w := view{step: make([]int, l.lead), run: 1, still: true}
	for k, v := range l.vars[:l.lead] {
		w.step[k] = stride[v]
		w.still = w.still && w.step[k] == 0
	}
	k := len(l.vars) - 1
	for ; k >= l.lead && stride[l.vars[k]] == 0; k-- {
		w.run *= l.card[k]
	}
	if k < l.lead {
		return w
	}
	w.index = l.places(stride)
	w.flat = true
	for i, j := range w.index {
		if w.flat = int(j) == i; !w.flat {
			break
		}
	}
	return w
}

// places are those of a block's cells in a table of the strides.
func (l *layout) places(stride map[int]int) []int32 {
	index := make([]int32, 1, l.block)
	for k := len(l.vars) - 1; k >= l.lead; k-- {
		s, n := int32(stride[l.vars[k]]), len(index)
		for range l.card[k] - 1 {
			for _, j := range index[len(index)-n:] {
				index = append(index, j+s)
			}
		}
	}
	return index
}

// cursor goes through blocks, and keeps where each begins in the tables of views.
type cursor struct {
	l     *layout
	views []view
	place []int
	at    []int
}

// seek is a cursor at a block.
func (l *layout) seek(block int, views []view) *cursor {
	c := &cursor{l, views, make([]int, l.lead), make([]int, len(views))}
	for k := l.lead - 1; k >= 0; k-- {
		c.place[k] = block % l.card[k]
		block /= l.card[k]
		for i, w := range views {
			c.at[i] += c.place[k] * w.step[k]
		}
	}
	return c
}

// next goes to the next block.
func (c *cursor) next() {
	for k := c.l.lead - 1; k >= 0; k-- {
		c.place[k]++
		back := c.place[k] == c.l.card[k]
		for i, w := range c.views {
			c.at[i] += w.step[k]
			if back {
				c.at[i] -= w.step[k] * c.l.card[k]
			}
		}
		if !back {
			return
		}
		c.place[k] = 0
	}
}

// inParallel calls f with 0 … n−1, on as many processors as there are.
func inParallel(n int, f func(i int)) {
	if workers := min(n, runtime.GOMAXPROCS(0)); workers > 1 {
		var next atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					f(i)
				}
			})
		}
		all.Wait()
		return
	}
	for i := range n {
		f(i)
	}
}
