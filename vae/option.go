package vae

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
)

// Option is a setting that a model declares beyond those that all share. It becomes a flag of the
// command line and a field of the stored config without a line elsewhere.
type Option struct {
	Name    string     // as on the command line, such as "gamma"
	Usage   string     // one line, what it is
	Default string     // as on the command line
	Kind    OptionKind // what a value may be
	Min     float64    // least value, or element of a list
	Max     float64    // largest value, or element of a list
	Choices []string   // of a choice
	Small   string     // a value for models of a few weights, as tests have them; "" is the default
	Labels  bool       // a switch that makes the model see classes (see [Spec.Labels])
}

// OptionKind is what a value of an option may be.
type OptionKind string

// The kinds of options.
const (
	Number OptionKind = "number"       // a finite number within Min and Max
	Whole  OptionKind = "whole number" // a whole number within Min and Max
	List   OptionKind = "list"         // whole numbers within Min and Max, parted by commas; at least one
	Choice OptionKind = "choice"       // one of Choices
	Switch OptionKind = "switch"       // true or false
)

// Small returns the options that make the smallest model worth a test.
func (s Spec) Small() map[string]string {
	var out map[string]string
	for _, o := range s.Options {
		if o.Small != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[o.Name] = o.Small
		}
	}
	return out
}

// check tells what is wrong with a value.
func (o Option) check(value string) error {
	_, err := o.parse(value)
	if err == nil && o.Kind == Choice && !slices.Contains(o.Choices, value) {
		err = fmt.Errorf("want one of %s", strings.Join(o.Choices, ", "))
	}
	if err != nil {
		return fmt.Errorf("%s: got %q, %w", o.Name, value, err)
	}
	return nil
}

// parse returns the numbers of a value: one, those of a list, 1 or 0 of a switch, none of a choice.
func (o Option) parse(value string) ([]float64, error) {
	switch o.Kind {
	case Choice:
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

// option returns the declaration of an option by its name.
func (s Spec) option(name string) (Option, bool) {
	i := slices.IndexFunc(s.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}, false
	}
	return s.Options[i], true
}

// withOptions returns the options given for a model, completed by the defaults of its own.
func (s Spec) withOptions(given map[string]string) map[string]string {
	if len(s.Options) == 0 {
		return given
	}
	out := map[string]string{}
	for _, o := range s.Options {
		out[o.Name] = o.Default
	}
	maps.Copy(out, given)
	return out
}

// checkOptions tells what is wrong with the options given for a model.
func (c Config) checkOptions(s Spec) error {
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		o, ok := s.option(name)
		if !ok {
			return fmt.Errorf("vae: %s: got the setting %s, want %s", s.Name, name, s.optionNames())
		}
		if err := o.check(c.Options[name]); err != nil {
			return fmt.Errorf("vae: %s: %w", s.Name, err)
		}
	}
	return nil
}

// optionNames lists the options of a model in errors.
func (s Spec) optionNames() string {
	if len(s.Options) == 0 {
		return "none of its own"
	}
	var names []string
	for _, o := range s.Options {
		names = append(names, o.Name)
	}
	return "one of " + strings.Join(names, ", ")
}

// numbers returns the parsed value of an option of the model that is being built; one that it has
// not declared is a mistake in the program.
func (c Config) numbers(name string) []float64 {
	o, ok := registry[c.model].option(name)
	if !ok {
		panic(fmt.Errorf("vae: %s: option %q is not declared", c.model, name))
	}
	v, err := o.parse(c.Options[name])
	if err != nil {
		panic(fmt.Errorf("vae: %s: %s: %w", c.model, name, err))
	}
	return v
}

// Number is the value of an option that is a number, in the configuration of the model that is being built.
func (c Config) Number(name string) float64 { return c.numbers(name)[0] }

// Whole is the value of a whole number.
func (c Config) Whole(name string) int { return int(c.numbers(name)[0]) }

// On is the value of a switch.
func (c Config) On(name string) bool { return c.numbers(name)[0] == 1 }

// Choice is the value of a choice.
func (c Config) Choice(name string) string {
	c.numbers(name)
	return c.Options[name]
}

// List is the value of a list.
func (c Config) List(name string) []int {
	v := c.numbers(name)
	out := make([]int, len(v))
	for i := range v {
		out[i] = int(v[i])
	}
	return out
}
