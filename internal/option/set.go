package option

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Set is the settings that one model declares.
type Set []Option

// Find returns the declaration of an option by its name.
func (s Set) Find(name string) (Option, bool) {
	i := slices.IndexFunc(s, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}, false
	}
	return s[i], true
}

// Filled returns given values completed by the defaults; where nothing is declared, as they are.
func (s Set) Filled(given map[string]string) map[string]string {
	if len(s) == 0 {
		return given
	}
	out := map[string]string{}
	for _, o := range s {
		out[o.Name] = o.Default
	}
	maps.Copy(out, given)
	return out
}

// Check tells what is wrong with given values, the first by name.
func (s Set) Check(given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		o, ok := s.Find(name)
		if !ok {
			return fmt.Errorf("got the setting %s, want %s", name, s.names())
		}
		if err := o.Check(given[name]); err != nil {
			return err
		}
	}
	return nil
}

// names lists the options in errors.
func (s Set) names() string {
	if len(s) == 0 {
		return "none of its own"
	}
	var names []string
	for _, o := range s {
		names = append(names, o.Name)
	}
	return "one of " + strings.Join(names, ", ")
}

// Small returns the values that make the smallest model worth a test.
func (s Set) Small() map[string]string {
	var out map[string]string
	for _, o := range s {
		if o.Small != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[o.Name] = o.Small
		}
	}
	return out
}

// Numbers returns the parsed value of an option among values that were checked; one that is not
// declared is a mistake in the program.
func (s Set) Numbers(values map[string]string, name string) []float64 {
	o, ok := s.Find(name)
	if !ok {
		panic(fmt.Errorf("option %q is not declared", name))
	}
	v, err := o.Parse(values[name])
	if err != nil {
		panic(fmt.Errorf("%s: %w", name, err))
	}
	return v
}
