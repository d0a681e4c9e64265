package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
)

// hasClasses tells whether a directory holds a run of a model that makes use of classes.
func hasClasses(dir string) bool {
	name, err := rundir.ModelOf(dir)
	spec, ok := vae.Lookup(name)
	return err == nil && ok && spec.Labels
}

// classify predicts the classes of rows by a run of a model that finds them, such as m2.
func (f *predictFlags) classify(cmd *cobra.Command, std streams, dir string) error {
	f.checkpoint = "best"
	m, err := f.open(dir)
	if err != nil {
		return err
	}
	if !m.Run().Net.Can()["classify"] {
		return fmt.Errorf("%s holds a run of %s, which is told the classes of rows; m2 and m1-m2 find them", dir, m.Run().Config.Model)
	}
	for _, flag := range []string{"interval", "conformal", "tempered"} {
		if cmd.Flags().Changed(flag) {
			return misusef("--%s is of runs of `elbo train bnn`, which that of %s is not", flag, m.Run().Config.Model)
		}
	}
	input, err := f.input(cmd.Context(), m, f.in, "")
	if err != nil {
		return err
	}
	probs, err := m.Classify(cmd.Context(), input.Rows())
	if err != nil {
		return err
	}
	found := foundClasses{m.Classes(), probs}
	if f.out == "" {
		ext := ".csv"
		if f.json {
			ext = ".jsonl"
		}
		err = found.print(std.out, ext)
	} else if err = found.writeFile(f.out); err == nil {
		err = f.done(std.out, len(probs))
	}
	if err != nil || f.quiet || input.Labels == nil {
		return err
	}
	w := std.out
	if f.out == "" {
		w = std.err
	}
	return found.judge(w, input, f.json)
}

// foundClasses are the probabilities of the classes of rows.
type foundClasses struct {
	names []string
	probs [][]float32
}

// best is the likeliest class of a row.
func (c foundClasses) best(i int) int { return slices.Index(c.probs[i], slices.Max(c.probs[i])) }

// judge tells how many classes are wrong of rows that have theirs.
func (c foundClasses) judge(w io.Writer, s *data.Set, asJSON bool) error {
	wrong, known := 0, 0
	for i, l := range s.Labels {
		if l < 0 {
			continue
		}
		known++
		if s.Classes[l] != c.names[c.best(i)] {
			wrong++
		}
	}
	rate := float64(wrong) / float64(max(1, known))
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"rows": known, "error_rate": rate})
	}
	_, err := fmt.Fprintf(w, "%.2f %% of %d rows get another class than theirs\n", 100*rate, known)
	return err
}

// writeFile writes the file that the extension of the path names, whole or not at all.
func (c foundClasses) writeFile(path string) error {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".npy" {
		s := &data.Set{Shape: []int{1 + len(c.names)}}
		for i, p := range c.probs {
			s.X = append(append(s.X, float32(c.best(i))), p...)
		}
		return data.WriteFile(path, s)
	}
	if err := atomicfile.WriteFile(path, func(w io.Writer) error { return c.print(w, ext) }); err != nil {
		return fmt.Errorf("predict: %w", err)
	}
	return nil
}

// print writes a line a row, as .csv or .jsonl.
func (c foundClasses) print(w io.Writer, ext string) error {
	if ext == ".jsonl" {
		return c.jsonl(w)
	}
	out := csv.NewWriter(w)
	head := []string{"class"}
	for _, name := range c.names {
		head = append(head, "p_"+name)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i, p := range c.probs {
		record := []string{c.names[c.best(i)]}
		for _, v := range p {
			record = append(record, strconv.FormatFloat(float64(v), 'g', 6, 32))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// jsonl writes an object a row.
func (c foundClasses) jsonl(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i, p := range c.probs {
		probs := map[string]float32{}
		for k, name := range c.names {
			probs[name] = p[k]
		}
		if err := enc.Encode(struct {
			Class string             `json:"class"`
			Probs map[string]float32 `json:"probs"`
		}{c.names[c.best(i)], probs}); err != nil {
			return err
		}
	}
	return nil
}

// conditionText says what the likelihood of a run is given, if it is of a part.
func conditionText(m *elbo.Model) string {
	switch {
	case m.Conditional():
		return ", given the class of each row"
	case m.Run().Net.Can()["complete"]:
		return ", of the part that is not seen, given the other"
	}
	return ""
}
