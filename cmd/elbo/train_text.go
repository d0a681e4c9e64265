package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// introduce says what is about to be trained, on what and judged by what.
func (t *trainCommand) introduce(ctx context.Context, c train.Config, s *data.Splits, dir string) error {
	net, err := c.NewNetwork(train.FactsOf(s.Train))
	if err != nil {
		return err
	}
	if t.quiet {
		return nil
	}
	// One datum makes the network take shape, so that its parameters can be counted.
	if _, err := net.Evaluator(vi.Estimator{Samples: 1}).Record(ctx, make([]float32, net.Width()), rng.New(0), 1); err != nil {
		return err
	}
	t.field("data", "%s: %s training, %s validation, %s test rows of %s, %s", s.Train.Name, text.Thousands(s.Train.Len()),
		text.Thousands(s.Valid.Len()), text.Thousands(s.Test.Len()), text.Shape(s.Train.Shape), pixels(c, s.Train))
	if err := t.columns(c, s.Train); err != nil {
		return err
	}
	t.field("model", "%s, %slatent %d%s, likelihood %s, %s parameters", c.Model, netText(net.Config), c.Latent, posteriorText(c), c.Likelihood, text.Thousands(net.Params.Count()))
	t.field("backend", "%s: %s", c.Backend, net.Params.Backend().Description())
	if net.Can()["bound"] {
		t.field("bound", "ELBO = reconstruction - KL in nats: sum over dimensions, mean over data; larger is better")
		if o := c.Maximized(); o != "" {
			t.field("objective", "%s, maximised by training and by the best epoch; the figures printed are of the ELBO", o)
		}
		t.field("β", "%s", betaText(c, s.Train.Len()))
		if text := remedyText(c); text != "" {
			t.field("collapse", "%s", text)
		}
	}
	t.field("best epoch", "%s", bestText(c, net.Kind()))
	t.field("run", "%s", dir)
	if lik, err := vae.LikelihoodOf(c.Likelihood); err == nil && lik.Binary && c.Binarize == string(data.BinarizeNone) && !data.IsBinary(s.Train.X) {
		t.screen.println("note: the targets are grey under a " + c.Likelihood + " likelihood: the figures are cross-entropies, not log-likelihoods; --binarize dynamic gives the latter")
	}
	return nil
}

// netText says which network a model has and how wide it is.
func netText(c vae.Config) string {
	hidden := ""
	if c.HasLayers() {
		hidden = "hidden " + (*widths)(&c.Hidden).String() + ", "
	}
	for _, n := range vae.Nets() {
		if n.Name == c.Net && n.Images {
			if c.Depth > 0 {
				hidden = fmt.Sprintf("depth %d, %s", c.Depth, hidden)
			}
			return "net " + n.Name + ", channels " + (*widths)(&c.Channels).String() + ", " + hidden
		}
	}
	return hidden
}

// posteriorText says by how many maps the guide is bent, if it is, and what prior is learned.
func posteriorText(c train.Config) (out string) {
	if c.Posterior != "" && c.Posterior != "normal" {
		out = fmt.Sprintf(", posterior %s of %d steps", c.Posterior, c.FlowSteps)
	}
	if c.Prior != "" && c.Prior != "normal" {
		out += ", prior " + c.Prior
	}
	return out
}

// remedyText says what training does against posterior collapse, apart from what becomes of β.
func remedyText(c train.Config) string {
	var out []string
	add := func(on bool, format string, args ...any) {
		if on {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(c.FreeBits > 0 && c.FreeBitsGroup <= 1, "%v nats free in every latent dimension", c.FreeBits)
	add(c.FreeBits > 0 && c.FreeBitsGroup > 1, "%v nats free in every %d latent dimensions", c.FreeBits, c.FreeBitsGroup)
	add(c.MinRate > 0, "at least %v nats in every latent dimension", c.MinRate)
	add(c.MeanScale > 0, "means of a deviation of %v", c.MeanScale)
	add(c.Skip, "the code in every layer of the decoder")
	add(c.Aggressive, "the encoder ahead of the decoder while its code tells more with every epoch")
	return strings.Join(out, "; ")
}

// columns prints the types and the missing cells of a table that is a file.
func (t *trainCommand) columns(c train.Config, s *data.Set) error {
	info, err := os.Stat(c.Data)
	if len(s.Columns) == 0 || err != nil || info.IsDir() {
		return nil
	}
	rep, err := readReport(c)
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(rep.String()), "\n") {
		t.screen.println("           " + line)
	}
	return nil
}

// pixels says what happens to the values of a row.
func pixels(c train.Config, s *data.Set) string {
	if len(s.Columns) > 0 {
		return "columns standardised by the training rows"
	}
	return map[string]string{
		"none":      "values as they are",
		"dynamic":   "binarised afresh every step (dynamic)",
		"static":    "binarised once (static)",
		"threshold": "binarised at 1/2 (threshold)",
	}[c.Binarize]
}

// betaText says what β does over a run on n rows.
func betaText(c train.Config, n int) string {
	steps := int64(c.Epochs) * int64((n+c.Batch-1)/c.Batch)
	if c.Capacity > 0 {
		return fmt.Sprintf("none: %v nats a nat of the KL term above or below a capacity of %v nats, which rises from 0 over the first %s of %s steps",
			c.CapacityWeight, c.Capacity, text.Thousands(int(c.CapacityWarmup*float64(steps)+.5)), text.Thousands(int(steps)))
	}
	switch c.BetaSchedule {
	case "constant":
		return fmt.Sprintf("%v throughout", c.Beta)
	case "cyclical":
		return fmt.Sprintf("cyclical: %d times from 0 to %v over %s steps, each time rising for half a cycle", c.BetaCycles, c.Beta, text.Thousands(int(steps)))
	}
	return fmt.Sprintf("%s: from 0 to %v over the first %s of %s steps", c.BetaSchedule, c.Beta, text.Thousands(int(c.BetaWarmup*float64(steps)+.5)), text.Thousands(int(steps)))
}

// bestText says which epoch is the best and what early stopping watches.
func bestText(c train.Config, kind string) string {
	if spec, _ := vae.Lookup(c.Model); spec.Unranked {
		return "the last: what the model reports does not rank its epochs"
	}
	text := "highest validation " + cmp.Or(c.Maximized(), kind)
	if kind == vi.KindELBO {
		text += " at β = 1"
		if c.BetaSchedule != "constant" {
			text += fmt.Sprintf(", of those that end with β at %v", c.Beta)
		}
	}
	if c.Patience > 0 {
		return text + fmt.Sprintf("; stops after %d epochs without a higher one", c.Patience)
	}
	return text + "; no early stopping (--patience)"
}

// conclude says what came out of a run.
func (t *trainCommand) conclude(run *train.Run, report string) {
	o := run.Outcome
	if o.Best != nil {
		t.field("best", "epoch %d of %d, validation %s %.2f", o.Best.Epoch, len(run.History), cmp.Or(run.Config.Maximized(), o.Test.Kind), o.Best.Bound)
	}
	t.field("test", "%s", o.Test)
	if o.ErrorRate != nil {
		t.field("classes", "%.2f %% of the test rows that have one get the wrong one", 100**o.ErrorRate)
	}
	if o.Telemetry.Latent > 0 {
		t.field("latent", "%d of %d units active, mutual information %s (at most %.2f can be seen), state: %s",
			o.Telemetry.ActiveUnits, o.Telemetry.Latent, o.Telemetry.Information(2), o.Telemetry.MutualInfoCap, o.Telemetry.Judgement())
	}
	for _, w := range o.Warnings {
		t.screen.warn(w.Name, w.Detail+"; "+w.Remedy)
	}
	if report != "" {
		t.field("report", "%s", report)
	}
	t.field("next", "elbo eval %s", quoted(run.Dir))
}
