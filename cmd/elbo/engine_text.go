package main

import (
	"fmt"
	"io"
	"time"

	"github.com/elbo-go/elbo/train/engine"
)

// introduce says what is about to be fitted, to what and how.
func (t *engineCommand) introduce(task *engine.Task, dir string) {
	for _, f := range task.Facts {
		t.field(f.Name, "%s", f.Text)
	}
	t.field("run", "%s", dir)
	for _, n := range task.Notes {
		t.screen.println("note: " + n)
	}
}

// sweep shows where a fit stands: the live line, and now and then a finished one.
func (s *screen) sweep(spec engine.Spec, r engine.Record) {
	if s.seen == 0 {
		s.began = time.Now()
		if !s.live {
			s.last = s.began
		}
	}
	s.seen++
	columns := 1 << 20
	if s.live {
		columns = s.width() - 1
	}
	pieces := sweepPieces(spec, r)
	// Finished lines at the end of phases, or at sweeps 1, 2, 5, 10, 20, 50, … where there are none,
	// and where nothing has been printed for long.
	if s.phase != "" && s.phase != r.Phase {
		s.println(s.ended)
	}
	s.phase, s.ended = r.Phase, fit(pieces, columns)
	if round125(r.Sweep) && r.Phase == "" || !s.live && time.Since(s.last) > patience {
		s.println(s.ended)
		s.last, s.ended = time.Now(), ""
		return
	}
	s.draw(pieces)
}

// sweepPieces are the parts of the line of a sweep.
func sweepPieces(spec engine.Spec, r engine.Record) []piece {
	pieces := []piece{{fmt.Sprintf("%s %d/%d", spec.Sweep, r.Sweep, r.Sweeps), 9}}
	if r.Phase != "" {
		pieces = append([]piece{{r.Phase, 8}}, pieces...)
	}
	if r.Bound != nil {
		pieces = append(pieces, piece{fmt.Sprintf("%s %.4f", spec.Objective, *r.Bound), 7})
	}
	if r.HeldOut != nil {
		pieces = append(pieces, piece{fmt.Sprintf("%s %.4f", spec.HeldOut, *r.HeldOut), 6})
	}
	return append(pieces, piece{fmt.Sprintf("%.1f s", r.Seconds), 1})
}

// round125 tells whether a number is 1, 2 or 5 times a power of ten.
func round125(n int) bool {
	for n >= 10 && n%10 == 0 {
		n /= 10
	}
	return n == 1 || n == 2 || n == 5
}

// conclude says what came out of a run.
func (t *engineCommand) conclude(run *engine.Run, report string) {
	printFigures(run.Outcome, t.field)
	for _, w := range run.Outcome.Warnings {
		t.screen.warn(w.Name, w.Text+" "+w.Remedy)
	}
	if report != "" {
		t.field("report", "%s", report)
	}
	if next := uses(run); next != "" {
		t.field("next", "%s", next)
	}
}

// printFigures prints the figures of a model as named lines.
func printFigures(o engine.Outcome, field func(name, format string, args ...any)) {
	for _, f := range o.Figures {
		name, text := f.Name, f.String()
		if len(name) > 10 {
			name, text = "", f.Name+" "+text
		}
		field(name, "%s", text)
	}
}

// printOutcomeOf prints what is stored of a run.
func printOutcomeOf(w io.Writer, run *engine.Run) {
	field := fieldsTo(w)
	field("run", "%s: %s on %s", run.Dir, run.Config.Model, run.Config.Data)
	printFigures(run.Outcome, field)
	for _, warning := range run.Outcome.Warnings {
		field("warning", "%s: %s %s", warning.Name, warning.Text, warning.Remedy)
	}
}
