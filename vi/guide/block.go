package guide

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Part is a run of coordinates with a guide of their own.
type Part struct {
	Size int    // coordinates
	Of   Family // of their guide
}

// Block returns the family of products of guides over consecutive coordinates, whose sizes add up
// to n. A factor of the start counts within the parts alone.
func Block(parts ...Part) Family {
	return func(n int, at Start) vi.Guide {
		total := 0
		var b block
		for _, p := range parts {
			if p.Size < 1 || total+p.Size > n {
				break
			}
			b = append(b, p.Of(p.Size, at.part(total, p.Size, n)))
			total += p.Size
		}
		if total != n || len(b) != len(parts) {
			return mistaken{fmt.Errorf("guide: blocks: got sizes %v, want positive ones that add up to %d", sizes(parts), n)}
		}
		return b
	}
}

// sizes lists the sizes of parts.
func sizes(parts []Part) (out []int) {
	for _, p := range parts {
		out = append(out, p.Size)
	}
	return out
}

// part is the start of size coordinates from the first.
func (at Start) part(first, size, n int) (p Start) {
	if at.Loc != nil {
		p.Loc = at.Loc[first : first+size]
	}
	if at.Scale != nil {
		p.Scale = at.Scale[first : first+size]
	}
	if at.Factor != nil {
		for i := first; i < first+size; i++ {
			p.Factor = append(p.Factor, at.Factor[i*n+first:i*n+first+size]...)
		}
	}
	return p
}

// block is a product of guides.
type block []vi.Guide

// Draw implements [vi.Guide].
func (b block) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return b.join(func(i int) (*g.Node, *g.Node) { return b[i].Draw(s.In(fmt.Sprint("block", i)), name, m) })
}

// DrawPath implements [Path] as far as the parts do.
func (b block) DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return b.join(func(i int) (*g.Node, *g.Node) {
		in := s.In(fmt.Sprint("block", i))
		if p, ok := b[i].(Path); ok {
			return p.DrawPath(in, name, m)
		}
		return b[i].Draw(in, name, m)
	})
}

// join puts the draws of the parts side by side.
func (b block) join(draw func(i int) (u, logQ *g.Node)) (u, logQ *g.Node) {
	var all []*g.Node
	for i := range b {
		v, l := draw(i)
		all = append(all, v)
		if logQ == nil {
			logQ = l
		} else {
			logQ = g.Add(logQ, l)
		}
	}
	return g.Concatenate(all, 1), logQ
}

// mistaken is a guide that cannot be made; its draws panic, which a program turns into an error.
type mistaken struct{ err error }

// Draw panics.
func (q mistaken) Draw(*model.Scope, string, int) (u, logQ *g.Node) { panic(q.err) }
