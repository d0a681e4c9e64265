package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Embedding returns the rows of a table that whole numbers name, …×width for ids of shape …
// in [0, vocabulary). The table is the parameter "weight", vocabulary×width, N(0, 1) at the
// start.
func Embedding(s *model.Scope, ids *g.Node, vocabulary, width int) *g.Node {
	mustBePositive("Embedding", "size", vocabulary, width)
	if !ids.DType().IsInt() {
		panic(fmt.Errorf("nn: Embedding: ids: got %s, want whole numbers", ids.DType()))
	}
	return g.Gather(s.Param("weight", model.Gaussian(1), vocabulary, width), g.ExpandAxes(ids, -1))
}
