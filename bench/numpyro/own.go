package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
	"github.com/elbo-go/elbo/vi/laplace"
)

// measure is what one fit took: wall and processor seconds, compilation included unless it was
// warm, and the bound it reached.
type measure struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"`
	Steps   int     `json:"steps,omitempty"`
	Bound   float64 `json:"bound,omitempty"`
	Reached bool    `json:"reached,omitempty"`
	Failed  bool    `json:"failed,omitempty"` // it ended with an error: there are no figures
}

// own holds elbo's measures of one model and guide in a fresh process.
type own struct {
	Cold       measure            `json:"cold"`       // the whole fit, until it says that it has converged
	Warm       measure            `json:"warm"`       // the same again in the process
	ToTarget   measure            `json:"to_target"`  // cold, to the first window with the target bound
	Laplace    measure            `json:"laplace"`    // mode, curvature and 1,000 draws to check
	Throughput map[string]measure `json:"throughput"` // steps after compilation, by draws of a gradient
}

// slack is how far below elbo's final bound the target lies, nats.
const slack = .5

// families are the guides by the names of the peer's flag.
var families = map[string]guide.Family{"full": guide.FullRank, "mean": guide.MeanField}

// build returns a model by name; every fit takes a new one, which checks itself on the clock.
func build(name, dir string) (*prob.Model, error) {
	switch name {
	case "kidiq":
		return kidiq(dir)
	case "logistic":
		return logistic(), nil
	}
	return nil, fmt.Errorf("numpyro: model: got %q, want kidiq or logistic", name)
}

// measureOwn measures elbo.
func measureOwn(ctx context.Context, name, family, dir string, seed uint64, steps int) (*own, error) {
	of := families[family]
	if of == nil {
		return nil, fmt.Errorf("numpyro: guide: got %q, want full or mean", family)
	}
	out := &own{Throughput: map[string]measure{}}
	var err error
	if out.Cold, out.ToTarget, err = fitOnce(ctx, name, dir, prob.Options{Guide: of, Seed: seed}); err != nil {
		return nil, err
	}
	if out.Warm, _, err = fitOnce(ctx, name, dir, prob.Options{Guide: of, Seed: seed}); err != nil {
		return nil, err
	}
	if out.Laplace, err = laplaceOnce(ctx, name, dir, seed); err != nil {
		return nil, err
	}
	for _, draws := range []int{1, 4} {
		m, err := speed(ctx, name, dir, prob.Options{Guide: of, Seed: seed, Draws: draws, Steps: steps})
		if err != nil {
			return nil, err
		}
		out.Throughput[fmt.Sprint(draws)] = m
	}
	return out, nil
}

// fitOnce times a whole fit, and its way to slack below its final bound by the mean of a window of
// the bound's estimates, which lags the guide.
func fitOnce(ctx context.Context, name, dir string, o prob.Options) (whole, target measure, err error) {
	type mark struct {
		p   prob.Progress
		at  time.Duration
		cpu float64
	}
	var marks []mark
	m, err := build(name, dir)
	if err != nil {
		return whole, target, err
	}
	begun, before := time.Now(), cpu()
	o.Starts = 1 // NumPyro begins once
	o.Progress = func(p prob.Progress) { marks = append(marks, mark{p, time.Since(begun), cpu() - before}) }
	fit, err := prob.ADVI(ctx, m, o)
	if err != nil {
		return whole, target, err
	}
	last := marks[len(marks)-1]
	whole = measure{Seconds: fit.Elapsed.Seconds(), CPU: last.cpu, Steps: fit.Steps, Bound: fit.ELBO, Reached: true}
	for _, k := range marks {
		if k.p.ELBO >= fit.ELBO-slack {
			return whole, measure{Seconds: k.at.Seconds(), CPU: k.cpu, Steps: k.p.Step, Bound: k.p.ELBO, Reached: true}, nil
		}
	}
	return whole, whole, nil
}

// laplaceOnce times the Gaussian at the mode.
func laplaceOnce(ctx context.Context, name, dir string, seed uint64) (measure, error) {
	m, err := build(name, dir)
	if err != nil {
		return measure{}, err
	}
	b, err := backend.Open("")
	if err != nil {
		return measure{}, err
	}
	begun, before := time.Now(), cpu()
	target, err := m.Target()
	if err != nil {
		return measure{}, err
	}
	r, err := laplace.Run(ctx, target, b, laplace.Options{Seed: seed})
	if err != nil {
		return measure{}, err
	}
	return measure{Seconds: time.Since(begun).Seconds(), CPU: cpu() - before, Bound: r.LogEvidence, Reached: true}, nil
}

// speed times the steps after the first window, with NumPyro's start (scales of .1 at a random
// point) and Adam at .01.
func speed(ctx context.Context, name, dir string, o prob.Options) (measure, error) {
	m, err := build(name, dir)
	if err != nil {
		return measure{}, err
	}
	var first, last time.Time
	var cpuFirst, cpuLast float64
	n := 0
	o.Plain, o.Rate, o.Check, o.Window, o.Tolerance = true, .01, 100, 50, math.SmallestNonzeroFloat64
	o.Progress = func(p prob.Progress) {
		if last, cpuLast, n = time.Now(), cpu(), p.Step; first.IsZero() {
			first, cpuFirst = last, cpuLast
		}
	}
	if _, err := prob.ADVI(ctx, m, o); err != nil {
		return measure{}, err
	}
	return measure{Seconds: last.Sub(first).Seconds(), CPU: cpuLast - cpuFirst, Steps: n - o.Window}, nil
}
