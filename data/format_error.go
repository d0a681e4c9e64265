package data

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// FormatError tells what is wrong in a data file and where. Every failure that the content of
// a file causes is one, or wraps one; match it with [errors.As].
type FormatError struct {
	// Format is the format that the bytes were read as: idx, csv, npy, npz, png, jpeg, jsonl.
	Format string
	// Path is the file; empty when the bytes came from a reader.
	Path string
	// Offset is the byte, counted from 0 in the decompressed file; −1 where Field alone says
	// the place, as in text formats.
	Offset int64
	// Field is what was being read: "count", `row 3, column "age"`.
	Field string
	// Msg says what was found and what was wanted.
	Msg string
	// Err is the cause, if there is one below this package.
	Err error
}

// Error implements error: "data: idx: t10k.gz: byte 4: count: got 3, want 2".
func (e *FormatError) Error() string {
	parts := []string{"data", e.Format}
	if e.Path != "" {
		parts = append(parts, e.Path)
	}
	if e.Offset >= 0 {
		parts = append(parts, "byte "+strconv.FormatInt(e.Offset, 10))
	}
	if e.Field != "" {
		parts = append(parts, e.Field)
	}
	return strings.Join(append(parts, e.Msg), ": ")
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// malformed returns a FormatError at a field of a text format, without a byte offset.
func malformed(format, field, msg string, args ...any) *FormatError {
	return &FormatError{Format: format, Offset: -1, Field: field, Msg: fmt.Sprintf(msg, args...)}
}

// inFile adds the path to a FormatError that has none yet.
func inFile(path string, err error) error {
	var fe *FormatError
	if errors.As(err, &fe) && fe.Path == "" {
		fe.Path = path
	}
	return err
}

// quote prints bytes of a file inside an error: quoted, and cut after 40 bytes.
func quote(s string) string {
	if len(s) > 40 {
		return strconv.Quote(s[:40]) + "…"
	}
	return strconv.Quote(s)
}

// list prints at most 20 names for an error.
func list(names []string) string {
	const most = 20
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = quote(n)
	}
	return strings.Join(q, ", ") + more
}
