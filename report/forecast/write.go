package forecast

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
)

// Write draws every picture that the input allows into dir/plots, writes dir/report.html, which
// holds them all, and returns the names of the pictures. A picture that fails is an error that
// names it, and nothing is written.
func Write(ctx context.Context, dir string, in Input) ([]string, error) {
	s, err := newScene(ctx, in)
	if err != nil {
		return nil, err
	}
	figs, err := drawAll(s)
	if err != nil {
		return nil, err
	}
	plots := filepath.Join(dir, "plots")
	if err := atomicfile.MkdirAll(plots); err != nil {
		return nil, err
	}
	var names []string
	for _, f := range figs {
		if err := atomicfile.WriteBytes(filepath.Join(plots, f.file), f.png); err != nil {
			return nil, err
		}
		names = append(names, f.file)
	}
	page := s.page(figs)
	return names, atomicfile.WriteFile(filepath.Join(dir, "report.html"), func(w io.Writer) error {
		return plot.Report(w, page)
	})
}

// page lays out the report.
func (s *scene) page(figs []drawn) plot.ReportSpec {
	spec := plot.ReportSpec{
		Title: s.heading(), Verdict: s.verdict(), Command: s.Command,
		Config: settings(s.Config), Environment: settings(s.Environment),
	}
	for _, f := range s.Figures {
		spec.Figures = append(spec.Figures, plot.KeyFigure{Name: f[0], Value: f[1]})
	}
	for _, w := range s.Warnings {
		spec.Warnings = append(spec.Warnings, warning(w))
	}
	for _, f := range figs {
		n := len(spec.Sections)
		if n == 0 || spec.Sections[n-1].Title != f.section {
			spec.Sections = append(spec.Sections, plot.ReportSection{Title: f.section})
			n++
		}
		sec := &spec.Sections[n-1]
		sec.Pictures = append(sec.Pictures, plot.Picture{PNG: f.png, Caption: f.caption})
	}
	return spec
}

// warning parts "name: explanation" where the name is short.
func warning(text string) plot.Warning {
	name, rest, ok := strings.Cut(text, ": ")
	if !ok || len(name) > 80 || strings.TrimSpace(name) == "" || strings.TrimSpace(rest) == "" {
		return plot.Warning{Name: text}
	}
	return plot.Warning{Name: name, Text: rest}
}

// settings are rows of name and value for the page.
func settings(rows [][2]string) []plot.Setting {
	out := make([]plot.Setting, len(rows))
	for i, r := range rows {
		out[i] = plot.Setting{Name: r[0], Value: r[1]}
	}
	return out
}
