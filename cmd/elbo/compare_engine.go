package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// fitted is one run of an engine in a comparison.
type fitted struct {
	Run     string          `json:"run"`
	Model   string          `json:"model"`
	Data    string          `json:"data"`
	Sweeps  int             `json:"sweeps"` // in all phases
	Figures []engine.Figure `json:"figures"`
	info    string          // fingerprint of the data
}

// figure is the value of a figure, or nothing.
func (r fitted) figure(name string) string {
	i := slices.IndexFunc(r.Figures, func(f engine.Figure) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return r.Figures[i].Number()
}

// compareEngines is `elbo compare` of runs that sweep over their data instead of taking epochs.
func (f *compareFlags) compareEngines(cmd *cobra.Command, out io.Writer, dirs []string) error {
	var runs []fitted
	for _, dir := range dirs {
		if _, err := rundir.ModelOf(dir); err != nil {
			return err
		}
		if !isEngine(dir) {
			return fmt.Errorf("%s holds a run of another kind than %s, whose figures do not compare", dir, dirs[slices.IndexFunc(dirs, isEngine)])
		}
		if err := onlyFlags(cmd, dir, "json", "quiet"); err != nil {
			return err
		}
		run, err := engine.Load(dir)
		if err != nil {
			return err
		}
		runs = append(runs, fitted{dir, run.Config.Model, run.Config.Data, len(run.History), run.Outcome.Figures, run.Info.Fingerprint})
	}
	if f.json {
		return json.NewEncoder(out).Encode(runs)
	}
	if err := printFitted(out, runs); err != nil || f.quiet {
		return err
	}
	if slices.ContainsFunc(runs, func(r fitted) bool { return r.info != runs[0].info }) {
		_, err := fmt.Fprintln(out, "the figures do not compare: the runs differ in data, or in the rows that are held out")
		return err
	}
	return nil
}

// printFitted prints a line a run and a column for every figure that one of them has.
func printFitted(w io.Writer, runs []fitted) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	var names []string
	for _, r := range runs {
		for _, f := range r.Figures {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	fmt.Fprintf(tw, "run\tmodel\tsweeps\t%s\t\n", strings.Join(names, "\t"))
	for _, r := range runs {
		fmt.Fprintf(tw, "%s\t%s\t%d\t", r.Run, r.Model, r.Sweeps)
		for _, name := range names {
			fmt.Fprintf(tw, "%s\t", r.figure(name))
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
