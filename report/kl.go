package report

import (
	"context"
	"io"

	"github.com/elbo-go/elbo/plot"
)

func hasKL(s *scene) bool {
	return s.can["bound"] && s.klByDim() != nil && hasCodes(s)
}

// hasSensitivity asks for the sensitivity of a code without a KL divergence to show it beside.
func hasSensitivity(s *scene) bool {
	return !hasKL(s) && s.sensitivity() != nil && hasCodes(s)
}

// sensitivity is that of the decoder by latent dimension; nil where it was not measured.
func (s *scene) sensitivity() []float64 {
	if v := s.Telemetry.Sensitivity; len(v) == s.latent {
		return v
	}
	return nil
}

// sensitivityText says what the bars of the sensitivity are.
const sensitivityText = "Sensitivity is how far the decoded row moves in all its values together, ‖∂x̂/∂z‖, by a unit of the dimension, " +
	"mean over a few test rows: near 0 the decoder ignores it."

// drawKL draws the KL of each latent dimension, and the sensitivity of the decoder below it.
func drawKL(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	caption := "Nats that each dimension carries about a test row, mean over data. A dimension is active if its posterior mean " +
		"varies with the data (variance above 0.01); the others stay at the prior and could be left out. If nearly all are active and the " +
		"smallest bars are still high, a larger latent size may help."
	v := s.sensitivity()
	if v == nil {
		return caption, plot.KLBars(w, s.klByDim(), s.active(), title)
	}
	return caption + " " + sensitivityText, plot.DimensionBars(w, []plot.Measure{{Label: "KL (nats)", Values: s.klByDim()},
		{Label: "sensitivity, by a unit of the dimension", Values: v}}, s.active(), title)
}

// drawSensitivity draws the sensitivity of the decoder to each dimension of a code.
func drawSensitivity(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	return sensitivityText + " Codes without a prior have units of their own, so that a dimension of small values may have a large one.",
		plot.DimensionBars(w, []plot.Measure{{Label: "sensitivity, by a unit of the dimension", Values: s.sensitivity()}}, s.active(), title)
}
