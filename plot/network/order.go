package network

import (
	"cmp"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// rounds are the sweeps that look for an order with fewer crossings.
const rounds = 24

// restarts is how often the order is looked for from another start, in graphs of few nodes.
const restarts = 12

// order puts each layer in an order of few crossings: nodes go to the mean place of their neighbours
// in the layer before, down and up in turn, and neighbours change places where that is better. The
// best order seen from any start is kept.
func (g *layered) order() {
	best, least := g.copied(), g.crossings()
	key := rng.New(0).Named("layers")
	for start := 0; least > 0 && start < restarts && start*len(g.layer) < 2000; start++ {
		if start > 0 {
			r := key.At(uint64(start)).Rand()
			for _, l := range g.layers {
				r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
			}
		}
		for round := 0; least > 0 && round < rounds; round++ {
			g.sweep(round%2 == 0)
			if c := g.crossings(); c < least {
				best, least = g.copied(), c
			}
		}
	}
	g.layers = best
}

// sweep orders the layers one after the other.
func (g *layered) sweep(down bool) {
	for k := 1; k < len(g.layers); k++ {
		if down {
			g.sort(k, g.up)
		} else {
			g.sort(len(g.layers)-1-k, g.down)
		}
	}
	g.exchange()
}

func (g *layered) copied() [][]int {
	out := make([][]int, len(g.layers))
	for k, l := range g.layers {
		out[k] = slices.Clone(l)
	}
	return out
}

// places are those of the nodes in their layers.
func (g *layered) places() []int {
	at := make([]int, len(g.layer))
	for _, l := range g.layers {
		for i, v := range l {
			at[v] = i
		}
	}
	return at
}

// sort orders a layer by the mean places of neighbours; a node without any stays where it is.
func (g *layered) sort(k int, near [][]int) {
	at, mean := g.places(), map[int]float64{}
	for i, v := range g.layers[k] {
		mean[v] = float64(i)
		if len(near[v]) > 0 {
			sum := 0
			for _, u := range near[v] {
				sum += at[u]
			}
			mean[v] = float64(sum) / float64(len(near[v]))
		}
	}
	slices.SortStableFunc(g.layers[k], func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
}

// exchange swaps neighbours in a layer as long as edges cross less often.
func (g *layered) exchange() {
	at := g.places()
	for better, tries := true, 0; better && tries < rounds; tries++ {
		better = false
		for _, l := range g.layers {
			for i := range len(l) - 1 {
				a, b := l[i], l[i+1]
				now := pairCrossings(g.up[a], g.up[b], at) + pairCrossings(g.down[a], g.down[b], at)
				if then := pairCrossings(g.up[b], g.up[a], at) + pairCrossings(g.down[b], g.down[a], at); then < now {
					l[i], l[i+1], at[a], at[b] = b, a, i+1, i
					better = true
				}
			}
		}
	}
}

// pairCrossings are those between the edges of a node and of one to its right.
func pairCrossings(left, right, at []int) (n int) {
	for _, u := range left {
		for _, v := range right {
			if at[u] > at[v] {
				n++
			}
		}
	}
	return n
}

// crossings are those of all edges.
func (g *layered) crossings() (n int) {
	at := g.places()
	for _, l := range g.layers {
		for i, a := range l {
			for _, b := range l[i+1:] {
				n += pairCrossings(g.down[a], g.down[b], at)
			}
		}
	}
	return n
}
