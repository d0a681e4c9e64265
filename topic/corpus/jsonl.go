package corpus

import (
	"encoding/json"
	"io"
)

// JSONL reads one JSON object a line, of which one field is the text.
type JSONL struct {
	lines
	field string
}

// NewJSONL reads objects whose text is in the named field.
func NewJSONL(r io.Reader, field string, limits Limits) *JSONL {
	return &JSONL{lines: newLines(r, "jsonl", limits), field: field}
}

// Text implements [Text].
func (j *JSONL) Text() (string, error) {
	line, err := j.next()
	if err != nil {
		return "", err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return "", j.fail("object", "got %q, want a JSON object: %v", clip(line), err)
	}
	raw, ok := object[j.field]
	if !ok {
		return "", j.fail(j.field, "got no such field, want it to hold the text")
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", j.fail(j.field, "got %q, want a string", clip(raw))
	}
	return *text, nil
}
