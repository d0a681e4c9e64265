package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
)

func init() { commands = append(commands, newEncode) }

// newEncode builds `elbo encode`.
func newEncode(io streams) *cobra.Command {
	var f runFlags
	var in string
	var test bool
	cmd := &cobra.Command{
		Use:   "encode RUN",
		Short: "Turn rows into latent codes",
		Long: `Turn rows into the means and standard deviations of their codes, one line a row:
mean_0 … mean_(L-1), sd_0 … sd_(L-1), and the label if the input has one. Codes of models that
make use of classes have the number of the class, given or found, between the two.`,
		Example: "  elbo encode runs/vae-digits-001 --test --out codes.csv\n  elbo encode runs/vae-digits-001 --in rows.npy --out codes.npy",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneInput(in, test); err != nil {
				return err
			}
			if err := f.checkOut(rowsAlone...); err != nil {
				return err
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			input, err := f.input(cmd.Context(), m, in, "")
			if err != nil {
				return err
			}
			rows, err := m.RowsOf(input)
			if err != nil {
				return err
			}
			mean, sd, err := m.Encode(cmd.Context(), rows)
			if err != nil {
				return err
			}
			s := codeSet(mean, sd, m.Latent())
			s.Labels, s.Classes = input.Labels, input.Classes
			return f.emit(io.out, s, nil)
		},
	}
	f.bind(cmd, "data", "out", "label")
	bindInput(cmd, &in, &test)
	return cmd
}

// bindInput adds --in and --test.
func bindInput(cmd *cobra.Command, in *string, test *bool) {
	cmd.Flags().StringVar(in, "in", "", "`file` of rows: csv, npy, npz, jsonl, idx, png, or a folder of images")
	cmd.Flags().BoolVar(test, "test", false, "take the test rows of the run's data")
}

// oneInput demands one of --in and --test.
func oneInput(in string, test bool) error {
	switch {
	case in == "" && !test:
		return misusef("--in FILE is missing; or add --test for the test rows of the run's data")
	case in != "" && test:
		return misusef("got --in and --test, want one of them")
	}
	return nil
}

// codeSet is a table of means and standard deviations of L values, with the class of codes that end
// with one between them.
func codeSet(mean, sd [][]float32, latent int) *data.Set {
	s := &data.Set{}
	for i := range mean {
		s.X = append(append(s.X, mean[i]...), sd[i][:latent]...)
	}
	named := func(name string) { s.Columns = append(s.Columns, data.Column{Name: name, Scale: 1}) }
	for j := range latent {
		named(fmt.Sprintf("mean_%d", j))
	}
	if len(mean[0]) > latent {
		named("class")
	}
	for j := range latent {
		named(fmt.Sprintf("sd_%d", j))
	}
	s.Shape = []int{len(s.Columns)}
	return s
}
