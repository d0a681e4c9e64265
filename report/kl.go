package report

import (
	"context"
	"io"

	"github.com/elbo-go/elbo/plot"
)

func hasKL(s *scene) bool {
	return s.can["bound"] && s.klByDim() != nil && hasCodes(s)
}

// drawKL draws the KL of each latent dimension.
func drawKL(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	return "Nats that each dimension carries about a test row, mean over data. A dimension is active if its posterior mean " +
		"varies with the data (variance above 0.01); the others stay at the prior and could be left out. If nearly all are active and the " +
		"smallest bars are still high, a larger latent size may help.", plot.KLBars(w, s.klByDim(), s.active(), title)
}
