package regularised

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// pairs are the log-densities of the first draw of each row under the guides of all rows of the
// batch.
func pairs(b vae.Batch, q dist.Normal, p dist.Distribution, z *g.Node) vi.LogDensities {
	first := g.Squeeze(g.Slice(z, g.AxisElem(0)), 0) // B×L
	each := dist.Normal{Loc: g.ExpandAxes(q.Loc, 0), LogScale: g.ExpandAxes(q.LogScale, 0)}
	return vi.LogDensities{Pairs: each.LogProb(g.ExpandAxes(first, 1)), Prior: p.LogProb(first), N: b.N}
}
