package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// check is one line of `elbo eval --verify`.
type check struct {
	Name   string `json:"name"`   // the identity
	OK     bool   `json:"ok"`     // whether it holds
	Detail string `json:"detail"` // what was measured
}

// state is the check's word on the screen.
func (c check) state() string {
	if c.OK {
		return "ok"
	}
	return "failed"
}

// verdict is the error of an evaluation whose checks do not all hold.
func (e *evaluation) verdict() error {
	var failed []string
	for _, c := range e.Checks {
		if !c.OK {
			failed = append(failed, c.Name)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("eval: %s: %d of %d checks failed: %s", e.Run, len(failed), len(e.Checks), strings.Join(failed, "; "))
}

// Of the verification: test rows at most, draws a row, standard errors allowed (a false alarm
// in 16,000 for each two-sided check), weights of the evidence, and the relative rounding
// error of sums of float32 terms.
const (
	verifyRows    = 500
	verifyDraws   = 16
	sigmas        = 4
	verifyWeights = 100
	rounding      = 1e-5
)

// verifyRun checks the identities that hold for the model, and the files of the run.
func (f *evalFlags) verifyRun(ctx context.Context, run *train.Run, o train.Outcome, gray bool) ([]check, error) {
	var out []check
	if run.Net.Can()["bound"] {
		x := run.Rows.TestX[:min(verifyRows, len(run.Rows.TestX)/run.Rows.Dim)*run.Rows.Dim]
		v := verification{run, x, rng.New(f.config.Seed).Named("verify")}
		var steps []func(context.Context) (check, error)
		if run.Net.ClosedKL() { // a flow has neither KL nor entropy in closed form
			steps = append(steps, v.forms, v.divergence)
		}
		if !gray {
			steps = append(steps, v.evidence, v.ordered)
		}
		for _, step := range steps {
			c, err := step(ctx)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	out = append(out, digests(run.Dir))
	return append(out, f.reproduced(run, o)), nil
}

// verification is what the checks of a bound share.
type verification struct {
	run *train.Run
	x   []float32
	key rng.Key
}

// agree checks that paired values have equal means within their Monte-Carlo error.
func agree(name string, a, b []float64) check {
	mean, se, scale := paired(a, b)
	return check{name, math.Abs(mean) <= sigmas*se+rounding*scale,
		fmt.Sprintf("difference %+.3g, standard error %.2g, over %d rows", mean, se, len(a))}
}

// paired returns the mean of a − b, its standard error, and the mean size of a.
func paired(a, b []float64) (mean, se, scale float64) {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
		scale += math.Abs(a[i]) / float64(len(a))
	}
	if mean, se = eval.MeanStdErr(d); math.IsNaN(se) {
		se = math.Abs(mean) // a single row tells nothing about its error
	}
	return mean, se, scale
}

// forms compares E_q[ln p(x|z)] − KL with E_q[ln p(x, z)] + H[q].
func (v verification) forms(ctx context.Context) (check, error) {
	split, joint, err := v.run.Net.Forms(ctx, v.x, v.key.Named("forms"), verifyDraws)
	if err != nil {
		return check{}, err
	}
	return agree("two forms of the bound agree", split, joint), nil
}

// divergence compares the KL divergence in closed form with its Monte-Carlo estimate.
func (v verification) divergence(ctx context.Context) (check, error) {
	_, exact, err := v.run.Net.Evaluator(vi.Estimator{}).PerDatum(ctx, v.x, v.key.Named("kl"))
	if err != nil {
		return check{}, err
	}
	_, drawn, err := v.run.Net.Evaluator(vi.Estimator{Samples: verifyDraws, MonteCarloKL: true}).PerDatum(ctx, v.x, v.key.Named("kl"))
	if err != nil {
		return check{}, err
	}
	return agree("KL in closed form agrees with Monte Carlo", exact, drawn), nil
}

// bounds returns the K-weight bound of each row.
func (v verification) bounds(ctx context.Context, k int) ([]float64, error) {
	sums, err := v.run.Net.LogEvidence(ctx, v.x, k, v.key.Named("iwae").At(uint64(k)))
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(sums))
	for i := range sums {
		out[i] = sums[i].LogEvidence()
	}
	return out, nil
}

// evidence checks that the ELBO does not exceed the importance-sampled ln p(x).
func (v verification) evidence(ctx context.Context) (check, error) {
	rec, kl, err := v.run.Net.Evaluator(vi.Estimator{Samples: verifyDraws}).PerDatum(ctx, v.x, v.key.Named("elbo"))
	if err != nil {
		return check{}, err
	}
	logp, err := v.bounds(ctx, verifyWeights)
	if err != nil {
		return check{}, err
	}
	for i := range rec {
		rec[i] -= kl[i]
	}
	gap, se, scale := paired(logp, rec)
	return check{"ELBO does not exceed ln p(x)", gap >= -sigmas*se-rounding*scale,
		fmt.Sprintf("ln p(x) − ELBO = %.3f, standard error %.2g, K = %d", gap, se, verifyWeights)}, nil
}

// ordered checks L_1 ≤ L_5 ≤ L_50 (Burda et al. 2016, theorem 1).
func (v verification) ordered(ctx context.Context) (check, error) {
	c := check{Name: "importance-weighted bounds rise with K", OK: true}
	ks := []int{1, 5, 50}
	var last []float64
	var parts []string
	for i, k := range ks {
		l, err := v.bounds(ctx, k)
		if err != nil {
			return check{}, err
		}
		mean, _ := eval.MeanStdErr(l)
		text := fmt.Sprintf("L_%d = %.3f", k, mean)
		if i > 0 {
			rise, se, scale := paired(l, last)
			c.OK = c.OK && rise >= -sigmas*se-rounding*scale
			text += fmt.Sprintf(" (rise %.3f ± %.2g)", rise, se)
		}
		last, parts = l, append(parts, text)
	}
	c.Detail = strings.Join(parts, ", ")
	return c, nil
}

// digests loads the checkpoints, which compares their digests.
func digests(dir string) check {
	c := check{Name: "checkpoints match their digests"}
	store, err := ckpt.OpenReadOnly(filepath.Join(dir, "checkpoints"))
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	defer store.Close()
	var parts []string
	for _, name := range []string{"best", "last"} {
		ck, err := store.Load(name)
		if err != nil {
			c.Detail = err.Error()
			return c
		}
		parts = append(parts, fmt.Sprintf("%s is step %d", name, ck.Step))
	}
	c.OK, c.Detail = true, strings.Join(parts, ", ")
	return c
}

// reproduced compares a new evaluation with the one that the run recorded.
func (f *evalFlags) reproduced(run *train.Run, o train.Outcome) check {
	c := check{Name: "the recorded test figures are found again"}
	old := run.Outcome.Test
	switch {
	case old.N == 0:
		c.Detail = "the run has recorded none: it has not finished; go on with elbo train --resume"
		return c
	case f.checkpoint != "best" || o.Test.Samples != old.Samples:
		c.OK = true
		c.Detail = fmt.Sprintf("not compared: they are of the best checkpoint with --samples %d", old.Samples)
		return c
	}
	worst, at := 0., "none"
	compare := func(name string, was, is float64) {
		if d := math.Abs(was-is) / math.Max(1, math.Abs(was)); d > worst || math.IsNaN(d) {
			worst, at = d, name
		}
	}
	compare("bound", old.Bound, o.Test.Bound)
	compare("reconstruction", old.Reconstruction, o.Test.Reconstruction)
	compare("kl", old.KL, o.Test.KL)
	compare("shuffled gap", old.ShuffledGap, o.Test.ShuffledGap)
	compare("data standard error", old.DataStdErr, o.Test.DataStdErr)
	compare("rows", float64(old.N), float64(o.Test.N))
	// Another processor or backend rounds float32 sums otherwise.
	c.OK = worst <= rounding
	c.Detail = "equal to the last bit"
	if worst > 0 || math.IsNaN(worst) {
		c.Detail = fmt.Sprintf("largest relative difference %.2g, of the %s", worst, at)
	}
	return c
}
