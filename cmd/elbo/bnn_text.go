package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/supervised"
)

// introduce says what is about to be fitted, to what and how it will be judged.
func (t *bnnCommand) introduce(c supervised.Config, tab *supervised.Table, dir string) {
	s := tab.Splits
	t.field("data", "%s: %s training, %s validation, %s test rows of %s", s.Train.Name, text.Thousands(s.Train.Len()),
		text.Thousands(s.Valid.Len()), text.Thousands(s.Test.Len()), text.Shape(s.Train.Shape))
	target := tab.Target + ", a number"
	if tab.Classes != nil {
		target = fmt.Sprintf("%s, one of %d classes: %s", tab.Target, len(tab.Classes), some(tab.Classes))
	}
	t.field("target", "%s", target)
	if len(s.Train.Columns) > 0 {
		var names []string
		for _, c := range s.Train.Columns {
			names = append(names, c.Name)
		}
		t.field("columns", "%s; standardised by the training rows", some(names))
	}
	t.field("model", "%s, method %s, head %s, hidden %s, prior %s of deviation %v", c.Model, c.Method, c.Head, (*widths)(&c.Hidden), c.Prior, c.PriorSD)
	t.field("steps", "%s epochs, %s rows a step", text.Thousands(c.Epochs), text.Thousands(c.Batch))
	t.field("loss", "−ln p(y|x, w) plus the cost of the weights, nats a row of the standardised target; smaller is better")
	t.field("run", "%s", dir)
	for _, n := range tab.Notes {
		t.screen.println("note: " + n)
	}
}

// some lists names, not more than a line holds.
func some(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// lines is the number of lines that a phase of a fit prints above the live line, and patience the
// longest that nothing is printed where there is none.
const (
	lines    = 10
	patience = 30 * time.Second
)

// fitting shows where a fit stands: the live line, and now and then a finished one.
func (s *screen) fitting(p bnn.Progress) {
	if s.seen == 0 || p.Epoch == 1 {
		s.began, s.first = time.Now(), int64(p.Epoch)
		if !s.live {
			s.last = s.began
		}
	}
	s.seen++
	pieces := []piece{
		{p.Phase, 8},
		{fmt.Sprintf("epoch %d/%d", p.Epoch, p.Epochs), 9},
		{bar(int64(p.Epoch), int64(p.Epochs)), 1},
		{"ETA " + s.left(int64(p.Epoch), int64(p.Epochs)), 5},
		{fmt.Sprintf("loss %.4f", p.Loss), 7},
		{fmt.Sprintf("log-likelihood %.4f", p.LogLik), 4},
		{fmt.Sprintf("weights %.4f", p.Penalty), 3},
	}
	silent := !s.live && time.Since(s.last) > patience
	if p.Epoch == p.Epochs || p.Epoch*lines/p.Epochs > (p.Epoch-1)*lines/p.Epochs || silent {
		done := append(append([]piece(nil), pieces[:2]...), pieces[4:]...)
		columns := 1 << 20
		if s.live {
			columns = s.width() - 1
		}
		s.println(fit(done, columns))
		s.last = time.Now()
		return
	}
	s.draw(pieces)
}

// conclude says what came out of a run.
func (t *bnnCommand) conclude(run *supervised.Run, report string) {
	printOutcome(run.Outcome, t.field)
	for _, w := range run.Outcome.Warnings {
		name, detail, ok := strings.Cut(w, ": ")
		if !ok {
			name, detail = "data", w
		}
		t.screen.warn(name, detail)
	}
	if report != "" {
		t.field("report", "%s", report)
	}
	t.field("next", "elbo predict %s --in FILE", quoted(run.Dir))
}

// printOutcome prints the figures of test rows as named lines.
func printOutcome(o supervised.Outcome, field func(name, format string, args ...any)) {
	if n := o.Numbers; n != nil {
		mean := ""
		if n.MeanRMSE > 0 {
			mean = fmt.Sprintf(" (%.4g of the training rows' mean)", n.MeanRMSE)
		}
		field("test", "RMSE %.4g%s, MAE %.4g, CRPS %.4g, log-likelihood %.4f ± %.4f nats, of %d rows",
			n.RMSE, mean, n.MAE, n.CRPS, n.LogLik, n.LogLikStdErr, o.Rows)
		for _, c := range n.Coverage {
			scaled := "not scaled: " + c.Note
			if c.Conformal != nil {
				scaled = fmt.Sprintf("scaled by the validation rows %.1f %%, width %.4g", 100*c.Conformal.Share, c.Conformal.Width)
			}
			p := c.Predicted
			field("coverage", "%2.0f %%: %.1f %% of the intervals (%.1f to %.1f at 95 %%), width %.4g; %s", 100*c.Level, 100*p.Share, 100*p.Lo, 100*p.Hi, p.Width, scaled)
		}
	}
	if c := o.Classes; c != nil {
		frequent := ""
		if c.MeanError > 0 {
			frequent = fmt.Sprintf(" (%.2f %% of the most frequent class)", 100*c.MeanError)
		}
		field("test", "error %.2f %%%s, NLL %.4f nats, Brier %.4f, ECE %.4f, of %d rows", 100*c.Error, frequent, c.NLL, c.Brier, c.ECE, o.Rows)
		field("tempered", "at temperature %.3f of the validation rows: NLL %.4f nats, Brier %.4f, ECE %.4f", c.Temperature, c.NLLAfter, c.BrierAfter, c.ECEAfter)
		field("doubt", "entropy %.4f nats a row, of which more data would take away %.4f", c.Entropy, c.Information)
	}
}

// fieldsTo returns a printer of named lines.
func fieldsTo(w io.Writer) func(name, format string, args ...any) {
	return func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-11s"+format+"\n", append([]any{name}, args...)...)
	}
}
