package shard

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"

	"github.com/elbo-go/elbo/topic/corpus"
)

// file is a file with a text.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestShardsAreTheLinesOfTheFileInOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var text strings.Builder
		for range r.IntN(40) {
			text.WriteString(strings.Repeat("x", r.IntN(9)))
			text.WriteString([]string{"\n", "\r\n", "\n\n"}[r.IntN(3)])
		}
		text.WriteString(strings.Repeat("y", r.IntN(3))) // a last line without an end
		const path = "memfs://lines"
		memfs.Write(path, []byte(text.String()))
		lines, skip := 1+r.IntN(7), r.IntN(3)
		shards, err := Cut(t.Context(), path, lines, skip)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for i, s := range shards {
			b, err := s.Bytes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(b, []byte("\n")); int(s.ID) != i || i < len(shards)-1 && n != lines || n > lines || len(b) == 0 {
				t.Fatalf("seed %d: shard %d: got id %d and %d lines, want %d", seed, i, s.ID, n, lines)
			}
			got = append(got, b...)
		}
		all := strings.SplitAfter(text.String(), "\n")
		if want := strings.Join(all[min(skip, len(all)):], ""); string(got) != want {
			t.Fatalf("seed %d: got %q in all, want %q", seed, got, want)
		}
		if err := Distinct(shards); (err == nil) != (len(shards) > 0) {
			t.Fatalf("seed %d: got error %v for %d shards", seed, err, len(shards))
		}
	}
}

func TestALongFileIsCutAcrossItsBuffers(t *testing.T) {
	text := strings.Repeat(strings.Repeat("z", 999)+"\n", 1000) // buffers are of 2^18 bytes
	shards, err := Cut(t.Context(), file(t, text), 300, 0)
	if err != nil || len(shards) != 4 || shards[3].From != 900000 || shards[3].To != 1000000 {
		t.Errorf("got %+v and error %v", shards, err)
	}
}

func TestAFileThatHasChangedIsNoticed(t *testing.T) {
	path := file(t, "1 0:1\n1 1:1\n")
	shards, err := Cut(t.Context(), path, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1 0:2\n1 1:1\n", "1 0", ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shards[0].Bytes(t.Context()); err == nil || !strings.Contains(err.Error(), "has changed") {
			t.Errorf("%q: got error %v, want one that says so", text, err)
		}
	}
}

func TestShardsOfACorpusHoldItsDocuments(t *testing.T) {
	text := "2 0:3 4:1\n\n0\n1 2:7\n1 1:1\n"
	for format, text := range map[string]string{"lda-c": text, "feat": "3 1:3 5:1\n\n0\n-1 3:7\n1 2:1\n"} {
		c, err := CutCorpus(t.Context(), file(t, text), format, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		if c.Vocabulary != 5 || c.Tokens != 12 || !slices.Equal(c.Documents, []int{1, 2, 1}) {
			t.Errorf("%s: got %+v, want 12 words of 5 in 1, 2 and 1 documents", format, c)
		}
		var terms []int32
		for _, s := range c.Shards {
			docs, err := Read(t.Context(), s, format, c.Vocabulary)
			if err != nil || docs.Vocabulary != 5 {
				t.Fatalf("%s: got vocabulary %d and error %v", format, docs.Vocabulary, err)
			}
			terms = append(terms, docs.Terms...)
		}
		for n, want := range []int32{0, 2, 1} {
			if x, err := c.WordedDoc(t.Context(), n); err != nil || x.Terms[0] != want {
				t.Errorf("%s: document %d with words: got %+v and error %v, want term %d first", format, n, x, err, want)
			}
		}
		if _, err := c.WordedDoc(t.Context(), 3); err == nil || !slices.Equal(c.Worded, []int{1, 1, 1}) {
			t.Errorf("%s: got documents with words %v and no error for a fourth", format, c.Worded)
		}
		if !slices.Equal(terms, []int32{0, 4, 2, 1}) {
			t.Errorf("%s: got terms %v", format, terms)
		}
	}
}

func TestHostileCorporaAreRefused(t *testing.T) {
	for text, want := range map[string]string{"1 0:1\nx": "head", "": "no words", "0\n0\n": "no words", "1 0:0": "count", "2 0:1": "pairs"} {
		if _, err := CutCorpus(t.Context(), file(t, text), "lda-c", 1, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one that says %q", text, err, want)
		}
	}
	path := file(t, "1 0:1\n")
	for what, err := range map[string]error{
		"format":    second(CutCorpus(t.Context(), path, "other", 1, 0)),
		"lines":     second(Cut(t.Context(), path, 0, 0)),
		"skip":      second(Cut(t.Context(), path, 1, -1)),
		"file":      second(Cut(t.Context(), path+"x", 1, 0)),
		"no shards": Distinct(nil),
		"twice":     Distinct([]Shard{{ID: 1}, {ID: 1}}),
		"order":     Distinct([]Shard{{From: 3, To: 1}}),
	} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCorruptedCorporaNeverPanic(t *testing.T) {
	text := "2 0:3 4:1\n1 2:7\n3 1:1 5:2 9:1\n"
	const path = "memfs://corrupted"
	for seed := range uint64(2000) {
		r, b := rand.New(rand.NewPCG(seed, 2)), []byte(text)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = "0123456789: \n-x\x00"[r.IntN(16)]
		}
		memfs.Write(path, b)
		c, err := CutCorpus(t.Context(), path, "lda-c", 2, 0)
		if err != nil {
			continue
		}
		docs := 0
		for i, s := range c.Shards {
			part, err := Read(t.Context(), s, "lda-c", c.Vocabulary)
			if err != nil || part.Check() != nil || part.Len() != c.Documents[i] {
				t.Fatalf("seed %d: %q: got error %v from a corpus that was cut", seed, b, err)
			}
			docs += part.Len()
		}
		whole, err := corpus.ReadAll(corpus.NewLDAC(bytes.NewReader(b), corpus.Limits{}), 0, corpus.Limits{})
		if err != nil || whole.Len() != docs {
			t.Fatalf("seed %d: %q: got %d documents in shards, want %d (error %v)", seed, b, docs, whole.Len(), err)
		}
	}
}

func TestRowsAreReadFromTheirShards(t *testing.T) {
	for _, head := range []string{"", "a,b\n"} {
		text := head + "1,2\n\n-3.5 , 1e3\r\n5,6"
		rows, err := CutRows(t.Context(), file(t, text), 2)
		if err != nil || rows.Columns != 2 || !slices.Equal(rows.Counts, []int{1, 2}) {
			t.Fatalf("%q: got %+v and error %v", text, rows, err)
		}
		var x []float64
		for _, s := range rows.Shards {
			part, err := ReadRows(t.Context(), s, rows.Columns)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, part.X...)
		}
		if fmt.Sprint(x) != "[1 2 -3.5 1000 5 6]" {
			t.Errorf("%q: got %v", text, x)
		}
	}
}

func TestHostileTablesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"1,2\n3": "1 columns, want 2", "1,2\n3,x": "column 2", "1\nNaN": "finite", "1\n1e999": "finite", "": "no rows", "a,b\n": "no rows", "1,\n": "column 2",
		"1,2\n3,4,5": "3 columns",
	} {
		if _, err := CutRows(t.Context(), file(t, text), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one that says %q", text, err, want)
		}
	}
	if _, err := CutRows(t.Context(), "/nonesuch", 1); err == nil {
		t.Error("got no error for a file that is not there")
	}
}

func TestFirstLinesWithoutANumberNameTheColumns(t *testing.T) {
	for line, want := range map[string]bool{"a,b": true, "": true, "x, y ,\"1\"": true, "1,b": false, "a,-2e3": false, "nan,inf": true} {
		if names([]byte(line)) != want {
			t.Errorf("%q: got %v, want %v", line, !want, want)
		}
	}
}

// A file system whose files can neither be sought nor renamed, as those of a cloud.
func TestShardsAreReadFromFileSystemsThatOnlyStream(t *testing.T) {
	const path = "memfs://corpus"
	memfs.Write(path, []byte("1 0:1\n1 1:2\n1 2:3\n"))
	c, err := CutCorpus(t.Context(), path, "lda-c", 1, 0)
	if err != nil || len(c.Shards) != 3 || c.Tokens != 6 {
		t.Fatalf("got %+v and error %v, want three shards of six words", c, err)
	}
	for i, s := range c.Shards {
		docs, err := Read(t.Context(), s, "lda-c", 3)
		if err != nil || docs.Len() != 1 || docs.Terms[0] != int32(i) || docs.Counts[0] != int32(i+1) {
			t.Errorf("shard %d: got %+v and error %v", i, docs, err)
		}
	}
}

func TestErrorsOfRowsNameTheShardAndTheLine(t *testing.T) {
	path := file(t, "1,2\n3,4\n5,6\n")
	rows, err := CutRows(t.Context(), path, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRows(t.Context(), rows.Shards[1], 3); err == nil || !strings.Contains(err.Error(), "shard 1 at byte 8: line 1: got 2 columns, want 3") {
		t.Errorf("got error %v, want one that says where", err)
	}
	if err := os.WriteFile(path, []byte("1,2\n3,4\n5,7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRows(t.Context(), rows.Shards[1], 2); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("got error %v, want one that says that the file has changed", err)
	}
	if _, err := ReadRows(t.Context(), rows.Shards[0], 2); err != nil {
		t.Errorf("got error %v for a shard that has not", err)
	}
}

func TestCorruptedTablesNeverPanic(t *testing.T) {
	const path = "memfs://corrupted"
	for seed := range uint64(2000) {
		r, b := rand.New(rand.NewPCG(seed, 4)), []byte("a,b\n1,2\n-3.5,1e3\n5,6\n")
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = "0123456789,.eE-+ \nx\x00\""[r.IntN(21)]
		}
		memfs.Write(path, b)
		rows, err := CutRows(t.Context(), path, 2)
		if err != nil {
			continue
		}
		for i, s := range rows.Shards {
			x, err := ReadRows(t.Context(), s, rows.Columns)
			if err != nil || x.N() != rows.Counts[i] || len(x.X) != x.N()*rows.Columns {
				t.Fatalf("seed %d: %q: got %d rows and error %v, want %d", seed, b, x.N(), err, rows.Counts[i])
			}
		}
	}
}

func TestEveryShardIsReadBackWhateverTheirSize(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "1 %d:%d\n", i, i+1)
	}
	path := file(t, text.String())
	for lines := 1; lines <= 101; lines += 7 {
		c, err := CutCorpus(t.Context(), path, "lda-c", lines, 0)
		if err != nil || c.Vocabulary != 100 || c.Tokens != 5050 || len(c.Shards) != (99+lines)/lines {
			t.Fatalf("%d lines a shard: got %d shards, %d words of %d, error %v", lines, len(c.Shards), c.Tokens, c.Vocabulary, err)
		}
		next := int32(0)
		for _, s := range c.Shards {
			docs, err := Read(t.Context(), s, "lda-c", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, term := range docs.Terms {
				if term != next {
					t.Fatalf("%d lines a shard: got document %d, want %d", lines, term, next)
				}
				next++
			}
		}
		if next != 100 {
			t.Errorf("%d lines a shard: got %d documents, want 100", lines, next)
		}
	}
}

func TestErrorsOfFilesThatAreNotThere(t *testing.T) {
	gone := Shard{Path: filepath.Join(t.TempDir(), "gone"), To: 4}
	for what, err := range map[string]error{
		"bytes":     second(gone.Bytes(t.Context())),
		"documents": second(Read(t.Context(), gone, "lda-c", 1)),
		"rows":      second(ReadRows(t.Context(), gone, 1)),
		"corpus":    second(CutCorpus(t.Context(), gone.Path, "lda-c", 1, 0)),
	} {
		if err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%s: got error %v, want one that says that there is no file", what, err)
		}
	}
}

func TestDocumentsWithWordsAreFoundByNumberInAnyShards(t *testing.T) {
	r, text, want := rand.New(rand.NewPCG(6, 1)), "", []int32(nil)
	for i := range int32(60) {
		switch r.IntN(3) {
		case 0:
			text += "0\n"
		case 1:
			text += "\n"
		default:
			text += fmt.Sprintf("1 %d:1\n", i)
			want = append(want, i)
		}
	}
	path := file(t, text)
	for _, lines := range []int{1, 4, 7, 100} {
		c, err := CutCorpus(t.Context(), path, "lda-c", lines, 60)
		if err != nil {
			t.Fatal(err)
		}
		for n, term := range want {
			if x, err := c.WordedDoc(t.Context(), n); err != nil || x.Terms[0] != term {
				t.Errorf("%d lines a shard: document %d: got %+v and error %v, want term %d", lines, n, x, err, term)
			}
		}
		if _, err := c.WordedDoc(t.Context(), len(want)); err == nil {
			t.Errorf("%d lines a shard: got no error beyond the last", lines)
		}
	}
}
