package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/train/supervised"
)

// supervisedEvaluation is what `elbo eval` reports of a run that predicts a target.
type supervisedEvaluation struct {
	Run    string `json:"run"`
	Model  string `json:"model"`
	Method string `json:"method"`
	Data   string `json:"data"`
	Target string `json:"target"`
	supervised.Outcome
	Checks []check `json:"checks,omitempty"`
}

// evalSupervised measures a run that predicts a target.
func (f *evalFlags) evalSupervised(cmd *cobra.Command, out io.Writer, dir string) error {
	var wrong []string
	takes := map[string]bool{"data": true, "data-dir": true, "json": true, "quiet": true, "verify": true, "backend-stats": true}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !takes[f.Name] {
			wrong = append(wrong, "--"+f.Name)
		}
	})
	if len(wrong) > 0 {
		return misusef("%s: is of runs that model rows, and %s predicts a target; leave it out", strings.Join(wrong, ", "), dir)
	}
	run, err := supervised.Load(dir)
	if err != nil {
		return err
	}
	f.relocate(run)
	if err := run.WithData(cmd.Context()); err != nil {
		return err
	}
	e, err := f.measure(cmd.Context(), run)
	if err != nil {
		return err
	}
	if f.json {
		err = indented(out, e)
	} else {
		err = e.print(out, f.quiet)
	}
	if err != nil {
		return err
	}
	return (&evaluation{Run: dir, Checks: e.Checks}).verdict()
}

// measure judges a run by its test rows.
func (f *evalFlags) measure(ctx context.Context, run *supervised.Run) (*supervisedEvaluation, error) {
	o, ps, err := run.Evaluate(ctx)
	if err != nil {
		return nil, err
	}
	c := run.Config
	e := &supervisedEvaluation{Run: run.Dir, Model: c.Model, Method: c.Method, Data: c.Data, Target: run.Info.Target, Outcome: o}
	if f.verify {
		e.Checks = []check{sameFigures(run, o), wholeForecasts(ps), wholeCheckpoints(run.Dir)}
	}
	return e, nil
}

// print prints an evaluation for people; brief leaves the main figure alone.
func (e *supervisedEvaluation) print(w io.Writer, brief bool) error {
	var b strings.Builder
	switch {
	case brief && e.Numbers != nil:
		fmt.Fprintf(&b, "RMSE %.6g, log-likelihood %.4f nats\n", e.Numbers.RMSE, e.Numbers.LogLik)
	case brief:
		fmt.Fprintf(&b, "error %.2f %%, NLL %.4f nats\n", 100*e.Classes.Error, e.Classes.NLL)
	default:
		fmt.Fprintf(&b, "%s: %s (%s) of %s in %s\n", e.Run, e.Model, e.Method, e.Target, e.Data)
		printOutcome(e.Outcome, fieldsTo(&b))
		for _, c := range e.Checks {
			fmt.Fprintf(&b, "%-6s %s: %s\n", c.state(), c.Name, c.Detail)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sameFigures compares the figures with those that the run stored.
func sameFigures(run *supervised.Run, o supervised.Outcome) check {
	c := check{Name: "figures are those of the run", OK: reflect.DeepEqual(o, run.Outcome), Detail: "equal to the bit"}
	if !c.OK {
		c.Detail = "eval.json has others"
	}
	return c
}

// wholeForecasts checks the laws that every prediction obeys: the parts of a variance or of an
// entropy add up to the whole, and probabilities to 1. A sum of some hundred terms of float64
// misses by less than 1e-12 of it.
func wholeForecasts(ps []bnn.Prediction) check {
	worst := 0.
	for _, p := range ps {
		gap := math.Abs(p.SD*p.SD-p.Epistemic*p.Epistemic-p.Aleatoric*p.Aleatoric) / (p.SD * p.SD)
		if p.Probs != nil {
			gap = math.Abs(p.SD - p.Epistemic - p.Aleatoric)
			sum := -1.
			for _, v := range p.Probs {
				sum += v
			}
			gap = math.Max(gap, math.Abs(sum))
		}
		worst = math.Max(worst, gap)
	}
	return check{Name: "parts add up", OK: worst < 1e-12, Detail: fmt.Sprintf("largest difference %.2g over %d rows", worst, len(ps))}
}

// wholeCheckpoints compares the newest checkpoint with its digests. A fit of some seconds has none.
func wholeCheckpoints(dir string) check {
	c := check{Name: "checkpoints match their digests", Detail: "there is none: the fit was short"}
	store, err := ckpt.OpenReadOnly(filepath.Join(dir, rundir.Checkpoints))
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	defer store.Close()
	steps, err := store.Steps()
	if err == nil && len(steps) > 0 {
		_, err = store.LoadStep(steps[len(steps)-1])
		c.Detail = fmt.Sprintf("after %d epochs", steps[len(steps)-1])
	}
	if c.OK = err == nil; !c.OK {
		c.Detail = err.Error()
	}
	return c
}
