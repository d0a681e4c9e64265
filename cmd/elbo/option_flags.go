package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

// optionFlags spells the settings that models have of their own as flags; models that share a name
// share the flag.
func optionFlags(specs []vae.Spec) (out []configFlag[train.Config]) {
	uses := map[string][]use{}
	for _, s := range specs {
		for _, o := range s.Options {
			uses[o.Name] = append(uses[o.Name], use{s.Name, o})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(uses)) {
		out = append(out, optionFlag(name, uses[name]))
	}
	return out
}

// use is a setting of one model.
type use struct {
	model  string
	option vae.Option
}

// usage says what a setting is, once for models that say the same of it.
func usage(uses []use) string {
	models := map[string][]string{}
	var texts []string
	for _, u := range uses {
		text := u.option.Described()
		if models[text] == nil {
			texts = append(texts, text)
		}
		models[text] = append(models[text], u.model)
	}
	for i, text := range texts {
		texts[i] = fmt.Sprintf("of %s: %s", strings.Join(models[text], ", "), text)
	}
	return strings.Join(texts, "; ")
}

// optionFlag is the flag of one setting. Its value is checked with the config, when the model is
// known.
func optionFlag(name string, uses []use) configFlag[train.Config] {
	return configFlag[train.Config]{name, func(f *pflag.FlagSet, c *train.Config, name string) {
		kind := uses[0].option.Kind
		flag := f.VarPF(optionValue{&c.Options, name, kind}, name, "", usage(uses))
		if kind == vae.Switch {
			flag.NoOptDefVal = "true"
		}
	}, func(c *train.Config) any { return c.Options[name] }, nil, nil}
}

// optionValue is a setting of a config as a flag.
type optionValue struct {
	to   *map[string]string
	name string
	kind option.Kind
}

// String implements pflag.Value.
func (v optionValue) String() string {
	if v.to == nil {
		return ""
	}
	return (*v.to)[v.name]
}

// Set implements pflag.Value.
func (v optionValue) Set(text string) error {
	if *v.to == nil {
		*v.to = map[string]string{}
	}
	(*v.to)[v.name] = text
	return nil
}

// Type implements pflag.Value.
func (v optionValue) Type() string {
	words := map[option.Kind]string{option.Number: "float", option.Whole: "int", option.List: "ints", option.Choice: "name", option.Switch: "bool",
		option.Text: "text", option.Path: "path"}
	return words[v.kind]
}

// explainModel makes the help of a command that takes a model's name show the settings of that model
// alone, and of none where none is named.
func explainModel(cmd *cobra.Command) {
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(at *cobra.Command, args []string) {
		if at == cmd {
			showOptions(at, args)
		}
		help(at, args)
	})
}

// showOptions hides the settings that the model named among the arguments does not have.
func showOptions(cmd *cobra.Command, args []string) {
	own := map[string]vae.Option{}
	for _, s := range vae.Specs() {
		for _, o := range s.Options {
			f := cmd.Flags().Lookup(o.Name)
			f.Hidden = true
			if slices.Contains(args, s.Name) {
				own[o.Name] = o
			}
		}
	}
	for name, o := range own {
		f := cmd.Flags().Lookup(name)
		f.Hidden, f.Usage = false, o.Described()
	}
}
