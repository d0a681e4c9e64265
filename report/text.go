package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// kindOf is the kind of the first record that states one.
func kindOf(records ...vi.Record) string {
	for _, r := range records {
		if r.Kind != "" {
			return r.Kind
		}
	}
	return vi.KindELBO
}

// count prints "1 epoch", "2,000 epochs".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return text.Thousands(n) + " " + what
}

// number prints a value with a true minus.
func number(v float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', digits, 64), "-", "−", 1)
}

// datum is the noun for one row.
func (s *scene) datum() string {
	if s.isImage() {
		return "test image"
	}
	return "test row"
}

// gray tells whether the bound is a cross-entropy: the likelihood is one of 0 and 1, and the
// data are not.
func (s *scene) gray() bool {
	l, err := vae.LikelihoodOf(s.Net.Config.Likelihood)
	return err == nil && l.Binary && !data.IsBinary(s.values())
}

// lossName names minus the bound.
func (s *scene) lossName() string {
	if s.can["bound"] || s.indexed() {
		return "−" + kindOf(s.Record)
	}
	return "−ln p(x|z)"
}

// verdict says in plain language what came of the run.
func (s *scene) verdict() string {
	if s.Record.N == 0 {
		return "Not evaluated on test data."
	}
	parts := []string{fmt.Sprintf("%s %s nats on %s", s.lossName(), number(-s.Record.Bound, 1), count(s.Record.N, s.datum()))}
	if s.NLL != nil && s.NLL.N > 0 {
		parts = append(parts, fmt.Sprintf("−ln p(x) about %s from %s a row", number(s.NLL.NLL, 1), count(s.NLL.K, "importance weight")))
	}
	if s.ErrorRate != nil {
		parts = append(parts, fmt.Sprintf("%s %% of the classes are found wrong", number(100**s.ErrorRate, 2)))
	}
	if s.Telemetry.Latent > 0 && s.can["bound"] {
		parts = append(parts, fmt.Sprintf("%d of %d latent dimensions in use", s.Telemetry.ActiveUnits, s.Telemetry.Latent))
	}
	out := strings.Join(parts, ", ") + "."
	if s.Telemetry.State == vi.Collapsed && s.can["bound"] {
		out += " The posterior has collapsed: the decoder hardly uses the code."
	}
	if s.indexed() {
		out += s.codeVerdict()
	} else if !s.can["bound"] {
		out += " This model has no prior, so the figure is a reconstruction error and no bound on ln p(x)."
	}
	if s.gray() {
		out += " The data have grey values, so the figure is a cross-entropy and not a log-likelihood: do not compare it with published ones."
	}
	return out
}

// keyFigures lists what was measured, most important first.
func (s *scene) keyFigures() []plot.KeyFigure {
	return slices.Concat(s.classFigures(), s.boundFigures(), s.evidenceFigures(), s.codeFigures(), s.runFigures())
}

// boundFigures are the bound and its terms.
func (s *scene) boundFigures() []plot.KeyFigure {
	r := s.Record
	if r.N == 0 {
		return nil
	}
	note := fmt.Sprintf("sum over %s, mean over %s; standard error %s over data", count(s.dim, "dimension"), count(r.N, s.datum()), number(r.DataStdErr, 2))
	if s.can["bound"] {
		if r.StdErr > 0 { // one draw a row leaves it unknown
			note += fmt.Sprintf(", %s Monte Carlo", number(r.StdErr, 2))
		}
		note += fmt.Sprintf("; %s of z a row; at β = 1", count(r.Samples, "draw"))
		if n := len(s.History); n > 0 && s.History[n-1].Valid.Objective != "" {
			note += "; training maximised " + s.History[n-1].Valid.Objective
		}
	}
	out := []plot.KeyFigure{{Name: s.lossName() + ", test", Value: number(-r.Bound, 2), Unit: "nats", Note: note}}
	if l, err := vae.LikelihoodOf(s.Net.Config.Likelihood); err == nil && l.Support == vae.Levels {
		out = append(out, plot.KeyFigure{Name: "The same per value", Value: number(-r.Bound/float64(s.dim)/math.Ln2, 3), Unit: "bits per dimension",
			Note: "of 256 levels; 8 is no compression"})
	}
	if s.indexed() {
		return append(out, s.rateFigures()...)
	}
	if !s.can["bound"] {
		return out
	}
	return append(out,
		plot.KeyFigure{Name: "−Reconstruction", Value: number(-r.Reconstruction, 2), Unit: "nats", Note: "−E ln p(x|z), z from q(z|x)"},
		plot.KeyFigure{Name: "KL", Value: number(r.KL, 2), Unit: "nats", Note: "from q(z|x) to the prior, sum over " + count(s.latent, "latent dimension")})
}

// evidenceFigures are those of the importance-sampled evidence.
func (s *scene) evidenceFigures() []plot.KeyFigure {
	if s.NLL == nil || s.NLL.N == 0 {
		return nil
	}
	return []plot.KeyFigure{{Name: "−ln p(x), test", Value: number(s.NLL.NLL, 2), Unit: "nats", Note: fmt.Sprintf(
		"importance sampling with exactly %s on %s; standard error %s over data, %s Monte Carlo; effective sample size %s on average, %s at worst",
		count(s.NLL.K, "weight"), count(s.NLL.N, s.datum()), number(s.NLL.DataStdErr, 2), number(s.NLL.StdErr, 2), number(s.NLL.ESS, 0), number(s.NLL.MinESS, 1))}}
}

// codeFigures say what the code is used for.
func (s *scene) codeFigures() []plot.KeyFigure {
	if s.indexed() {
		return s.codebookFigures()
	}
	t := s.Telemetry
	if t.Latent == 0 || !s.can["bound"] {
		return nil
	}
	information := number(t.MutualInfo, 2)
	if t.MutualInfo < 0 {
		information = "about 0 (estimate " + information + ", which is noise)"
	}
	out := []plot.KeyFigure{
		{Name: "Latent dimensions in use", Value: strconv.Itoa(t.ActiveUnits), Unit: fmt.Sprintf("of %d", t.Latent), Note: "variance over data of the posterior mean above 0.01; the code is " + t.Judgement()},
		{Name: "Mutual information of x and z", Value: information, Unit: "nats", Note: fmt.Sprintf("an estimate that cannot exceed %s, ln of its number of rows", number(t.MutualInfoCap, 2))},
		{Name: "Codes of other data cost", Value: number(t.ShuffledGap, 2), Unit: "nats", Note: "fall of the bound when z comes from another row; near 0 the decoder ignores the code"},
	}
	if m := t.MMD; m != nil {
		note := "more than chance: codes from the prior are not like those of the data"
		if !m.Distinct() {
			note = "near enough to be the same: chance alone gives up to three times its noise"
		}
		out = append(out, plot.KeyFigure{Name: "MMD² of all codes and the prior", Value: number(m.Squared, 4),
			Note: fmt.Sprintf("%s of each, noise ±%s; %s", count(m.Draws, "draw"), number(m.Noise, 4), note)})
	}
	return out
}

// runFigures describe the conditions that the figures above hold under.
func (s *scene) runFigures() []plot.KeyFigure {
	var out []plot.KeyFigure
	if s.Binarization != "" {
		out = append(out, plot.KeyFigure{Name: "Binarisation", Value: s.Binarization, Note: "likelihoods under different ones cannot be compared"})
	}
	if len(s.History) == 0 {
		return out
	}
	last := s.History[len(s.History)-1]
	if s.can["bound"] {
		out = append(out, plot.KeyFigure{Name: "β at the end", Value: signed4(last.Beta), Note: "weight of the KL in the training objective; every figure here is at β = 1"})
	}
	if best := bestEpoch(s.History); best >= 0 {
		e := s.History[best]
		out = append(out, plot.KeyFigure{Name: "Best epoch", Value: strconv.Itoa(e.Epoch), Unit: fmt.Sprintf("of %d", last.Epoch),
			Note: fmt.Sprintf("by the %s, there %s nats", s.Metric, number(e.Valid.Maximized(), 2))})
	}
	if speed := medianSpeed(s.History); speed > 0 {
		out = append(out, plot.KeyFigure{Name: "Training speed", Value: text.Thousands(int(math.Round(speed))), Unit: "examples/s", Note: "median over epochs"})
	}
	return out
}

// signed4 prints up to four significant digits.
func signed4(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'g', 4, 64), "-", "−", 1)
}

// bestEpoch is the index of the epoch with the largest validation bound, of those that training
// maximises, or −1.
func bestEpoch(h []vi.Epoch) int {
	best := -1
	for i, e := range h {
		bound := e.Valid.Maximized()
		if e.Valid.N > 0 && !math.IsNaN(bound) && (best < 0 || bound > h[best].Valid.Maximized()) {
			best = i
		}
	}
	return best
}

// medianSpeed is the median of the epochs' speeds, which a pause of the machine does not move.
func medianSpeed(h []vi.Epoch) float64 {
	v := make([]float64, len(h))
	for i, e := range h {
		v[i] = e.ExamplesPerSecond
	}
	slices.SortFunc(v, cmp.Compare[float64])
	if m := v[len(v)/2]; !math.IsInf(m, 0) {
		return m
	}
	return 0
}
