package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
)

// jsonReader turns the lines of a JSON-lines file into rows.
type jsonReader struct {
	src    *source
	line   int // number of the line, from 1
	rows   int
	shape  []int  // of the first row
	dim    int    // number of its values
	text   string // the shape as it was written
	store  cellStore[float32]
	labels classIndex

	without bool // some row has no label, not even null
}

// decodeJSONL reads one row a line: {"x": [0.5, 1], "label": "cat"}. The label, a text or a
// number, or null for a row without a class, is in every line or in none; so is the shape of an image, as in
// "shape": [28, 28].
func decodeJSONL(s *source) (*Set, error) {
	r := &jsonReader{src: s}
	var buf []byte
	for {
		var err error
		r.line++
		if buf, err = s.line(buf[:0], r.line); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(buf)) == 0 {
			continue
		}
		if err := r.add(buf); err != nil {
			return nil, err
		}
	}
	if r.rows == 0 {
		return nil, malformed("jsonl", rowField(1), `got no row, want at least one line such as {"x": [1, 2]}`)
	}
	set := &Set{Shape: r.shape}
	set.X = make([]float32, 0, r.rows*set.Dim())
	for _, b := range r.store.blocks {
		set.X = append(set.X, b...)
	}
	if len(r.labels.names) > 0 {
		r.labels.done(set)
	}
	return set, nil
}

// line appends the next line to buf, without its end, or returns io.EOF.
func (s *source) line(buf []byte, number int) ([]byte, error) {
	for {
		part, err := s.ReadSlice('\n')
		if len(buf)+len(part) > s.lim.MaxRecordBytes {
			return nil, malformed(s.format, rowField(number), "got more than %d bytes, want a line break", s.lim.MaxRecordBytes)
		}
		buf = append(buf, part...)
		switch {
		case err == nil, err == io.EOF && len(buf) > 0:
			return buf, nil
		case err == io.EOF:
			return nil, io.EOF
		case err != bufio.ErrBufferFull:
			return nil, s.cause(rowField(number), err)
		}
	}
}

// fail returns an error in the current line.
func (r *jsonReader) fail(field, msg string, args ...any) error {
	if field != "" {
		field = ", " + field
	}
	return malformed("jsonl", rowField(r.line)+field, msg, args...)
}

// add takes one line.
func (r *jsonReader) add(line []byte) error {
	if r.rows++; r.rows > r.src.lim.MaxRows {
		return r.fail("", "got more than %d rows, want at most that many", r.src.lim.MaxRows)
	}
	f, err := r.fields(line)
	if err != nil {
		return err
	}
	d, err := r.numbers(f.x)
	if err != nil {
		return err
	}
	if err := r.checkShape(f.shape, d); err != nil {
		return err
	}
	null := string(f.label) == "null"
	if len(f.label) == 0 && len(r.labels.names) > 0 || len(f.label) > 0 && !null && r.without {
		return r.fail("label", "got a row with a label beside one without, want all or none, or null for no class")
	}
	if len(f.label) > 0 && !null {
		return r.label(f.label)
	}
	r.without = r.without || !null
	r.labels.none()
	return nil
}

// numbers parses a flat list of finite numbers, which is known to be valid JSON, and returns
// their count.
func (r *jsonReader) numbers(raw []byte) (int, error) {
	if len(raw) < 2 || raw[0] != '[' {
		return 0, r.fail("x", "got %s, want a list of numbers", cutQuote(raw))
	}
	raw = bytes.TrimSpace(raw[1 : len(raw)-1])
	if len(raw) == 0 {
		return 0, r.fail("x", "got an empty list, want at least one number")
	}
	d := bytes.Count(raw, []byte{','}) + 1
	if int64(d)*int64(r.rows)*4 > r.src.lim.MaxBytes {
		return 0, r.fail("x", "got more than %d bytes of values, want at most that many", r.src.lim.MaxBytes)
	}
	row := r.store.row(d)
	for i := range row {
		var cell []byte
		cell, raw, _ = bytes.Cut(raw, []byte{','})
		cell = bytes.TrimSpace(cell)
		v, err := strconv.ParseFloat(string(cell), 64)
		if err != nil || !finite32(v) {
			return 0, r.fail("x", "got %s at index %d, want a finite number within ±3.4e38", cutQuote(cell), i)
		}
		row[i] = float32(v)
	}
	return d, nil
}

// checkShape compares a row of d values with the first row. The shape is parsed only where its
// text changes.
func (r *jsonReader) checkShape(raw []byte, d int) error {
	if same := r.rows > 1 && string(raw) == r.text; same && d == r.dim {
		return nil
	}
	shape := []int{d}
	if len(raw) > 0 {
		shape = nil
		if err := json.Unmarshal(raw, &shape); err != nil {
			return r.fail("shape", "got %s, want a list of whole numbers", cutQuote(raw))
		}
	}
	if n, ok := product(int64s(shape), r.src.lim.MaxBytes); !ok || n != int64(d) || len(shape) < 1 || len(shape) > 3 {
		return r.fail("shape", "got %v for %d values, want 1 to 3 dimensions that multiply to that number", shape, d)
	}
	if r.rows == 1 {
		r.shape, r.dim, r.text = shape, d, string(raw)
	}
	if !slices.Equal(shape, r.shape) {
		return r.fail("x", "got shape %v, want %v as in the first row", shape, r.shape)
	}
	return nil
}

// label takes a text or a number.
func (r *jsonReader) label(raw []byte) error {
	if n := len(raw); raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		r.labels.add(string(raw[1 : n-1]))
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		r.labels.add(text)
		return nil
	}
	if c := raw[0]; c != '-' && (c < '0' || c > '9') {
		return r.fail("label", "got %s, want a text or a number", cutQuote(raw))
	}
	r.labels.add(string(raw))
	return nil
}

// cutQuote quotes the first bytes of a value.
func cutQuote(b []byte) string { return quote(string(b[:min(len(b), 41)])) }

// int64s converts dimensions.
func int64s(dims []int) []int64 {
	out := make([]int64, len(dims))
	for i, d := range dims {
		out[i] = int64(d)
	}
	return out
}
