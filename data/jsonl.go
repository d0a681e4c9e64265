package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
)

// jsonRow is one line of a JSON-lines file. X is a flat list; Shape is its shape, for images.
type jsonRow struct {
	X     json.RawMessage `json:"x"`
	Shape []int           `json:"shape,omitempty"`
	Label json.RawMessage `json:"label,omitempty"`
}

// decodeJSONL reads one row a line: {"x": [0.5, 1], "label": "cat"}. The label, a text or a
// number, is in every line or in none; so is the shape of an image, as in "shape": [28, 28].
func decodeJSONL(s *source) (*Set, error) {
	set := &Set{}
	var labels classIndex
	var buf []byte
	rows := 0
	for line := 1; ; line++ {
		var err error
		if buf, err = s.line(buf[:0], line); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(buf)) == 0 {
			continue
		}
		if rows++; rows > s.lim.MaxRows {
			return nil, malformed("jsonl", rowField(line), "got more than %d rows, want at most that many", s.lim.MaxRows)
		}
		if err := addJSON(set, &labels, buf, line, rows, s.lim); err != nil {
			return nil, err
		}
	}
	if rows == 0 {
		return nil, malformed("jsonl", rowField(1), `got no row, want at least one line such as {"x": [1, 2]}`)
	}
	if labels.rows != nil {
		labels.done(set)
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

// addJSON takes one line.
func addJSON(set *Set, labels *classIndex, line []byte, number, rows int, lim Limits) error {
	fail := func(field, msg string, args ...any) error {
		if field != "" {
			field = ", " + field
		}
		return malformed("jsonl", rowField(number)+field, msg, args...)
	}
	var r jsonRow
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		fe := malformed("jsonl", rowField(number), `got %v, want an object {"x": [numbers], "label": text}`, err)
		fe.Err = err
		return fe
	}
	if _, err := dec.Token(); err != io.EOF {
		return fail("", "got more after the object, want one object a line")
	}
	before := len(set.X)
	if err := set.appendNumbers(r.X, lim, fail); err != nil {
		return err
	}
	d := len(set.X) - before
	if r.Shape == nil {
		r.Shape = []int{d}
	}
	if n, ok := product(int64s(r.Shape), lim.MaxBytes); !ok || n != int64(d) || len(r.Shape) > 3 {
		return fail("shape", "got %v for %d values, want 1 to 3 dimensions that multiply to that number", r.Shape, d)
	}
	if set.Shape == nil {
		set.Shape = r.Shape
	}
	if !slices.Equal(set.Shape, r.Shape) {
		return fail("x", "got shape %v, want %v as in the first row", r.Shape, set.Shape)
	}
	if has := len(r.Label) > 0 && string(r.Label) != "null"; has != (labels.rows != nil) && rows > 1 {
		return fail("label", "got a row with a label beside one without, want all or none")
	} else if !has {
		return nil
	}
	return addJSONLabel(labels, r.Label, fail)
}

// addJSONLabel takes a text or a number.
func addJSONLabel(labels *classIndex, raw json.RawMessage, fail func(string, string, ...any) error) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		labels.add(text)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return fail("label", "got %s, want a text or a number", quote(string(raw)))
	}
	labels.add(n.String())
	return nil
}

// appendNumbers parses a flat list of finite numbers, which is known to be valid JSON.
func (set *Set) appendNumbers(raw []byte, lim Limits, fail func(string, string, ...any) error) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != '[' {
		return fail("x", "got %s, want a list of numbers", quote(string(raw[:min(len(raw), 41)])))
	}
	raw = bytes.TrimSpace(raw[1 : len(raw)-1])
	if len(raw) == 0 {
		return fail("x", "got an empty list, want at least one number")
	}
	for i := 0; raw != nil; i++ {
		var cell []byte
		cell, raw, _ = bytes.Cut(raw, []byte{','})
		cell = bytes.TrimSpace(cell)
		v, err := strconv.ParseFloat(string(cell), 64)
		if err != nil || !finite32(v) {
			return fail("x", "got %s at index %d, want a finite number within ±3.4e38", quote(string(cell[:min(len(cell), 41)])), i)
		}
		set.X = append(set.X, float32(v))
		if int64(len(set.X))*4 > lim.MaxBytes {
			return fail("x", "got more than %d bytes of values, want at most that many", lim.MaxBytes)
		}
	}
	return nil
}

// int64s converts dimensions.
func int64s(dims []int) []int64 {
	out := make([]int64, len(dims))
	for i, d := range dims {
		out[i] = int64(d)
	}
	return out
}
