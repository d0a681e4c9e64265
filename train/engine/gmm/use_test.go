package gmm

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

func TestEverySettingReachesTheMixture(t *testing.T) {
	x := mixture.Data{X: []float64{1, 2, 3, 4, 5, 7}, D: 2}
	c := settings(generated, map[string]string{"components": "7", "covariance": "tied", "weights": "sticks", "alpha": "2", "beta": "3", "nu": "4",
		"restarts": "5", "sweeps": "6", "tolerance": "0.5"})
	c.Seed, c.Threads = 8, 9
	got := config(c, x)
	want := mixture.Config{Components: 7, Covariance: mixture.Tied, Weights: mixture.Sticks, Alpha: 2, Beta: 3, Nu: 4, Scale: spreads(x),
		Restarts: 5, Sweeps: 6, Tolerance: .5, Seed: 8, Threads: 9}
	if !slices.Equal(got.Scale, want.Scale) || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.Options["prior-scale"] = "covariance"
	if config(c, x).Scale != nil {
		t.Error("the scale is not left to the data")
	}
	d := mixture.Default()
	if got := config(settings(generated, nil), x); got.Components != d.Components || got.Alpha != d.Alpha || got.Restarts != d.Restarts || got.Sweeps != d.Sweeps || got.Tolerance != d.Tolerance {
		t.Errorf("got the defaults %+v, want those of the mixture %+v", got, d)
	}
}

func TestScoresAreThoseOfTheMixture(t *testing.T) {
	tab := clouds(80, rng.New(6))
	path := csvFile(t, "y,id,x\n"+rowsOf(tab))
	m := run(t, settings(path, map[string]string{"drop": "id", "components": "4", "restarts": "1"})).Model.(*Model)
	got, err := m.Score(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	x := mixture.Data{D: 2}
	for i := range tab.Len() {
		x.X = append(x.X, (tab.X[2*i+1]-m.Columns[0].Mean)/m.Columns[0].Scale, (tab.X[2*i]-m.Columns[1].Mean)/m.Columns[1].Scale)
	}
	want, err := m.Mixture.LogProb(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		tk.Close(t, "log density", got.Log[i], want[i]-math.Log(m.Columns[0].Scale)-math.Log(m.Columns[1].Scale), 1e-13)
	}
}

// Means of many drawn rows are those of the mixture in the units of the data, within 5 errors.
func TestDrawnRowsAreInTheUnitsOfTheData(t *testing.T) {
	const n = 20000
	m := run(t, settings(generated, map[string]string{"components": "6", "restarts": "2"})).Model.(*Model)
	got, err := m.Sample(t.Context(), n, 2)
	if err != nil {
		t.Fatal(err)
	}
	for j, c := range m.Columns {
		want, sum, squares := 0., 0., 0.
		for _, p := range m.Mixture.Components {
			want += p.Weight * p.Mean[j]
		}
		for _, row := range got.Rows {
			v := row[j].(float64)
			sum += v / n
			squares += v * v / n
		}
		if sd := math.Sqrt((squares - sum*sum) / n); math.Abs(sum-(want*c.Scale+c.Mean)) > 5*sd {
			t.Errorf("column %s: got the mean %v, want %v within %v", c.Name, sum, want*c.Scale+c.Mean, 5*sd)
		}
	}
}

func TestTablesOfOtherFormatsAndScalesAreFitted(t *testing.T) {
	// Seconds of an epoch, of which float32 holds steps of 128.
	text := "when,x\n"
	r := rng.New(4).Rand()
	for i := range 60 {
		text += fmt.Sprintf("%.3f,%.3f\n", 1.7e9+float64(i%2)*9+r.NormFloat64(), r.NormFloat64())
	}
	c := settings(csvFile(t, text), map[string]string{"components": "4"})
	if k := figure(t, run(t, c).Outcome, "components"); k != 2 {
		t.Errorf("got %v components of two times, want 2", k)
	}
	path := filepath.Join(t.TempDir(), "t.tsv")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, ",", "\t")), 0o644); err != nil {
		t.Fatal(err)
	}
	if k := figure(t, run(t, settings(path, map[string]string{"components": "4"})).Outcome, "components"); k != 2 {
		t.Errorf("tabs: got %v components, want 2", k)
	}
	gaps := settings(csvFile(t, strings.Replace(text, "x\n", "x\nNA,1\n", 1)), map[string]string{"components": "4", "allow-nan": "true"})
	task, err := engine.Open(t.Context(), gaps)
	if err != nil || len(task.Notes) != 1 || !strings.Contains(task.Notes[0], "1 of 61 cells were missing") {
		t.Errorf("got %v, %v", task, err)
	}
}

// picture draws one picture of a model.
func picture(t *testing.T, m *Model, s *rows, file string) (engine.Picture, []byte) {
	t.Helper()
	all, err := pictures(m, s)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p engine.Picture) bool { return p.File == file })
	if i < 0 {
		t.Fatalf("no picture %s", file)
	}
	var b bytes.Buffer
	if err := all[i].Draw(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(b.Bytes())); err != nil {
		t.Fatal(err)
	}
	return all[i], b.Bytes()
}

func TestPicturesOfManyRowsAndComponents(t *testing.T) {
	r := rng.New(6).Rand()
	s := &rows{train: mixture.Data{D: 2}, Set: &tables.Set{Name: "many", Columns: []data.Column{{Name: "u", Scale: 1}, {Name: "v", Scale: 1}}}}
	for i := range mostPoints + 500 {
		s.train.X = append(s.train.X, float64(i%5*8)+r.NormFloat64(), float64(i/5%5*8)+r.NormFloat64())
	}
	c := mixture.Default()
	c.Components, c.Restarts, c.Sweeps, c.Weights, c.Alpha = 50, 1, 20, mixture.Sticks, 1
	fitted, err := mixture.Fit(t.Context(), s.train, c)
	if err != nil {
		t.Fatal(err)
	}
	m := &Model{Columns: s.Columns, Mixture: fitted}
	p, all := picture(t, m, s, "components.png")
	if !strings.Contains(p.Caption, "5000 of 5500 rows are drawn") {
		t.Errorf("got %q", p.Caption)
	}
	if _, again := picture(t, m, s, "components.png"); !bytes.Equal(all, again) {
		t.Error("the same picture comes out differently")
	}
	picture(t, m, s, "weights.png") // of more components than bars, without intervals
}

func TestTheVerdictCountsWhatIsKept(t *testing.T) {
	r := run(t, settings(generated, nil))
	if want := fmt.Sprintf("ELBO %s nats; the data keep 4 of 10 components.", engine.Number(r.Model.(*Model).Mixture.Bound)); r.Outcome.Verdict != want {
		t.Errorf("got %q, want %q", r.Outcome.Verdict, want)
	}
	if len(r.Outcome.Warnings) != 0 {
		t.Errorf("got the warnings %+v", r.Outcome.Warnings)
	}
}

func TestSnapshotsOfOtherFitsAreRefused(t *testing.T) {
	x := mixture.Data{D: 2, X: clouds(50, rng.New(2)).X}
	c := config(settings(generated, map[string]string{"components": "3", "restarts": "2"}), x)
	f, err := begin(x, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	good := &engine.Snapshot{State: at.State, Arrays: at.Arrays}
	if _, err := begin(x, c, good); err != nil {
		t.Errorf("its own: %v", err)
	}
	c.Components = 4
	if _, err := begin(x, c, good); err == nil || !strings.Contains(err.Error(), "mixture: snapshot: now.") {
		t.Errorf("other components: got %v", err)
	}
	if _, err := begin(x, c, &engine.Snapshot{State: []byte("?")}); err == nil || !strings.Contains(err.Error(), "mixture: snapshot") {
		t.Errorf("no state: got %v", err)
	}
}

func TestTheLargestValueIsFound(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want int
	}{{[]float64{1}, 0}, {[]float64{1, 3, 2}, 1}, {[]float64{2, 2}, 0}, {[]float64{-3, -1}, 1}} {
		if got := largest(c.x); got != c.want {
			t.Errorf("%v: got %d, want %d", c.x, got, c.want)
		}
	}
}

func TestColumnsAreListedByName(t *testing.T) {
	if got := tables.Names([]data.Column{{Name: "b"}, {Name: "a"}}); !slices.Equal(got, []string{"b", "a"}) || tables.Names(nil) != nil {
		t.Errorf("got %v", got)
	}
}
