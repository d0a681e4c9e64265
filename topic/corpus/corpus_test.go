package corpus

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// sparse opens one of the two formats of pairs.
func sparse(format, text string, limits Limits) *Sparse {
	if format == "feat" {
		return NewFeat(strings.NewReader(text), limits)
	}
	return NewLDAC(strings.NewReader(text), limits)
}

func TestPairsAreReadFromBothFormats(t *testing.T) {
	for format, text := range map[string]string{"lda-c": "2 0:3 4:1\n\n0\r\n1 2:7", "feat": "3 1:3 5:1\n0\n-1 3:7 "} {
		c, err := ReadAll(sparse(format, text, Limits{}), 4, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		labels := []int{0, 0, 0}
		if format == "feat" {
			labels = []int{3, 0, -1}
		}
		want := &Corpus{Vocabulary: 5, Starts: []int{0, 2, 2, 3}, Terms: []int32{0, 4, 2}, Counts: []int32{3, 1, 7}, Labels: labels}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("%s: got %+v, want %+v", format, c, want)
		}
		if err := c.Check(); err != nil || c.Tokens() != 11 || c.Len() != 3 {
			t.Errorf("%s: got %d tokens of %d documents and error %v, want 11 of 3", format, c.Tokens(), c.Len(), err)
		}
	}
}

func TestHostilePairsAreRefusedWithTheirPlace(t *testing.T) {
	limits := Limits{Vocabulary: 10, Line: 40}
	for _, c := range []struct{ format, text, want string }{
		{"lda-c", "1 0:1\nx 0:1", "line 2: head"},
		{"lda-c", "-1", "head"},
		{"lda-c", "2 0:1", "pairs: got 1, want the 2"},
		{"lda-c", "99999999999999999999 0:1", "head"},
		{"lda-c", "1 0", "pair"},
		{"lda-c", "1 0:", "pair"},
		{"lda-c", "1 0:1.5", "pair"},
		{"lda-c", "1 0:0", "count: got 0"},
		{"lda-c", "1 0:-3", "count"},
		{"lda-c", "1 0:99999999999", "pair"},
		{"lda-c", "1 10:1", "id: got 10, want 0 … 9"},
		{"lda-c", "1 -1:1", "id"},
		{"lda-c", "2 3:1 3:1", "id: got 3 twice"},
		{"lda-c", "1 " + strings.Repeat(" ", 50) + "0:1", "line 1: line: got more than 40 bytes"},
		{"feat", "1 0:1", "id: got 0, want 1 … 10"},
		{"feat", "1 11:1", "id: got 11"},
		{"feat", "a", "head"},
	} {
		_, err := ReadAll(sparse(c.format, c.text, limits), 0, limits)
		var bad *FormatError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || bad.Format != c.format {
			t.Errorf("%s %q: got error %v, want a FormatError that says %q", c.format, c.text, err, c.want)
		}
	}
	if _, err := ReadAll(sparse("feat", "1 1:1 2:1\n1 1:1", Limits{}), 0, Limits{Entries: 2}); err == nil || !strings.Contains(err.Error(), "document 1") {
		t.Errorf("got error %v, want one at the entry beyond the limit", err)
	}
}

// broken fails after some bytes.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestErrorsOfTheSourceArePassedOn(t *testing.T) {
	var d Document
	r := NewLDAC(broken{strings.NewReader("1 0:1\n")}, Limits{})
	if err := r.Next(&d); err != nil {
		t.Fatal(err)
	}
	if err := r.Next(&d); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v, want that of the source", err)
	}
}

func TestVocabulariesAreWordsByLine(t *testing.T) {
	got, err := ReadVocabulary(strings.NewReader("who 6494\nout\n\nété 2\n"), Limits{})
	if err != nil || !reflect.DeepEqual(got, []string{"who", "out", "été"}) {
		t.Errorf("got %q and error %v", got, err)
	}
	if _, err := ReadVocabulary(strings.NewReader("a\nb\nc"), Limits{Vocabulary: 2}); err == nil {
		t.Error("got no error beyond the limit")
	}
	if _, err := ReadVocabulary(strings.NewReader(strings.Repeat("a", 100)), Limits{Line: 10}); err == nil {
		t.Error("got no error for a line beyond the limit")
	}
}

func TestTokensAreWordsInLowerCase(t *testing.T) {
	for _, c := range []struct {
		text  string
		least int
		want  []string
	}{
		{"The cat's 2 hats, 'and' B2B—naïve\x00x!", 1, []string{"the", "cat's", "hats", "and", "b2b", "naïve", "x"}},
		{"a bb ccc éé", 2, []string{"bb", "ccc", "éé"}},
		{"12 3.4 ''' ’", 0, nil},
		{strings.Repeat("a", 65) + " \xff\xfe b", 0, []string{"b"}},
		{"", 0, nil},
	} {
		if got := Tokenise(c.text, c.least); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// texts are documents in memory.
func texts() *JSONL {
	return NewJSONL(strings.NewReader(`{"text":"The cat sat. The cat ran."}
{"id":3,"text":"the dog sat on the mat"}
{"text":"a \u0063at and a dog"}`), "text", Limits{})
}

func TestPruningLeavesTheWordsThatItNames(t *testing.T) {
	for _, c := range []struct {
		p    Pruning
		want string
	}{
		{Pruning{}, "the cat a dog sat and mat on ran"},
		{Pruning{MinDocuments: 2}, "the cat dog sat"},
		{Pruning{MaxShare: 0.5}, "a and mat on ran"},
		{Pruning{MaxWords: 2}, "the cat"},
		{Pruning{MinRunes: 3, Stop: []string{"the", "and"}}, "cat dog sat mat ran"},
	} {
		got, err := Vocabulary(texts(), c.p, Limits{})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%+v: got %q and error %v, want %q", c.p, got, err, c.want)
		}
	}
	for _, bad := range []Pruning{{MinDocuments: -1}, {MaxShare: 2}, {MaxWords: -1}} {
		if _, err := Vocabulary(texts(), bad, Limits{}); err == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
	if _, err := Vocabulary(texts(), Pruning{}, Limits{Vocabulary: 3}); err == nil {
		t.Error("got no error beyond the limit of words")
	}
}

func TestTextsBecomeBags(t *testing.T) {
	c, err := ReadAll(NewBags(texts(), []string{"cat", "dog", "the"}, 0), 3, Limits{})
	want := &Corpus{Vocabulary: 3, Starts: []int{0, 2, 4, 6}, Terms: []int32{2, 0, 2, 1, 0, 1}, Counts: []int32{2, 2, 2, 1, 1, 1}, Labels: []int{0, 0, 0}}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v and error %v, want %+v", c, err, want)
	}
}

func TestHostileObjectsAreRefusedWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{"{}": "text: got no such field", `[1]`: "object", `{"text":3}`: "want a string", `{"text":null}`: "want a string",
		`{"text":"a"`: "object", `{"text":"` + strings.Repeat("a", 99): "more than 50 bytes"} {
		_, err := Vocabulary(NewJSONL(strings.NewReader("{\"text\":\"\"}\n"+text), "text", Limits{Line: 50}), Pruning{}, Limits{})
		var bad *FormatError
		if !errors.As(err, &bad) || bad.Line != 2 || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want a FormatError at line 2 that says %q", text, err, want)
		}
	}
}

func TestFoldersAreReadInTheOrderOfPaths(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	tree := fstest.MapFS{"b.txt": file("two"), "a/x.txt": file("one"), "a/x.md": file("no"), ".git/y.txt": file("no"), ".h.txt": file("no")}
	f, err := NewFolder(tree, ".txt", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		s, err := f.Text()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if fmt.Sprint(got) != "[one two]" {
		t.Errorf("got %q, want one and two", got)
	}
	f, err = NewFolder(fstest.MapFS{"a.txt": file("too long")}, "", Limits{Line: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Text(); err == nil || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("got error %v, want one that names the file", err)
	}
}

func TestSubsetsAndStreamsGiveTheSameDocuments(t *testing.T) {
	c, err := ReadAll(sparse("lda-c", "1 0:1\n2 1:2 2:3\n0", Limits{}), 9, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadAll(c.Stream(), 9, Limits{})
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("got %+v and error %v, want %+v", again, err, c)
	}
	s := c.Subset([]int{1, 0, 1})
	if s.Vocabulary != 9 || s.Len() != 3 || !reflect.DeepEqual(s.Doc(2), c.Doc(1)) || !reflect.DeepEqual(s.Doc(1), c.Doc(0)) {
		t.Errorf("got %+v, want documents 1, 0, 1", s)
	}
	s.Reset()
	if s.Len() != 0 || s.Vocabulary != 9 {
		t.Errorf("got %d documents after a reset, want none", s.Len())
	}
}

func TestACorpusThatIsNotWholeIsFound(t *testing.T) {
	for _, c := range []Corpus{
		{Vocabulary: 2, Starts: []int{0, 2}, Terms: []int32{0}, Counts: []int32{1}, Labels: []int{0}},
		{Vocabulary: 2, Starts: []int{0, 1}, Terms: []int32{0}, Counts: []int32{1, 2}, Labels: []int{0}},
		{Vocabulary: 2, Starts: []int{0, 1}, Terms: []int32{2}, Counts: []int32{1}, Labels: []int{0}},
		{Vocabulary: 2, Starts: []int{0, 1}, Terms: []int32{-1}, Counts: []int32{1}, Labels: []int{0}},
		{Vocabulary: 2, Starts: []int{0, 1}, Terms: []int32{1}, Counts: []int32{0}, Labels: []int{0}},
		{Vocabulary: 2, Starts: []int{0, 2, 1}, Terms: []int32{1}, Counts: []int32{1}, Labels: []int{0, 0}},
		{Vocabulary: 2, Starts: []int{0, 1}, Terms: []int32{1}, Counts: []int32{1}},
	} {
		if c.Check() == nil {
			t.Errorf("%+v: got no error", c)
		}
	}
}

func FuzzReadersNeverPanic(f *testing.F) {
	for _, s := range []string{"2 0:3 4:1\n1 2:7", "3 1:3", `{"text":"a b"}`, ":", "1 :", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		limits := Limits{Vocabulary: 100, Line: 1000, Entries: 1000}
		for _, format := range []string{"lda-c", "feat"} {
			if c, err := ReadAll(sparse(format, text, limits), 100, limits); err == nil && (c.Check() != nil || c.Vocabulary > 100) {
				t.Errorf("%s %q: got a corpus that is not whole: %v", format, text, c.Check())
			}
		}
		_, _ = Vocabulary(NewJSONL(strings.NewReader(text), "text", limits), Pruning{}, limits)
		_, _ = ReadVocabulary(strings.NewReader(text), limits)
	})
}
