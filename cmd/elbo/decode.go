package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
)

func init() { commands = append(commands, newDecode) }

// newDecode builds `elbo decode`.
func newDecode(io streams) *cobra.Command {
	var f runFlags
	var in string
	cmd := &cobra.Command{
		Use:   "decode RUN",
		Short: "Turn latent codes into rows",
		Long: `Turn codes into the means of p(x|z). A row of codes has L values, or 2·L as written
by elbo encode, of which the standard deviations are left out. Those of models that make
use of classes have the number of the class after the first L.`,
		Example: "  elbo decode runs/vae-digits-001 --in codes.csv --out rows.png",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if in == "" {
				return misusef("--in CODES is missing: a file of codes, such as elbo encode writes")
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if can := m.Run().Net.Can(); !can["decode"] && can["complete"] {
				return fmt.Errorf("decode: model %s completes rows of which a part is seen, and makes none of a code alone; `elbo complete %s` does that", m.Run().Config.Model, quoted(args[0]))
			}
			if err := f.wantOut(m); err != nil {
				return err
			}
			codes, err := readCodes(in, m.CodeWidth(), m.Latent(), f.label)
			if err != nil {
				return err
			}
			z := codes.Rows()
			for i := range z {
				z[i] = z[i][:m.CodeWidth()]
			}
			rows, err := m.Decode(cmd.Context(), z)
			if err != nil {
				return err
			}
			s := rowSet(m, rows)
			s.Labels, s.Classes = codes.Labels, codes.Classes
			return f.emit(io.out, s, gallery(s, square(s.Len()), nil, nil, fmt.Sprintf("Decoded codes of %s", in)))
		},
	}
	f.bind(cmd, "out", "label")
	cmd.Flags().StringVar(&in, "in", "", "`file` of codes: csv, npy, npz or jsonl")
	return cmd
}

// readCodes reads codes of the given width, or with standard deviations besides.
func readCodes(path string, width, latent int, label string) (*data.Set, error) {
	labels := []string{label}
	if label == "" {
		labels = []string{"label", ""}
	}
	s, err := readLabeled(path, data.ReadOptions{}, labels)
	if err != nil {
		return nil, err
	}
	if d := s.Dim(); d != width && d != width+latent {
		class := ""
		if width > latent {
			class = ", the number of the class in place " + fmt.Sprint(width)
		}
		return nil, fmt.Errorf("%s: got codes of %d values, want %d, or %d with standard deviations%s", path, d, width, width+latent, class)
	}
	return s, nil
}
