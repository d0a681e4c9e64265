// Package corpus reads collections of documents as bags of words, from formats that a stranger
// may have written: LDA-C, .feat, JSON lines and plain text. It imports the standard library
// only; every reader streams, so that a corpus may be larger than the memory.
package corpus

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// Document is a bag of words: Counts[i] > 0 occurrences of the term Terms[i], each term once.
type Document struct {
	// Terms are the ids of the terms, from 0, in the order of the file.
	Terms []int32
	// Counts are the occurrences of each of Terms.
	Counts []int32
	// Label is the class that the file names, 0 where it names none.
	Label int
}

// Tokens is the number of words of the document.
func (d Document) Tokens() int {
	n := 0
	for _, c := range d.Counts {
		n += int(c)
	}
	return n
}

// Reader gives documents one by one; Next fills d anew, or returns io.EOF at the end. The
// slices of d are the reader's until the following call.
type Reader interface {
	// Next reads a document into d.
	Next(d *Document) error
}

// Corpus holds documents in memory, one after the other: document d has the entries
// Starts[d] … Starts[d+1]−1 of Terms and Counts.
type Corpus struct {
	// Vocabulary is the number V of terms; all ids are below it.
	Vocabulary int
	// Starts is where each document begins, and a last entry for the end.
	Starts []int
	// Terms are the ids of the terms.
	Terms []int32
	// Counts are the occurrences of the terms.
	Counts []int32
	// Labels are the classes of the documents.
	Labels []int
}

// Len is the number of documents.
func (c *Corpus) Len() int { return max(0, len(c.Starts)-1) }

// Doc is document d, a view of the corpus.
func (c *Corpus) Doc(d int) Document {
	i, j := c.Starts[d], c.Starts[d+1]
	return Document{Terms: c.Terms[i:j], Counts: c.Counts[i:j], Label: c.Labels[d]}
}

// Tokens is the number of words of all documents.
func (c *Corpus) Tokens() int { return Document{Counts: c.Counts}.Tokens() }

// Add appends a copy of a document; the vocabulary grows to hold its terms.
func (c *Corpus) Add(d Document) {
	if len(c.Starts) == 0 {
		c.Starts = append(c.Starts, 0)
	}
	c.Terms, c.Counts = append(c.Terms, d.Terms...), append(c.Counts, d.Counts...)
	c.Starts, c.Labels = append(c.Starts, len(c.Terms)), append(c.Labels, d.Label)
	for _, v := range d.Terms {
		c.Vocabulary = max(c.Vocabulary, int(v)+1)
	}
}

// Reset empties the corpus and keeps its memory and its vocabulary.
func (c *Corpus) Reset() {
	c.Starts, c.Terms, c.Counts, c.Labels = c.Starts[:0], c.Terms[:0], c.Counts[:0], c.Labels[:0]
}

// Subset is a corpus of the documents named, in that order, with the same vocabulary.
func (c *Corpus) Subset(docs []int) *Corpus {
	s := &Corpus{Vocabulary: c.Vocabulary}
	for _, d := range docs {
		s.Add(c.Doc(d))
	}
	return s
}

// Check tells whether the corpus is whole: starts in order, ids below the vocabulary and
// counts above 0.
func (c *Corpus) Check() error {
	n := c.Len()
	if n > 0 && (c.Starts[0] != 0 || c.Starts[n] != len(c.Terms)) || len(c.Terms) != len(c.Counts) || len(c.Labels) != n {
		return fmt.Errorf("corpus: %d documents: got %d terms, %d counts and %d labels, want them to agree", n, len(c.Terms), len(c.Counts), len(c.Labels))
	}
	for d := range n {
		if c.Starts[d] > c.Starts[d+1] {
			return fmt.Errorf("corpus: document %d: got a start behind its end", d)
		}
	}
	for i, v := range c.Terms {
		if v < 0 || int(v) >= c.Vocabulary || c.Counts[i] < 1 {
			return fmt.Errorf("corpus: entry %d: got term %d with count %d, want an id below %d and a count of at least 1", i, v, c.Counts[i], c.Vocabulary)
		}
	}
	return nil
}

// Limits bound what a reader accepts, so that no file can ask for memory at will. A zero
// field stands for its default.
type Limits struct {
	// Vocabulary is the largest number of terms, by default 4,194,304.
	Vocabulary int
	// Line is the longest line in bytes, by default 16 MiB.
	Line int
	// Entries is the largest number of term-count pairs that ReadAll keeps, by default 268,435,456.
	Entries int
}

// orDefault fills in the defaults.
func (l Limits) orDefault() Limits {
	if l.Vocabulary == 0 {
		l.Vocabulary = 1 << 22
	}
	if l.Line == 0 {
		l.Line = 16 << 20
	}
	if l.Entries == 0 {
		l.Entries = 1 << 28
	}
	l.Vocabulary = min(l.Vocabulary, math.MaxInt32)
	return l
}

// ReadAll reads what is left of r into memory. The vocabulary is the larger of the one given
// and one more than the largest id.
func ReadAll(r Reader, vocabulary int, limits Limits) (*Corpus, error) {
	limits = limits.orDefault()
	c, d := &Corpus{Vocabulary: vocabulary}, Document{}
	for {
		switch err := r.Next(&d); {
		case errors.Is(err, io.EOF):
			return c, nil
		case err != nil:
			return nil, err
		case len(c.Terms)+len(d.Terms) > limits.Entries:
			return nil, fmt.Errorf("corpus: document %d: got more than %d entries in all, want a smaller corpus or a larger limit", c.Len(), limits.Entries)
		}
		c.Add(d)
	}
}

// Stream gives the documents of a corpus in memory as a Reader.
func (c *Corpus) Stream() Reader { return &stream{c: c} }

// stream is the reader of a corpus.
type stream struct {
	c *Corpus
	d int
}

// Next implements Reader.
func (s *stream) Next(d *Document) error {
	if s.d >= s.c.Len() {
		return io.EOF
	}
	*d = s.c.Doc(s.d)
	s.d++
	return nil
}
