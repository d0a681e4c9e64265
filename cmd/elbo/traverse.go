package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
)

func init() { commands = append(commands, newTraverse) }

// newTraverse builds `elbo traverse`.
func newTraverse(io streams) *cobra.Command {
	var f runFlags
	row, label, dims, reach, steps := "", "", "top:10", 3., 9
	cmd := &cobra.Command{
		Use:   "traverse RUN",
		Short: "Decode codes with one latent dimension moved",
		Long: `Move one latent dimension from -range to range, in standard deviations of the prior,
and decode every step; the other dimensions keep the code of a test row, or the mean of
the prior if no row is named. A .png has one row of images a dimension.`,
		Example: "  elbo traverse runs/vae-digits-001 --row 4 --dims top:10 --out dims.png\n  elbo traverse runs/vae-digits-001 --dims 0,1,2 --range 2 --steps 5 --out dims.npz",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case steps < 2 || steps > maxRows:
				return misusef("--steps: got %d, want 2 to %d", steps, maxRows)
			case !(reach > 0 && reach <= 1e6):
				return misusef("--range: got %v, want a number above 0 and at most 1e6", reach)
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if err := cmp.Or(m.Continuous(), f.wantOut(m)); err != nil {
				return err
			}
			if row != "" && label != "" {
				return misusef("got --row and --label, want one of them: a row has a class of its own")
			}
			chosen, err := parseDims(m, dims)
			if err != nil {
				return err
			}
			code, err := priorMean(cmd.Context(), m)
			if err != nil {
				return err
			}
			if err := classAt(m, code, label); err != nil {
				return err
			}
			if row != "" {
				if code, err = f.rowCode(cmd.Context(), m, row); err != nil {
					return err
				}
			}
			return f.traverse(cmd.Context(), io, m, code, chosen, positions(reach, steps))
		},
	}
	f.bind(cmd, "data", "out")
	cmd.Flags().StringVar(&row, "row", row, "`number` of the test row to start from (default: the mean of the prior)")
	cmd.Flags().StringVar(&label, "label", "", "`class` to start from without a row, by name or number, of models that make use of classes (default: the first)")
	cmd.Flags().StringVar(&dims, "dims", dims, "latent `dimensions`: 0,1,2 or 0-5, all, or top:N for the N with the most KL")
	cmd.Flags().Float64Var(&reach, "range", reach, "largest move, in standard deviations of the prior")
	cmd.Flags().IntVar(&steps, "steps", steps, "steps of each dimension")
	return cmd
}

// traverse decodes code with each of dims moved over values.
func (f *runFlags) traverse(ctx context.Context, io streams, m *elbo.Model, code []float32, dims []int, values []float32) error {
	if len(dims)*len(values) > maxRows {
		return misusef("--steps: got %d of %d dimensions, want at most %d rows in all", len(values), len(dims), maxRows)
	}
	mean, sd, err := m.PriorSpread(ctx)
	if err != nil {
		return err
	}
	var codes [][]float32
	var labels []int32
	names, steps := make([]string, len(dims)), make([]string, len(values))
	for i, j := range dims {
		names[i] = fmt.Sprintf("z%d", j)
		for k, v := range values {
			steps[k] = fmt.Sprintf("%+.3g", v)
			moved := slices.Clone(code)
			moved[j] = float32(mean[j] + sd[j]*float64(v))
			codes, labels = append(codes, moved), append(labels, int32(i))
		}
	}
	rows, err := m.Decode(ctx, codes)
	if err != nil {
		return err
	}
	s := rowSet(m, rows)
	s.Labels, s.Classes = labels, names
	return f.emit(io.out, s, gallery(s, len(values), names, steps, "Traversals of the latent dimensions"))
}

// priorMean is the code of the prior's mean, with room for a class where codes end with one.
func priorMean(ctx context.Context, m *elbo.Model) ([]float32, error) {
	mean, _, err := m.PriorSpread(ctx)
	code := make([]float32, m.CodeWidth())
	for j, v := range mean {
		code[j] = float32(v)
	}
	return code, err
}

// classAt puts a class at the end of a code of a model that makes use of classes.
func classAt(m *elbo.Model, code []float32, label string) error {
	switch {
	case label == "":
		return nil
	case len(code) == m.Latent():
		return misusef("got --label %s for a run of %s, which makes no use of classes", label, m.Run().Config.Model)
	}
	class, err := m.Class(label)
	if err != nil {
		return misusef("--label: %w", err)
	}
	code[m.Latent()] = float32(class)
	return nil
}

// rowCode is the code of a test row.
func (f *runFlags) rowCode(ctx context.Context, m *elbo.Model, row string) ([]float32, error) {
	i, err := strconv.Atoi(row)
	if err != nil {
		return nil, misusef("--row: got %q, want the number of a test row", row)
	}
	test, err := m.Rows(ctx, "test")
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= test.Len() {
		return nil, misusef("--row: got %d, want 0 to %d", i, test.Len()-1)
	}
	return encodeOne(ctx, m, test.Select([]int{i}))
}

// parseDims reads --dims.
func parseDims(m *elbo.Model, text string) ([]int, error) {
	all := make([]int, m.Latent())
	for j := range all {
		all[j] = j
	}
	count, top := strings.CutPrefix(text, "top:")
	switch {
	case text == "all":
		return all, nil
	case !top:
		return parseIndices("--dims", text, len(all))
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return nil, misusef("--dims: got %q, want 0,1,2 or all or top:N with N at least 1", text)
	}
	if kl := m.Run().Outcome.Test.KLPerDim; len(kl) == len(all) {
		slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(kl[b], kl[a]) })
	}
	return all[:min(n, len(all))], nil
}

// positions are equal steps from -reach to reach.
func positions(reach float64, steps int) []float32 {
	out := make([]float32, steps)
	for i := range out {
		out[i] = float32(reach * (2*float64(i)/float64(steps-1) - 1))
	}
	return out
}
