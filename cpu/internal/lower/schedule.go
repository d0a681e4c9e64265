package lower

import (
	"container/heap"
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// order holds which steps must come after which.
type order struct {
	after  [][]int // the steps that must follow a step directly
	reads  map[int][]int
	writes map[int][]int // steps by the buffers that they read and write, ascending
}

// schedule puts the steps in an order in which as many results as possible may take over the
// memory of a parameter, and values live shortly: the graph's order, or if that needs notably
// less memory an order that always takes the step that frees most.
func (b *builder) schedule() {
	o := b.order()
	b.takeOver(o)
	if b.Unfused {
		return
	}
	steps := b.steps
	b.steps = permute(steps, o.byIndex(len(steps)))
	_, plain := b.assign()
	byIndex := b.steps
	b.steps = permute(steps, o.byMemory(b, steps))
	if _, greedy := b.assign(); greedy > plain-plain/8 {
		b.steps = byIndex
	}
}

// written lists the buffers that a step writes.
func (s *step) written() []int {
	var out []int
	for i, a := range s.Args {
		if i < s.outs || s.memory && i == len(s.Args)-1 {
			out = append(out, a.Buffer)
		}
	}
	return out
}

// touched lists the buffers that a step reads or writes, each once.
func (s *step) touched() []int {
	var out []int
	for _, a := range s.Args {
		if !slices.Contains(out, a.Buffer) {
			out = append(out, a.Buffer)
		}
	}
	return out
}

// read lists the buffers that a step reads.
func (s *step) read() []int {
	var out []int
	for i := s.outs; i < len(s.Args); i++ {
		if !s.memory || i < len(s.Args)-1 {
			out = append(out, s.Args[i].Buffer)
		}
	}
	return out
}

// order finds the dependencies: a buffer's writers keep their order, and a reader comes after
// the writes that precede it and before those that follow it.
func (b *builder) order() *order {
	o := &order{after: make([][]int, len(b.steps)), reads: map[int][]int{}, writes: map[int][]int{}}
	for i := range b.steps {
		s := &b.steps[i]
		for _, id := range s.read() {
			o.follow(o.writes[id], i)
			o.reads[id] = append(o.reads[id], i)
		}
		for _, id := range s.written() {
			o.follow(o.writes[id], i)
			o.follow(o.reads[id], i)
			o.writes[id] = append(o.writes[id], i)
		}
	}
	return o
}

// follow puts step i after others.
func (o *order) follow(before []int, i int) {
	for _, j := range before {
		if j != i {
			o.after[j] = append(o.after[j], i)
		}
	}
}

// reach marks the steps that must come after step i.
func (o *order) reach(i int) []bool {
	seen := make([]bool, len(o.after))
	stack := []int{i}
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, k := range o.after[j] {
			if !seen[k] {
				seen[k] = true
				stack = append(stack, k)
			}
		}
	}
	return seen
}

// takeOver finds the parameter that each result may take over, and orders the steps so that it
// may: first the parameters that a result is computed from element by element, then others of
// the same shape that are not needed any more.
func (b *builder) takeOver(o *order) {
	taken := map[int]bool{}
	for _, updated := range []bool{true, false} {
		for r := range b.graph.Results {
			if b.inPlace[r] >= 0 {
				continue
			}
			for p := range b.graph.Params {
				if !taken[p] && b.mayTake(o, r, p, updated) {
					b.inPlace[r], taken[p] = p, true
					break
				}
			}
		}
	}
}

// mayTake reports whether result r may take over parameter p, after it has put the parameter's
// other readers before the step that writes the result. If updated is set that step must read
// the parameter, else it must not, and the steps must have that order already.
func (b *builder) mayTake(o *order, r, p int, updated bool) bool {
	if !ir.SameShape(b.graph.Results[r].Shape, b.graph.Params[p].Shape) {
		return false
	}
	writers := o.writes[len(b.graph.Params)+r]
	if len(writers) != 1 || b.graph.Params[p].Shape.IsZeroSize() {
		return false
	}
	w := writers[0]
	if updated && (b.Unfused || !b.steps[w].pairs.has(b.steps[w].Args, len(b.graph.Params)+r, p)) {
		return false
	}
	var others []int
	for _, reader := range o.reads[p] {
		if reader != w {
			others = append(others, reader)
		}
		if !updated && reader >= w {
			return false
		}
	}
	later := o.reach(w)
	for _, reader := range others {
		if later[reader] {
			return false
		}
	}
	o.follow(others, w)
	return true
}

// pairs is the list of a step's outputs and inputs that may be one piece of memory.
type pairs []pair

// has reports whether two buffers may be one: both from their beginning.
func (p pairs) has(args []plan.Arg, out, in int) bool {
	for _, x := range p {
		if args[x.out] == (plan.Arg{Buffer: out}) && args[x.in] == (plan.Arg{Buffer: in}) {
			return true
		}
	}
	return false
}

// permute gives the steps in another order.
func permute(steps []step, to []int) []step {
	out := make([]step, len(steps))
	for i, j := range to {
		out[i] = steps[j]
	}
	return out
}

// waiting counts, for every step, the direct dependencies that it waits for.
func (o *order) waiting() []int {
	n := make([]int, len(o.after))
	for _, next := range o.after {
		for _, j := range next {
			n[j]++
		}
	}
	return n
}

// byIndex is the order of the steps nearest to that in which they were emitted.
func (o *order) byIndex(n int) []int {
	wait := o.waiting()
	var ready ints
	for i := range n {
		if wait[i] == 0 {
			heap.Push(&ready, i)
		}
	}
	out := make([]int, 0, n)
	for len(ready) > 0 {
		i := heap.Pop(&ready).(int)
		out = append(out, i)
		for _, j := range o.after[i] {
			if wait[j]--; wait[j] == 0 {
				heap.Push(&ready, j)
			}
		}
	}
	return out
}

// ints is a heap, the least element first.
type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { *h = append(*h, x.(int)) }
func (h *ints) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}
