package main

import (
	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/backend"
)

// statsFlag lets every command say at its end what the compute backend did.
func statsFlag(root *cobra.Command) {
	var wanted bool
	root.PersistentFlags().BoolVar(&wanted, "backend-stats", false, "print at the end what the backend compiled, what it left to another engine and, with --backend elbo:profile, where the time went")
	root.PersistentPostRunE = func(cmd *cobra.Command, _ []string) error {
		if !wanted {
			return nil
		}
		return backend.WriteStats(cmd.ErrOrStderr())
	}
}
