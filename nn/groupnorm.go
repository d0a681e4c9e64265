package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// GroupNorm returns x, B×H×W×C, normalised as by [LayerNorm] with mean and variance over the
// positions and channels of each of the groups of C/groups channels of a datum (Wu & He 2018).
// Its parameters are "gain" and "bias", of C values each.
func GroupNorm(s *model.Scope, x *g.Node, groups int) *g.Node {
	channels := channelsOf("GroupNorm", x)
	if groups < 1 || channels%groups != 0 {
		panic(fmt.Errorf("nn: GroupNorm: groups: got %d, want a divisor of %d channels", groups, channels))
	}
	d := x.Shape().Dimensions
	y := normalized(g.Reshape(x, d[0], d[1]*d[2], groups, channels/groups), 1, 3)
	return gained(s, g.Reshape(y, d...))
}
