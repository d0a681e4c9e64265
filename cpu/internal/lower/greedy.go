package lower

import "github.com/elbo-go/elbo/cpu/internal/plan"

// greedy puts steps in an order that always takes, of those that can come next, the one after
// which the least memory is alive.
type greedy struct {
	buffers []plan.Buffer
	touched [][]int      // by step, the buffers of the arena that it uses
	uses    map[int]int  // steps still to come, by buffer
	begun   map[int]bool // buffers that hold something
}

// byMemory gives the greedy order.
func (o *order) byMemory(b *builder, steps []step) []int {
	g := &greedy{buffers: b.buffers, uses: map[int]int{}, begun: map[int]bool{}}
	wait := o.waiting()
	var ready, out []int
	for i := range steps {
		g.touched = append(g.touched, b.arenaOf(&steps[i]))
		for _, id := range g.touched[i] {
			g.uses[id]++
		}
		if wait[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		k := g.best(ready)
		i := ready[k]
		ready[k] = ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		out = append(out, i)
		for _, id := range g.touched[i] {
			g.begun[id] = true
			g.uses[id]--
		}
		for _, j := range o.after[i] {
			if wait[j]--; wait[j] == 0 {
				ready = append(ready, j)
			}
		}
	}
	return out
}

// best gives the place in a list of the step to take; of equal ones, the first of the graph.
func (g *greedy) best(ready []int) int {
	best, least := 0, g.grows(ready[0])
	for k, i := range ready {
		if n := g.grows(i); n < least || n == least && i < ready[best] {
			best, least = k, n
		}
	}
	return best
}

// grows is the number of bytes by which the memory that is alive grows with a step.
func (g *greedy) grows(i int) int {
	bytes := 0
	for _, id := range g.touched[i] {
		if !g.begun[id] {
			bytes += g.buffers[id].Size
		}
		if g.uses[id] == 1 {
			bytes -= g.buffers[id].Size
		}
	}
	return bytes
}

// arenaOf lists the buffers of the arena that a step uses.
func (b *builder) arenaOf(s *step) []int {
	var out []int
	for _, id := range s.touched() {
		if b.buffers[id].Kind == plan.Arena {
			out = append(out, id)
		}
	}
	return out
}
