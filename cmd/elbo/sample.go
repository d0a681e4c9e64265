package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
)

func init() { commands = append(commands, newSample) }

// newSample builds `elbo sample`.
func newSample(io streams) *cobra.Command {
	var f runFlags
	n, label := 64, ""
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Draw new rows from a trained model",
		Long: `Draw codes from the prior and decode them to the means of p(x|z).

Models that make use of classes draw of all in turn, or of the one of --label. Equal
seeds give equal rows. A .png shows images as a grid and rows of a table as
coloured cells; the other formats hold the values in the units of the data.`,
		Example: "  elbo sample runs/vae-digits-001 --n 100 --out samples.png\n  elbo sample runs/cvae-digits-001 --label 3 --out threes.png",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > maxRows {
				return misusef("--n: got %d, want 1 to %d", n, maxRows)
			}
			if isEngine(args[0]) {
				return f.draw(cmd, io, args[0], n)
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if err := f.wantOut(m); err != nil {
				return err
			}
			s, err := f.samples(cmd.Context(), m, n, label)
			if err != nil {
				return err
			}
			title := fmt.Sprintf("Samples from the prior, seed %d", f.config.Seed)
			if label != "" {
				title = fmt.Sprintf("Samples of class %s, seed %d", label, f.config.Seed)
			}
			return f.emit(io.out, s, gallery(s, columnsOf(m, n, label), nil, nil, title))
		},
	}
	f.bind(cmd, "seed", "out")
	cmd.Flags().IntVarP(&n, "n", "n", n, "`rows` to draw")
	cmd.Flags().StringVar(&label, "label", "", "`class` to draw of, by name or number (default: all in turn)")
	return cmd
}

// samples draws n rows, of the named class or of all.
func (f *runFlags) samples(ctx context.Context, m *elbo.Model, n int, label string) (*data.Set, error) {
	if label == "" {
		rows, err := m.Sample(ctx, n, f.config.Seed)
		if err != nil {
			return nil, err
		}
		return inTurn(m, rowSet(m, rows)), nil
	}
	if m.CodeWidth() == m.Latent() {
		return nil, misusef("got --label %s for a run of %s, which makes no use of classes; train one that does, such as cvae", label, m.Run().Config.Model)
	}
	class, err := m.Class(label)
	if err != nil {
		return nil, misusef("--label: %w", err)
	}
	rows, err := m.SampleOf(ctx, n, class, f.config.Seed)
	if err != nil {
		return nil, err
	}
	s := rowSet(m, rows)
	s.Classes, s.Labels = m.Classes(), slices.Repeat([]int32{int32(class)}, n)
	return s, nil
}

// inTurn names the classes of samples of a model that makes use of classes.
func inTurn(m *elbo.Model, s *data.Set) *data.Set {
	if m.CodeWidth() == m.Latent() {
		return s
	}
	s.Classes = m.Classes()
	for i := range s.Len() {
		s.Labels = append(s.Labels, int32(i%len(s.Classes)))
	}
	return s
}

// columnsOf is the number of columns of a grid of n samples: one for each class where they take turns.
func columnsOf(m *elbo.Model, n int, label string) int {
	if c := len(m.Classes()); label == "" && m.CodeWidth() > m.Latent() && c > 1 && c <= 26 {
		return c
	}
	return square(n)
}

// maxRows bounds the rows that one command makes.
const maxRows = 1 << 20
