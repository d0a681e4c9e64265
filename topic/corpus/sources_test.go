package corpus

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestPublishedCorporaHaveTheirPublishedSizes(t *testing.T) {
	for _, c := range []struct {
		name                     string
		read                     func(t *testing.T) Reader
		docs, vocabulary, tokens int
		classes                  int
	}{
		{"press", func(t *testing.T) Reader { return NewLDAC(tk.DataFile(t, "ap-lda", "ap.dat.gz"), Limits{}) }, 2246, 10473, 435838, 1},
		{"news to train on", func(t *testing.T) Reader { return NewFeat(tk.DataFile(t, "20news-bow", "train.feat.gz"), Limits{}) }, 11268, 2000, 0, 20},
		{"news to test on", func(t *testing.T) Reader { return NewFeat(tk.DataFile(t, "20news-bow", "test.feat.gz"), Limits{}) }, 7505, 2000, 720898, 20},
	} {
		got, err := ReadAll(c.read(t), 0, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		labels := slices.Clone(got.Labels)
		slices.Sort(labels)
		classes := len(slices.Compact(labels))
		if got.Len() != c.docs || got.Vocabulary != c.vocabulary || c.tokens > 0 && got.Tokens() != c.tokens || classes != c.classes {
			t.Errorf("%s: got %d documents, %d terms, %d tokens, %d classes, want %+v", c.name, got.Len(), got.Vocabulary, got.Tokens(), classes, c)
		}
		if err := got.Check(); err != nil {
			t.Error(err)
		}
	}
	for file, n := range map[string]int{"ap-lda/vocab.txt": 10473, "20news-bow/vocab.new": 2000} {
		words, err := ReadVocabulary(tk.DataFile(t, filepath.FromSlash(file)), Limits{})
		if err != nil || len(words) != n {
			t.Errorf("%s: got %d words and error %v, want %d", file, len(words), err, n)
		}
	}
}

// endless gives n lines without ever holding them.
type endless struct {
	line string
	left int
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.rest = e.line
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestReadersKeepOneDocument(t *testing.T) {
	var d Document
	allocated := func(n int) float64 {
		return testing.AllocsPerRun(1, func() {
			r, docs := NewLDAC(&endless{line: "3 0:1 7:2 4:1\n", left: n}, Limits{}), 0
			for r.Next(&d) == nil {
				docs++
			}
			if docs != n {
				t.Errorf("got %d documents, want %d", docs, n)
			}
		})
	}
	if one, ten := allocated(1000), allocated(10000); ten > one+10 {
		t.Errorf("got %.0f allocations for ten times the documents, want the %.0f of once", ten, one)
	}
}

func TestEntriesAreWhereTheDocumentsSay(t *testing.T) {
	c := &Corpus{}
	if c.Len() != 0 || c.Tokens() != 0 || c.Check() != nil {
		t.Errorf("got %d documents of an empty corpus, error %v", c.Len(), c.Check())
	}
	for d := range 20 {
		var x Document
		for i := range d % 4 {
			x.Terms, x.Counts = append(x.Terms, int32((d+i)%9)), append(x.Counts, int32(i+1))
		}
		x.Label = d
		c.Add(x)
	}
	for d := range 20 {
		x := c.Doc(d)
		if x.Label != d || len(x.Terms) != d%4 || x.Tokens() != d%4*(d%4+1)/2 {
			t.Errorf("document %d: got %+v", d, x)
		}
		for i, v := range x.Terms {
			if int(v) != (d+i)%9 || int(x.Counts[i]) != i+1 {
				t.Errorf("document %d: got %+v", d, x)
			}
		}
	}
	if c.Vocabulary != 9 || c.Check() != nil {
		t.Errorf("got a vocabulary of %d and error %v, want 9", c.Vocabulary, c.Check())
	}
}

func TestALimitOfAllReadersIsTheLongestLine(t *testing.T) {
	long := strings.Repeat("7", 200)
	var d Document
	for name, read := range map[string]func() error{
		"lda-c": func() error { return NewLDAC(strings.NewReader(long), Limits{Line: 100}).Next(&d) },
		"feat":  func() error { return NewFeat(strings.NewReader(long), Limits{Line: 100}).Next(&d) },
		"jsonl": func() error {
			_, err := NewJSONL(strings.NewReader(long), "text", Limits{Line: 100}).Text()
			return err
		},
		"vocabulary": func() error { _, err := ReadVocabulary(strings.NewReader(long), Limits{Line: 100}); return err },
	} {
		var bad *FormatError
		if err := read(); !errors.As(err, &bad) || bad.Format != name || !strings.Contains(err.Error(), "more than 100 bytes") {
			t.Errorf("%s: got error %v, want one about a line of more than 100 bytes", name, err)
		}
	}
}

func TestAFormatErrorSaysWhere(t *testing.T) {
	err := error(&FormatError{Format: "feat", Line: 3, Field: "count", Msg: "got 0, want at least 1"})
	if got := err.Error(); got != "corpus: feat: line 3: count: got 0, want at least 1" {
		t.Errorf("got %q", got)
	}
	if got := string(clip([]byte(strings.Repeat("x", 99)))); len(got) != 40 {
		t.Errorf("got %d bytes of a long quotation, want 40", len(got))
	}
}

func TestAFolderBecomesACorpus(t *testing.T) {
	tree := fstest.MapFS{
		"one.txt":     {Data: []byte("Red apples, red pears.")},
		"sub/two.txt": {Data: []byte("Green apples; no pears?")},
		"three.txt":   {Data: []byte("...")},
	}
	fresh := func() *Folder {
		f, err := NewFolder(tree, ".txt", Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	words, err := Vocabulary(fresh(), Pruning{MinDocuments: 2}, Limits{})
	if err != nil || !slices.Equal(words, []string{"apples", "pears"}) {
		t.Fatalf("got %q and error %v", words, err)
	}
	c, err := ReadAll(NewBags(fresh(), words, 0), len(words), Limits{})
	if err != nil || !slices.Equal(c.Starts, []int{0, 2, 4, 4}) {
		t.Errorf("got %+v and error %v, want the documents one, sub/two, three", c, err)
	}
	if _, err := NewFolder(fstest.MapFS{}, "", Limits{}); err != nil {
		t.Errorf("got error %v for an empty folder, want none", err)
	}
	delete(tree, "one.txt")
	gone := &Folder{tree: tree, paths: []string{"one.txt"}, limit: 9}
	if _, err := gone.Text(); err == nil || !strings.Contains(err.Error(), "one.txt") {
		t.Errorf("got error %v, want one that names the file that went away", err)
	}
}

func TestErrorsOfTextsReachTheVocabularyAndTheBags(t *testing.T) {
	bad := func() Text { return NewJSONL(strings.NewReader("{}\n"), "text", Limits{}) }
	if _, err := Vocabulary(bad(), Pruning{}, Limits{}); err == nil {
		t.Error("vocabulary: got no error")
	}
	var d Document
	if err := NewBags(bad(), nil, 0).Next(&d); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("bags: got error %v, want that of the text", err)
	}
}

func TestDocumentsAreReadIntoTheSameMemory(t *testing.T) {
	r := NewFeat(strings.NewReader("1 1:1 2:1 3:1\n2 4:9\n3\n"), Limits{})
	var d Document
	for _, want := range []string{"{[0 1 2] [1 1 1] 1}", "{[3] [9] 2}", "{[] [] 3}"} {
		if err := r.Next(&d); err != nil || fmt.Sprint(d) != want {
			t.Errorf("got %v and error %v, want %s", d, err, want)
		}
	}
	for range 2 {
		if err := r.Next(&d); err != io.EOF {
			t.Errorf("got error %v, want the end, again and again", err)
		}
	}
}

func TestTheOrderOfEqualWordsIsThatOfTheAlphabet(t *testing.T) {
	text := func() Text { return NewJSONL(strings.NewReader(`{"text":"d c b a d"}`), "text", Limits{}) }
	for range 20 { // the words come from a map
		words, err := Vocabulary(text(), Pruning{}, Limits{})
		if err != nil || strings.Join(words, "") != "dabc" {
			t.Fatalf("got %q and error %v, want d a b c", words, err)
		}
	}
}
