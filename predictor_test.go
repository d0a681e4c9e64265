package elbo_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/train/supervised"
)

// sumTable writes n rows of a and b with y = a + b.
func sumTable(t testing.TB, n int) string {
	var b strings.Builder
	b.WriteString("a,b,y\n")
	for i := range n {
		x, y := math.Sin(float64(i)), math.Cos(3*float64(i))
		fmt.Fprintf(&b, "%.4f,%.4f,%.4f\n", x, y, x+y+.05*math.Sin(7*float64(i)))
	}
	path := filepath.Join(t.TempDir(), "sums.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// predictorRun fits a linear model of sums and returns its run.
func predictorRun(t testing.TB) *supervised.Run {
	t.Helper()
	c := supervised.Default()
	c.Data, c.Target, c.Hidden, c.Epochs, c.Draws = sumTable(t, 200), "y", []int{}, 1000, 20
	table, err := supervised.OpenTable(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := supervised.Start(t.Context(), c, table, filepath.Join(t.TempDir(), "run"), "test", supervised.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestAPredictorIsTheRunOfItsDirectory(t *testing.T) {
	run := predictorRun(t)
	p, err := elbo.OpenPredictor(run.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Columns(), " "); got != "a b" || p.Target() != "y" || len(p.Classes()) != 0 || p.Run().Dir != run.Dir {
		t.Errorf("got columns %q, target %q, classes %v", got, p.Target(), p.Classes())
	}
	rows := [][]float32{{.5, .25}, {-.5, .5}}
	got, err := p.Predict(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := run.Predict(t.Context(), rows)
	if err != nil || got[0].Mean != want[0].Mean || got[1].SD != want[1].SD {
		t.Errorf("got %v, want %v (%v)", got, want, err)
	}
	// The part of y that is no sum has deviation .05/√2.
	if math.Abs(got[0].Mean-.75) > .05 || math.Abs(got[1].Mean) > .05 {
		t.Errorf("got means %v and %v, want .75 and 0", got[0].Mean, got[1].Mean)
	}
	q, err := p.Scale(.9)
	if err != nil {
		t.Fatal(err)
	}
	valid, err := p.Predict(t.Context(), run.Table.Valid.X)
	held := 0
	for i, v := range valid {
		if math.Abs(run.Table.Valid.Y[i]-v.Mean) <= q*v.SD {
			held++
		}
	}
	if held != 18 { // ⌈.9·19⌉ = 18 of 18 rows: the scale is the largest score
		t.Errorf("%d of %d validation rows are within %v deviations, want all (%v)", held, len(valid), q, err)
	}
	if none, err := p.Predict(t.Context(), nil); err != nil || none != nil {
		t.Errorf("no rows: got %v, %v", none, err)
	}
	for want, rows := range map[string][][]float32{
		"row 1: got 1 values, want 2":   {{1, 2}, {1}},
		"row 0: value 1: got NaN":       {{1, float32(math.NaN())}},
		"row 0: value 0: got +Inf, wan": {{float32(math.Inf(1)), 2}},
	} {
		if _, err := p.Predict(t.Context(), rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Predict(ctx, rows); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestAPredictorIsSafeForConcurrentUse(t *testing.T) {
	p, err := elbo.OpenPredictor(predictorRun(t).Dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Predict(t.Context(), [][]float32{{.1, .2}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				got, err := p.Predict(t.Context(), [][]float32{{.3, .4}, {.1, .2}})
				if err != nil || got[1].Mean != want[0].Mean {
					t.Errorf("got %v (%v), want %v", got[1].Mean, err, want[0].Mean)
				}
			}
		})
	}
	wg.Wait()
}

func TestRunsAreOpenedByWhatTheyAre(t *testing.T) {
	run := predictorRun(t)
	if _, err := elbo.Open(run.Dir); err == nil || !strings.Contains(err.Error(), "got a run of bnn, which predicts a target") || !strings.Contains(err.Error(), "OpenPredictor") {
		t.Errorf("got %v", err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	c := tiny()
	if _, err := elbo.Train(t.Context(), c, digits(t), elbo.InDir(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := elbo.OpenPredictor(dir); err == nil || !strings.Contains(err.Error(), "got a run of vae, want one of bnn") {
		t.Errorf("got %v", err)
	}
	if _, err := elbo.OpenPredictor(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no run directory") {
		t.Errorf("got %v", err)
	}
}

func TestAForecastHasPicturesAndAPage(t *testing.T) {
	run := predictorRun(t)
	again, err := supervised.Load(run.Dir) // which opens the data by itself
	if err != nil {
		t.Fatal(err)
	}
	names, err := elbo.Forecast(t.Context(), again)
	if err != nil || len(names) < 3 {
		t.Fatalf("got %v (%v)", names, err)
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(run.Dir, "plots", name)); err != nil {
			t.Error(err)
		}
	}
	page, err := os.ReadFile(filepath.Join(run.Dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"RMSE", "coverage at 90 %", "fingerprint", run.Info.Fingerprint} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
