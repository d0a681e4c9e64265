package exact

import "math"

// treeBytes is what the passes of a tree hold at most: all messages, and at each node what its
// product and its marginals take beside them. A node counts as a whole table even where none is
// made, which bounds the time as well.
func (p *problem) treeBytes(nodes []node) float64 {
	messages, beside := 0., 0.
	for i, n := range nodes {
		messages += p.cells(n.sep)
		table := p.cells(n.vars)
		if beside = max(beside, table); table < math.MaxInt32 {
			beside = max(beside, p.besideNode(nodes, i))
		}
	}
	return 8 * (messages + beside)
}

// besideNode is what a node takes beside the messages, in cells.
func (p *problem) besideNode(nodes []node, i int) float64 {
	l := newLayout(nodes[i].vars, p.card)
	var in, out [][]int
	factors, kids := 0., 0.
	for _, f := range nodes[i].factors {
		in, factors = append(in, f.vars), factors+p.cells(f.vars)
	}
	for _, k := range nodes[i].kids {
		in, out = append(in, nodes[k].sep), append(out, nodes[k].sep)
		kids += p.cells(nodes[k].sep)
	}
	in = append(in, nodes[i].sep)
	own := 0. // of the parts
	if l.size >= partCells {
		own = min((parts-1)*kids, float64(l.size)/2)
	}
	if kids > float64(l.size) {
		kids = 2 * float64(l.size)
	}
	return factors + kids + own + l.bundled(in) + l.bundled(out)
}

// bundled are the cells of bundles, and of the bundles inside them.
func (l *layout) bundled(scopes [][]int) (cells float64) {
	for _, b := range l.bundles(scopes) {
		if len(b.members) > 1 {
			cells += float64(b.size) * bundleOf / (bundleOf - 1)
		}
	}
	return cells
}
