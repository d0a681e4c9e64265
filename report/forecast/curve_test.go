package forecast

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/plot"
)

const z90, z50 = 1.6448536269514722, .6744897501960817 // of central 90 and 50 % intervals

// The curve covers half as much again as the range of the rows, with bands of the right width and
// every row on top.
func TestACurveReachesBeyondTheRows(t *testing.T) {
	in := numberInput(80, 1)
	p := charts(t, sceneOf(t, in), curve)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, row := range in.X {
		lo, hi = math.Min(lo, float64(row[0])), math.Max(hi, float64(row[0]))
	}
	total, noise := p.specs[0], p.specs[1]
	line := total.Lines[0]
	near(t, "first place", line.X[0], lo-(hi-lo)/4, 1e-6)
	near(t, "last place", line.X[len(line.X)-1], hi+(hi-lo)/4, 1e-6)
	for i, x := range line.X {
		want := linear([]float32{float32(x)})
		near(t, "mean", line.Y[i], want.Mean, 1e-12)
		for _, c := range []struct {
			name string
			z    float64
		}{{"90 %", z90}, {"50 %", z50}} {
			a, b := layer(t, total.Areas, c.name), layer(t, noise.Areas, c.name)
			near(t, "total band "+c.name, a.Hi[i]-a.Lo[i], 2*c.z*want.SD, 1e-7)
			near(t, "noise band "+c.name, b.Hi[i]-b.Lo[i], 2*c.z*want.Aleatoric, 1e-7)
		}
	}
	for i := range line.X {
		for k, about := range p.specs[2:] {
			for _, name := range []string{"90 %", "50 %"} {
				a, b := layer(t, p.specs[k].Areas, name), layer(t, about.Areas, name)
				near(t, "lower bound about the mean", b.Lo[i], a.Lo[i]-line.Y[i], 1e-12)
				near(t, "upper bound about the mean", b.Hi[i], a.Hi[i]-line.Y[i], 1e-12)
			}
			near(t, "mean about itself", about.Lines[0].Y[i], 0, 0)
		}
	}
	for i, v := range layer(t, p.specs[2].Marks, "test rows").Y {
		near(t, "error of a row", v, in.Y[i]-in.Predictions[i].Mean, 1e-12)
	}
	marks := layer(t, total.Marks, "test rows")
	for i := range in.Y {
		if marks.X[i] != float64(in.X[i][0]) || marks.Y[i] != in.Y[i] {
			t.Errorf("row %d lies at (%v, %v)", i, marks.X[i], marks.Y[i])
		}
	}
	if total.Y != noise.Y || p.specs[2].Y != p.specs[3].Y || total.XLabel != "c0" || total.YLabel != "price ($)" {
		t.Errorf("got axes %v and %v, labels %q and %q", total.Y, noise.Y, total.XLabel, total.YLabel)
	}
	says(t, p.caption, "half of all targets", "nine in ten", "epistemic", "a quarter of their range")
}

// Both charts share the range that holds all of them.
func TestChartsOfACurveShareTheirRange(t *testing.T) {
	p := charts(t, sceneOf(t, numberInput(30, 1)), curve)
	for _, c := range p.specs {
		for _, a := range c.Areas {
			if slices.Min(a.Lo) < c.Y[0] || slices.Max(a.Hi) > c.Y[1] {
				t.Errorf("%s: band leaves %v", c.Title, c.Y)
			}
		}
		if y := c.Marks[0].Y; slices.Min(y) < c.Y[0] || slices.Max(y) > c.Y[1] {
			t.Errorf("%s: rows leave %v", c.Title, c.Y)
		}
	}
}

// Without a function the rows themselves are the curve: sorted, each place once.
func TestACurveOfTheRowsAlone(t *testing.T) {
	in := numberInput(50, 1)
	in.At = nil
	in.X[7], in.X[9] = in.X[3], in.X[3]
	s := sceneOf(t, in)
	at, ps, err := s.sweep()
	if err != nil || len(at) != 48 || len(ps) != 48 {
		t.Fatalf("got %d places (%v), want 48", len(at), err)
	}
	for i, x := range at {
		if i > 0 && x <= at[i-1] {
			t.Errorf("place %d: %v after %v", i, x, at[i-1])
		}
		near(t, "mean", ps[i].Mean, linear([]float32{float32(x)}).Mean, 1e-6)
	}
	in = numberInput(5000, 1)
	in.At = nil
	if at, _, _ := sceneOf(t, in).sweep(); len(at) > 2*curvePoints {
		t.Errorf("5,000 rows: got %d places", len(at))
	}
}

func TestACurveOfOnePlace(t *testing.T) {
	in := numberInput(3, 1)
	for i := range in.X {
		in.X[i] = []float32{2}
	}
	at, _, err := sceneOf(t, in).sweep()
	if err != nil || at[0] >= 2 || at[len(at)-1] <= 2 {
		t.Errorf("got %v … %v (%v), want room around 2", at[0], at[len(at)-1], err)
	}
	in.At = nil
	if at, _, err = sceneOf(t, in).sweep(); err != nil || len(at) != 1 {
		t.Errorf("without a function: got %v (%v), want one place", at, err)
	}
	for _, f := range []func([][]float32) ([]bnn.Prediction, error){nil, predictor(linear, nil)} {
		in.At = f
		var png bytes.Buffer
		p := charts(t, sceneOf(t, in), curve)
		if err := plot.Charts(&png, "Curve", p.specs, p.opt); err != nil {
			t.Errorf("with a function %v: %v", f != nil, err)
		}
	}
}

// What the caller's function does wrong is an error that says what.
func TestAFailingFunctionIsNamed(t *testing.T) {
	broken := errors.New("no memory")
	for want, at := range map[string]func([][]float32) ([]bnn.Prediction, error){
		"no memory":                       func([][]float32) ([]bnn.Prediction, error) { return nil, broken },
		"got 1 predictions":               func([][]float32) ([]bnn.Prediction, error) { return make([]bnn.Prediction, 1), nil },
		"mean: got NaN":                   predictor(func([]float32) bnn.Prediction { return normal(math.NaN(), 1, 1) }, nil),
		"got 2 class probabilities, want": predictor(func([]float32) bnn.Prediction { return mixed([]float64{1, 2}) }, nil),
	} {
		for d, draw := range map[int]func(*scene) (picture, error){1: curve, 3: dependence} {
			in := numberInput(20, d)
			in.At = at
			_, err := draw(sceneOf(t, in))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d columns: got %v, want %q", d, err, want)
			}
			if want == "no memory" && !errors.Is(err, broken) {
				t.Errorf("%v does not wrap its cause", err)
			}
		}
	}
}

func TestManyRowsAreDrawnInPart(t *testing.T) {
	in := numberInput(5000, 1)
	p := charts(t, sceneOf(t, in), curve)
	if n := len(p.specs[0].Marks[0].X); n != curveMarks {
		t.Errorf("got %d marks, want %d", n, curveMarks)
	}
	says(t, p.caption, "Of 5,000 test rows, 3000 are drawn")
}
