package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train"
)

// portrait is what `elbo data show` tells about a set.
type portrait struct {
	Name        string        `json:"name"`
	Source      string        `json:"source,omitempty"`
	Shape       []int         `json:"shape"`
	Train       int           `json:"train"` // rows
	Valid       int           `json:"valid"`
	Test        int           `json:"test"`
	Classes     []class       `json:"classes,omitempty"`
	Min         float64       `json:"min"` // of the training rows, as a run sees them
	Max         float64       `json:"max"`
	Mean        float64       `json:"mean"`
	Factors     []string      `json:"factors,omitempty"`
	Columns     []columnFacts `json:"columns,omitempty"`
	Fingerprint string        `json:"fingerprint"` // of the training rows
	table       *data.Report  // of a table
	image       bool
}

// class counts the training rows of a class.
type class struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// columnFacts describes a column of a table before standardisation.
type columnFacts struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Missing int     `json:"missing"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Mean    float64 `json:"mean"`
	SD      float64 `json:"sd"`
}

// newDataShow builds `elbo data show`.
func newDataShow(io streams) *cobra.Command {
	cfg := train.Default()
	var asJSON bool
	var out string
	cmd := &cobra.Command{
		Use:               "show NAME|PATH",
		Short:             "Describe a data set: shape, parts, classes, values, columns",
		Example:           "  elbo data show digits\n  elbo data show table.csv --label species\n  elbo data show mnist --out mnist.png",
		Args:              exactly(1, "1, the name of a data set or a path"),
		ValidArgsFunction: completePath(dataNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.Data = args[0]
			return showData(cmd.Context(), io.out, cfg, out, asJSON)
		},
	}
	configFlags(cmd, &cfg, "data-dir", "label", "drop", "allow-nan", "max-rows")
	outFlag(cmd, &out, "write the first images to this PNG `file`")
	jsonFlag(cmd, &asJSON, "print a JSON object")
	return cmd
}

// showData describes a set.
func showData(ctx context.Context, w io.Writer, c train.Config, sheet string, asJSON bool) error {
	if c.MaxRows < 0 {
		return misusef("data: show: --max-rows: got %d, want at least 0", c.MaxRows)
	}
	s, err := openData(ctx, c)
	if err != nil {
		return err
	}
	if sheet != "" && !strings.HasSuffix(strings.ToLower(sheet), ".png") {
		return misusef("data: show: --out: got %q, want a name that ends in .png", sheet)
	}
	if sheet != "" && !s.Train.IsImage() {
		return misusef("data: show: --out: got rows of %s, want images", text.Shape(s.Train.Shape))
	}
	p, err := describeData(c, s)
	if err != nil {
		return err
	}
	if sheet != "" {
		if err := contactSheet(sheet, s.Train); err != nil {
			return err
		}
	}
	if asJSON {
		return indented(w, p)
	}
	return p.print(w, sheet)
}

// describeData gathers the facts.
func describeData(c train.Config, s *data.Splits) (portrait, error) {
	p := portrait{
		Name: s.Train.Name, Shape: s.Train.Shape, Train: s.Train.Len(), Valid: s.Valid.Len(), Test: s.Test.Len(),
		Fingerprint: s.Train.Fingerprint(), image: s.Train.IsImage(),
	}
	if info, ok := data.Lookup(c.Data); ok {
		p.Source = info.Source
	} else if st, err := os.Stat(c.Data); err == nil && !st.IsDir() {
		rep, err := readReport(c)
		if err != nil {
			return p, err
		}
		p.addColumns(rep)
	}
	counts := make([]int, len(s.Train.Classes))
	for _, l := range s.Train.Labels {
		if l >= 0 {
			counts[l]++
		}
	}
	for i, name := range s.Train.Classes {
		p.Classes = append(p.Classes, class{name, counts[i]})
	}
	for _, f := range s.Train.Factors {
		p.Factors = append(p.Factors, f.Name)
	}
	p.Min, p.Max = float64(s.Train.X[0]), float64(s.Train.X[0])
	for _, v := range s.Train.X {
		p.Min, p.Max = min(p.Min, float64(v)), max(p.Max, float64(v))
		p.Mean += float64(v) / float64(len(s.Train.X))
	}
	return p, nil
}

// readReport reads a file once more for what its reader has to say.
func readReport(c train.Config) (*data.Report, error) {
	_, rep, err := data.ReadFile(c.Data, data.ReadOptions{Label: c.Label, Drop: c.Drop, AllowNaN: c.AllowNaN})
	return rep, err
}

// addColumns adds what the reader of a table found.
func (p *portrait) addColumns(rep *data.Report) {
	if len(rep.Columns) == 0 {
		return
	}
	p.table = rep
	for _, c := range rep.Columns {
		p.Columns = append(p.Columns, columnFacts{c.Name, string(c.Kind), c.Missing, c.Min, c.Max, c.Mean, c.SD})
	}
}

// shownClasses bounds the classes that are printed.
const shownClasses = 20

// print writes the facts as text.
func (p portrait) print(w io.Writer, sheet string) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	line("data", "%s", p.Name)
	if p.Source != "" {
		line("source", "%s", p.Source)
	}
	line("row", "%s", text.Shape(p.Shape))
	line("rows", "%s training, %s validation, %s test", text.Thousands(p.Train), text.Thousands(p.Valid), text.Thousands(p.Test))
	if n := len(p.Classes); n > 0 {
		var names []string
		for _, c := range p.Classes[:min(n, shownClasses)] {
			names = append(names, fmt.Sprintf("%s (%s)", cmp.Or(c.Name, `""`), text.Thousands(c.Rows)))
		}
		more := ""
		if n > shownClasses {
			more = fmt.Sprintf(" and %d more", n-shownClasses)
		}
		line("classes", "%d in training: %s%s", n, strings.Join(names, ", "), more)
	}
	note := ""
	if len(p.Columns) > 0 {
		note = " after standardisation"
	}
	line("values", "%.4g to %.4g, mean %.4g%s", p.Min, p.Max, p.Mean, note)
	if len(p.Factors) > 0 {
		line("factors", "%s", strings.Join(p.Factors, ", "))
	}
	line("fingerprint", "%s", p.Fingerprint)
	if p.table != nil {
		fmt.Fprintf(&b, "\n%s", p.table)
	}
	if sheet != "" {
		line("pictures", "%s", sheet)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// contactSheet draws the first rows, at most eight by eight.
func contactSheet(path string, s *data.Set) error {
	const columns = 8
	var rows [][]float32
	for i := range min(s.Len(), columns*columns) {
		rows = append(rows, s.Row(i))
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		return plot.Grid(w, rows, s.Shape, min(columns, len(rows)), plot.GridOptions{})
	})
}
