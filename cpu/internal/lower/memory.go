package lower

import (
	"cmp"
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// span is a buffer of the arena: it is in use from step first to step last, both included.
type span struct{ id, size, first, last int }

// assign places the arena's buffers, for the steps as they stand: offsets by buffer, and the
// arena's size. It tries several orders of placement and keeps the smallest arena.
func (b *builder) assign() (map[int]int, int) { return pack(b.spans()) }

// spans lists the arena's buffers with the steps between which they are in use, in the order of
// first use.
func (b *builder) spans() []span {
	var out []span
	at := map[int]int{}
	for i := range b.steps {
		for _, a := range b.steps[i].Args {
			x := b.buffers[a.Buffer]
			if x.Kind != plan.Arena || x.Size == 0 {
				continue
			}
			k, seen := at[a.Buffer]
			if !seen {
				k = len(out)
				at[a.Buffer] = k
				out = append(out, span{id: a.Buffer, size: aligned(x.Size), first: i})
			}
			out[k].last = i
		}
	}
	return out
}

// aligned rounds a number of bytes up to whole lines.
func aligned(bytes int) int { return (bytes + kernel.Align - 1) &^ (kernel.Align - 1) }

// pack places spans so that those in use at the same time do not overlap.
func pack(spans []span) (offsets map[int]int, arena int) {
	orders := []func(x, y span) int{
		func(x, y span) int { return cmp.Compare(y.size, x.size) },
		func(x, y span) int { return cmp.Compare(x.first, y.first) },
		func(x, y span) int { return cmp.Compare(y.size*(y.last-y.first+1), x.size*(x.last-x.first+1)) },
	}
	for _, by := range orders {
		list := slices.Clone(spans)
		slices.SortStableFunc(list, by)
		if at, size := bestFit(list); offsets == nil || size < arena {
			offsets, arena = at, size
		}
	}
	return offsets, arena
}

// bestFit places spans one after the other, each into the smallest gap that holds it between
// those placed before that are in use at the same time.
func bestFit(spans []span) (map[int]int, int) {
	type placed struct {
		span
		at int
	}
	offsets, arena := map[int]int{}, 0
	var done []placed // by their places
	for _, s := range spans {
		at, gap, end := -1, 0, 0
		for _, p := range done {
			if p.last < s.first || s.last < p.first {
				continue
			}
			if room := p.at - end; room >= s.size && (at < 0 || room < gap) {
				at, gap = end, room
			}
			end = max(end, p.at+p.size)
		}
		if at < 0 {
			at = end
		}
		place, _ := slices.BinarySearchFunc(done, at, func(p placed, at int) int { return cmp.Compare(p.at, at) })
		done = slices.Insert(done, place, placed{s, at})
		offsets[s.id] = at
		arena = max(arena, at+s.size)
	}
	return offsets, arena
}

// shareMemory lets steps write over an input that nobody reads afterwards: the output and the
// input become one buffer.
func (b *builder) shareMemory() {
	if b.Unfused {
		return
	}
	last, first := map[int]int{}, map[int]int{}
	for i := range b.steps {
		for _, id := range b.steps[i].touched() {
			if _, seen := first[id]; !seen {
				first[id] = i
			}
			last[id] = i
		}
	}
	same := map[int]int{} // the buffer that stands in for another
	for i := range b.steps {
		s := &b.steps[i]
		for k := range s.Args {
			if to, ok := same[s.Args[k].Buffer]; ok {
				s.Args[k].Buffer = to
			}
		}
		for _, p := range s.pairs {
			out, in := s.Args[p.out], s.Args[p.in]
			free := first[out.Buffer] == i && last[in.Buffer] == i && !s.writes(in.Buffer)
			if free && b.arena(out) && b.arena(in) && b.buffers[in.Buffer].Size == b.buffers[out.Buffer].Size {
				same[out.Buffer] = in.Buffer
				last[in.Buffer] = last[out.Buffer]
				s.Args[p.out].Buffer = in.Buffer
			}
		}
	}
}

// writes reports whether one of a step's outputs lies in a buffer.
func (s *step) writes(id int) bool {
	return slices.ContainsFunc(s.Args[:s.outs], func(a plan.Arg) bool { return a.Buffer == id })
}

// arena reports whether an argument is the beginning of a buffer of the arena.
func (b *builder) arena(a plan.Arg) bool {
	return a.Offset == 0 && b.buffers[a.Buffer].Kind == plan.Arena
}

// program writes down the steps and the buffers that they use.
func (b *builder) program() *plan.Program {
	offsets, arena := b.assign()
	p := &plan.Program{Name: b.graph.Name, Arena: arena}
	number := map[int]int{}
	keep := func(id int) int {
		n, ok := number[id]
		if !ok {
			n = len(p.Buffers)
			number[id] = n
			x := b.buffers[id]
			x.Offset = offsets[id]
			p.Buffers = append(p.Buffers, x)
		}
		return n
	}
	for i, v := range b.graph.Params {
		p.Params = append(p.Params, v.Shape)
		keep(i)
	}
	for i, v := range b.graph.Results {
		p.Results = append(p.Results, plan.Result{Shape: v.Shape, InPlace: b.inPlace[i]})
		keep(len(b.graph.Params) + i)
	}
	for _, s := range b.steps {
		for k := range s.Args {
			s.Args[k].Buffer = keep(s.Args[k].Buffer)
		}
		p.Steps = append(p.Steps, s.Step)
	}
	return p
}
