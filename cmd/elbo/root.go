package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// streams are the standard streams of a command.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// usageError is a mistake in the command line.
type usageError struct{ err error }

// Error implements error.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *usageError) Unwrap() error { return e.err }

// misuse marks an error as a mistake in the command line.
func misuse(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

// misusef is misuse of a new error.
func misusef(format string, args ...any) error { return misuse(fmt.Errorf(format, args...)) }

// commands builds every command; each file of this folder adds its own.
var commands []func(streams) *cobra.Command

// newRoot builds the command tree.
func newRoot(io streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "elbo",
		Short:         "Variational inference in one binary",
		Long:          "elbo trains variational autoencoders and other models by variational inference, shows what they\nlearnt, and uses them. Begin with `elbo train vae`, or `elbo train bnn` to predict a column.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misusef("unknown command %q%s; `elbo --help` lists the commands", args[0], nearestCommand(cmd, args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.SetFlagErrorFunc(flagError)
	statsFlag(root)
	for _, build := range commands {
		root.AddCommand(build(io))
	}
	arrange(root)
	return root
}

// exactly requires n positional arguments, which usage names.
func exactly(n int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return misusef("got %d arguments, want %s; `%s --help` has an example", len(args), usage, cmd.CommandPath())
		}
		return nil
	}
}
