package corpus

import (
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// random is a corpus of random documents.
func random(seed uint64) *Corpus {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &Corpus{Vocabulary: 30}
	for range 1 + r.IntN(20) {
		var d Document
		for _, v := range r.Perm(30)[:r.IntN(10)] {
			d.Terms, d.Counts = append(d.Terms, int32(v)), append(d.Counts, int32(1+r.IntN(5)))
		}
		d.Label = r.IntN(4)
		c.Add(d)
	}
	return c
}

// written is a corpus in one of the formats of pairs.
func written(c *Corpus, format string) string {
	var b strings.Builder
	for d := range c.Len() {
		x := c.Doc(d)
		head, first := len(x.Terms), 0
		if format == "feat" {
			head, first = x.Label, 1
		}
		fmt.Fprint(&b, head)
		for i, v := range x.Terms {
			fmt.Fprintf(&b, " %d:%d", int(v)+first, x.Counts[i])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for seed := range uint64(200) {
		want := random(seed)
		for _, format := range []string{"lda-c", "feat"} {
			got, err := ReadAll(sparse(format, written(want, format), Limits{}), 30, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if format == "lda-c" {
				got.Labels = want.Labels // the format has none
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: %s: got %v, want %v", seed, format, got, want)
			}
		}
	}
}

func TestBagsCountWhatTheTokenisedTextHolds(t *testing.T) {
	words := []string{"a", "b", "c", "d"}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		var text []string
		want := map[int32]int32{}
		for range r.IntN(40) {
			i := r.IntN(6) // two more words than the vocabulary holds
			text = append(text, "abcdef"[i:i+1])
			if i < 4 {
				want[int32(i)]++
			}
		}
		var d Document
		line := `{"t":"` + strings.Join(text, " ") + `"}`
		if err := NewBags(NewJSONL(strings.NewReader(line), "t", Limits{}), words, 0).Next(&d); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		got := map[int32]int32{}
		for i, v := range d.Terms {
			got[v] = d.Counts[i]
		}
		if !reflect.DeepEqual(got, want) || len(got) != len(d.Terms) {
			t.Fatalf("seed %d: got %+v, want %v", seed, d, want)
		}
	}
}

func TestSubsetsStreamsAndResetsKeepDocumentsWhole(t *testing.T) {
	for seed := range uint64(100) {
		c := random(seed)
		order := rand.New(rand.NewPCG(seed, 2)).Perm(c.Len())
		part, back := c.Subset(order), &Corpus{Vocabulary: c.Vocabulary}
		if err := part.Check(); err != nil || part.Tokens() != c.Tokens() {
			t.Fatalf("seed %d: got %d tokens and error %v, want %d", seed, part.Tokens(), err, c.Tokens())
		}
		for i, d := range order {
			if fmt.Sprint(part.Doc(i)) != fmt.Sprint(c.Doc(d)) {
				t.Errorf("seed %d: document %d: got %v, want %v", seed, i, part.Doc(i), c.Doc(d))
			}
		}
		again, err := ReadAll(part.Stream(), part.Vocabulary, Limits{})
		if err != nil || fmt.Sprint(again) != fmt.Sprint(part) {
			t.Errorf("seed %d: got %v and error %v from a stream, want %v", seed, again, err, part)
		}
		back.Add(c.Doc(0))
		back.Reset()
		if back.Len() != 0 || back.Tokens() != 0 || back.Vocabulary != c.Vocabulary {
			t.Errorf("seed %d: got %v after a reset, want an empty corpus of %d words", seed, back, c.Vocabulary)
		}
	}
}
