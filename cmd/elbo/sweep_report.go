package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/report"
)

// conclude prints what came of the sweep and writes its report. Err is what ended it early.
func (w *sweeper) conclude(ctx context.Context, err error) error {
	w.screen.clear()
	count := map[string]int{}
	for _, r := range w.rows {
		count[r.State]++
	}
	groups := w.groups()
	page := ""
	if len(groups) > 0 && err == nil {
		if !w.noReport {
			if e := report.Sweep(w.out, w.page(groups, count)); e != nil {
				return w.full(e)
			}
			page = filepath.Join(w.out, "report.html")
		}
		if !w.quiet && !w.json {
			if e := printGroups(w.io.out, groups); e != nil {
				return e
			}
			if !w.comparable() {
				w.field("note", "the figures do not compare: the runs differ in data, binarisation, likelihood or kind of bound")
			}
		}
	}
	w.field("table", "%s", filepath.Join(w.out, tableFile))
	if page != "" {
		w.field("report", "%s", page)
	}
	w.print(struct {
		Type   string         `json:"type"`
		Sweep  string         `json:"sweep"`
		Table  string         `json:"table"`
		Report string         `json:"report"`
		States map[string]int `json:"states"`
		Groups []*sweptGroup  `json:"groups"`
	}{"result", w.out, filepath.Join(w.out, tableFile), page, count, groups})
	w.named(w.out)
	return w.verdict(ctx, count, err)
}

// verdict is the error that the command ends with.
func (w *sweeper) verdict(ctx context.Context, count map[string]int, err error) error {
	switch failed := count[sweptFailed]; {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return &interrupted{fmt.Sprintf("interrupted; saved, with %d of %d runs finished; go on with: %s", count[sweptFinished], len(w.rows), w.hint)}
	case failed > 0:
		var first string
		for _, r := range w.rows {
			if r.State == sweptFailed {
				first = r.Name + ": " + r.Error
				break
			}
		}
		return fmt.Errorf("sweep: %d of %d runs failed, the first %s; try them again with: %s", failed, len(w.rows), first, w.hint)
	case count[sweptFinished] < len(w.rows):
		return errors.New("sweep: ended before its last run")
	}
	return nil
}

// comparable tells whether the finished runs measure the same.
func (w *sweeper) comparable() bool {
	measure := ""
	for _, r := range w.rows {
		if r.Figures == nil {
			continue
		}
		if measure == "" {
			measure = r.Figures.measure
		}
		if r.Figures.measure != measure {
			return false
		}
	}
	return true
}

// page is what the report of the sweep is made from.
func (w *sweeper) page(groups []*sweptGroup, count map[string]int) report.SweepInput {
	in := report.SweepInput{
		Title:   fmt.Sprintf("%s over %s", w.plan.Model, strings.Join(w.varying(), ", ")),
		Command: w.plan.Command,
	}
	if len(w.varying()) == 0 {
		in.Title = w.plan.Model
	}
	for _, a := range w.plan.Axes {
		in.Config = append(in.Config, [2]string{a.Flag, strings.Join(a.Values, ", ")})
	}
	best, top := groups[0], math.Inf(-1)
	for _, g := range groups {
		if v := g.valid(); v > top {
			best, top = g, v
		}
		in.Figures = append(in.Figures, keyFigure(g))
		rates := report.RateGroup{Name: g.Name}
		for _, r := range g.runs {
			f := r.Figures
			in.Runs = append(in.Runs, report.CompareInput{Name: r.Name, History: f.history})
			if p, ok := f.rate(); ok {
				rates.Points = append(rates.Points, p)
			}
		}
		in.Rates = append(in.Rates, rates)
	}
	in.Profiles = w.profiles(groups)
	in.Verdict = fmt.Sprintf("%d of %d runs finished.", count[sweptFinished], len(w.rows))
	switch {
	case !w.comparable():
		in.Notes = append(in.Notes, plot.Warning{Name: "The figures do not compare", Text: "The runs differ in data, binarisation, likelihood or kind of bound.", Remedy: "Compare figures within equal ones."})
		in.Rates, in.Profiles = nil, nil
	case len(groups) > 1:
		in.Verdict += fmt.Sprintf(" By the bound on validation data %s is best: %s nats on test data.", best.Name, best.Figures[0].text(best.Runs))
	}
	for _, r := range w.rows {
		if r.State == sweptFailed {
			in.Notes = append(in.Notes, plot.Warning{Name: r.Name + " failed", Text: r.Error, Remedy: "Try it again with " + w.hint})
		}
	}
	return in
}

// valid is the mean bound on validation rows.
func (g *sweptGroup) valid() float64 {
	sum := 0.
	for _, r := range g.runs {
		sum += r.Figures.valid / float64(len(g.runs))
	}
	return sum
}

// keyFigure is the line of a group: its bound, and the rest as a note.
func keyFigure(g *sweptGroup) plot.KeyFigure {
	first := g.Figures[0]
	var notes []string
	for _, f := range g.Figures[1:] {
		notes = append(notes, f.Name+" "+f.text(g.Runs))
	}
	runs := "1 run"
	if g.Runs > 1 {
		runs = fmt.Sprintf("mean ± deviation of %d runs", g.Runs)
	}
	return plot.KeyFigure{Name: first.Name + ", " + g.Name, Value: first.text(g.Runs), Unit: "nats", Note: strings.Join(append(notes, runs), "; ")}
}
