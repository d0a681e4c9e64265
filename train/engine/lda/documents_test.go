package lda

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
	"github.com/elbo-go/elbo/train/engine"
)

// opened reads the documents of a config.
func opened(t *testing.T, c engine.Config) *documents {
	t.Helper()
	d, err := read(c.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// whole are settings that hold nothing out and keep every word of text.
func whole(more map[string]string) map[string]string {
	out := map[string]string{"held-out": "0", "min-docs": "1", "max-share": "1", "min-letters": "1"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// bag counts the words of a document by name.
func bag(c *corpus.Corpus, words []string, d int) map[string]int {
	out, x := map[string]int{}, c.Doc(d)
	for i, v := range x.Terms {
		out[words[v]] = int(x.Counts[i])
	}
	return out
}

// The same documents in every format are the same bags.
func TestEveryFormatGivesTheSameDocuments(t *testing.T) {
	docs, _ := bars(12, rng.New(3))
	words := letters(25)
	var feat, jsonl, text, vocab strings.Builder
	folder := t.TempDir()
	for d := range docs.Len() {
		x := docs.Doc(d)
		feat.WriteString("1")
		for i, v := range x.Terms {
			fmt.Fprintf(&feat, " %d:%d", v+1, x.Counts[i])
		}
		feat.WriteString("\n")
		said := spoken(docs, words, d)
		fmt.Fprintf(&jsonl, "{\"id\": %d, \"body\": %q}\n", d, said)
		text.WriteString(said + "\n\n")
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d.txt", d)), []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range words {
		vocab.WriteString(w + "\n")
	}
	names := file(t, "vocab.txt", vocab.String())
	for _, c := range []engine.Config{
		settings(file(t, "a.dat", ldac(docs)), whole(map[string]string{"vocab": names})),
		settings(file(t, "a.feat", feat.String()), whole(map[string]string{"vocab": names})),
		settings(file(t, "a.jsonl", jsonl.String()), whole(map[string]string{"field": "body"})),
		settings(file(t, "a.jsonl", jsonl.String()), whole(map[string]string{"field": "body", "vocab": names})),
		settings(file(t, "a.txt", text.String()), whole(nil)),
		settings(file(t, "a.other", text.String()), whole(map[string]string{"format": "lines"})),
		settings(folder, whole(nil)),
	} {
		d := opened(t, c)
		if d.train.Len() != docs.Len() || d.test.Len() != 0 {
			t.Fatalf("%s: got %d documents", c.Data, d.train.Len())
		}
		for i := range docs.Len() {
			if got, want := bag(d.train, d.words, i), bag(docs, words, i); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: document %d: got %v, want %v", c.Data, i, got, want)
			}
		}
	}
}

func TestFormatsAreGuessedByName(t *testing.T) {
	for name, want := range map[string]string{"ap.dat": "lda-c", "AP.DAT.GZ": "lda-c", "train.feat.gz": "feat", "news.jsonl": "jsonl", "x.ndjson.gz": "jsonl",
		"articles.TXT": "lines", "noname": "lda-c", t.TempDir(): "folder"} {
		if got := guessed(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := formatNames(); !slices.Equal(got, []string{"guess", "lda-c", "feat", "jsonl", "lines", "folder"}) {
		t.Errorf("got %v", got)
	}
}

func TestWordsOfTextArePruned(t *testing.T) {
	text := "the cat sat\nthe dog sat\nthe cat ran\nthe owl\n"
	for want, options := range map[string]map[string]string{
		"the cat sat dog owl ran": {},
		"the cat sat":             {"min-docs": "2"},
		"cat sat":                 {"min-docs": "2", "max-share": "0.6"},
		"the cat":                 {"max-words": "2"},
		"cat sat dog owl ran":     {"stop": file(t, "stop.txt", "the\nzebra\n")},
	} {
		d := opened(t, settings(file(t, "a.txt", text), whole(options)))
		if got := strings.Join(d.words, " "); got != want {
			t.Errorf("%v: got %q, want %q", options, got, want)
		}
	}
	_, err := read(settings(file(t, "a.txt", text), whole(map[string]string{"min-docs": "9"})).Resolved())
	says(t, err, "a.txt: got no word", "lower --min-docs")
	_, err = read(settings(file(t, "a.txt", text), whole(map[string]string{"stop": "absent.txt"})).Resolved())
	says(t, err, "absent.txt")
}

func TestDocumentsWithoutWordsAreLeftOutAndTold(t *testing.T) {
	d := opened(t, settings(file(t, "a.dat", "1 0:2\n0\n2 0:1 1:1\n0\n1 2:1\n"), whole(nil)))
	if d.train.Len() != 3 || len(d.notes) != 2 || !strings.Contains(d.notes[1], "2 documents have no word") {
		t.Errorf("got %d documents and the notes %q", d.train.Len(), d.notes)
	}
	if !strings.Contains(d.String(), "3 documents, 5 words in all, a vocabulary of 3") {
		t.Errorf("got %q", d)
	}
	_, err := read(settings(file(t, "a.dat", "0\n0\n"), whole(nil)).Resolved())
	says(t, err, "got 0 documents with a word")
	_, err = read(settings(file(t, "a.dat", ""), whole(nil)).Resolved())
	says(t, err, "got 0 documents with a word")
}

func TestHeldOutDocumentsAreTheRest(t *testing.T) {
	docs, _ := bars(40, rng.New(5))
	path := file(t, "a.dat", ldac(docs))
	d := opened(t, settings(path, map[string]string{"held-out": "0.25"}))
	if d.train.Len() != 30 || d.test.Len() != 10 || d.train.Tokens()+d.test.Tokens() != docs.Tokens() || d.test.Vocabulary != d.train.Vocabulary {
		t.Errorf("got %d and %d documents", d.train.Len(), d.test.Len())
	}
	other := settings(path, map[string]string{"held-out": "0.25"})
	other.Seed = 9
	if o := opened(t, other); reflect.DeepEqual(o.test, d.test) {
		t.Error("another seed holds out the same documents")
	}
	d = opened(t, settings(path, map[string]string{"test": file(t, "b.dat", "1 3:2\n2 0:1 24:1\n")}))
	if d.train.Len() != 40 || d.test.Len() != 2 {
		t.Errorf("got %d and %d documents", d.train.Len(), d.test.Len())
	}
	_, err := read(settings(path, map[string]string{"test": file(t, "b.dat", "1 99:2\n")}).Resolved())
	says(t, err, "got the word number 100, want one of the 25")
	_, err = read(settings(path, map[string]string{"test": "absent.dat"}).Resolved())
	says(t, err, "absent.dat")
}

func TestFilesThatAreNoDocumentsAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"2 0:1\n":             "line 1: pairs: got 1, want the 2",
		"1 0:1\n1 0:-1\n":     "line 2: count: got -1",
		"1 0:x\n":             "want id:count",
		"1 -4:1\n":            "id: got -4",
		"1 99999999999:1\n":   "id: got 99999999999",
		"words of a document": "want a whole number",
	} {
		_, err := read(settings(file(t, "a.dat", text), nil).Resolved())
		says(t, err, want, "a.dat")
	}
	good := file(t, "a.dat", "2 0:1 5:2\n1 1:3\n")
	_, err := read(settings(good, map[string]string{"vocab": file(t, "v.txt", "one\ntwo\n")}).Resolved())
	says(t, err, "got the word number 6, want one of the 2 of --vocab")
	_, err = read(settings(good, map[string]string{"vocab": "absent.txt"}).Resolved())
	says(t, err, "absent.txt")
	_, err = read(settings(file(t, "a.jsonl", `{"title": "x"}`), nil).Resolved())
	says(t, err, "a.jsonl", "line 1: text: got no such field")
	_, err = read(settings(good, map[string]string{"format": "folder"}).Resolved())
	says(t, err, "want a folder of text files")
	_, err = read(settings("absent.dat", nil).Resolved())
	says(t, err, "absent.dat")
	_, err = engine.Open(t.Context(), settings(good, map[string]string{"alpha": "0.001", "learn-alpha": "symmetric"}))
	says(t, err, "alpha: got 0.001, want at least 0.005 to begin to learn it")
}

func TestTheFingerprintSeesEveryFile(t *testing.T) {
	docs, _ := bars(20, rng.New(5))
	text := ldac(docs)
	base := opened(t, settings(file(t, "a.dat", text), nil)).fingerprint
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(text))
	z.Close()
	if opened(t, settings(file(t, "a.dat.gz", packed.String()), nil)).fingerprint != base {
		t.Error("a packed file is another")
	}
	words := strings.Join(letters(25), "\n")
	seen := []string{base}
	for _, c := range []engine.Config{
		settings(file(t, "a.dat", text+"1 3:1\n"), nil),
		settings(file(t, "a.dat", text), map[string]string{"vocab": file(t, "v", words)}),
		settings(file(t, "a.dat", text), map[string]string{"test": file(t, "b.dat", "1 3:1\n")}),
		settings(file(t, "a.dat", text), map[string]string{"held-out": "0.5"}),
		settings(generated, nil),
	} {
		sum := opened(t, c).fingerprint
		if slices.Contains(seen, sum) {
			t.Errorf("%v: got the fingerprint of other documents", c.Options)
		}
		seen = append(seen, sum)
	}
	folder := t.TempDir()
	one := filepath.Join(folder, "a.txt")
	if err := os.WriteFile(one, []byte("river bank river"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := opened(t, settings(folder, whole(nil))).fingerprint
	if err := os.WriteFile(one, []byte("river bank money"), 0o644); err != nil {
		t.Fatal(err)
	}
	if opened(t, settings(folder, whole(nil))).fingerprint == before {
		t.Error("another text of a folder has the same fingerprint")
	}
}

func TestNewDocumentsThatDoNotFitARunAreErrors(t *testing.T) {
	m := run(t, settings(file(t, "a.dat", "2 0:1 1:2\n2 1:3 2:1\n1 0:4\n"), map[string]string{"held-out": "0", "topics": "2", "sweeps": "4"})).Model.(*Model)
	_, err := m.Assign(t.Context(), file(t, "b.dat", "1 7:1\n"))
	says(t, err, "b.dat: got the word number 7, want one of 3")
	_, err = m.Assign(t.Context(), file(t, "b.txt", "river\n"))
	says(t, err, "got text for topics of words without names")
	_, err = m.Score(t.Context(), "absent.dat")
	says(t, err, "absent.dat")
	_, err = m.Score(t.Context(), file(t, "b.dat", "x\n"))
	says(t, err, "b.dat", "line 1")
	empty, err := m.Assign(t.Context(), file(t, "b.dat", ""))
	if err != nil || len(empty.Rows) != 0 {
		t.Errorf("no documents: got %v, %v", empty, err)
	}
	if got := m.word(2); got != "word 2" {
		t.Errorf("got %q", got)
	}
}

// Collections of one document, of one word, and with more topics than words are fitted.
func TestSmallCollectionsAreFitted(t *testing.T) {
	for text, topics := range map[string]string{"1 0:1\n": "1", "1 0:5\n1 0:2\n": "3", "2 0:1 1:1\n": "5", "3 0:1 1:1 2:9\n1 2:4\n": "2"} {
		for _, method := range methodNames() {
			r := run(t, settings(file(t, "a.dat", text), map[string]string{"held-out": "0", "topics": topics, "sweeps": "4", "method": method}))
			if w := r.Outcome.Warnings; len(w) != 1 || w[0].Name != "no held-out figure" {
				t.Errorf("%q, %s: got the warnings %+v", text, method, w)
			}
			if _, err := engine.Report(t.Context(), r); err != nil {
				t.Errorf("%q, %s: %v", text, method, err)
			}
		}
	}
}

func TestTheDrawnDocumentsAreAlwaysTheSame(t *testing.T) {
	a, words := bars(10, rng.New(2))
	b, _ := bars(30, rng.New(2))
	for d := range 10 {
		if !reflect.DeepEqual(bag(a, words, d), bag(b, words, d)) {
			t.Fatal("fewer documents do not begin more of them")
		}
	}
	if b.Check() != nil || b.Tokens() != 30*80 || len(words) != 25 || words[7] != "row2-col3" {
		t.Errorf("got %d words in all, %v", b.Tokens(), words)
	}
}

func TestLinesAreDocuments(t *testing.T) {
	l := newLines(strings.NewReader("one\n\n  \ntwo words\n"))
	for _, want := range []string{"one", "two words"} {
		if got, err := l.Text(); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := l.Text(); err == nil {
		t.Error("got a third document")
	}
	l = newLines(strings.NewReader("a\n" + strings.Repeat("x", longestLine+10)))
	if _, err := l.Text(); err != nil {
		t.Fatal(err)
	}
	_, err := l.Text()
	says(t, err, "line 2: got more than")
}

// Seeded corruptions of good files are errors or documents, never a panic.
func TestNoCorruptFilePanics(t *testing.T) {
	docs, _ := bars(3, rng.New(4))
	r := rng.New(5).Rand()
	for name, good := range map[string]string{"a.dat": ldac(docs), "a.feat": "1 1:2 3:4\n2 2:1\n", "a.jsonl": `{"text": "river bank"}` + "\n", "a.txt": "river bank\nmoney bank\n"} {
		path := filepath.Join(t.TempDir(), name)
		for range 500 {
			b := []byte(good)
			for range 1 + r.IntN(4) {
				if i := r.IntN(len(b)); r.IntN(2) == 0 {
					b[i] = byte(r.IntN(256))
				} else {
					b = b[:i+1]
				}
			}
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			if d, err := read(settings(path, whole(nil)).Resolved()); err == nil && (d.train.Check() != nil || d.train.Len() == 0) {
				t.Fatalf("%s: %q: got %d documents", name, b, d.train.Len())
			}
		}
	}
}

func TestFoldersAndFilesAreToldApart(t *testing.T) {
	_, err := read(settings(t.TempDir(), map[string]string{"format": "jsonl"}).Resolved())
	says(t, err, "got a folder", "want a file")
	_, err = read(settings(filepath.Join(t.TempDir(), "absent"), map[string]string{"format": "folder"}).Resolved())
	says(t, err, "absent")
	empty, err := read(settings(t.TempDir(), whole(nil)).Resolved())
	if err == nil {
		t.Errorf("an empty folder gave %v", empty)
	}
}

func TestTheUsualMethodIsTheFirst(t *testing.T) {
	if got := methodOf(settings(generated, nil)); got.name != "batch" {
		t.Errorf("got %s", got.name)
	}
}
