package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func init() { commands = append(commands, newCompletion) }

// newCompletion builds `elbo completion`.
func newCompletion(io streams) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print a script that completes commands, flags and names in a shell",
		Long:      "Print a script for " + strings.Join(shells, ", ") + ". It also completes the names of models, data\nsets, likelihoods and schedules.",
		Example:   "  source <(elbo completion bash)\n  elbo completion zsh > \"${fpath[1]}/_elbo\"\n  elbo completion fish > ~/.config/fish/completions/elbo.fish",
		Args:      exactly(1, "1, the name of a shell"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(io.out, true)
			case "zsh":
				return root.GenZshCompletion(io.out)
			case "fish":
				return root.GenFishCompletion(io.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(io.out)
			}
			return misusef("completion: shell: got %q, want one of %s", args[0], strings.Join(shells, ", "))
		},
	}
}
