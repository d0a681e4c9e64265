package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
)

// SweepInput is what the report of a sweep is made from: runs of one model that differ by settings.
type SweepInput struct {
	Title    string           // names the sweep
	Verdict  string           // what came of it, in a line
	Runs     []CompareInput   // histories of the finished runs; as many as can be told apart are drawn
	Profiles []Profile        // figures over settings that are numbers
	Rates    []RateGroup      // where the runs lie between rate and distortion; drawn if there are two points
	Figures  []plot.KeyFigure // of each group of runs that differ by their seed alone
	Notes    []plot.Warning   // what a reader has to know, such as runs that failed
	Config   [][2]string      // settings, those that vary with all their values
	Command  string           // that made it
}

// sweepLines is the number of curves that a chart of a sweep overlays.
const sweepLines = 20

// Sweep draws the pictures of a sweep into dir/plots and writes dir/report.html.
func Sweep(dir string, in SweepInput) error {
	page := plot.ReportSpec{Title: in.Title, Verdict: in.Verdict, Figures: in.Figures, Warnings: in.Notes, Config: settings(in.Config), Command: in.Command}
	plots := filepath.Join(dir, "plots")
	for _, p := range in.pictures() {
		var png bytes.Buffer
		if err := p.draw(&png); err != nil {
			return fmt.Errorf("report: sweep: %s: %w", p.file, err)
		}
		if err := atomicfile.MkdirAll(plots); err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(plots, p.file), png.Bytes()); err != nil {
			return err
		}
		page.Sections = append(page.Sections, plot.ReportSection{Title: p.section, Pictures: []plot.Picture{{PNG: png.Bytes(), Caption: p.caption}}})
	}
	return atomicfile.WriteFile(filepath.Join(dir, "report.html"), func(w io.Writer) error { return plot.Report(w, page) })
}

// sweepPicture is a picture of the report of a sweep.
type sweepPicture struct {
	file, section, caption string
	draw                   func(io.Writer) error
}

// pictures are those that the input allows.
func (in SweepInput) pictures() (out []sweepPicture) {
	points := 0
	for _, g := range in.Rates {
		points += len(g.Points)
	}
	if len(in.Profiles) > 0 {
		out = append(out, sweepPicture{"profiles.png", "Figures over settings",
			"Figures of test data over the values of a setting, evenly spaced: means over seeds, with a deviation to both sides.",
			func(w io.Writer) error { return Profiles(w, "", in.Profiles) }})
	}
	if points > 1 {
		out = append(out, sweepPicture{"rate-distortion.png", "Rate and distortion",
			"Each mark is a run: the nats that its code takes, and the nats that its reconstruction misses. Along the best that a family of models " +
				"reaches, the slope is minus the β of training; runs above the line are beaten by another in both.",
			func(w io.Writer) error { return RateDistortion(w, "Rate and distortion on test data", in.Rates) }})
	}
	runs := in.Runs[:min(len(in.Runs), sweepLines)]
	if specs := compareCurves(runs); len(specs) > 0 {
		caption := "Validation curves of the runs over each other; bounds at β = 1."
		if len(runs) < len(in.Runs) {
			caption += fmt.Sprintf(" The first %d of %d runs are drawn.", len(runs), len(in.Runs))
		}
		out = append(out, sweepPicture{"curves.png", "Training", caption,
			func(w io.Writer) error { return plot.Panels(w, "Runs side by side, validation data", specs, 2) }})
	}
	return out
}
