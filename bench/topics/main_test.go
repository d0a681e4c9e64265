package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/topic/corpus"
)

// documents is a corpus of ten documents of four words each.
func documents() *corpus.Corpus {
	c := &corpus.Corpus{Vocabulary: 6}
	for d := range int32(10) {
		c.Add(corpus.Document{Terms: []int32{d % 6, (d + 1) % 6, (d + 2) % 6}, Counts: []int32{1, 2, 1}})
	}
	return c
}

// answers is an interpreter that prints a text in place of Python's.
func answers(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncat <<'END'\n"+text+"\nEND\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHeldOutDocumentsAreHalvedByEntries(t *testing.T) {
	p, err := split(documents(), []int{3, 7})
	if err != nil {
		t.Fatal(err)
	}
	if p.train.Len() != 8 || p.given.Len() != 2 || p.given.Doc(0).Tokens() != 2 || p.asked.Doc(0).Tokens() != 2 || p.asked.Doc(0).Terms[0] != 4 {
		t.Errorf("got %+v", p)
	}
	got, err := p.unigram()
	if err != nil {
		t.Fatal(err)
	}
	// The terms asked are 4 and 2, twice each. Of the 32 words of training 4 has 5 and 2 has 6.
	counts := map[int32]float64{}
	for i, v := range p.train.Terms {
		counts[v] += float64(p.train.Counts[i])
	}
	want := math.Sqrt(32.06 / (counts[4] + 0.01) * 32.06 / (counts[2] + 0.01))
	tk.Close(t, "unigram", got, want, 1e-12*want)
	if _, err := split(documents(), []int{10}); err == nil {
		t.Error("got no error for a document that is not there")
	}
}

func TestTheUnigramOfThePressIsThatOfTheComparison(t *testing.T) {
	tk.DataFile(t, "ap-lda", "ap.dat.gz") // skips where there is none
	p, err := load(tk.DataDir(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.unigram()
	if err != nil || math.Round(got) != 4742 || p.given.Len() != 224 {
		t.Errorf("got %.1f of %d documents and error %v, want 4742 of 224", got, p.given.Len(), err)
	}
}

func TestEnginesOfElboComeDown(t *testing.T) {
	p, err := split(documents(), []int{3, 7})
	if err != nil {
		t.Fatal(err)
	}
	for name, fit := range own {
		points, err := fit(t.Context(), p, 1)
		if err != nil || len(points) == 0 {
			t.Fatalf("%s: got %d points and error %v", name, len(points), err)
		}
		for _, at := range points {
			if !(at.Seconds > 0 && at.Perplexity > 1 && at.Perplexity < 1000) {
				t.Errorf("%s: got %+v", name, at)
			}
		}
	}
}

func TestAPeersLastLineIsItsAnswer(t *testing.T) {
	s := settings{python: answers(t, "a warning\n{\"seconds\": 2.5, \"perplexity\": 3000}")}
	if got, ok, err := s.peer(t.Context(), "gensim"); err != nil || !ok || got != (point{2.5, 3000}) {
		t.Errorf("got %v, %v and error %v, want 2.5 s to 3000", got, ok, err)
	}
	s.python = answers(t, "topic_speed: skipped: gensim is not installed")
	if _, ok, err := s.peer(t.Context(), "gensim"); err != nil || ok {
		t.Errorf("got a peer or error %v where there is none", err)
	}
	for _, bad := range []string{"{}", "words", `{"seconds": -1, "perplexity": 3}`} {
		s.python = answers(t, bad)
		if _, _, err := s.peer(t.Context(), "gensim"); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
	s.python = filepath.Join(t.TempDir(), "none")
	if _, _, err := s.peer(t.Context(), "gensim"); err == nil {
		t.Error("got no error without an interpreter")
	}
}

func TestTheLeastTimeOfTheRoundsCountsAndTheFirstFitThatArrives(t *testing.T) {
	round := fastest([]point{{3, 900}, {4, 800}, {9, 700}}, []point{{2, 900}, {5, 800}, {7, 700}})
	if got, ok := reach(round, 800); !ok || got != (point{4, 800}) {
		t.Errorf("got %v, %v, want 800 after 4 s", got, ok)
	}
	if _, ok := reach(round, 600); ok {
		t.Error("got a fit that predicts better than all")
	}
	var out bytes.Buffer
	report(&out, "gensim", point{10, 750}, map[string][]point{"batch": round})
	if got := out.String(); !strings.Contains(got, "elbo batch 700 after 7.00 s, 1.4 times as fast") || !strings.Contains(got, "stochastic never") {
		t.Errorf("got %q", got)
	}
}

func TestARunWithoutDataIsRefused(t *testing.T) {
	for _, s := range []settings{{rounds: 1}, {data: t.TempDir(), rounds: 1}, {data: t.TempDir()}} {
		if err := run(t.Context(), s, &bytes.Buffer{}); err == nil {
			t.Errorf("%+v: got no error", s)
		}
	}
}

// corner writes a corpus as large as the press, of short documents, where load looks for it.
func corner(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "ap-lda"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "ap-lda", "ap.dat.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	for d := range 2246 {
		fmt.Fprintf(z, "4 %d:2 %d:1 %d:1 %d:3\n", d%7, 10+d%5, 20+d%3, 30+d%11)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestARunPrintsALineForEachPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	python := filepath.Join(t.TempDir(), "python")
	script := `#!/bin/sh
case "$*" in
*gensim*) echo "topic_speed: skipped: gensim is not installed" ;;
*) echo '{"seconds": 100, "perplexity": 10000}' ;;
esac
`
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), settings{data: corner(t), rounds: 1, threads: 2, python: python}, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range peers {
		if !strings.Contains(out.String(), name) {
			t.Errorf("got %q, want a line of %s", out.String(), name)
		}
	}
	if ratios, absent := strings.Count(out.String(), "times as fast"), strings.Count(out.String(), "absent"); ratios != 4 || absent != 2 {
		t.Errorf("got %q with %d ratios and %d absent, want two of each of two peers, and two absent", out.String(), ratios, absent)
	}
}

func TestEveryOtherEntryIsGivenAndTheRestAsked(t *testing.T) {
	for entries := range 9 {
		var x corpus.Document
		for i := range entries {
			x.Terms, x.Counts = append(x.Terms, int32(i)), append(x.Counts, int32(i+1))
		}
		given, asked := every(x, 0), every(x, 1)
		if len(given.Terms) != (entries+1)/2 || len(asked.Terms) != entries/2 || given.Tokens()+asked.Tokens() != x.Tokens() {
			t.Errorf("%d entries: got %v and %v", entries, given, asked)
		}
		for i, v := range given.Terms {
			if v != int32(2*i) {
				t.Errorf("%d entries: got term %d given, want %d", entries, v, 2*i)
			}
		}
	}
}

func TestACorpusThatCannotBeReadIsRefused(t *testing.T) {
	dir := corner(t)
	path := filepath.Join(dir, "ap-lda", "ap.dat.gz")
	for name, b := range map[string][]byte{"no gzip": []byte("4 1:2"), "empty": nil} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(dir); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if _, err := (&problem{train: documents(), asked: &corpus.Corpus{}}).unigram(); err == nil {
		t.Error("got no error without words to score")
	}
}
