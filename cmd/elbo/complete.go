package main

import "github.com/spf13/cobra"

// completeArg offers a list of values for the first argument to the shell.
func completeArg(from func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return from(), cobra.ShellCompDirectiveNoFileComp
	}
}

// completePath offers names, or any path, for the first argument.
func completePath(from func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return from(), cobra.ShellCompDirectiveDefault
	}
}

// completeFlag offers a list of values for a flag to the shell.
func completeFlag(cmd *cobra.Command, name string, from func() []string) {
	_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp
		if name == "data" { // may also be a path
			directive = cobra.ShellCompDirectiveDefault
		}
		return from(), directive
	})
}
