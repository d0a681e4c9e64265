package labels

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/vae"
)

// completed is a distribution of rows of which a part is seen: their density is that of the rest, their
// mean is what is seen and the mean of the rest.
type completed struct {
	dist.Distribution
	m    completion
	part *g.Node // B×D
}

// LogProb implements [dist.Distribution].
func (d completed) LogProb(x *g.Node) *g.Node {
	l := d.Distribution.LogProb(x)
	return g.Mul(l, g.OneMinus(g.BroadcastToDims(d.m.mask(l), l.Shape().Dimensions...)))
}

// Mean implements [dist.Distribution].
func (d completed) Mean() *g.Node {
	mean := d.Distribution.Mean()
	return g.Add(g.Sub(mean, d.m.part(mean)), d.part)
}

// observed marks the values of the part that is seen: the left or top half, or the lower left quarter as
// in Sohn et al. 2015, of an image.
func observed(c vae.Config, part string) []float64 {
	h, w, channels, ok := c.NetConfig().Image()
	if !ok { // the first columns of a table
		h, w, channels = 1, c.Dim, 1
	}
	out := make([]float64, c.Dim)
	for i := range out {
		row, col := i/channels/w, i/channels%w
		left := col < (w+1)/2
		if !ok && part == "quarter" {
			left = col < (w+3)/4
		}
		hit := map[string]bool{"left": left, "top": ok && row < (h+1)/2 || !ok && left, "quarter": left && row >= h/2}[part]
		if hit {
			out[i] = 1
		}
	}
	return out
}
