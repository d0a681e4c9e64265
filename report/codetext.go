package report

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/plot"
)

// scarce is the share of values in use below which a codebook has collapsed.
const scarce = .2

// codeVerdict says what became of the codebooks.
func (s *scene) codeVerdict() string {
	c, err := s.codebook()
	if err != nil {
		return ""
	}
	out := fmt.Sprintf(" %.0f %% of the values of a code's numbers are in use.", 100*c.Usage)
	if c.Usage < scarce {
		out += " The codebook has collapsed: most of it could be left out."
	}
	if !s.Net.LearnsCodePrior() {
		out += " The prior is uniform: nothing was learned about which codes go together, so samples need not look like data."
	}
	return out
}

// rateFigures are the terms of the bound of a guide that is a point mass.
func (s *scene) rateFigures() []plot.KeyFigure {
	uniform := 0.
	for _, m := range s.Net.CodeMaps() {
		uniform += float64(m.Count()) * math.Log(float64(m.Values))
	}
	note := "ln K for each number of the code: a constant of the uniform prior, which says nothing about the model's health"
	if s.Net.LearnsCodePrior() {
		note = fmt.Sprintf("−ln p(z) of the code by the learned prior; a uniform one takes %s", number(uniform, 2))
	}
	return []plot.KeyFigure{
		{Name: "−Reconstruction", Value: number(-s.Record.Reconstruction, 2), Unit: "nats", Note: "−ln p(x|z) at the code of x"},
		{Name: "Rate of the code", Value: number(s.Record.KL, 2), Unit: "nats", Note: note},
	}
}

// codebookFigures say what the codebooks are used for.
func (s *scene) codebookFigures() []plot.KeyFigure {
	c, err := s.codebook()
	if err != nil {
		return nil
	}
	return []plot.KeyFigure{
		{Name: "Values in use", Value: number(100*c.Usage, 1), Unit: "%", Note: fmt.Sprintf("of %d a number of the code takes, over %s", c.Values, count(c.Rows, s.datum()))},
		{Name: "Perplexity of a number", Value: number(c.Perplexity, 1), Unit: fmt.Sprintf("of %d", c.Values), Note: "e to the entropy of their frequencies; a collapsed codebook has 1"},
		{Name: "Size of a code", Value: number(c.Bits, 0), Unit: "bits", Note: fmt.Sprintf("%s·log₂ %d; %s by the frequencies of the values, %s with a coder that learns them on the way",
			count(c.Numbers, "number"), c.Values, number(c.EntropyBits, 1), number(c.AdaptiveBits, 1))},
	}
}
