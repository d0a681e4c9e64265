package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MLP returns x through dense layers "hidden0", "hidden1", … of the given widths, each
// followed by max(·, 0).
func MLP(s *model.Scope, x *g.Node, widths []int) *g.Node {
	for i, width := range widths {
		x = ReLU(Dense(s.In(fmt.Sprintf("hidden%d", i)), x, width))
	}
	return x
}
