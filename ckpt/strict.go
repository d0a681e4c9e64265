package ckpt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"
)

const (
	maxJSON  = 1 << 20 // bytes that DecodeStrict reads unless told otherwise
	maxDepth = 64      // nested arrays and objects
)

// DecodeStrict decodes one JSON value into the value that into points to, and refuses what
// encoding/json lets pass: unknown and repeated fields, names in another case, data after the
// value, null at the top, text that is not UTF-8, nesting beyond 64 and more than limit bytes
// (1 MiB when limit is not positive). A fault is a *FormatError with the byte and the field; into
// may then be filled in part.
func DecodeStrict(data []byte, into any, limit int64) error {
	if v := reflect.ValueOf(into); v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("ckpt: json: into: got %T, want a pointer that is not nil", into)
	}
	if err := checkJSON(data, limit); err != nil {
		return err
	}
	w := &jsonWalker{src: data, fields: map[reflect.Type]map[string]reflect.Type{}}
	if w.value(reflect.TypeOf(into).Elem()); w.err != nil {
		return w.err
	}
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &FormatError{"json", wrong.Offset, wrong.Field, fmt.Sprintf("got %s, want %s", wrong.Value, wrong.Type)}
	}
	return &FormatError{"json", -1, "", fmt.Sprintf("got a value that its field refuses (%v), want another", err)}
}

// checkJSON holds that data is one JSON value of bounded size and depth.
func checkJSON(data []byte, limit int64) error {
	if limit <= 0 {
		limit = maxJSON
	}
	fail := func(offset int64, msg string, args ...any) error {
		return &FormatError{"json", offset, "", fmt.Sprintf(msg, args...)}
	}
	if int64(len(data)) > limit {
		return fail(limit, "got %d bytes, want at most %d", len(data), limit)
	}
	if at := deepAt(data); at >= 0 {
		return fail(int64(at), "got more than %d nested values, want at most that", maxDepth)
	}
	if !utf8.Valid(data) {
		at := 0
		for r, n := utf8.DecodeRune(data); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(data[at:]) {
			at += n
		}
		return fail(int64(at), "got bytes that are not UTF-8, want UTF-8")
	}
	var raw json.RawMessage
	err := json.Unmarshal(data, &raw)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fail(syntax.Offset, "got %v, want one JSON value", syntax)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail(int64(len(data)), "got the end, want one JSON value")
	case err != nil:
		return fail(-1, "got %v, want one JSON value", err)
	case string(raw) == "null":
		return fail(0, "got null, want a value")
	}
	return nil
}

// deepAt returns the byte where nesting exceeds maxDepth, or -1.
func deepAt(data []byte) int {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}
