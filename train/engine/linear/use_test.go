package linear

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

func TestTargetsThatCannotBePredictedAreErrors(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		options          map[string]string
		setting          bool // whether it is the flag's fault
	}{
		{"linreg", "a,b\n1,2\n2,3\n3,5\n", "--target: got c, want a column of numbers that vary, one of [a b]", map[string]string{"target": "c"}, true},
		{"linreg", "a,b\n1,2\n2,2\n3,2\n", "got one column that varies, want one beside the target", nil, false},
		{"linreg", "a,b\n1,2\n2,2\n3,2\n", "--target: got b", map[string]string{"target": "b"}, true},
		{"linreg", "a,b\n1,2\n", "no column with two different values", nil, false},
		{"linreg", "a,b\n1,2\n2,3\n3,5\n", "", map[string]string{"target": "a"}, false},
		{"linreg", "a,b\n1,2\n2,3\n3,5\n", "no column", map[string]string{"drop": "c"}, false},
		{"linreg", "a,b,c\n1,2,7\n2,3,7\n3,5,7\n", "", nil, false}, // the constant column is left out before the last is the target
		{"linreg", "a,b\n1,2\n2,3\n3,\n", "want a number", nil, false},
		{"linreg", "a,b\n1,2\n2,3\n3,\n", "", map[string]string{"allow-nan": "true"}, false},
		{"linreg", "a,b\n1,x\n2,y\n", `got "x", want a number`, nil, false},
		{"logreg", "a,b\n1,x\n2,y\n", "--target: got none, want the column of the classes", nil, true},
		{"logreg", "a,b\n1,x\n2,y\n3,z\n", "--target: b has 3 different values, want two classes", map[string]string{"target": "b"}, true},
		{"probit", "a,b\n1,x\n2,x\n", "--target: b has 1 different values, want two classes", map[string]string{"target": "b"}, true},
		{"probit", "a,b\n1,x\n2,y\n", "label column", map[string]string{"target": "c"}, false},
		{"logreg", "a,b\n1,x\n2,\n3,\n4,y\n", "", map[string]string{"target": "b"}, false},
		{"logreg", "a,b\n1,x\n2,y\n3,x\n", "want at least 2", map[string]string{"target": "b", "held-out": "0.6"}, false},
	} {
		_, err := engine.Open(t.Context(), settings(c.name, csvFile(t, c.text), c.options))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %q: got %v, want %q", c.name, c.text, err, c.want)
		}
		if got := errors.As(err, new(*engine.SettingError)); err != nil && got != c.setting {
			t.Errorf("%s %q: %v: the setting's fault: got %v, want %v", c.name, c.text, err, got, c.setting)
		}
	}
	if _, err := engine.Open(t.Context(), settings("logreg", "", map[string]string{"drop": "a"})); err == nil || !strings.Contains(err.Error(), "its columns are given") {
		t.Errorf("got %v", err)
	}
}

// Rows whose class is not known are neither fitted nor judged.
func TestRowsWithoutAClassAreLeftOut(t *testing.T) {
	text := table(40, 5)
	whole, err := parted(t, "logreg", text)
	if err != nil {
		t.Fatal(err)
	}
	some := text
	for i := range 10 {
		some += fmt.Sprintf("%d,%d,,1\n", 30000+i*1000, 40+i)
	}
	part, err := parted(t, "logreg", some)
	if err != nil {
		t.Fatal(err)
	}
	if len(part.y) != 40 || part.Train.N() != 40 || len(whole.y) != 40 {
		t.Errorf("got %d and %d rows, want 40", len(part.y), len(whole.y))
	}
	for i, y := range whole.y {
		if part.y[i] != y {
			t.Fatalf("row %d: got class %v, want %v", i, part.y[i], y)
		}
	}
}

// parted is the problem of a table.
func parted(t *testing.T, name, text string) (*problem, error) {
	t.Helper()
	k, _ := kindOf(name)
	return k.problem(t.Context(), settings(name, csvFile(t, text), targets[name]))
}

func TestTheLastColumnIsTheTargetWhereNoneIsNamed(t *testing.T) {
	k, _ := kindOf("linreg")
	path := csvFile(t, "a,b,c\n1,2,5\n2,2.5,7\n3,1,1\n")
	for _, v := range []struct {
		options map[string]string
		target  string
		rest    string
		values  []float64
	}{
		{nil, "c", "[a b]", []float64{5, 7, 1}},
		{map[string]string{"target": "c"}, "c", "[a b]", []float64{5, 7, 1}},
		{map[string]string{"target": "a"}, "a", "[b c]", []float64{1, 2, 3}},
		{map[string]string{"drop": "c"}, "b", "[a]", []float64{2, 2.5, 1}},
	} {
		s, err := k.problem(t.Context(), settings("linreg", path, v.options))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(tables.Names(s.Columns)); s.target.Name != v.target || got != v.rest || s.Train.D != len(s.Columns) {
			t.Errorf("%v: got target %s of %s, want %s of %s", v.options, s.target.Name, got, v.target, v.rest)
		}
		for i, want := range v.values {
			tk.Close(t, "target", s.target.Mean+s.target.Scale*s.y[i], want, 1e-12)
		}
	}
}

func TestTheFingerprintSeesTheTarget(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{"a,b\n1,2\n2,3\n3,5\n", "a,b\n1,2\n2,3\n3,6\n", "a,c\n1,2\n2,3\n3,5\n", "a,b\n1,2\n2,3\n4,5\n"} {
		k, _ := kindOf("linreg")
		s, err := k.problem(t.Context(), settings("linreg", csvFile(t, text), nil))
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[s.fingerprint()]; ok {
			t.Errorf("%q has the fingerprint of %q", text, other)
		}
		seen[s.fingerprint()] = text
	}
}

func TestEverySettingReachesTheRegression(t *testing.T) {
	got := config(settings("linreg", "", map[string]string{"ard": "false", "shape": "3", "rate": ".5", "sweeps": "7", "tolerance": "1e-3"}))
	if got.ARD || got.Alpha.Shape != 3 || got.Alpha.Rate != .5 || got.Noise != got.Alpha || got.Sweeps != 7 || got.Tolerance != 1e-3 || !got.Intercept {
		t.Errorf("got %+v", got)
	}
	r := run(t, settings("logreg", "", map[string]string{"sweeps": "2"}))
	if len(r.History) != 2 || len(r.Outcome.Warnings) != 1 || r.Outcome.Warnings[0].Name != "not converged" {
		t.Errorf("got %d sweeps and %+v", len(r.History), r.Outcome.Warnings)
	}
	shared := run(t, settings("linreg", "", map[string]string{"ard": "false"})).Model.(*Model).of()
	if shared.Precision(0) != shared.Precision(5) {
		t.Errorf("got precisions %v and %v, want one", shared.Precision(0), shared.Precision(5))
	}
}

func TestAStoredModelKeepsEveryBit(t *testing.T) {
	path := csvFile(t, table(40, 6))
	for _, name := range all {
		r := run(t, settings(name, path, targets[name]))
		loaded, err := engine.Load(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		want, err := r.Model.(*Model).Assign(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := loaded.Model.(*Model).Assign(t.Context(), path)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a loaded model predicts otherwise (%v)", name, err)
		}
	}
}

func TestModelsThatAreDamagedAreRefused(t *testing.T) {
	r := run(t, settings("logreg", csvFile(t, table(30, 7)), targets["logreg"]))
	text, err := json.Marshal(r.Model)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"kind":"logreg"`, `"kind":"other"`, `got kind "other"`},
		{`"kind":"logreg"`, `"kind":"linreg"`, `got kind "linreg" with 2 classes`},
		{`["cheap","dear"]`, `["cheap"]`, "with 1 classes"},
		{`"name":"income",`, `"name":"income","x":1,`, ""},
		{`{"name":"income"`, `{"name":"extra","Mean":0,"Scale":1},{"name":"income"`, "want one more"},
		{`"mean":[`, `"mean":[1,`, "logreg: model: "},
		{`{`, ``, "linear: model: "},
	} {
		damaged := strings.Replace(string(text), c.from, c.to, 1)
		if c.want != "" && damaged == string(text) {
			damaged = strings.Replace(string(text), strings.Replace(c.from, "name", "Name", 1), strings.Replace(c.to, `{"name"`, `{"Name"`, 2), 1)
		}
		var m Model
		if err := m.UnmarshalJSON([]byte(damaged)); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.to, err, c.want)
		}
	}
	m := r.Model.(*Model)
	m.Columns[0].Scale = math.Inf(1)
	if _, err := json.Marshal(m); err == nil {
		t.Error("stored an infinite scale")
	}
}

func TestFilesThatCannotBePredictedOrScoredAreErrors(t *testing.T) {
	path := csvFile(t, table(30, 8))
	for _, name := range all {
		m := run(t, settings(name, path, targets[name])).Model.(*Model)
		if _, err := m.Assign(t.Context(), csvFile(t, "income\n1\n")); err == nil || !strings.Contains(err.Error(), "age") {
			t.Errorf("%s: got %v, want the column that is not there", name, err)
		}
		if _, err := m.Score(t.Context(), csvFile(t, "income,age\n1,2\n")); err == nil || !strings.Contains(err.Error(), targets[name]["target"]) {
			t.Errorf("%s: got %v, want the target that is not there", name, err)
		}
		if _, err := m.Assign(t.Context(), csvFile(t, "income,age\n40000,50\n")); err != nil {
			t.Errorf("%s: a file without the target: %v", name, err)
		}
		if name == "linreg" {
			continue
		}
		if _, err := m.Score(t.Context(), csvFile(t, "income,age,kind\n1,2,free\n3,4,dear\n")); err == nil || !strings.Contains(err.Error(), "row 0: kind: got free, want cheap or dear") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := m.Score(t.Context(), csvFile(t, "income,age,kind\n1,2,dear\n3,4,\n")); err == nil || !strings.Contains(err.Error(), "got no class") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// wide is a table of many columns.
func wide(columns int) string {
	r := rng.New(9).Rand()
	var text strings.Builder
	for j := range columns {
		fmt.Fprintf(&text, "c%d,", j)
	}
	text.WriteString("y\n")
	for range 50 {
		for range columns {
			fmt.Fprintf(&text, "%.3f,", r.NormFloat64())
		}
		fmt.Fprintf(&text, "%.3f\n", r.NormFloat64())
	}
	return text.String()
}

func TestPicturesOfEveryWidthAreDrawn(t *testing.T) {
	for _, c := range []engine.Config{
		settings("linreg", csvFile(t, wide(1)), nil), settings("linreg", csvFile(t, wide(60)), map[string]string{"held-out": "0.2"}),
		settings("logreg", "", nil), settings("probit", "", map[string]string{"held-out": "0.1"}),
	} {
		r := run(t, c)
		names, err := engine.Report(t.Context(), r)
		want := 2
		if c.Model == "linreg" {
			want = 3
		}
		if err != nil || len(names) != want {
			t.Fatalf("%s: got %v, %v, want %d pictures", c.Model, names, err, want)
		}
		pictures, err := r.Task.Draw(r.Model, r.History)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pictures {
			var b bytes.Buffer
			if err := p.Draw(&b); err != nil {
				t.Fatal(err)
			}
			if img, err := png.Decode(&b); err != nil || img.Bounds().Dx() < 400 || p.Caption == "" {
				t.Errorf("%s: %s: %v", c.Model, p.File, err)
			}
		}
	}
}

// The figures of numbers by hand: targets 1, 2, 6 predicted as 1, 3, 5 with a deviation of 1.
func TestFiguresOfNumbersAreTheirDefinitions(t *testing.T) {
	m := &Model{Kind: "linreg", Target: data.Column{Name: "y", Mean: 3, Scale: 2}}
	got := map[string]float64{}
	m.judgeNumbers(func(name string, v float64, _, _ string) { got[name] = v }, "fitted",
		[]prediction{{1, 1}, {3, 1}, {5, 1}}, []float64{-1, -.5, 1.5}, nil)
	tk.Close(t, "RMSE", got["RMSE"], math.Sqrt(2./3), 1e-15)
	tk.Close(t, "explained", got["explained"], 100*(1-2./14), 1e-12) // the squares of −2, −1 and 3
	tk.Close(t, "ln p", got["ln p(y|x)"], -math.Log(2*math.Pi)/2-1./3, 1e-14)
	// Of two classes with p of the second .9, .6, .2 and .1: the second row and the last are wrong.
	m.Classes = []string{"no", "yes"}
	if len(got) != 3 {
		t.Errorf("got %v, want three figures", got)
	}
	m.judgeClasses(func(name string, v float64, _, _ string) { got[name] = v }, "fitted",
		[]prediction{{.9, 0}, {.6, 0}, {.2, 0}, {.1, 0}}, []float64{1, 0, 0, 1}, nil)
	tk.Close(t, "wrong", got["wrong"], 50, 0)
	tk.Close(t, "ln p of classes", got["ln p(y|x)"], (math.Log(.9)+math.Log(.4)+math.Log(.8)+math.Log(.1))/4, 1e-14)
}

func TestOnlyALineHasADefaultTarget(t *testing.T) {
	for _, name := range all {
		spec, _ := engine.Lookup(name)
		o, _ := spec.Options.Find("target")
		if got := strings.Contains(o.Usage, "default: the last one"); got != (name == "linreg") {
			t.Errorf("%s: --target: got the help %q", name, o.Usage)
		}
	}
}

func TestColumnsWhoseMatricesDoNotFitAreRefused(t *testing.T) {
	var head, low, high strings.Builder
	for j := range 12000 { // four matrices of 1.15e9 bytes
		fmt.Fprintf(&head, "c%d,", j)
		low.WriteString("0,")
		high.WriteString("1,")
	}
	path := csvFile(t, head.String()+"y\n"+low.String()+"a\n"+high.String()+"b\n"+low.String()+"b\n")
	for _, name := range []string{"logreg", "probit"} {
		if _, err := engine.Open(t.Context(), settings(name, path, map[string]string{"target": "y"})); err == nil || !strings.Contains(err.Error(), name+": "+path+": got 12,000 columns") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
