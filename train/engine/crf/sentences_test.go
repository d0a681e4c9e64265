package crf

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/engine"
)

// opened reads the files of a config.
func opened(t *testing.T, c engine.Config) *sentences {
	t.Helper()
	s, err := read(c.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFeaturesFollowTheColumns(t *testing.T) {
	for columns, want := range map[int]int{
		1: 5 + 2,         // words within two tokens and two pairs
		2: 5 + 2 + 5 + 7, // as for chunking
		3: 5 + 2 + 2*(5+4),
	} {
		text := strings.Repeat("x ", columns) + "B-A\n\n"
		s := opened(t, settings(file(t, "train.txt", text), nil))
		if s.columns != columns || len(s.templates) != want {
			t.Errorf("%d columns: got %d and %d templates, want %d", columns, s.columns, len(s.templates), want)
		}
	}
	if got := opened(t, settings(generated, nil)).templates; !reflect.DeepEqual(got, crf.Chunking()) {
		t.Errorf("got %v, want those of chunking", got)
	}
}

func TestTemplatesOfAFileAreTaken(t *testing.T) {
	train := file(t, "train.txt", "a X B-N\nb Y O\n")
	s := opened(t, settings(train, map[string]string{"templates": file(t, "f.txt", "U0:%x[0,0]\nU1:%x[1,1]\nB\n")}))
	if !reflect.DeepEqual(s.templates, []crf.Template{{{Column: 0}}, {{Column: 1, Offset: 1}}}) || s.apart || s.notes != nil {
		t.Errorf("got %v, %v, %q", s.templates, s.apart, s.notes)
	}
	s = opened(t, settings(train, map[string]string{"templates": file(t, "f.txt", "U0:%x[0,0]\n")}))
	if !s.apart || len(s.notes) != 1 || !strings.Contains(s.notes[0], "has no line B") {
		t.Errorf("got %v, %q", s.apart, s.notes)
	}
	_, err := read(settings(train, map[string]string{"templates": file(t, "f.txt", "U0:%x[0,2]\n")}).Resolved())
	says(t, err, "f.txt: got a template of column 2, want one below 2")
	_, err = read(settings(train, map[string]string{"templates": file(t, "f.txt", "word\n")}).Resolved())
	says(t, err, "f.txt: crf: templates: line 1")
}

func TestFilesThatCannotBeTrainedOnAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":               "got no sentence",
		"\n\n\n":         "got no sentence",
		"word\n":         "line 1: columns: got 1, want 2 to 64",
		"a X B\nb Y\n":   "line 2: columns: got 2, want 3",
		"a\x00 X\xfe B ": "not UTF-8",
	} {
		_, err := engine.Open(t.Context(), settings(file(t, "train.txt", text), nil))
		says(t, err, want, "train.txt")
	}
	good := file(t, "train.txt", "a X B\n")
	_, err := engine.Open(t.Context(), settings(good, map[string]string{"test": file(t, "test.txt", "a B\n")}))
	says(t, err, "test.txt: got 1 columns before the label, want 2")
	_, err = engine.Open(t.Context(), settings(good, map[string]string{"test": "absent.txt"}))
	says(t, err, "absent.txt")
	_, err = engine.Open(t.Context(), settings("absent.txt", nil))
	says(t, err, "absent.txt")
}

func TestTheFingerprintSeesEveryFile(t *testing.T) {
	text := inColumns(t, phrases(5, rng.New(1)), true)
	base := opened(t, settings(file(t, "a.txt", text), nil)).fingerprint
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(text))
	z.Close()
	if opened(t, settings(file(t, "b.txt.gz", packed.String()), nil)).fingerprint != base {
		t.Error("a packed file is another")
	}
	templates, test := file(t, "f.txt", "U:%x[0,0]\nB\n"), file(t, "test.txt", text)
	seen := []string{base}
	for _, c := range []engine.Config{
		settings(file(t, "a.txt", text+"more NN O\n"), nil),
		settings(file(t, "a.txt", text), map[string]string{"test": test}),
		settings(file(t, "a.txt", text), map[string]string{"templates": templates}),
		settings(file(t, "a.txt", text), map[string]string{"templates": templates, "test": test}),
	} {
		sum := opened(t, c).fingerprint
		if slices.Contains(seen, sum) {
			t.Errorf("%v: got the fingerprint of other files", c.Options)
		}
		seen = append(seen, sum)
	}
}

func TestTheDrawnPhrasesAreWellFormed(t *testing.T) {
	data := phrases(300, rng.New(2))
	if !reflect.DeepEqual(phrases(10, rng.New(2)), data[:10]) {
		t.Error("fewer phrases do not begin more of them")
	}
	for i, s := range data {
		last := len(s.Labels) - 1
		if len(s.Rows) != len(s.Labels) || s.Labels[0] != "B-NP" || s.Labels[last] != "O" || s.Rows[last][0] != "." {
			t.Fatalf("sentence %d: got %+v", i, s)
		}
		for j, y := range s.Labels[1:] {
			if strings.HasPrefix(y, "I-") && s.Labels[j][2:] != y[2:] {
				t.Errorf("sentence %d: %s follows %s", i, y, s.Labels[j])
			}
		}
	}
}

func TestTestLabelsThatWereNotTrainedAreTold(t *testing.T) {
	train := file(t, "train.txt", "a X B-N\nb Y O\n\na X B-N\n")
	r := run(t, settings(train, map[string]string{"test": file(t, "test.txt", "a X B-N\nb Y B-Z\n"), "steps": "5"}))
	if w := r.Outcome.Warnings; len(w) != 1 || w[0].Name != "labels that were not trained" || !strings.HasPrefix(w[0].Text, "1 test tokens") {
		t.Errorf("got %+v", w)
	}
	if _, err := engine.Report(t.Context(), r); err != nil {
		t.Error(err)
	}
	r = run(t, settings(train, map[string]string{"steps": "5"}))
	if w := r.Outcome.Warnings; len(w) != 1 || w[0].Name != "no test sentences" || !strings.Contains(r.Outcome.Verdict, "training sentences") {
		t.Errorf("got %+v and %q", w, r.Outcome.Verdict)
	}
	if _, err := engine.Report(t.Context(), r); err != nil {
		t.Error(err)
	}
}

func TestConfusionCountsEveryToken(t *testing.T) {
	data := []crf.Sequence{{Labels: []string{"a", "b", "a"}}, {Labels: []string{"b"}}}
	counts, labels := confusion(data, [][]string{{"a", "a", "b"}, {"c"}})
	if !slices.Equal(labels, []string{"a", "b", "c"}) || !reflect.DeepEqual(counts, [][]int{{1, 1, 0}, {1, 0, 1}, {0, 0, 0}}) {
		t.Errorf("got %v of %v", counts, labels)
	}
	var many crf.Sequence
	for i := range 60 {
		for range 61 - i {
			many.Labels = append(many.Labels, fmt.Sprintf("l%02d", i))
		}
	}
	counts, labels = confusion([]crf.Sequence{many}, [][]string{many.Labels})
	if len(labels) != mostLabels || labels[0] != "l00" || labels[mostLabels-1] != "others" {
		t.Errorf("got %v", labels)
	}
	sum := 0
	for i, row := range counts {
		for j, n := range row {
			sum += n
			if i != j && n > 0 {
				t.Errorf("row %d, column %d: got %d of right labels", i, j, n)
			}
		}
	}
	if sum != len(many.Labels) {
		t.Errorf("got %d tokens, want %d", sum, len(many.Labels))
	}
}

func TestLabelsAreListedShortly(t *testing.T) {
	var labels []string
	for i := range 15 {
		labels = append(labels, fmt.Sprint(i))
	}
	if got := some(labels); got != "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more" {
		t.Errorf("got %q", got)
	}
	if got := some(labels[:2]); got != "0, 1" {
		t.Errorf("got %q", got)
	}
	s := opened(t, settings(generated, nil))
	if got := s.String(); !strings.HasPrefix(got, "phrases: 400 sentences of ") || !strings.Contains(got, "2 columns, 7 labels; 100 sentences to test") {
		t.Errorf("got %q", got)
	}
}

// Sentences without a chunk, and chunks without a type, have pictures too.
func TestOddLabelsHavePictures(t *testing.T) {
	for _, text := range []string{"a O\nb O\n", "a B\nb I\nc O\n\na B\n", "a x\nb y\n"} {
		r := run(t, settings(file(t, "train.txt", text), map[string]string{"steps": "4"}))
		if _, err := engine.Report(t.Context(), r); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
