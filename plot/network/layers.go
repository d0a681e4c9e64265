package network

import "slices"

// layered is a graph whose nodes lie in layers and whose edges go from one layer to the next: an
// edge over several layers goes through a bend in each.
type layered struct {
	nodes  int     // those of the network; bends follow
	up     [][]int // neighbours in the layer above
	down   [][]int // and in that below
	layer  []int
	layers [][]int // by layer, from left to right
	paths  [][]int // of each edge of the network: parent, bends, child
	x, y   []float64
	half   []float64 // half of the width
	top    []float64 // upper and lower side of each layer
	bottom []float64
}

// depths are the numbers of edges on the longest way to each node, −1 of those on or below a cycle.
func depths(parents [][]int) []int {
	depth, waits, children := make([]int, len(parents)), make([]int, len(parents)), childrenOf(parents)
	var ready []int
	for v, ps := range parents {
		if depth[v] = -1; len(ps) == 0 {
			ready = append(ready, v)
		}
		waits[v] = len(ps)
	}
	for k := 0; k < len(ready); k++ {
		v := ready[k]
		depth[v] = 0
		for _, p := range parents[v] {
			depth[v] = max(depth[v], depth[p]+1)
		}
		for _, c := range children[v] {
			if waits[c]--; waits[c] == 0 {
				ready = append(ready, c)
			}
		}
	}
	return depth
}

func childrenOf(parents [][]int) [][]int {
	children := make([][]int, len(parents))
	for v, ps := range parents {
		for _, p := range ps {
			children[p] = append(children[p], v)
		}
	}
	return children
}

// shorten moves nodes between their parents and children to where their edges are short: up where
// there are more parents, down where there are more children.
func shorten(parents [][]int, depth []int) {
	children := childrenOf(parents)
	for moved := true; moved; {
		moved = false
		for v := range depth {
			to := depth[v]
			if len(children[v]) > len(parents[v]) {
				to = slices.Min(depthsOf(children[v], depth)) - 1
			} else if len(parents[v]) > len(children[v]) {
				to = slices.Max(depthsOf(parents[v], depth)) + 1
			}
			if to != depth[v] {
				depth[v], moved = to, true
			}
		}
	}
}

func depthsOf(vs, depth []int) []int {
	out := make([]int, len(vs))
	for i, v := range vs {
		out[i] = depth[v]
	}
	return out
}

// newLayered puts the nodes into layers and bends into long edges.
func newLayered(parents [][]int) *layered {
	depth := depths(parents)
	shorten(parents, depth)
	g := &layered{nodes: len(parents), layer: depth, up: make([][]int, len(parents)), down: make([][]int, len(parents))}
	for v, ps := range parents {
		for _, p := range ps {
			path := []int{p}
			for at := depth[p] + 1; at < depth[v]; at++ {
				path = append(path, len(g.layer))
				g.layer, g.up, g.down = append(g.layer, at), append(g.up, nil), append(g.down, nil)
			}
			path = append(path, v)
			for i, u := range path[1:] {
				g.down[path[i]], g.up[u] = append(g.down[path[i]], u), append(g.up[u], path[i])
			}
			g.paths = append(g.paths, path)
		}
	}
	least := slices.Min(g.layer)
	g.layers = make([][]int, slices.Max(g.layer)-least+1)
	for v := range g.layer {
		g.layer[v] -= least
		g.layers[g.layer[v]] = append(g.layers[g.layer[v]], v)
	}
	return g
}
