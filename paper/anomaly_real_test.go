package paper

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/anomaly"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// smoothed is a map under a window of one pixel.
func smoothed(t *testing.T, values []float64, shape []int) []float64 {
	t.Helper()
	out, err := anomaly.Smooth(values, shape[0], shape[1], 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Chest X-rays of PneumoniaMNIST, trained on 388 normal ones: how pneumonia is found is reported with
// bootstrap intervals and has no bar. Images of another kind, articles of clothing, are found with an AUROC of
// at least .95 by the score "elbo".
func TestPaperAnomalyPneumonia(t *testing.T) {
	long(t)
	dir := filepath.Join(tk.DataDir(t), "pneumoniamnist")
	read := func(part string) *data.Set {
		s, _, err := data.ReadFile(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), data.ReadOptions{})
		if err != nil {
			t.Skipf("pneumoniamnist is not here: %v", err)
		}
		return s
	}
	train, valid, test := read("train"), read("val"), read("test")
	s := &data.Splits{Train: only(train, 0), Valid: only(valid, 0), Test: only(test, 0)}
	m := fit(t, "pneumonia", elbo.Config{Data: dir, Likelihood: "gaussian", Sigma: .1, Latent: 16, Epochs: 200, Batch: 32, Seed: 1}, s)
	ill := positives(test, 1)
	for _, name := range []string{"elbo", "squared", "relative", "peak", "nll", "complexity", "kl"} {
		d := detectBy(t, m, name, test.Rows(), ill)
		t.Logf("%s: AUROC %s, AUPR %s, sensitivity at 95 %% specificity %s, %d with and %d without pneumonia", name, shown(d.AUROC), shown(d.AUPR), shown(d.Sensitivity), d.Positives, d.Negatives)
	}
	clothes := open(t, "fashion-mnist")
	normal := only(test, 0)
	rows := append(normal.Rows(), clothes.Test.Rows()[:1000]...)
	odd := make([]bool, len(rows))
	for i := normal.Len(); i < len(rows); i++ {
		odd[i] = true
	}
	d := detectBy(t, m, "elbo", rows, odd)
	t.Logf("X-rays against clothes: elbo: AUROC %s", shown(d.AUROC))
	if d.AUROC.Value < .95 {
		t.Errorf("X-rays against clothes: AUROC %.4f, want at least .95", d.AUROC.Value)
	}
	t.Log("for research, not for clinical use")
}

// nabLength is the number of points of a window of the NAB series, chosen beforehand: four hours of
// the machines' five-minute series.
const nabLength = 48

// The series of the Numenta benchmark, each by its own model: windows of the first 15 %, NAB's
// probation, train (the earlier 70 % of it) and calibrate a threshold at 1 %; the rest is scored by
// point, and reported by event. No bar: alarms of series that drift are many.
func TestPaperAnomalyNAB(t *testing.T) {
	long(t)
	dir := filepath.Join(tk.DataDir(t), "nab")
	raw, err := os.ReadFile(filepath.Join(dir, "windows.json"))
	if err != nil {
		t.Skipf("nab is not here: %v", err)
	}
	var windows map[string][][2]string
	if err := json.Unmarshal(raw, &windows); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	found, events, alarms := 0, 0, 0
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file[:len(file)-len(".gz")])
		a := nabSeries(t, file, name, windows[name])
		found += int(math.Round(a.EventRecall * float64(a.Events)))
		events += a.Events
		alarms += a.False
	}
	t.Logf("%d of %d windows hit in %d series, %d alarms outside of all windows", found, events, len(files), alarms)
	if events == 0 {
		t.Error("no anomaly window was scored")
	}
}

// nabSeries fits and scores one series.
func nabSeries(t *testing.T, file, name string, windows [][2]string) eval.Alarms {
	t.Helper()
	times, values := readNAB(t, file)
	truth := make([]bool, len(times))
	for i, at := range times {
		for _, w := range windows {
			truth[i] = truth[i] || at >= w[0][:len(at)] && at <= w[1][:len(at)]
		}
	}
	series := &data.Set{Name: name, Shape: []int{1}, X: values}
	probation := len(values) * 15 / 100
	cut := probation * 70 / 100
	part := func(from, to int) *data.Set {
		w, _, err := data.Windows(&data.Set{Name: name, Shape: []int{1}, X: values[from:to]}, nabLength, 1)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	splits := &data.Splits{Train: part(0, cut), Valid: part(cut, probation), Test: part(cut, probation)}
	scale := standardizer(values[:cut])
	raw := splits.Valid.Rows()
	for i := range raw {
		raw[i] = append([]float32(nil), raw[i]...)
	}
	for _, s := range []*data.Set{splits.Train, splits.Valid} {
		for i, v := range s.X {
			s.X[i] = float32((float64(v) - scale.Mean) / scale.Scale)
		}
	}
	for _, s := range []*data.Set{splits.Train, splits.Valid, splits.Test} {
		for i := range s.Columns {
			s.Columns[i].Mean, s.Columns[i].Scale = scale.Mean, scale.Scale
		}
	}
	splits.Test.X = splits.Valid.X
	m, err := elbo.Train(t.Context(), elbo.Config{Data: "nab", Latent: 6, Hidden: []int{64}, Epochs: 60, Batch: 64, Seed: 1}, splits)
	if err != nil {
		t.Fatal(err)
	}
	// Short series have too few windows to calibrate 1 % with: their threshold is the largest score.
	limit, err := m.Threshold(t.Context(), raw, "elbo", max(.01, 1/float64(len(raw)+1)))
	if err != nil {
		t.Fatal(err)
	}
	all, starts, err := data.Windows(series, nabLength, 1)
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.Score(t.Context(), all.Rows(), "elbo")
	if err != nil {
		t.Fatal(err)
	}
	points, err := eval.PointScores(v, starts, nabLength, len(values), false)
	if err != nil {
		t.Fatal(err)
	}
	return nabReport(t, name, points[probation:], truth[probation:], limit)
}

// nabReport compares the scored points with the truth.
func nabReport(t *testing.T, name string, points []float64, truth []bool, limit float64) eval.Alarms {
	t.Helper()
	flags := make([]bool, len(points))
	for i, v := range points {
		flags[i] = v > limit
	}
	a, err := eval.MatchAlarms(flags, truth)
	if err != nil {
		t.Fatal(err)
	}
	area := "no windows"
	if v, err := eval.AUROC(points, truth); err == nil {
		area = fmt.Sprintf("AUROC by point %.3f", v)
	}
	t.Logf("%s: %d of %d windows hit, %d of %d alarms outside, F1 by point %.3f (adjusted %.3f), %s",
		name, int(math.Round(a.EventRecall*float64(a.Events))), a.Events, a.False, a.Stretches, a.F1, a.Adjusted.F1, area)
	return a
}

// readNAB reads times and values of a series.
func readNAB(t *testing.T, file string) (times []string, values []float32) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		v, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		times, values = append(times, r[0]), append(values, float32(v))
	}
	return times, values
}

// standardizer is the mean and the deviation of values, as of one column.
func standardizer(values []float32) data.Column {
	x := make([]float64, len(values))
	for i, v := range values {
		x[i] = float64(v)
	}
	mean, se := eval.MeanStdErr(x)
	sd := se * math.Sqrt(float64(len(x)))
	if !(sd > 0) {
		sd = 1
	}
	return data.Column{Mean: mean, Scale: sd}
}
