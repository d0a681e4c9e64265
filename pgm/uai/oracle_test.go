package uai

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// words are the fields of a file that is right, read one after another.
type words struct {
	t      *testing.T
	fields []string
}

func (w *words) number() float64 {
	w.t.Helper()
	x, err := strconv.ParseFloat(w.fields[0], 64)
	if err != nil {
		w.t.Fatal(err)
	}
	w.fields = w.fields[1:]
	return x
}

func (w *words) whole() int { return int(w.number()) }

// holds checks a model against the fields of its file, entry by entry.
func (w *words) holds(m *Model) (cells int) {
	w.t.Helper()
	if w.fields[0] != map[bool]string{true: "BAYES", false: "MARKOV"}[m.Bayes] {
		w.t.Errorf("got another kind than %s", w.fields[0])
	}
	w.fields = w.fields[1:]
	same := func(name string, got int) {
		w.t.Helper()
		if want := w.whole(); got != want {
			w.t.Fatalf("%s: got %d, want %d", name, got, want)
		}
	}
	same("variables", len(m.Graph.Vars))
	for _, k := range m.Graph.Card() {
		same("states", k)
	}
	same("factors", len(m.Graph.Factors))
	for _, f := range m.Graph.Factors {
		same("scope", len(f.Vars))
		for _, v := range f.Vars {
			same("variable", v)
		}
	}
	for _, f := range m.Graph.Factors {
		same("entries", len(f.Log))
		for _, x := range f.Log {
			tk.Close(w.t, "ln φ", x, math.Log(w.number()), 0)
			cells++
		}
	}
	return cells
}

func TestTheCompetitionsModelsAreTheFieldsOfTheirFiles(t *testing.T) {
	for _, name := range []string{"Grids_11", "Grids_13", "CSP_12", "DBN_11", "DBN_14", "Segmentation_11", "Pedigree_12",
		"Promedus_15", "Promedus_24", "Alchemy_11", "ObjectDetection_11"} {
		text, err := io.ReadAll(opened(t, name+".uai.gz"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		w := words{t, strings.Fields(string(text))}
		if cells := w.holds(m); cells < 100 || len(w.fields) > 0 {
			t.Errorf("%s: got %d entries and %d fields left", name, cells, len(w.fields))
		}
	}
}

// randomModel has factors of up to three variables.
func randomModel(t *testing.T, r *rand.Rand) *Model {
	t.Helper()
	vars := make([]pgm.Variable, 1+r.IntN(8))
	for i := range vars {
		vars[i] = pgm.Numbered(strconv.Itoa(i), 1+r.IntN(4))
	}
	var factors []*pgm.Factor
	for range r.IntN(10) {
		scope, size, card := r.Perm(len(vars))[:r.IntN(min(4, len(vars)+1))], 1, []int{}
		for _, v := range scope {
			card = append(card, len(vars[v].States))
			size *= len(vars[v].States)
		}
		values := make([]float64, size)
		for i := range values {
			if r.IntN(4) > 0 {
				values[i] = math.Exp(100 * r.NormFloat64())
			}
		}
		f, err := pgm.NewFactor(scope, card, values)
		if err != nil {
			t.Fatal(err)
		}
		factors = append(factors, f)
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		t.Fatal(err)
	}
	return &Model{Bayes: r.IntN(2) == 0, Graph: g}
}

func TestRandomModelsAreReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	for range 300 {
		m := randomModel(t, r)
		var out bytes.Buffer
		if err := Write(&out, m); err != nil {
			t.Fatal(err)
		}
		n, err := Read(&out)
		if err != nil {
			t.Fatal(err)
		}
		same(t, m, n)
	}
}

func TestRandomEvidenceIsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	for range 300 {
		vars, e := randomModel(t, r).Graph.Vars, pgm.Evidence{}
		for v := range vars {
			if r.IntN(2) == 0 {
				e[v] = r.IntN(len(vars[v].States))
			}
		}
		var out bytes.Buffer
		if err := WriteEvidence(&out, e); err != nil {
			t.Fatal(err)
		}
		got, err := ReadEvidence(&out, vars)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("got %v and %v, want %v", got, err, e)
		}
	}
}
