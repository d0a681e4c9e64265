package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// suite compares one engine.
type suite struct {
	name   string
	about  string // what is fitted to what
	unit   string // what the seconds are for
	figure string // what the column of figures holds
	most   int    // rounds, if not 0: of suites that take minutes
	// start makes the data, writes what the peers need to a folder and returns the contest.
	start func(s settings, dir string) (*contest, error)
}

// contest is a suite whose data are there.
type contest struct {
	own    func(ctx context.Context) ([]lap, error) // elbo, once
	script string                                   // of bench/peers
	args   []string
	judge  func(l *lap) error // completes the figure of a peer's lap; may be nil
}

// lap is one run of one line.
type lap struct {
	Line    string  `json:"line"`
	Against string  `json:"against"` // the line of elbo's that it is compared with
	Seconds float64 `json:"seconds"`
	Figure  float64 `json:"figure"`
	Note    string  `json:"note"` // printed beside the figure
	File    string  `json:"file"` // that the judge reads
}

// suites are the comparisons.
var suites = []suite{mixtures, chunking}

// errAbsent tells that a peer is not installed.
var errAbsent = errors.New("the peer is not there")

// compare runs the rounds of a suite and prints its table.
func (s settings) compare(ctx context.Context, u suite) error {
	dir, err := os.MkdirTemp("", "engines")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := u.start(s, dir)
	if err != nil {
		return err
	}
	var all []lap
	absent := false
	if u.most > 0 {
		s.rounds = min(s.rounds, u.most)
	}
	for range s.rounds {
		laps, err := c.own(ctx)
		if err != nil {
			return err
		}
		all = append(all, laps...)
		if absent {
			continue
		}
		laps, err = s.peer(ctx, c)
		switch {
		case errors.Is(err, errAbsent):
			absent = true
			fmt.Fprintln(s.out, err)
		case err != nil:
			return err
		}
		all = append(all, laps...)
	}
	fmt.Fprintf(s.out, "%s: %s; %d threads, medians of %d rounds\n", u.name, u.about, s.threads, s.rounds)
	return s.table(u, all)
}

// peer runs a script, whose last line tells its laps.
func (s settings) peer(ctx context.Context, c *contest) ([]lap, error) {
	args := append([]string{filepath.Join("bench", "peers", c.script), "--threads", fmt.Sprint(s.threads)}, c.args...)
	cmd := exec.CommandContext(ctx, s.python, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", errAbsent, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var told struct {
		Skipped string `json:"skipped"`
		Laps    []lap  `json:"laps"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &told); err != nil {
		return nil, fmt.Errorf("%s: last line: %w", c.script, err)
	}
	if told.Skipped != "" {
		return nil, fmt.Errorf("%w: %s", errAbsent, told.Skipped)
	}
	for i := range told.Laps {
		if c.judge == nil {
			break
		}
		if err := c.judge(&told.Laps[i]); err != nil {
			return nil, err
		}
	}
	return told.Laps, nil
}

// table prints medians by line; a ratio says how many times as long as elbo's line a peer took.
func (s settings) table(u suite, all []lap) error {
	var order []string
	by := map[string][]lap{}
	for _, l := range all {
		if by[l.Line] == nil {
			order = append(order, l.Line)
		}
		by[l.Line] = append(by[l.Line], l)
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "line\tseconds %s\tleast\tmost\tratio\t%s\t\n", u.unit, u.figure)
	for _, line := range order {
		laps := by[line]
		slices.SortFunc(laps, func(a, b lap) int { return cmp.Compare(a.Seconds, b.Seconds) })
		ratio := ""
		if own := by[laps[0].Against]; own != nil {
			ratio = fmt.Sprintf("%.2f", median(laps)/median(own))
		}
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t%s\t%.6f\t%s\n", line, median(laps), laps[0].Seconds, laps[len(laps)-1].Seconds, ratio, laps[0].Figure, laps[0].Note)
	}
	return w.Flush()
}

// median is of the seconds.
func median(laps []lap) float64 {
	x := make([]float64, len(laps))
	for i, l := range laps {
		x[i] = l.Seconds
	}
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
