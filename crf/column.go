package crf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FormatError tells what is wrong in a file and where.
type FormatError struct {
	// Format is what the bytes were read as: conll, model.
	Format string
	// Line counts from 1; 0 where Msg alone says the place.
	Line int
	// Msg says what was found and what was wanted.
	Msg string
}

// Error implements error: "crf: conll: line 3: columns: got 2, want 3".
func (e *FormatError) Error() string {
	if e.Line == 0 {
		return "crf: " + e.Format + ": " + e.Msg
	}
	return "crf: " + e.Format + ": line " + strconv.Itoa(e.Line) + ": " + e.Msg
}

// Sequence is one sentence.
type Sequence struct {
	// Rows are what is seen of each token: T rows of equally many columns.
	Rows [][]string
	// Labels are the T labels; nil where they are not known.
	Labels []string
}

// Limits bounds what a file may make its reader allocate. A zero field takes its value in
// [DefaultLimits].
type Limits struct {
	// MaxTokens bounds the tokens of a file.
	MaxTokens int
	// MaxLength bounds the tokens of one sequence.
	MaxLength int
	// MaxColumns bounds the columns of a line.
	MaxColumns int
	// MaxLine bounds the bytes of a line.
	MaxLine int
}

// DefaultLimits admits 2²⁴ tokens, 2¹⁶ in one sequence, 64 columns and 64 KiB a line.
func DefaultLimits() Limits { return Limits{1 << 24, 1 << 16, 64, 1 << 16} }

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct {
		v   *int
		def int
	}{{&l.MaxTokens, d.MaxTokens}, {&l.MaxLength, d.MaxLength}, {&l.MaxColumns, d.MaxColumns}, {&l.MaxLine, d.MaxLine}} {
		if *f.v <= 0 {
			*f.v = f.def
		}
	}
	return l
}

// ReadColumns reads the column format of CoNLL (Tjong Kim Sang & Buchholz 2000): one token a line
// in columns parted by blanks or tabs, the label last, and an empty line after each sentence.
// Without labels every column is of what is seen.
func ReadColumns(r io.Reader, labelled bool, limits Limits) ([]Sequence, error) {
	p := columns{limits: limits.orDefault(), labelled: labelled}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, min(4096, p.limits.MaxLine+2)), p.limits.MaxLine+2)
	for in.Scan() {
		p.line++
		if err := p.take(in.Text()); err != nil {
			return nil, err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		p.line++
		return nil, p.bad("got more than %d bytes", p.limits.MaxLine)
	} else if err != nil {
		return nil, fmt.Errorf("crf: conll: line %d: %w", p.line+1, err)
	}
	p.end()
	return p.out, nil
}

// columns is the state of the reader.
type columns struct {
	limits              Limits
	labelled            bool
	line, width, tokens int
	open                Sequence
	out                 []Sequence
}

func (p *columns) bad(msg string, args ...any) error {
	return &FormatError{"conll", p.line, fmt.Sprintf(msg, args...)}
}

// end closes the sentence.
func (p *columns) end() {
	if len(p.open.Rows) > 0 {
		p.out, p.open = append(p.out, p.open), Sequence{}
	}
}

// take reads one line.
func (p *columns) take(text string) error {
	if len(text) > p.limits.MaxLine {
		return p.bad("got more than %d bytes", p.limits.MaxLine)
	}
	if !utf8.ValidString(text) {
		return p.bad("got bytes that are not UTF-8")
	}
	row := strings.Fields(text)
	if len(row) == 0 {
		p.end()
		return nil
	}
	if p.width == 0 {
		least := 1
		if p.labelled {
			least = 2
		}
		if p.width = len(row); p.width < least || p.width > p.limits.MaxColumns {
			return p.bad("columns: got %d, want %d to %d", p.width, least, p.limits.MaxColumns)
		}
	}
	if len(row) != p.width {
		return p.bad("columns: got %d, want %d as above", len(row), p.width)
	}
	if p.tokens++; p.tokens > p.limits.MaxTokens {
		return p.bad("got more than %d tokens", p.limits.MaxTokens)
	}
	if len(p.open.Rows) == p.limits.MaxLength {
		return p.bad("got more than %d tokens without an empty line", p.limits.MaxLength)
	}
	if p.labelled {
		last := len(row) - 1
		p.open.Labels = append(p.open.Labels, row[last])
		row = row[:last:last]
	}
	p.open.Rows = append(p.open.Rows, row)
	return nil
}

// WriteColumns writes what [ReadColumns] reads: the columns of each token, its label if there is
// one, and the label of a further labelling if given, as for the scoring of a prediction.
func WriteColumns(w io.Writer, data []Sequence, predicted [][]string) error {
	if predicted != nil && len(predicted) != len(data) {
		return fmt.Errorf("crf: write: labellings: got %d, want %d", len(predicted), len(data))
	}
	out := bufio.NewWriter(w)
	for i, s := range data {
		if s.Labels != nil && len(s.Labels) != len(s.Rows) {
			return fmt.Errorf("crf: write: sequence %d: labels: got %d, want %d", i, len(s.Labels), len(s.Rows))
		}
		if predicted != nil && len(predicted[i]) != len(s.Rows) {
			return fmt.Errorf("crf: write: sequence %d: predicted labels: got %d, want %d", i, len(predicted[i]), len(s.Rows))
		}
		for t, row := range s.Rows {
			cells := append([]string(nil), row...)
			if s.Labels != nil {
				cells = append(cells, s.Labels[t])
			}
			if predicted != nil {
				cells = append(cells, predicted[i][t])
			}
			for _, c := range cells {
				if c == "" || strings.ContainsFunc(c, blank) || !utf8.ValidString(c) {
					return fmt.Errorf("crf: write: sequence %d: token %d: got %q, want text without blanks", i, t, c)
				}
			}
			out.WriteString(strings.Join(cells, " "))
			out.WriteByte('\n')
		}
		out.WriteByte('\n')
	}
	return out.Flush()
}

// blank reports what parts columns.
func blank(r rune) bool { return unicode.IsSpace(r) }
