package ckpt

import (
	"errors"
	"fmt"
)

// What callers branch on.
var (
	// ErrCorrupt says that a checkpoint's content is not what was saved.
	ErrCorrupt = errors.New("corrupt")
	// ErrInUse says that another process holds the checkpoint folder.
	ErrInUse = errors.New("in use")
	// ErrNoCheckpoint says that nothing has been saved under a name.
	ErrNoCheckpoint = errors.New("no checkpoint")
	// ErrReadOnly says that a store opened for reading was asked to save.
	ErrReadOnly = errors.New("opened for reading only")
)

// FormatError is a fault in the bytes of a file.
type FormatError struct {
	Format string // "safetensors", "json"
	Offset int64  // byte in the file where the fault is; -1 when it has no place
	Field  string // what is wrong, empty when the file as a whole
	Msg    string // "got …, want …"
}

// Error says format, place, field and fault.
func (e *FormatError) Error() string {
	s := "ckpt: " + e.Format
	if e.Offset >= 0 {
		s += fmt.Sprintf(": byte %d", e.Offset)
	}
	if e.Field != "" {
		s += ": " + e.Field
	}
	return s + ": " + e.Msg
}

// CorruptError is an ErrCorrupt that names the file at fault, relative to the checkpoint folder.
type CorruptError struct {
	File string // relative to the checkpoint folder
	Err  error  // what is wrong with it
}

// Error says which file is corrupt and why.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("ckpt: %s: %v: %v", e.File, ErrCorrupt, e.Err)
}

// Unwrap makes errors.Is find ErrCorrupt and errors.As the cause.
func (e *CorruptError) Unwrap() []error { return []error{ErrCorrupt, e.Err} }

// corrupt builds a CorruptError from a message.
func corrupt(file, format string, args ...any) error {
	return &CorruptError{File: file, Err: fmt.Errorf(format, args...)}
}
