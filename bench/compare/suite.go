package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// suite is one piece of work that contestants do; the first of them is what the others are held to.
type suite struct {
	name, title string
	list        []contestant
	bar         float64 // what the others are to take at least, in times of the first; 0 is no bar
}

// compare runs all contestants of a suite in turn and prints its table.
func (x suite) compare(ctx context.Context, s settings, w io.Writer) error {
	times := map[string][][]float64{}
	left := map[string]error{}
	for round := range s.rounds {
		for _, c := range x.list {
			if left[c.name] != nil {
				continue
			}
			seconds, err := c.run(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil && len(seconds) == 0 {
				err = errors.New("it gave no times")
			}
			if err != nil {
				left[c.name] = fmt.Errorf("left out: %w", err)
				continue
			}
			times[c.name] = append(times[c.name], seconds)
			fmt.Fprintf(w, "%s  round %d  %-16s %s\n", x.name, round+1, c.name, format(seconds))
		}
	}
	fmt.Fprintf(w, "\n%s, float32, %d threads\n", x.title, s.threads)
	return x.table(w, times, left)
}

// table prints the medians, the ratios to the first contestant, and who meets the bar.
func (x suite) table(w io.Writer, times map[string][][]float64, left map[string]error) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	first := x.list[0].name
	fmt.Fprintf(t, "contestant\tseconds\tbest\tworst\ttimes %s\tleast\tmost\n", first)
	var bars []string
	for i, c := range x.list {
		if err := left[c.name]; err != nil {
			fmt.Fprintf(t, "%s\t%v\n", c.name, err)
			continue
		}
		all := slices.Concat(times[c.name]...)
		fmt.Fprintf(t, "%s\t%.4f\t%.4f\t%.4f", c.name, median(all), slices.Min(all), slices.Max(all))
		r := ratios(times[c.name], times[first])
		if len(r) == 0 {
			fmt.Fprintln(t)
			continue
		}
		fmt.Fprintf(t, "\t%.2f\t%.2f\t%.2f\n", median(r), slices.Min(r), slices.Max(r))
		if i > 0 {
			bars = append(bars, fmt.Sprintf("%s %s", c.name, verdict(median(r), x.bar)))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if x.bar > 0 && len(bars) > 0 {
		fmt.Fprintf(w, "at least %.1f times: %s\n", x.bar, strings.Join(bars, ", "))
	}
	_, err := fmt.Fprintln(w)
	return err
}

// ratios are those of the medians of two contestants in each round that both have run.
func ratios(a, b [][]float64) (out []float64) {
	for i := range min(len(a), len(b)) {
		out = append(out, median(a[i])/median(b[i]))
	}
	return out
}

// verdict says whether a ratio reaches the bar.
func verdict(ratio, bar float64) string {
	if ratio >= bar {
		return "met"
	}
	return "NOT met"
}
