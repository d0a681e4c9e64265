package corpus

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// lines reads lines of bounded length and counts them.
type lines struct {
	scan   *bufio.Scanner
	format string
	limits Limits
	line   int
}

// newLines begins to read r.
func newLines(r io.Reader, format string, limits Limits) lines {
	limits = limits.orDefault()
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, min(64<<10, limits.Line)), limits.Line)
	return lines{scan: scan, format: format, limits: limits}
}

// next is the next line that is not blank, or io.EOF.
func (l *lines) next() ([]byte, error) {
	for l.scan.Scan() {
		l.line++
		if b := bytes.TrimSpace(l.scan.Bytes()); len(b) > 0 {
			return b, nil
		}
	}
	if err := l.scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		l.line++
		return nil, l.fail("line", "got more than %d bytes, want fewer", l.limits.Line)
	} else if err != nil {
		return nil, fmt.Errorf("corpus: %s: line %d: %w", l.format, l.line+1, err)
	}
	return nil, io.EOF
}

// fail returns a FormatError at the current line.
func (l *lines) fail(field, msg string, args ...any) error {
	return &FormatError{Format: l.format, Line: l.line, Field: field, Msg: fmt.Sprintf(msg, args...)}
}

// Sparse reads one document a line of "id:count" pairs behind a head.
type Sparse struct {
	lines
	first int  // the smallest id of the format
	pairs bool // the head is the number of pairs, else a class
	seen  map[int32]bool
}

// NewLDAC reads the LDA-C format, "M id:count …" with M pairs and ids from 0 (Blei 2003, lda-c).
func NewLDAC(r io.Reader, limits Limits) *Sparse {
	return &Sparse{lines: newLines(r, "lda-c", limits), pairs: true, seen: map[int32]bool{}}
}

// NewFeat reads the .feat format, "class id:count …" with ids from 1.
func NewFeat(r io.Reader, limits Limits) *Sparse {
	return &Sparse{lines: newLines(r, "feat", limits), first: 1, seen: map[int32]bool{}}
}

// Next implements Reader.
func (s *Sparse) Next(d *Document) error {
	line, err := s.next()
	if err != nil {
		return err
	}
	word, rest, _ := bytes.Cut(line, []byte(" "))
	head, err := strconv.Atoi(string(word))
	if err != nil || s.pairs && head < 0 {
		return s.fail("head", "got %q, want a whole number", clip(word))
	}
	d.Terms, d.Counts, d.Label = d.Terms[:0], d.Counts[:0], 0
	clear(s.seen)
	for len(rest) > 0 {
		word, rest, _ = bytes.Cut(rest, []byte(" "))
		if len(word) == 0 {
			continue
		}
		if err := s.pair(d, word); err != nil {
			return err
		}
	}
	if s.pairs && head != len(d.Terms) {
		return s.fail("pairs", "got %d, want the %d of the head", len(d.Terms), head)
	}
	if !s.pairs {
		d.Label = head
	}
	return nil
}

// pair reads "id:count".
func (s *Sparse) pair(d *Document, word []byte) error {
	a, b, ok := bytes.Cut(word, []byte(":"))
	id, err := strconv.Atoi(string(a))
	count, err2 := strconv.ParseInt(string(b), 10, 32)
	switch {
	case !ok || err != nil || err2 != nil:
		return s.fail("pair", "got %q, want id:count", clip(word))
	case id < s.first || id-s.first >= s.limits.Vocabulary:
		return s.fail("id", "got %d, want %d … %d", id, s.first, s.limits.Vocabulary+s.first-1)
	case count < 1:
		return s.fail("count", "got %d, want at least 1", count)
	case s.seen[int32(id-s.first)]:
		return s.fail("id", "got %d twice, want every term once", id)
	}
	s.seen[int32(id-s.first)] = true
	d.Terms, d.Counts = append(d.Terms, int32(id-s.first)), append(d.Counts, int32(count))
	return nil
}

// clip shortens what a message quotes.
func clip(b []byte) []byte { return b[:min(len(b), 40)] }
