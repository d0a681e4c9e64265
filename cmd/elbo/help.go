package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Groups of the commands in `elbo --help`.
const (
	groupTrain = "train"
	groupUse   = "use"
	groupOther = "other"
)

// arrange puts the commands into groups and answers `elbo help`. A command that is in no
// list uses a run.
func arrange(root *cobra.Command) {
	root.AddGroup(&cobra.Group{ID: groupTrain, Title: "Train:"}, &cobra.Group{ID: groupUse, Title: "Use a run:"},
		&cobra.Group{ID: groupOther, Title: "Other:"})
	groups := map[string]string{
		"train": groupTrain, "sweep": groupTrain, "gallery": groupTrain, "models": groupTrain, "data": groupTrain,
		"version": groupOther, "completion": groupOther, "help": groupOther,
	}
	root.SetHelpCommand(newHelp())
	root.SetHelpCommandGroupID(groupOther)
	for _, cmd := range root.Commands() {
		cmd.GroupID = groupUse
		if id, ok := groups[cmd.Name()]; ok {
			cmd.GroupID = id
		}
	}
}

// newHelp builds `elbo help`.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Example: "  elbo help train\n  elbo help data show",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if at, ok := below(cmd.Root(), args); ok {
				for _, c := range at.Commands() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, ok := below(cmd.Root(), args)
			if !ok {
				return misusef("help: unknown command %q; `elbo --help` lists the commands", strings.Join(args, " "))
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

// below finds the command that a path of names leads to.
func below(cmd *cobra.Command, path []string) (*cobra.Command, bool) {
	for _, name := range path {
		var next *cobra.Command
		for _, c := range cmd.Commands() {
			if c.Name() == name {
				next = c
			}
		}
		if next == nil {
			return nil, false
		}
		cmd = next
	}
	return cmd, true
}

// flagError says what a flag got and what it takes.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return misusef("%v; `%s --help` lists the flags", err, cmd.CommandPath())
	}
	want, ok := map[string]string{
		"int": "a whole number", "int64": "a whole number", "uint64": "a whole number at least 0",
		"float64": "a number", "bool": "true or false", "duration": "a time such as 30s",
	}[invalid.GetFlag().Value.Type()]
	text := fmt.Sprintf("got %q, want %s", invalid.GetValue(), want)
	if !ok {
		text = invalid.Unwrap().Error()
	}
	return misusef("--%s: %s; `%s --help` lists the flags", invalid.GetFlag().Name, text, cmd.CommandPath())
}
