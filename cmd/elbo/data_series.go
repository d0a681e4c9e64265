package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
)

// newDataWindows builds `elbo data windows`.
func newDataWindows(io streams) *cobra.Command {
	f := scoreFlags{scoreSeries: scoreSeries{stride: 1}}
	length := 64
	cmd := &cobra.Command{
		Use:   "windows FILE",
		Short: "Cut a series into windows to train on",
		Long: `Cut a series, one row a point of time, into windows of so many points, one row each.

Train on windows of a time without anomalies, and score the whole series with
elbo score RUN --series FILE, which cuts it in the same way. Windows that overlap share
points: what calibrates a threshold has to be another stretch of time than what was
trained on.`,
		Example: "  elbo data windows machine.csv --column value --length 48 --out windows.csv\n  elbo train vae --data windows.csv",
		Args:    exactly(1, "1, a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.out == "" {
				return misusef("--out FILE is missing: windows go to %s", oneOf(rowsAlone))
			}
			if err := f.checkOut(rowsAlone...); err != nil {
				return err
			}
			if length < 1 || f.stride < 1 {
				return misusef("--length, --stride: got %d and %d, want at least 1", length, f.stride)
			}
			f.series = args[0]
			s, err := f.readSeries()
			if err != nil {
				return err
			}
			w, _, err := data.Windows(s, length, f.stride)
			if err != nil {
				return fmt.Errorf("%s: %w", f.series, err)
			}
			if err := data.WriteFile(f.out, w); err != nil {
				return err
			}
			return f.done(io.out, w.Len())
		},
	}
	outFlag(cmd, &f.out, "`file` to write the windows to: .csv, .npy, .npz or .jsonl")
	cmd.Flags().IntVar(&length, "length", length, "`points` of a window")
	cmd.Flags().IntVar(&f.stride, "stride", f.stride, "`points` from one window to the next")
	cmd.Flags().StringSliceVar(&f.columns, "column", nil, "`columns` that the windows hold (default: all that are numbers)")
	cmd.Flags().StringVar(&f.label, "label", "", "`column` that holds the class of a point; a window has the largest of its points (default: none)")
	jsonFlag(cmd, &f.json, "print JSON")
	quietFlag(cmd, &f.quiet, "print nothing")
	return cmd
}
