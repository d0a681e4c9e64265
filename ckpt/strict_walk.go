package ckpt

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// jsonWalker goes through valid JSON beside a Go type and finds the keys that the type does not
// have, and those that stand twice in one object.
type jsonWalker struct {
	src    []byte
	pos    int
	err    *FormatError
	path   []string // keys from the top to here
	keys   []keyAt  // keys of the open objects, outermost first
	fields map[reflect.Type]map[string]reflect.Type
}

// keyAt is a key with its place.
type keyAt struct {
	key string
	at  int
}

var (
	jsonDecoder = reflect.TypeFor[json.Unmarshaler]()
	textDecoder = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// value walks one value; a nil type takes anything.
func (w *jsonWalker) value(t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && (reflect.PointerTo(t).Implements(jsonDecoder) || reflect.PointerTo(t).Implements(textDecoder)) {
		t = nil
	}
	switch w.peek() {
	case '{':
		w.object(t)
	case '[':
		w.array(t)
	case '"':
		w.text()
	default:
		for w.pos < len(w.src) && strings.IndexByte(",]} \t\r\n", w.src[w.pos]) < 0 {
			w.pos++
		}
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (w *jsonWalker) peek() byte {
	for w.pos < len(w.src) && strings.IndexByte(" \t\r\n", w.src[w.pos]) >= 0 {
		w.pos++
	}
	if w.pos == len(w.src) {
		return 0
	}
	return w.src[w.pos]
}

// text passes a string and returns it decoded.
func (w *jsonWalker) text() string {
	start, escaped := w.pos, false
	for w.pos++; w.src[w.pos] != '"'; w.pos++ {
		if w.src[w.pos] == '\\' {
			escaped = true
			w.pos++
		}
	}
	w.pos++
	if !escaped {
		return string(w.src[start+1 : w.pos-1])
	}
	var s string
	if err := json.Unmarshal(w.src[start:w.pos], &s); err != nil {
		w.fail(start, "got a broken string, want one")
	}
	return s
}

// array walks the elements.
func (w *jsonWalker) array(t reflect.Type) {
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	w.pos++
	for w.err == nil && w.peek() != ']' {
		w.value(elem)
		if w.peek() == ',' {
			w.pos++
		}
	}
	w.pos++
}

// object walks the members and checks their keys.
func (w *jsonWalker) object(t reflect.Type) {
	base := len(w.keys)
	w.pos++
	for w.err == nil && w.peek() != '}' {
		at := w.pos
		key := w.text()
		w.keys = append(w.keys, keyAt{key, at})
		w.path = append(w.path, key)
		member := w.member(t, key, at)
		w.peek()
		w.pos++ // the colon
		if w.value(member); w.err != nil {
			return
		}
		w.path = w.path[:len(w.path)-1]
		if w.peek() == ',' {
			w.pos++
		}
	}
	w.pos++
	mine := w.keys[base:]
	slices.SortStableFunc(mine, func(a, b keyAt) int { return strings.Compare(a.key, b.key) })
	for i := 1; i < len(mine); i++ {
		if mine[i].key == mine[i-1].key {
			w.path = append(w.path, mine[i].key)
			w.fail(mine[i].at, "got the field twice, want it once")
		}
	}
	w.keys = w.keys[:base]
}

// member returns the type of a key's value, and fails when the type has no such key.
func (w *jsonWalker) member(t reflect.Type, key string, at int) reflect.Type {
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Map:
		return t.Elem()
	case reflect.Struct:
		if w.fields[t] == nil {
			w.fields[t] = map[string]reflect.Type{}
			jsonFields(t, w.fields[t])
		}
		member, known := w.fields[t][key]
		if !known {
			w.fail(at, "got an unknown field, want one of %s", strings.Join(slices.Sorted(maps.Keys(w.fields[t])), ", "))
		}
		return member
	}
	return nil // json.Unmarshal reports the mismatch
}

// fail notes the first fault, at the current path.
func (w *jsonWalker) fail(at int, msg string, args ...any) {
	if w.err != nil {
		return
	}
	parts := make([]string, len(w.path))
	for i, p := range w.path {
		parts[i] = p
		if q := quote(p); len(q) != len(p)+2 {
			parts[i] = q
		}
	}
	w.err = &FormatError{"json", int64(at), strings.Join(parts, "."), fmt.Sprintf(msg, args...)}
}

// jsonFields collects the names that encoding/json decodes into the struct t.
func jsonFields(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			jsonFields(inner, into)
		case !f.IsExported():
		case name == "":
			into[f.Name] = f.Type
		default:
			into[name] = f.Type
		}
	}
}
