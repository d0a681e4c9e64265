package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// trial is a rate of NumPyro's.
type trial struct {
	Rate float64 `json:"rate"`
	Cold measure `json:"cold"`
	Warm measure `json:"warm"`
}

// tally gathers measures by line, in the order in which the lines came.
type tally struct {
	lines []string
	all   map[string][]measure
}

// add puts a measure to its line.
func (t *tally) add(line string, m measure) {
	if t.all == nil {
		t.all = map[string][]measure{}
	}
	if t.all[line] == nil {
		t.lines = append(t.lines, line)
	}
	t.all[line] = append(t.all[line], m)
}

// compare runs the rounds of one model and guide and prints the medians.
func (s settings) compare(ctx context.Context, name, family string) error {
	var t tally
	target, rates := math.NaN(), strings.Split(s.rates, ",")
	absent := false
	for round := range s.rounds {
		e, err := s.elbo(ctx, name, family, round+1)
		if err != nil {
			return err
		}
		t.own(e)
		if round == 0 {
			target = e.Cold.Bound - slack
		}
		if absent {
			continue
		}
		best, err := s.numpyro(ctx, &t, name, family, target, round+1, rates)
		if errors.Is(err, errAbsent) {
			absent = true
			fmt.Printf("%v\n", err)
			continue
		} else if err != nil {
			return err
		}
		rates = []string{fmt.Sprint(best)}
	}
	fmt.Printf("\n%s, %s guide, %d threads, medians of %d rounds; target bound %.2f", name, family, s.threads, s.rounds, target)
	if !absent {
		fmt.Printf(", NumPyro's rate %s of %s", rates[0], s.rates)
	}
	fmt.Println()
	return t.print()
}

// own adds elbo's measures.
func (t *tally) own(e *own) {
	t.add("elbo, whole fit, cold", e.Cold)
	t.add("elbo, whole fit, warm", e.Warm)
	t.add("elbo, to the target, cold", e.ToTarget)
	t.add("elbo, Laplace, cold", e.Laplace)
	for _, draws := range []string{"1", "4"} {
		t.add("elbo, a step of "+draws+" draws, float64", e.Throughput[draws].each())
	}
}

// each is a measure of one step, in microseconds.
func (m measure) each() measure {
	n := float64(max(1, m.Steps)) / 1e6
	return measure{Seconds: m.Seconds / n, CPU: m.CPU / n, Reached: true}
}

// chunkOf is the number of NumPyro's steps between looks at its bound, which are off the clock but
// would take most of the run where they are dear.
var chunkOf = map[string]int{"kidiq": 50, "logistic": 500}

// numpyro adds NumPyro's measures and returns its fastest rate.
func (s settings) numpyro(ctx context.Context, t *tally, name, family string, target float64, seed int, rates []string) (float64, error) {
	base := []string{"--model", name, "--guide", family, "--seed", fmt.Sprint(seed), "--chunk", fmt.Sprint(chunkOf[name])}
	var tried struct{ Rates []trial }
	args := append([]string{"--task", "target", "--target", fmt.Sprint(target), "--limit", fmt.Sprint(s.limit), "--rates"}, rates...)
	if err := s.peer(ctx, &tried, slices.Concat(base, args)...); err != nil {
		return 0, err
	}
	best := tried.Rates[0]
	for _, r := range tried.Rates[1:] {
		switch {
		case r.Cold.Reached && !best.Cold.Reached, r.Cold.Reached == best.Cold.Reached && r.Cold.Reached && r.Warm.Seconds < best.Warm.Seconds,
			!r.Cold.Reached && !best.Cold.Reached && r.Cold.Bound > best.Cold.Bound:
			best = r
		}
	}
	if len(rates) > 1 { // the first rate of a process warms JAX up: time the best one alone
		args = append(args[:len(args)-len(rates)], fmt.Sprint(best.Rate))
		if err := s.peer(ctx, &tried, slices.Concat(base, args)...); err != nil {
			return 0, err
		}
		best = tried.Rates[0]
	}
	t.add("NumPyro, to the target, cold", best.Cold)
	t.add("NumPyro, to the target, warm", best.Warm)
	for _, width := range []string{"float32", "float64"} {
		more := base
		if width == "float64" {
			more = append(slices.Clone(base), "--x64")
		}
		if family == "full" {
			var l trial
			if err := s.peer(ctx, &l, slices.Concat(more, []string{"--task", "laplace", "--target", fmt.Sprint(target)})...); err != nil {
				return 0, err
			}
			t.add("NumPyro, Laplace, cold, "+width, l.Cold)
			t.add("NumPyro, Laplace, warm, "+width, l.Warm)
		}
		var speed struct{ Throughput map[string]measure }
		if err := s.peer(ctx, &speed, slices.Concat(more, []string{"--task", "throughput", "--steps", fmt.Sprint(s.steps)})...); err != nil {
			return 0, err
		}
		for _, draws := range []string{"1", "4"} {
			t.add("NumPyro, a step of "+draws+" draws, "+width, speed.Throughput[draws].each())
		}
	}
	return best.Rate, nil
}

// print writes the medians.
func (t *tally) print() error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "line\tseconds (µs a step)\tprocessor\tbest\tworst\tsteps\tbound\ttarget")
	for _, line := range t.lines {
		all := t.all[line]
		of := func(f func(m measure) float64) []float64 {
			var x []float64
			for _, m := range all {
				if !m.Failed {
					x = append(x, f(m))
				}
			}
			slices.Sort(x)
			return x
		}
		middle := func(x []float64) float64 { return (x[(len(x)-1)/2] + x[len(x)/2]) / 2 }
		wall := of(func(m measure) float64 { return m.Seconds })
		if len(wall) == 0 {
			fmt.Fprintf(w, "%s\tended with an error\t\t\t\t\t\t0 of %d\n", line, len(all))
			continue
		}
		reached := 0
		for _, m := range all {
			if m.Reached {
				reached++
			}
		}
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t%.4g\t%.0f\t%.2f\t%d of %d\n", line, middle(wall), middle(of(func(m measure) float64 { return m.CPU })),
			wall[0], wall[len(wall)-1], middle(of(func(m measure) float64 { return float64(m.Steps) })), middle(of(func(m measure) float64 { return m.Bound })), reached, len(all))
	}
	return w.Flush()
}
