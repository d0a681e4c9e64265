package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
)

func init() { commands = append(commands, newInterpolate) }

// newInterpolate builds `elbo interpolate`.
func newInterpolate(io streams) *cobra.Command {
	var f runFlags
	var from, to string
	steps, path := 9, "linear"
	cmd := &cobra.Command{
		Use:   "interpolate RUN",
		Short: "Decode a path between two codes",
		Long: `Decode equal steps on a path between the codes of two rows, both ends included.

An end is a file with one row, a test row by number (#7), label:CLASS for a test row of
that class, which the seed chooses, or mean:CLASS for the mean code of that class.`,
		Example: "  elbo interpolate runs/vae-digits-001 --from label:3 --to label:8 --out path.png\n  elbo interpolate runs/vae-digits-001 --from '#0' --to mean:1 --path slerp --out path.npz",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case steps < 2 || steps > maxRows:
				return misusef("--steps: got %d, want 2 to %d", steps, maxRows)
			case !slices.Contains(elbo.PathKinds, path):
				return misusef("--path: got %q, want %s", path, oneOf(elbo.PathKinds))
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			return f.interpolate(cmd.Context(), io, m, from, to, steps, path)
		},
	}
	f.bind(cmd, "data", "seed", "out", "label")
	cmd.Flags().StringVar(&from, "from", "", "first `end`: FILE, #ROW, label:CLASS or mean:CLASS")
	cmd.Flags().StringVar(&to, "to", "", "last `end`, likewise")
	cmd.Flags().IntVar(&steps, "steps", steps, "rows on the path, ends included")
	cmd.Flags().StringVar(&path, "path", path, "`kind` of path: "+oneOf(elbo.PathKinds))
	completeFlag(cmd, "path", func() []string { return elbo.PathKinds })
	return cmd
}

// interpolate decodes a path from one endpoint to another.
func (f *runFlags) interpolate(ctx context.Context, io streams, m *elbo.Model, from, to string, steps int, path string) error {
	if err := cmp.Or(m.Continuous(), f.wantOut(m)); err != nil {
		return err
	}
	a, err := f.endpoint(ctx, m, "--from", from)
	if err != nil {
		return err
	}
	b, err := f.endpoint(ctx, m, "--to", to)
	if err != nil {
		return err
	}
	codes, err := m.Walk(ctx, path, a, b, steps)
	if err != nil {
		return err
	}
	rows, err := m.Decode(ctx, codes)
	if err != nil {
		return err
	}
	s := rowSet(m, rows)
	return f.emit(io.out, s, gallery(s, steps, nil, pathLabels(steps), fmt.Sprintf("From %s to %s, %s path", from, to, path)))
}

// pathLabels are the positions of the steps from 0 to 1.
func pathLabels(steps int) []string {
	out := make([]string, steps)
	for i := range out {
		out[i] = fmt.Sprintf("%.2f", float64(i)/float64(steps-1))
	}
	return out
}
