package pgm

import (
	"errors"
	"fmt"
	"strings"
)

// ErrImpossible is the error of evidence of probability 0: nothing can be conditioned on it.
var ErrImpossible = errors.New("pgm: evidence: got probability 0, want what the model allows")

// FormatError says where a model file is at fault.
type FormatError struct {
	// Format is the format read: bif, uai.
	Format string
	// Line is the line of the file, counted from 1; 0 where the file as a whole is at fault.
	Line int
	// Field is what was being read.
	Field string
	// Got is what was found.
	Got string
	// Want is what was expected.
	Want string
	// Cause, if there is one, is an error that says more than Field, Got and Want, in their place.
	Cause error
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Cause }

// Error says format, line, field, what was found and what was wanted.
func (e *FormatError) Error() string {
	place := ""
	if e.Line > 0 {
		place = fmt.Sprintf("line %d: ", e.Line)
	}
	if e.Cause != nil {
		return fmt.Sprintf("pgm: %s: %s%s", e.Format, place, strings.TrimPrefix(e.Cause.Error(), "pgm: "))
	}
	return fmt.Sprintf("pgm: %s: %s%s: got %s, want %s", e.Format, place, e.Field, e.Got, e.Want)
}
