// Package option describes the settings that a model or an engine declares for itself, beyond those
// that all share: what a value may be, its default, and how it is read. A setting becomes a flag of
// the command line and a field of the stored config without a line elsewhere.
package option

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
)

// Option is one setting.
type Option struct {
	Name    string   // as on the command line, such as "gamma"
	Usage   string   // one line, what it is
	Default string   // as on the command line
	Kind    Kind     // what a value may be
	Min     float64  // least value, or element of a list
	Max     float64  // largest value, or element of a list
	Choices []string // of a choice
	Small   string   // a value for models of a few weights, as tests have them; "" is the default
	Labels  bool     // a switch that makes the model see classes
}

// Kind is what a value of an option may be.
type Kind string

// The kinds of options.
const (
	Number Kind = "number"       // a finite number within Min and Max
	Whole  Kind = "whole number" // a whole number within Min and Max
	List   Kind = "list"         // whole numbers within Min and Max, parted by commas; at least one
	Choice Kind = "choice"       // one of Choices
	Switch Kind = "switch"       // true or false
	Text   Kind = "text"         // any text, such as the name of a column
	Path   Kind = "path"         // of a file or folder
)

// Check tells what is wrong with a value.
func (o Option) Check(value string) error {
	_, err := o.Parse(value)
	if err == nil && o.Kind == Choice && !slices.Contains(o.Choices, value) {
		err = fmt.Errorf("want one of %s", strings.Join(o.Choices, ", "))
	}
	if err != nil {
		return fmt.Errorf("%s: got %q, %w", o.Name, value, err)
	}
	return nil
}

// Parse returns the numbers of a value: one, those of a list, 1 or 0 of a switch, none of a choice,
// a text or a path.
func (o Option) Parse(value string) ([]float64, error) {
	switch o.Kind {
	case Choice, Text, Path:
		return nil, nil
	case Switch:
		if value != "true" && value != "false" {
			return nil, fmt.Errorf("want true or false")
		}
		return []float64{map[string]float64{"true": 1}[value]}, nil
	}
	parts := []string{value}
	if o.Kind == List {
		parts = strings.Split(value, ",")
	}
	out := make([]float64, len(parts))
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || !(v >= o.Min && v <= o.Max) || o.Kind != Number && v != float64(int64(v)) {
			return nil, fmt.Errorf("want %s", o.wanted())
		}
		out[i] = v
	}
	return out, nil
}

// wanted describes the values of a numeric option.
func (o Option) wanted() string {
	within := text.Decimal(o.Min) + " to " + text.Decimal(o.Max)
	switch o.Kind {
	case Whole:
		return "a whole number from " + within
	case List:
		return "whole numbers from " + within + ", parted by commas"
	}
	return "a number from " + within
}

// Described is the usage of an option with its choices and its default.
func (o Option) Described() string {
	said := o.Usage
	if o.Kind == Choice {
		said += ": " + strings.Join(o.Choices, ", ")
	}
	if o.Default == "" {
		return said
	}
	return fmt.Sprintf("%s (default %s)", said, o.Default)
}
