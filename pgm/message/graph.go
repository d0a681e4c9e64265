package message

// edge is a factor of a variable, and the slot that the variable has there.
type edge struct {
	node  int32
	slot  int32
	place int32 // of the factor in its plate
}

// graph knows the factors of every variable that is not known, in flat memory.
type graph struct {
	*Model
	start [][]int32 // by block and variable: the first of its edges
	edges [][]edge  // by block
}

// newGraph turns the slots of the factors round.
func newGraph(m *Model) (*graph, error) {
	if m.err != nil {
		return nil, m.err
	}
	g := &graph{Model: m, start: make([][]int32, len(m.blocks)), edges: make([][]edge, len(m.blocks))}
	for i, b := range m.blocks {
		if !b.known {
			g.start[i] = make([]int32, b.n+1)
		}
	}
	g.each(func(s *slot, _ edge, v int) { g.start[s.b.id][v+1]++ })
	for i, start := range g.start {
		for v := 1; v < len(start); v++ {
			start[v] += start[v-1]
		}
		if len(start) > 0 {
			g.edges[i] = make([]edge, start[len(start)-1])
		}
	}
	g.each(func(s *slot, e edge, v int) { // start runs ahead to the end of each variable's edges
		at := &g.start[s.b.id][v]
		g.edges[s.b.id][*at] = e
		*at++
	})
	for _, start := range g.start {
		if len(start) > 0 {
			copy(start[1:], start[:len(start)-1])
			start[0] = 0
		}
	}
	return g, nil
}

// each visits all edges to variables that are not known, factor by factor.
func (g *graph) each(f func(s *slot, e edge, v int)) {
	for _, n := range g.nodes {
		for k := range n.slots {
			s := &n.slots[k]
			if s.b.known {
				continue
			}
			for i := range n.n {
				f(s, edge{int32(n.id), int32(k), int32(i)}, s.at(i))
			}
		}
	}
}

// of are the edges of variable v of a block.
func (g *graph) of(b *block, v int) []edge {
	return g.edges[b.id][g.start[b.id][v]:g.start[b.id][v+1]]
}

// Visit names one factor of a plate: the order of a schedule.
type Visit struct {
	// Factor is the place of the plate in the order of declaration.
	Factor int32
	// Place is that of the factor in its plate.
	Place int32
}

// breadthFirst orders the factors from the first variable of each part of the graph outwards. On
// a tree a pass against the order and one along it carry everything everywhere.
func (g *graph) breadthFirst() []Visit {
	seenFactor, seenVar := make([][]bool, len(g.nodes)), make([][]bool, len(g.blocks))
	total := 0
	for i, n := range g.nodes {
		seenFactor[i] = make([]bool, n.n)
		total += n.n
	}
	for i, b := range g.blocks {
		if !b.known {
			seenVar[i] = make([]bool, b.n)
		}
	}
	order := make([]Visit, 0, total)
	expand := func(b *block, v int) {
		if b.known || seenVar[b.id][v] {
			return
		}
		seenVar[b.id][v] = true
		for _, e := range g.of(b, v) {
			if !seenFactor[e.node][e.place] {
				seenFactor[e.node][e.place] = true
				order = append(order, Visit{e.node, e.place})
			}
		}
	}
	next := 0
	drain := func() {
		for ; next < len(order); next++ {
			n := g.nodes[order[next].Factor]
			for k := range n.slots {
				expand(n.slots[k].b, n.slots[k].at(int(order[next].Place)))
			}
		}
	}
	for _, b := range g.blocks {
		if b.known {
			continue
		}
		for v := range b.n {
			expand(b, v)
			drain()
		}
	}
	for i, n := range g.nodes { // factors of known variables alone
		for p := range n.n {
			if !seenFactor[i][p] {
				order = append(order, Visit{int32(i), int32(p)})
			}
		}
	}
	return order
}

// sites are the memory of an engine's view of a factor, one for each plate.
func (g *graph) sites(eta bool) []*Site {
	out := make([]*Site, len(g.nodes))
	for i, n := range g.nodes {
		s := &Site{In: make([]In, len(n.slots)), Alpha: 1}
		for k := range n.slots {
			if b := n.slots[k].b; eta && !b.known {
				s.In[k].Eta = make([]float64, b.size)
			}
		}
		out[i] = s
	}
	return out
}
