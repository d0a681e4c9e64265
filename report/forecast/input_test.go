package forecast

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

func TestInputThatDoesNotFitIsRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		in     Input
		break_ func(*Input)
		want   string
	}{
		"fewer targets":       {numberInput(5, 2), func(in *Input) { in.Y = in.Y[:4] }, "got 5 rows, 4 targets and 5 predictions"},
		"fewer rows":          {numberInput(5, 2), func(in *Input) { in.X = in.X[:3] }, "got 3 rows, 5 targets"},
		"no rows":             {numberInput(5, 2), func(in *Input) { in.X = [][]float32{} }, "got 0 rows, 5 targets"},
		"nothing at all":      {Input{}, func(*Input) {}, "got no test row and no epoch"},
		"one class":           {classInput(5, 2), func(in *Input) { in.Classes = in.Classes[:1] }, "classes: got 1, want at least 2"},
		"temperature":         {classInput(5, 2), func(in *Input) { in.Temperature = -1 }, "temperature: got -1"},
		"no temperature":      {classInput(5, 2), func(in *Input) { in.Temperature = nan }, "temperature: got NaN"},
		"endless heat":        {classInput(5, 2), func(in *Input) { in.Temperature = inf }, "temperature: got +Inf"},
		"names of columns":    {numberInput(5, 2), func(in *Input) { in.Columns = in.Columns[:1] }, "got 1 names for rows of 2 values"},
		"rows without values": {numberInput(5, 2), func(in *Input) { in.X[0] = nil }, "got 2 names for rows of 0 values"},
		"a short row":         {numberInput(5, 2), func(in *Input) { in.X[3] = in.X[3][:1] }, "row 3: got 1 values, want 2"},
		"a gap in a row":      {numberInput(5, 2), func(in *Input) { in.X[3][1] = float32(nan) }, "row 3, column 1: got NaN"},
		"a gap in targets":    {numberInput(5, 2), func(in *Input) { in.Y[2] = nan }, "row 2: target: got NaN"},
		"a huge target":       {numberInput(5, 2), func(in *Input) { in.Y[2] = 1e151 }, "row 2: target: got 1e+151, want a finite number up to 1e+150"},
		"an endless target":   {numberInput(5, 2), func(in *Input) { in.Y[2] = inf }, "row 2: target: got +Inf"},
		"a mean":              {numberInput(5, 2), func(in *Input) { in.Predictions[1].Mean = nan }, "row 1: prediction: mean: got NaN"},
		"a deviation":         {numberInput(5, 2), func(in *Input) { in.Predictions[1].SD = nan }, "row 1: prediction: got deviations NaN"},
		"below nothing":       {numberInput(5, 2), func(in *Input) { in.Predictions[1].Epistemic = -1 }, "want finite ones from 0"},
		"endless noise":       {numberInput(5, 2), func(in *Input) { in.Predictions[1].Aleatoric = inf }, "row 1: prediction"},
		"classes of numbers":  {numberInput(5, 2), func(in *Input) { in.Predictions[0].Probs = []float64{1} }, "got 1 class probabilities, want 0"},
		"numbers of classes":  {classInput(5, 3), func(in *Input) { in.Predictions[4].Probs = nil }, "row 4: prediction: got 0 class probabilities, want 3"},
		"no probability":      {classInput(5, 2), func(in *Input) { in.Predictions[0].Probs = []float64{2, -1} }, "class 0: got 2, want a probability"},
		"probabilities":       {classInput(5, 2), func(in *Input) { in.Predictions[0].Probs = []float64{.2, .2} }, "sum to 0.4, want 1"},
		"a class too many":    {classInput(5, 3), func(in *Input) { in.Y[1] = 3 }, "row 1: target: got class 3, want 0 … 2"},
		"half a class":        {classInput(5, 3), func(in *Input) { in.Y[1] = .5 }, "got class 0.5"},
		"a class below":       {classInput(5, 3), func(in *Input) { in.Y[1] = -1 }, "got class -1"},
	} {
		c.break_(&c.in)
		_, err := Write(context.Background(), t.TempDir(), c.in)
		t.Run(name, func(t *testing.T) { fails(t, err, c.want) })
	}
}

func TestColumnsWithoutNamesAreNumbered(t *testing.T) {
	in := numberInput(4, 3)
	in.Columns = nil
	s := sceneOf(t, in)
	if len(s.Columns) != 3 || s.Columns[2] != "column 2" {
		t.Errorf("got %q, want column 0 to column 2", s.Columns)
	}
	if in.Columns != nil {
		t.Error("the caller's input was changed")
	}
}

// A scene knows of each row what the figures need.
func TestASceneOfNumbers(t *testing.T) {
	in := Input{Predictions: []bnn.Prediction{normal(1, 3, 4), normal(2, 0, 0)}, Y: []float64{6, 2}}
	s := sceneOf(t, in)
	near(t, "error", s.errors[0], 5, 0)
	near(t, "deviation", s.sd[0], 5, 0)
	near(t, "PIT value", s.u[0], .841344746068543, 1e-12) // Φ(1)
	near(t, "PIT value of a certain one", s.u[1], .5, 0)
	if !s.covered(0) || !s.covered(1) || s.d != 0 || s.n != 2 {
		t.Errorf("covered %v and %v with %d columns of %d rows", s.covered(0), s.covered(1), s.d, s.n)
	}
}

func TestASceneOfClasses(t *testing.T) {
	in := classInput(40, 3)
	s := sceneOf(t, in)
	for i, p := range in.Predictions {
		if got := s.wrong[i] == 1; got != (int(p.Mean) != int(in.Y[i])) {
			t.Errorf("row %d: wrong is %v", i, got)
		}
		sum, power := 0., 0.
		for _, v := range p.Probs {
			power += math.Pow(v, 1/in.Temperature)
		}
		for k, v := range s.heated[i] {
			sum += v
			near(t, "heated", v, math.Pow(p.Probs[k], 1/in.Temperature)/power, 1e-12)
		}
		near(t, "sum", sum, 1, 1e-12)
	}
	in.Temperature = 1
	if sceneOf(t, in).heated != nil {
		t.Error("a temperature of 1 changes something")
	}
}

// A class that was given no chance stays without one at every temperature.
func TestHeatKeepsZeros(t *testing.T) {
	in := classInput(1, 2)
	in.Predictions[0].Probs, in.Y = []float64{1, 0}, []float64{1}
	if got := sceneOf(t, in).heated[0]; got[0] != 1 || got[1] != 0 {
		t.Errorf("got %v, want 1 and 0", got)
	}
}

func TestSomeRowsStandForAll(t *testing.T) {
	s := sceneOf(t, numberInput(100, 1))
	few, again := s.some("a", 10), s.some("a", 10)
	for i, r := range few {
		if r != again[i] || i > 0 && r <= few[i-1] {
			t.Fatalf("got %v and %v, want the same rising rows", few, again)
		}
	}
	if all := s.some("a", 100); len(all) != 100 || all[99] != 99 {
		t.Errorf("got %d rows, want all", len(all))
	}
	other := s.some("b", 10)
	same := 0
	for i := range few {
		if few[i] == other[i] {
			same++
		}
	}
	if same == 10 {
		t.Error("two figures draw the same rows")
	}
}

func TestSpacedPlacesCoverARange(t *testing.T) {
	for _, c := range [][2]int{{5, 10}, {10, 10}, {100, 10}, {101, 10}, {1, 1}, {50_000, 150}} {
		got := spaced(c[0], c[1])
		if len(got) != min(c[0], c[1]) {
			t.Fatalf("%v: got %d places", c, len(got))
		}
		step := float64(c[0]) / float64(len(got))
		for i, v := range got {
			if math.Abs(float64(v)-(float64(i)+.5)*step) > .5*step+1 || v >= c[0] || i > 0 && v <= got[i-1] {
				t.Fatalf("%v: place %d is %d", c, i, v)
			}
		}
	}
}

func TestMomentsOfHugeNumbersStayFinite(t *testing.T) {
	near(t, "rms", rms([]float64{3, -4}), math.Sqrt(12.5), 1e-15)
	near(t, "rms of nothing", rms([]float64{0, 0}), 0, 0)
	near(t, "rms of huge ones", rms([]float64{1e300, -1e300})/1e300, 1, 1e-15)
	near(t, "deviation", spreadOf([]float64{1, 2, 3, 4}), math.Sqrt(1.25), 1e-15)
	near(t, "mean", mean([]float64{1, 2, 6}), 3, 1e-15)
}
