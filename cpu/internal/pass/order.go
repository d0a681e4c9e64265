package pass

import "slices"

// line holds groups in an order in which each comes after those that it depends on, and keeps it
// so while groups are joined. A search between two groups then looks at the stretch between them
// alone, where the whole graph would make fusion quadratic in its size.
type line struct {
	groups []*group // by rank; nil where a group has gone
	search int      // number of the latest search
	back   int      // number of the latest search backwards
}

// now is the group that a group is part of.
func (gr *group) now() *group {
	for gr.into != nil {
		if gr.into.into != nil {
			gr.into = gr.into.into
		}
		gr = gr.into
	}
	return gr
}

// between reports whether something outside two groups, of which the first has the lower rank,
// depends on the first and is needed by the second. If not, the groups that depend on the first
// and rank below the second are those that the search has marked.
func (l *line) between(from, to *group) bool {
	l.search++
	stack := []*group{from}
	for len(stack) > 0 {
		gr := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for i, next := range gr.readers {
			next = next.now()
			gr.readers[i] = next
			if next == to && gr != from {
				return true
			}
			if next != gr && next.rank < to.rank && next.search != l.search {
				next.search = l.search
				stack = append(stack, next)
			}
		}
	}
	return false
}

// join puts group b into a, of which nothing lies between, right after the latest search. Of the
// groups that rank between the two, those that the search has marked come after both.
func (l *line) join(a, b *group) {
	low, high := min(a.rank, b.rank), max(a.rank, b.rank)
	var after []*group
	at := low
	put := func(gr *group) {
		l.groups[at], gr.rank = gr, at
		at++
	}
	for _, gr := range l.groups[low+1 : high] {
		switch {
		case gr == nil:
		case gr.search == l.search:
			after = append(after, gr)
		default:
			put(gr)
		}
	}
	put(a)
	for _, gr := range after {
		put(gr)
	}
	clear(l.groups[at : high+1])
	b.into = a
	a.readers, a.inputs = outside(a, a.readers, b.readers), outside(a, a.inputs, b.inputs)
}

// outside gives the groups of two lists other than a, each once, by rank.
func outside(a *group, list, more []*group) []*group {
	list = append(list, more...)
	for i, gr := range list {
		list[i] = gr.now()
	}
	slices.SortFunc(list, func(x, y *group) int { return x.rank - y.rank })
	return slices.DeleteFunc(slices.Compact(list), func(gr *group) bool { return gr == a })
}
