package main

import (
	"fmt"
	"io"
	"strings"
)

// print prints an evaluation for people; brief leaves all but the bound.
func (e *evaluation) print(w io.Writer, brief bool) error {
	if brief {
		_, err := fmt.Fprintln(w, e.Test)
		return err
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	t := e.Test
	line("%s: %s on %s, %s checkpoint (epoch %d), likelihood %s", e.Run, e.Model, e.Data, e.Checkpoint, e.Epoch, e.Likelihood)
	line("%s", t.String())
	if e.Telemetry == nil {
		line("−reconstruction %.4f, standard error %.4f over data", -t.Reconstruction, t.DataStdErr)
	} else {
		mc := fmt.Sprintf("%.4f Monte-Carlo", t.StdErr)
		if t.Samples < 2 {
			mc = "unknown Monte-Carlo (one draw; --samples 2 tells)"
		}
		line("−ELBO %.4f, standard error %s, %.4f over data", -t.Bound, mc, t.DataStdErr)
	}
	if e.ErrorRate != nil {
		line("classes: %.2f %% of the test rows get the wrong one", 100**e.ErrorRate)
	}
	line("measure: %s", e.Measure)
	if c := e.Telemetry; c != nil {
		line("%s", strings.Join(byDimension(t.KLPerDim, c.Sensitivity), "\n"))
		line("active units %d of %d, rate %.3f nats, shuffled gap %.3f nats, state %s", c.ActiveUnits, c.Latent, c.Rate, t.ShuffledGap, c.Judgement())
		near := ""
		if c.MutualInfo > c.MutualInfoCap-.5 {
			near = "; it is at its cap, so the true value may be larger"
		}
		line("mutual information %s (the estimate cannot exceed ln N = %.3f%s), KL of the aggregate posterior %.3f", c.Information(3), c.MutualInfoCap, near, c.MarginalKL)
		if m := c.MMD; m != nil {
			line("MMD² of the aggregate posterior and the prior %.4f from %d draws of each, noise %.4f where they are the same", m.Squared, m.Draws, m.Noise)
		}
	} else if e.Sensitivity != nil {
		line("%s", strings.Join(byDimension(nil, e.Sensitivity), "\n"))
	}
	if e.Codes != nil {
		line("%s", strings.Join(e.Codes.lines(), "\n"))
	}
	if n := e.NLL; n != nil {
		line("−ln p(x) %.4f by importance sampling, K = %d exactly, over %s", n.NLL, n.K, e.NLLNote)
		line("  standard error %.4f Monte-Carlo, %.4f over data; effective sample size %.1f mean, %.1f least", n.StdErr, n.DataStdErr, n.ESS, n.MinESS)
		line("  the expectation of this figure is at least −ln p(x), and comes closer to it as K grows")
		line("  −ELBO on the same rows %.4f, %.3f nats above", -e.SameRows.Bound, -e.SameRows.Bound-n.NLL)
	} else {
		line("%s", e.NLLNote)
	}
	if a := e.AIS; a != nil {
		line("−ln p(x) %.4f by annealed importance sampling from the prior, %d chains, over the same rows", a.NLL, a.K)
		line("  standard error %.4f Monte-Carlo, %.4f over data; effective sample size %.1f mean, %.1f least", a.StdErr, a.DataStdErr, a.ESS, a.MinESS)
	}
	for _, c := range e.Checks {
		line("%-6s %s: %s", c.state(), c.Name, c.Detail)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// byDimension are lines of what is known of each latent dimension: the figures of a dimension stand in one
// column, where both are of as many dimensions.
func byDimension(kl, sensitivity []float64) []string {
	a, b := fixed(kl), fixed(sensitivity)
	if len(kl) == len(sensitivity) {
		x, y := strings.Fields(a), strings.Fields(b)
		for i := range x {
			w := max(len(x[i]), len(y[i]))
			x[i], y[i] = fmt.Sprintf("%*s", w, x[i]), fmt.Sprintf("%*s", w, y[i])
		}
		a, b = strings.Join(x, " "), strings.Join(y, " ")
	}
	var lines []string
	if kl != nil && sensitivity != nil {
		return append(lines, "KL by dimension:          "+a, "sensitivity by dimension: "+b)
	}
	if kl != nil {
		lines = append(lines, "KL by dimension: "+a)
	}
	if sensitivity != nil {
		lines = append(lines, "sensitivity by dimension: "+b)
	}
	return lines
}

// fixed prints numbers with three decimals.
func fixed(v []float64) string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = fmt.Sprintf("%.3f", x)
	}
	return strings.Join(out, " ")
}
