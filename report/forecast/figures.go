package forecast

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/elbo-go/elbo/plot"
)

// figure says how one picture is made.
type figure struct {
	file, title, section string
	// applies tells whether the input allows the figure.
	applies func(s *scene) bool
	// charts computes the picture and its caption, which says how to read it.
	charts func(s *scene) (picture, error)
}

// picture is what a figure draws.
type picture struct {
	specs   []plot.ChartSpec
	opt     plot.ChartsOptions
	caption string
	// draw replaces the charts where it is there.
	draw func(w io.Writer, title string) error
}

// The sections of a report.
const (
	secTraining    = "Training"
	secPredictions = "Predictions"
	secCalibration = "Can the uncertainty be trusted?"
	secSources     = "Where the uncertainty comes from"
	secColumns     = "What the prediction depends on"
)

func hasHistory(s *scene) bool { return len(s.History) > 0 }
func isNumber(s *scene) bool   { return s.n > 0 && s.Classes == nil }
func isCurve(s *scene) bool    { return isNumber(s) && s.d == 1 }
func isTable(s *scene) bool    { return isNumber(s) && s.d != 1 }
func isMatrix(s *scene) bool   { return isClasses(s) && len(s.Classes) <= plot.MaxConfusion }
func hasWrong(s *scene) bool   { return isClasses(s) && slices.Contains(s.wrong, 1) }
func isClasses(s *scene) bool  { return s.n > 0 && s.Classes != nil }
func hasColumns(s *scene) bool { return isNumber(s) && s.d > 1 && s.At != nil && len(s.varying()) > 0 }

// figures lists the pictures in the order of the report.
var figures = []figure{
	{"curve.png", "Prediction over the input", secPredictions, isCurve, curve},
	{"intervals.png", "Test rows with their 90 % intervals", secPredictions, isTable, intervals},
	{"observed.png", "True against predicted", secPredictions, isNumber, observed},
	{"calibration.png", "Calibration", secCalibration, isNumber, calibration},
	{"errors.png", "Errors and the deviations predicted for them", secCalibration, isNumber, spread},
	{"sources.png", "Epistemic and aleatoric uncertainty", secSources, isNumber, sources},
	{"dependence.png", "Partial dependence", secColumns, hasColumns, dependence},
	{"confusion.png", "Confusion matrix", secPredictions, isMatrix, confusion},
	{"reliability.png", "Reliability", secCalibration, isClasses, reliability},
	{"rejection.png", "Refusing what is uncertain", secCalibration, hasWrong, rejection},
	{"entropy.png", "Entropy of right and wrong rows", secSources, isClasses, entropies},
	{"learning.png", "Learning curve", secTraining, hasHistory, learning},
}

// drawn is a finished picture.
type drawn struct {
	figure
	caption string
	png     []byte
}

// drawAll draws what the scene allows.
func drawAll(s *scene) ([]drawn, error) {
	var out []drawn
	for _, f := range figures {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		if !f.applies(s) {
			continue
		}
		p, err := f.charts(s)
		if err != nil {
			return nil, fmt.Errorf("forecast: figure %s: %w", f.file, err)
		}
		var png bytes.Buffer
		if p.draw != nil {
			err = p.draw(&png, f.title)
		} else {
			err = plot.Charts(&png, f.title, p.specs, p.opt)
		}
		if err != nil {
			return nil, fmt.Errorf("forecast: figure %s: %w", f.file, err)
		}
		out = append(out, drawn{f, p.caption, png.Bytes()})
	}
	return out, nil
}
