package vae

import (
	"fmt"

	"github.com/elbo-go/elbo/internal/option"
)

// Option is a setting that a model declares beyond those that all share. It becomes a flag of the
// command line and a field of the stored config without a line elsewhere.
type Option = option.Option

// OptionKind is what a value of an option may be.
type OptionKind = option.Kind

// The kinds of options.
const (
	Number = option.Number // a finite number within Min and Max
	Whole  = option.Whole  // a whole number within Min and Max
	List   = option.List   // whole numbers within Min and Max, parted by commas; at least one
	Choice = option.Choice // one of Choices
	Switch = option.Switch // true or false
)

// Small returns the options that make the smallest model worth a test.
func (s Spec) Small() map[string]string { return option.Set(s.Options).Small() }

// option returns the declaration of an option by its name.
func (s Spec) option(name string) (Option, bool) { return option.Set(s.Options).Find(name) }

// withOptions returns the options given for a model, completed by the defaults of its own.
func (s Spec) withOptions(given map[string]string) map[string]string {
	return option.Set(s.Options).Filled(given)
}

// checkOptions tells what is wrong with the options given for a model.
func (c Config) checkOptions(s Spec) error {
	if err := option.Set(s.Options).Check(c.Options); err != nil {
		return fmt.Errorf("vae: %s: %w", s.Name, err)
	}
	return nil
}

// numbers returns the parsed value of an option of the model that is being built; one that it has
// not declared is a mistake in the program.
func (c Config) numbers(name string) []float64 {
	return option.Set(registry[c.model].Options).Numbers(c.Options, name)
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
