package pass

import (
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// joinSiblings joins groups that read the same array at the same places.
func (f *fusion) joinSiblings() {
	for _, n := range f.graph.Nodes {
		for _, v := range n.Out {
			if v.Shape.Size() > 1 {
				f.joinReaders(v)
			}
		}
	}
}

// joinReaders joins the groups of a value's readers where they loop over its dimensions.
func (f *fusion) joinReaders(v *ir.Value) {
	if len(f.users[v]) < 2 {
		return
	}
	s, dims := &siblings{fusion: f}, withoutOnes(v.Shape.Dimensions)
	for _, n := range f.users[v] {
		if n != nil && fusable(n) && slices.Equal(space(n), dims) {
			s.add(f.group(n))
		}
	}
}

// siblings are groups that read one array. A group that is added is joined with the first that it can
// be joined with. Where many cannot, because each needs those before it, one search backwards tells that of
// all of them, and what it told about one group is not asked again for those that need the group.
type siblings struct {
	*fusion
	list []sibling
	open int // all before this one are closed or gone
}

// sibling is one of the groups.
type sibling struct {
	group *group // nil if it was joined with one before

	// behind counts the first of the siblings that are all needed by this one, or closed, or gone, or
	// this one itself. It stays true while groups are joined, for that adds to what they need.
	behind int
}

// add joins a group with the first sibling that allows it, or makes it the last of them.
func (s *siblings) add(gr *group) {
	if s.closed(gr) {
		return
	}
	for s.open < len(s.list) && s.over(s.open) {
		s.open++
	}
	s.line.back++ // what was barred before counts no more
	own, known, low := s.index(gr), s.open, gr.rank
	for i := s.open; i < own; i++ {
		a := s.list[i].group
		if a == nil || !s.fit(a, gr) {
			continue
		}
		if a.rank < low {
			low = a.rank
			known = max(known, s.search(gr, low))
		}
		if i < known {
			i = known - 1
		} else if a.barred != s.line.back && s.join(a, gr) {
			s.merge(i, own, a.now(), known)
			return
		}
	}
	if own == len(s.list) {
		s.list = append(s.list, sibling{group: gr})
		gr.place = own
	}
	s.list[own].behind = max(s.list[own].behind, s.extend(known))
}

// merge notes that the siblings at two places, of which the second may not be listed, are one group.
func (s *siblings) merge(i, own int, gr *group, known int) {
	behind := max(s.list[i].behind, known)
	if own < len(s.list) {
		behind = max(behind, s.list[own].behind)
		s.list[own].group = nil
	}
	s.list[i] = sibling{gr, behind}
	gr.place = i
}

// index is the place of a group among the siblings, or the end.
func (s *siblings) index(gr *group) int {
	if gr.place < len(s.list) && s.list[gr.place].group == gr {
		return gr.place
	}
	return len(s.list)
}

// over reports whether no group can be joined with a sibling any more.
func (s *siblings) over(i int) bool { return s.list[i].group == nil || s.closed(s.list[i].group) }

// extend counts on over siblings that the latest search has barred.
func (s *siblings) extend(known int) int {
	for known < len(s.list) && (s.over(known) || s.list[known].group.barred == s.line.back) {
		known++
	}
	return known
}

// search marks as barred the siblings of at least some rank which something outside of them and a group
// depends on, and which the group needs. It gives a number of siblings, from the first, of which none can be
// joined with the group; where that is all of them it ends early.
func (s *siblings) search(gr *group, low int) (known int) {
	s.line.back++
	id := s.line.back
	stack := []*group{gr}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for i, next := range at.inputs {
			next = next.now()
			at.inputs[i] = next
			if next == at || next.rank < low {
				continue
			}
			if at != gr {
				next.barred = id
			}
			if next.back != id {
				next.back = id
				stack = append(stack, next)
			}
			if k := s.index(next); k < len(s.list) {
				behind := s.list[k].behind
				if next.barred != id {
					behind = min(behind, k)
				}
				if known = s.extend(max(known, behind)); known == len(s.list) {
					return known
				}
			}
		}
	}
	return known
}
