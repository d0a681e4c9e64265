package ir

// Clone returns a deep copy of the graph: nodes, values and the graphs inside control flow.
// The memory of constants is shared.
func (g *Graph) Clone() *Graph {
	c := &Graph{Name: g.Name}
	values := make(map[*Value]*Value, len(g.Nodes))
	for _, n := range g.Nodes {
		c.append(n, values)
	}
	c.Params = mapped(g.Params, values)
	c.Results = mapped(g.Results, values)
	return c
}

// Inline appends a copy of the nodes of another graph, its parameters replaced by the given
// values, and returns what stands for its results. The other graph stays as it is.
func (g *Graph) Inline(callee *Graph, args []*Value) []*Value {
	values := make(map[*Value]*Value, len(callee.Nodes))
	for i, p := range callee.Params {
		values[p] = args[i]
	}
	for _, n := range callee.Nodes {
		if _, isParam := n.Attr.(Param); !isParam {
			g.append(n, values)
		}
	}
	return mapped(callee.Results, values)
}

// append adds a copy of a node whose inputs are looked up in values, and enters its outputs there.
func (g *Graph) append(n *Node, values map[*Value]*Value) {
	c := &Node{Op: n.Op, Attr: cloneAttr(n.Attr), In: mapped(n.In, values)}
	for _, v := range n.Out {
		w := &Value{Shape: v.Shape, Def: c, Index: v.Index}
		c.Out = append(c.Out, w)
		values[v] = w
	}
	g.Nodes = append(g.Nodes, c)
}

// cloneAttr copies the graphs that an attribute holds; all else is never changed.
func cloneAttr(attr any) any {
	switch a := attr.(type) {
	case Sort:
		a.Comparator = a.Comparator.Clone()
		return a
	case While:
		a.Cond, a.Body = a.Cond.Clone(), a.Body.Clone()
		return a
	case If:
		a.True, a.False = a.True.Clone(), a.False.Clone()
		return a
	}
	return attr
}

func mapped(vs []*Value, values map[*Value]*Value) []*Value {
	if vs == nil {
		return nil
	}
	out := make([]*Value, len(vs))
	for i, v := range vs {
		out[i] = values[v]
	}
	return out
}
