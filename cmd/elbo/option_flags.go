package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

// optionFlags spells the settings that models have of their own as flags; models that share a name
// share the flag.
func optionFlags(specs []vae.Spec) (out []configFlag[train.Config]) {
	usage := map[string][]string{}
	var names []string
	for _, s := range specs {
		for _, o := range s.Options {
			if usage[o.Name] == nil {
				names = append(names, o.Name)
			}
			usage[o.Name] = append(usage[o.Name], fmt.Sprintf("%s: %s (default %s)", s.Name, described(o), o.Default))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, optionFlag(name, "of "+strings.Join(usage[name], "; of ")))
	}
	return out
}

// described is the usage of an option with its choices.
func described(o vae.Option) string {
	if o.Kind == vae.Choice {
		return o.Usage + ": " + strings.Join(o.Choices, ", ")
	}
	return o.Usage
}

// optionFlag is the flag of one setting. Its value is checked with the config, when the model is
// known.
func optionFlag(name, usage string) configFlag[train.Config] {
	return configFlag[train.Config]{name, func(f *pflag.FlagSet, c *train.Config, name string) {
		f.Var(optionValue{c, name}, name, usage)
	}, func(c *train.Config) any { return c.Options[name] }, nil}
}

// optionValue is a setting of a config as a flag.
type optionValue struct {
	c    *train.Config
	name string
}

// String implements pflag.Value.
func (v optionValue) String() string {
	if v.c == nil {
		return ""
	}
	return v.c.Options[v.name]
}

// Set implements pflag.Value.
func (v optionValue) Set(text string) error {
	if v.c.Options == nil {
		v.c.Options = map[string]string{}
	}
	v.c.Options[v.name] = text
	return nil
}

// Type implements pflag.Value.
func (v optionValue) Type() string { return "value" }
