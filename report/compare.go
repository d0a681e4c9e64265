package report

import (
	"fmt"
	"io"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// CompareInput is one of the runs that [Compare] draws over each other.
type CompareInput struct {
	Name    string     // in the legend
	History []vi.Epoch // its epochs
}

// Compare draws the validation curves of several runs over each other into the PNG file of
// path, which it replaces atomically.
func Compare(path string, runs []CompareInput) error {
	if len(runs) == 0 {
		return fmt.Errorf("report: compare: runs: got none, want at least one")
	}
	specs := compareCurves(runs)
	if len(specs) == 0 {
		return fmt.Errorf("report: compare: history: got no finite value in %d runs, want one", len(runs))
	}
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		return plot.Panels(w, "Runs side by side, validation data", specs, 2)
	})
	if err != nil {
		return fmt.Errorf("report: compare: %w", err)
	}
	return nil
}

// compareCurves are the charts that overlay the runs.
func compareCurves(runs []CompareInput) []plot.CurvesSpec {
	overlay := func(title string, of func(vi.Epoch) vi.Record, value func(vi.Record) float64, keep func(vi.Record) bool) plot.CurvesSpec {
		var lines []plot.Series
		for i, r := range runs {
			l := trace(r.Name, settled(r.History), func(e vi.Epoch) (float64, bool) { return value(of(e)), of(e).N > 0 && keep(of(e)) })
			if i < 10 { // the chart dots the lines beyond its ten colours by their place
				l.Color = i + 1
			}
			lines = append(lines, l)
		}
		return panel(title, "nats per example", lines...)
	}
	all := func(vi.Record) bool { return true }
	split := func(r vi.Record) bool { return len(r.KLPerDim) > 0 }
	return charted(
		overlay("Bound", ofValid, bound, all),
		overlay("Reconstruction, E ln p(x|z)", ofValid, reconstruction, split),
		overlay("KL to the prior", ofValid, divergence, split),
		overlay("Bound on the training data", ofTrain, bound, all))
}
