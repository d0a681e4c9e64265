package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func init() { commands = append(commands, newSample) }

// newSample builds `elbo sample`.
func newSample(io streams) *cobra.Command {
	var f runFlags
	n := 64
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw new rows from a trained model",
		Long: `Draw codes from the prior and decode them to the means of p(x|z).

Equal seeds give equal rows. A .png shows images as a grid and rows of a table as
coloured cells; the other formats hold the values in the units of the data.`,
		Example: "  elbo sample runs/vae-digits-001 --n 100 --out samples.png",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > maxRows {
				return misusef("--n: got %d, want 1 to %d", n, maxRows)
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if err := f.wantOut(m); err != nil {
				return err
			}
			rows, err := m.Sample(cmd.Context(), n, f.config.Seed)
			if err != nil {
				return err
			}
			s := rowSet(m, rows)
			return f.emit(io.out, s, gallery(s, square(n), nil, nil, fmt.Sprintf("Samples from the prior, seed %d", f.config.Seed)))
		},
	}
	f.bind(cmd, "seed", "out")
	cmd.Flags().IntVarP(&n, "n", "n", n, "`rows` to draw")
	return cmd
}

// maxRows bounds the rows that one command makes.
const maxRows = 1 << 20
