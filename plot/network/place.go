package network

// Lengths in the picture, in pixels.
const (
	nodeGap  = 26. // between nodes of a layer
	bendGap  = 12. // beside a bend
	layerGap = 52. // between layers
	straight = 8.  // a bend pulls its neighbours so many times as hard as a node does
)

// place gives nodes their coordinates: the y of a layer is that of its centre, and the x minimise
// Σ weight (x_u − x_v)² over the edges to the layer above, then to that below, layer by layer, while
// neighbours keep their distance.
func (g *layered) place(boxes []box) {
	g.x, g.y, g.half = make([]float64, len(g.layer)), make([]float64, len(g.layer)), make([]float64, len(g.layer))
	top := 0.
	for _, l := range g.layers {
		tall := 0.
		for _, v := range l {
			if v < g.nodes {
				tall, g.half[v] = max(tall, boxes[v].h), boxes[v].w/2
			}
		}
		at := 0.
		for i, v := range l {
			if i > 0 {
				at += g.apart(l[i-1], v)
			}
			g.x[v], g.y[v] = at, top+tall/2
		}
		g.top, g.bottom = append(g.top, top), append(g.bottom, top+tall)
		top += tall + layerGap
	}
	for round := range 2 * rounds {
		for k := range g.layers {
			if round%2 == 0 {
				g.pull(g.layers[k], g.up, g.down)
			} else {
				g.pull(g.layers[len(g.layers)-1-k], g.down, g.up)
			}
		}
	}
}

// apart is the least distance of the centres of neighbours.
func (g *layered) apart(left, right int) float64 {
	gap := nodeGap
	if left >= g.nodes || right >= g.nodes {
		gap = bendGap
	}
	return g.half[left] + g.half[right] + gap
}

// pull moves a layer to where its edges to one side want it, and those to the other side where a
// node has none.
func (g *layered) pull(layer []int, side, other [][]int) {
	want, weight, offset := make([]float64, len(layer)), make([]float64, len(layer)), make([]float64, len(layer))
	for i, v := range layer {
		if i > 0 {
			offset[i] = offset[i-1] + g.apart(layer[i-1], v)
		}
		near := side[v]
		if len(near) == 0 {
			near = other[v]
		}
		sum := 0.
		for _, u := range near {
			w := 1.
			if u >= g.nodes || v >= g.nodes {
				w = straight
			}
			sum, weight[i] = sum+w*g.x[u], weight[i]+w
		}
		if weight[i] == 0 { // no edges: stays, but gives way
			sum, weight[i] = 1e-3*g.x[v], 1e-3
		}
		want[i] = sum/weight[i] - offset[i]
	}
	for i, x := range monotone(want, weight) {
		g.x[layer[i]] = x + offset[i]
	}
}

// monotone is the sequence that never falls and is nearest to ys by weighted squares: neighbours
// that would fall are pooled to their mean (Ayer et al. 1955).
func monotone(ys, weights []float64) []float64 {
	type pool struct {
		mean, weight float64
		count        int
	}
	var pools []pool
	for i, y := range ys {
		p := pool{y, weights[i], 1}
		for n := len(pools) - 1; n >= 0 && pools[n].mean > p.mean; n-- {
			q := pools[n]
			w := p.weight + q.weight
			p = pool{(p.mean*p.weight + q.mean*q.weight) / w, w, p.count + q.count}
			pools = pools[:n]
		}
		pools = append(pools, p)
	}
	out := make([]float64, 0, len(ys))
	for _, p := range pools {
		for range p.count {
			out = append(out, p.mean)
		}
	}
	return out
}
