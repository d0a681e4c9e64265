package data

import (
	"bytes"
	"encoding/json"
)

// jsonFields are the values of one line, as they are written; nil where there is none.
type jsonFields struct{ x, shape, label []byte }

// fields splits an object into its values without copying them: decoding each line into a
// struct would allocate some kilobytes a line.
func (r *jsonReader) fields(line []byte) (f jsonFields, err error) {
	line = bytes.TrimSpace(line)
	if !json.Valid(line) {
		var v json.RawMessage
		err := json.Unmarshal(line, &v)
		fe := malformed("jsonl", rowField(r.line), `got %v, want an object {"x": [numbers], "label": text}`, err)
		fe.Err = err
		return f, fe
	}
	if line[0] != '{' {
		return f, r.fail("", `got %s, want an object {"x": [numbers], "label": text}`, cutQuote(line))
	}
	for at := 1; ; {
		var key, value []byte
		key, at = jsonToken(line, at, ':')
		if len(key) == 0 { // an empty object, or its end
			return f, nil
		}
		value, at = jsonToken(line, at, ',')
		var slot *[]byte
		switch string(key) {
		case `"x"`:
			slot = &f.x
		case `"shape"`:
			slot = &f.shape
		case `"label"`:
			slot = &f.label
		}
		if slot == nil || *slot != nil {
			return f, r.fail("", "got key %s, want x, label and shape, each at most once", cutQuote(key))
		}
		*slot = value
	}
}

// jsonToken returns the value that starts at byte at of a valid object, up to the separator or
// the end of the object, and where the next one starts.
func jsonToken(line []byte, at int, sep byte) ([]byte, int) {
	depth, quoted := 0, false
	for i := at; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case depth == 0 && (c == sep || c == '}'):
			return bytes.TrimSpace(line[at:i]), i + 1
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil, len(line)
}
