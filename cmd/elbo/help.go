package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/internal/text"
)

// Groups of the commands in `elbo --help`.
const (
	groupTrain = "train"
	groupUse   = "use"
	groupAsk   = "ask"
	groupOther = "other"
)

// arrange puts the commands into groups and answers `elbo help`. A command that is in no
// list uses a run.
func arrange(root *cobra.Command) {
	root.AddGroup(&cobra.Group{ID: groupTrain, Title: "Train:"}, &cobra.Group{ID: groupUse, Title: "Use a run:"},
		&cobra.Group{ID: groupAsk, Title: "Ask graphical models:"}, &cobra.Group{ID: groupOther, Title: "Other:"})
	groups := map[string]string{
		"train": groupTrain, "learn": groupTrain, "sweep": groupTrain, "gallery": groupTrain, "models": groupTrain, "data": groupTrain, "query": groupAsk, "solve": groupAsk,
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
				return misusef("help: unknown command %q%s; `elbo --help` lists the commands", strings.Join(args, " "), nearestCommand(cmd.Root(), args[0]))
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
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return misusef("%v%s; `%s --help` lists the flags", err, nearestFlag(cmd, unknown.GetSpecifiedName()), cmd.CommandPath())
	}
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

// nearestFlag suggests the flag whose name is least far from one that was mistyped.
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return didYouMean("--"+name, names)
}

// nearestCommand suggests the command whose name is least far from one that was mistyped.
func nearestCommand(root *cobra.Command, name string) string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return didYouMean(name, names)
}

// didYouMean suggests the nearest of names, if one is at most two edits away; shorter names are too near to all.
func didYouMean(got string, names []string) string {
	best, near := 3, ""
	for _, n := range names {
		if d := text.Distance(n, got); d < best && d < len(strings.TrimLeft(n, "-"))-1 {
			best, near = d, n
		}
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", near)
}
