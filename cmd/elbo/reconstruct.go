package main

import (
	"context"
	goio "io"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/plot"
)

func init() { commands = append(commands, newReconstruct) }

// newReconstruct builds `elbo reconstruct`.
func newReconstruct(io streams) *cobra.Command {
	var f runFlags
	var in string
	rows := "0-15"
	cmd := &cobra.Command{
		Use:   "reconstruct RUN",
		Short: "Encode rows and decode them again",
		Long: `Encode rows and decode them again, both by their means. Models that complete rows keep the part
that they see and replace the rest, with a code that the seed draws.

A .png shows inputs above their reconstructions, 256 images or 24 rows at most; the other formats hold the
reconstructions, with the labels of the input.`,
		Example: "  elbo reconstruct runs/vae-digits-001 --rows 0-15 --out pairs.png\n  elbo reconstruct runs/vae-digits-001 --in mine.png --out again.npy",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if in != "" && cmd.Flags().Changed("rows") {
				return misusef("got --in and --rows, want one of them")
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if err := f.wantOut(m); err != nil {
				return err
			}
			input, err := f.input(cmd.Context(), m, in, rows)
			if err != nil {
				return err
			}
			rows, err := m.RowsOf(input)
			if err != nil {
				return err
			}
			out, err := f.again(cmd.Context(), m, rows)
			if err != nil {
				return err
			}
			s := rowSet(m, out)
			s.Labels, s.Classes = input.Labels, input.Classes
			return f.emitPairs(io.out, input, s)
		},
	}
	f.bind(cmd, "data", "seed", "out", "label")
	cmd.Flags().StringVar(&in, "in", "", "`file` of rows to reconstruct: csv, npy, npz, jsonl, idx, png")
	cmd.Flags().StringVar(&rows, "rows", rows, "test `rows` to reconstruct, by number: 0-15 or 3,7,20-24")
	return cmd
}

// again encodes rows and decodes them, or completes them where that is what the model does.
func (f *runFlags) again(ctx context.Context, m *elbo.Model, rows [][]float32) ([][]float32, error) {
	if m.Run().Net.Can()["complete"] {
		return m.Complete(ctx, rows, f.config.Seed)
	}
	return m.Reconstruct(ctx, rows)
}

// input reads the rows of a file, or the test rows of the given numbers ("" for all).
func (f *runFlags) input(ctx context.Context, m *elbo.Model, path, rows string) (*data.Set, error) {
	if path != "" {
		return readRows(m, path, f.label)
	}
	test, err := m.Rows(ctx, "test")
	if err != nil || rows == "" {
		return test, err
	}
	index, err := parseIndices("--rows", rows, test.Len())
	if err != nil {
		return nil, err
	}
	return test.Select(index), nil
}

// The most pairs that a picture shows, of images and of rows of a table.
const (
	maxPairs      = 256
	maxTablePairs = 24
)

// emitPairs writes reconstructions; a picture shows them below their inputs.
func (f *runFlags) emitPairs(out goio.Writer, input, again *data.Set) error {
	const title = "Inputs above, reconstructions below"
	top, bottom := input.Rows(), again.Rows()
	show := min(len(top), maxPairs)
	if !input.IsImage() {
		show = min(show, maxTablePairs)
	}
	top, bottom = top[:show], bottom[:show]
	draw := func(w goio.Writer) error {
		if input.IsImage() {
			return plot.Pairs(w, top, bottom, input.Shape, 16, title)
		}
		return plot.PairedLines(w, standardized(again, top), standardized(again, bottom), plot.PairedLinesOptions{
			Title: "Inputs and reconstructions", YLabel: "standard deviations of training", Names: columnNames(again)})
	}
	if isPNG(f.out) {
		return f.emitPicture(out, draw, show)
	}
	return f.emit(out, again, nil)
}

// standardized brings rows of a table to the scale that the model was trained in, so that
// columns of different units fit one picture.
func standardized(s *data.Set, rows [][]float32) [][]float32 {
	out := make([][]float32, len(rows))
	for i, r := range rows {
		out[i] = append([]float32(nil), r...)
		for j, c := range s.Columns {
			out[i][j] = float32((float64(r[j]) - c.Mean) / c.Scale)
		}
	}
	return out
}
