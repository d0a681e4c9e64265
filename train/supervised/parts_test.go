package supervised

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// fitted runs a table that a test has changed.
func fitted(t *testing.T, c Config, tab *Table) *Run {
	t.Helper()
	r, err := Start(context.Background(), c, tab, filepath.Join(t.TempDir(), "run"), "test", Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The validation rows are never fitted and the test rows calibrate nothing: other targets there
// leave network and calibration as they are, to the byte. Other training rows do not.
func TestEachPartHasItsOwnJob(t *testing.T) {
	c := tiny(numberColumns(t, 100), "y")
	plain := fitted(t, c, open(t, c))
	shifted := func(part func(*Table) *Part) *Run {
		tab := open(t, c)
		p := part(tab)
		for i := range p.Y {
			p.Y[i] += 10 + float64(i%3)
		}
		return fitted(t, c, tab)
	}
	train := shifted(func(t *Table) *Part { return &t.Train })
	valid := shifted(func(t *Table) *Part { return &t.Valid })
	test := shifted(func(t *Table) *Part { return &t.Test })
	for _, v := range []struct {
		part                  string
		run                   *Run
		net, calibration, out bool // stay as they are
	}{{"training", train, false, false, false}, {"validation", valid, true, false, false}, {"test", test, true, true, false}} {
		for name, stays := range map[string]bool{"net.json": v.net, "calibration.json": v.calibration, "eval.json": v.out} {
			if same := file(t, v.run.Dir, name) == file(t, plain.Dir, name); same != stays {
				t.Errorf("other %s targets: %s stayed as it was: %v, want %v", v.part, name, same, stays)
			}
		}
	}
	if plain.Info.Fingerprint == train.Info.Fingerprint || plain.Info.Fingerprint != test.Info.Fingerprint {
		t.Error("the fingerprint is not that of the training rows with their targets")
	}
}

func TestEqualConfigsGiveEqualBytesAndOtherSeedsOthers(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	a, b := start(t, c), start(t, c)
	for _, name := range []string{"net.json", "metrics.jsonl", "eval.json", "calibration.json", "config.json", "run.json"} {
		if file(t, a.Dir, name) != file(t, b.Dir, name) {
			t.Errorf("%s differs", name)
		}
	}
	c.Seed = 2
	if file(t, start(t, c).Dir, "net.json") == file(t, a.Dir, "net.json") {
		t.Error("another seed gave the same network")
	}
}

func TestEveryMethodTakesEveryHeadItCan(t *testing.T) {
	numbers, classes := numberColumns(t, 60), textFile(t, "a,b,k\n"+
		repeat(60, func(i int) string { return []string{"1,2,x\n", "2,1,y\n", "3,1,y\n", "1,3,x\n", "2,4,z\n"}[i%5] }))
	for _, method := range bnn.Methods {
		for _, head := range bnn.Heads {
			c := tiny(numbers, "y")
			if head == "classes" {
				c = tiny(classes, "k")
			}
			c.Method, c.Head, c.Epochs = method, head, 150 // the path of swag wants to begin near a mode
			if c.Validate() != nil {
				continue // which a test of the config holds
			}
			r := start(t, c)
			if (r.Outcome.Classes != nil) != (head == "classes") || (r.Outcome.Numbers != nil) == (head == "classes") {
				t.Errorf("%s, %s: got %+v", method, head, r.Outcome)
			}
			again, err := Load(r.Dir)
			if err != nil {
				t.Errorf("%s, %s: %v", method, head, err)
				continue
			}
			x := r.Table.Test.X[:2]
			p, errP := r.Predict(t.Context(), x)
			q, errQ := again.Predict(t.Context(), x)
			if errP != nil || errQ != nil || p[1].Mean != q[1].Mean || p[1].SD != q[1].SD || !slices.Equal(p[1].Probs, q[1].Probs) {
				t.Errorf("%s, %s: a loaded run predicts %+v, want %+v", method, head, q[1], p[1])
			}
		}
	}
}

// repeat joins n lines.
func repeat(n int, line func(i int) string) (out string) {
	for i := range n {
		out += line(i)
	}
	return out
}

// A scale of split-conformal prediction holds a new target with probability k/(n+1), k the rank of
// its order statistic, whatever the predictions: here those of a model that is ten times too sure
// of itself. Of 4,000 draws of 19 calibrating rows and one new one at level .9, k = 18 and the
// share is .9 with a standard error of .0047; five of them are a false alarm in 2 million.
func TestScaledIntervalsHoldWhateverTheModel(t *testing.T) {
	const draws, n = 4000, 19
	noise := make([]float64, draws*(n+1))
	rng.New(8).NormalFloat64(noise)
	held, plain := 0, 0
	for d := range draws {
		var ps []bnn.Prediction
		var y []float64
		for i := range n + 1 {
			ps, y = append(ps, bnn.Prediction{Mean: 3, SD: .1}), append(y, 3+noise[d*(n+1)+i])
		}
		c, err := calibrate(ps[:n], y[:n], false)
		if err != nil {
			t.Fatal(err)
		}
		q, err := c.Scale(.9)
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi := Interval(ps[n], q); lo <= y[n] && y[n] <= hi {
			held++
		}
		if lo, hi := Interval(ps[n], 1.645); lo <= y[n] && y[n] <= hi {
			plain++
		}
	}
	near(t, "share in scaled intervals", float64(held)/draws, .9, 5*.0047)
	if share := float64(plain) / draws; share > .2 {
		t.Errorf("share in intervals that are not scaled: %v, want a model that is too sure", share)
	}
}

// Rows that are predicted in pieces are predicted as one.
func TestManyRowsArePredictedInPieces(t *testing.T) {
	r := start(t, tiny(numberColumns(t, 60), "y"))
	rows := make([][]float32, 2*chunk+7)
	for i := range rows {
		rows[i] = []float32{float32(i%11) / 5, float32(i%7) / 3}
	}
	ps, err := r.Predict(t.Context(), rows)
	if err != nil || len(ps) != len(rows) {
		t.Fatalf("got %d predictions of %d rows (%v)", len(ps), len(rows), err)
	}
	for _, i := range []int{0, chunk - 1, chunk, 2*chunk + 6} {
		one, err := r.Net.Predict(rows[i : i+1])
		if err != nil || math.Abs(one[0].Mean-ps[i].Mean) > 1e-6 {
			t.Errorf("row %d: got %v, want %v (%v)", i, ps[i].Mean, one[0].Mean, err)
		}
	}
}

// Rows come from any format that a table has, alike.
func TestRowsOfEveryFormatArePredictedAlike(t *testing.T) {
	r := start(t, tiny(numberColumns(t, 60), "y"))
	x := []float32{1, 2, -1, .5, 0, 3}
	want, err := r.Predict(t.Context(), data.Rows(x, 2))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tsv := filepath.Join(dir, "x.tsv")
	if err := os.WriteFile(tsv, []byte("b\ta\tname\n2\t1\tone\n.5\t-1\ttwo\n3\t0\tthree\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	paths := []string{tsv}
	for _, ext := range []string{".npy", ".npz", ".jsonl"} {
		path := filepath.Join(dir, "x"+ext)
		if err := data.WriteFile(path, &data.Set{Shape: []int{2}, X: x}); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for _, path := range paths {
		rows, err := r.ReadRows(path)
		if err != nil || len(rows.X) != 3 || rows.Y != nil {
			t.Errorf("%s: got %v (%v)", path, rows, err)
			continue
		}
		got, err := r.Predict(t.Context(), rows.X)
		if err != nil || got[0].Mean != want[0].Mean || got[2].SD != want[2].SD {
			t.Errorf("%s: got %v, want %v (%v)", path, got[0].Mean, want[0].Mean, err)
		}
	}
}

// Images keep their pixels as they are, and their labels are the target.
func TestImagesArePredictedByTheirPixels(t *testing.T) {
	c := Default()
	c.Data, c.MaxRows, c.Hidden, c.Epochs, c.Draws = "digits", 200, []int{8}, 3, 3
	r := start(t, c)
	if got := r.Info; len(got.Columns) != 0 || len(got.Shape) != 2 || len(got.Classes) != 10 || got.Target != "label" {
		t.Errorf("got %+v", got)
	}
	test := r.Table.Splits.Test
	path := filepath.Join(t.TempDir(), "digits.npz")
	named := *test.Select([]int{0, 1, 2})
	for i := range 3 {
		named.Labels = append(named.Labels, int32(r.Table.Test.Y[i]))
	}
	if err := data.WriteFile(path, &named); err != nil {
		t.Fatal(err)
	}
	rows, err := r.ReadRows(path)
	if err != nil || len(rows.X) != 3 || !slices.Equal(rows.Y, r.Table.Test.Y[:3]) || !slices.Equal(rows.X[2], r.Table.Test.X[2]) {
		t.Errorf("got targets %v, want %v (%v)", rows.Y, r.Table.Test.Y[:3], err)
	}
	if err := r.WithData(t.Context()); err != nil {
		t.Error(err)
	}
}
