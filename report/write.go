package report

import (
	"context"
	"io"
	"path/filepath"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
)

// Write draws every figure that the input allows into dir/plots and writes dir/report.html,
// which holds them all. A figure that fails is an error that names it, and nothing is written.
func Write(ctx context.Context, dir string, in Input) ([]Figure, error) {
	s, err := newScene(ctx, in)
	if err != nil {
		return nil, err
	}
	figs, err := drawAll(ctx, s)
	if err != nil {
		return nil, err
	}
	plots := filepath.Join(dir, "plots")
	if err := atomicfile.MkdirAll(plots); err != nil {
		return nil, err
	}
	for _, f := range figs {
		if err := atomicfile.WriteBytes(filepath.Join(plots, f.File), f.png); err != nil {
			return nil, err
		}
	}
	page := s.page(figs)
	return figs, atomicfile.WriteFile(filepath.Join(dir, "report.html"), func(w io.Writer) error {
		return plot.Report(w, page)
	})
}

// page lays out the report.
func (s *scene) page(figs []Figure) plot.ReportSpec {
	spec := plot.ReportSpec{
		Title: s.Title, Verdict: s.verdict(), Figures: s.keyFigures(), Command: s.Command,
		Config: settings(s.Config), Environment: settings(s.Environment),
	}
	for _, w := range s.Warnings {
		spec.Warnings = append(spec.Warnings, plot.Warning{Name: w.Name, Text: w.Detail, Remedy: w.Remedy})
	}
	for _, f := range figs {
		n := len(spec.Sections)
		if n == 0 || spec.Sections[n-1].Title != f.section {
			spec.Sections = append(spec.Sections, plot.ReportSection{Title: f.section})
			n++
		}
		sec := &spec.Sections[n-1]
		sec.Pictures = append(sec.Pictures, plot.Picture{PNG: f.png, Caption: f.Caption, Half: f.half})
	}
	return spec
}

// settings are rows of name and value for the page.
func settings(rows [][2]string) []plot.Setting {
	out := make([]plot.Setting, len(rows))
	for i, r := range rows {
		out[i] = plot.Setting{Name: r[0], Value: r[1]}
	}
	return out
}
