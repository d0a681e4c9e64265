package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// isEngine tells whether a directory holds a run of an engine.
func isEngine(dir string) bool {
	name, err := rundir.ModelOf(dir)
	if err != nil {
		return false
	}
	_, ok := engine.Lookup(name)
	return ok
}

// ability is something that the models of some engines can do.
type ability struct {
	command string                  // that asks for it
	can     func(engine.Model) bool // tells whether a model has it
	usage   string                  // of the command, after the run
}

// abilities lists the abilities of models with their commands.
var abilities = []ability{
	{"predict", func(m engine.Model) bool { _, ok := m.(engine.Assigner); return ok }, " --in FILE"},
	{"score", func(m engine.Model) bool { _, ok := m.(engine.Scorer); return ok }, " --in FILE"},
	{"sample", func(m engine.Model) bool { _, ok := m.(engine.Sampler); return ok }, ""},
	{"topics", func(m engine.Model) bool { _, ok := m.(engine.Topical); return ok }, ""},
}

// uses lists the commands that a run can be used with.
func uses(run *engine.Run) string {
	var out []string
	for _, a := range abilities {
		if a.can(run.Model) {
			out = append(out, fmt.Sprintf("elbo %s %s%s", a.command, quoted(run.Dir), a.usage))
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return -cmp.Compare(strings.Count(a, "topics"), strings.Count(b, "topics")) })
	return strings.Join(out[:min(len(out), 2)], ", or ")
}

// wantsOther names the commands for a run of an engine, if the directory holds one.
func wantsOther(dir string) error {
	if !isEngine(dir) {
		return nil
	}
	run, err := engine.Load(dir)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s holds a run of %s, which has neither codes nor a network: use %s, or `elbo eval %s`", dir, run.Config.Model, uses(run), quoted(dir))
}

// withAbility loads the run of an engine and asks for what its model can do.
func withAbility[T any](dir, what string) (T, *engine.Run, error) {
	var none T
	run, err := engine.Load(dir)
	if err != nil {
		return none, nil, err
	}
	model, ok := run.Model.(T)
	if !ok {
		return none, nil, fmt.Errorf("%s holds a run of %s, which %s; use %s", dir, run.Config.Model, what, uses(run))
	}
	return model, run, nil
}

// onlyFlags refuses flags of a command that runs of engines make no use of.
func onlyFlags(cmd *cobra.Command, dir string, names ...string) (err error) {
	model, err := rundir.ModelOf(dir)
	if err != nil {
		return err
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && !slices.Contains(names, f.Name) {
			err = misusef("--%s is not for %s, which holds a run of %s; `elbo %s` takes --%s there", f.Name, dir, model, cmd.Name(), strings.Join(names, ", --"))
		}
	})
	return err
}

// asks checks the flags of a command that reads a file for a run of an engine.
func (f *runFlags) asks(cmd *cobra.Command, dir, in string) error {
	if err := onlyFlags(cmd, dir, "in", "out", "json", "quiet"); err != nil {
		return err
	}
	if in == "" {
		return misusef("--in is missing: the file to read; `elbo %s --help` has an example", cmd.Name())
	}
	return f.checkOut(engine.Formats...)
}

// ask is a call of a command that makes a table of a run of an engine.
type ask struct {
	out         string // file, "" is the standard output
	json, quiet bool
}

// write writes a table to --out in the format of its extension, or to the standard output: JSON lines
// with --json, columns where rows stand in groups, else CSV. Notes go to the other stream.
func (a ask) write(std streams, t *engine.Table) error {
	format := ".csv"
	switch {
	case a.out != "":
		format = strings.ToLower(filepath.Ext(a.out))
	case a.json:
		format = ".jsonl"
	case t.Ends != nil:
		format = ".txt"
	}
	notes := std.err
	if a.out == "" {
		if err := t.Write(std.out, format); err != nil {
			return err
		}
	} else {
		notes = std.out
		err := atomicfile.WriteFile(a.out, func(w io.Writer) error { return t.Write(w, format) })
		if err != nil {
			return err
		}
	}
	if a.quiet {
		return nil
	}
	if a.out != "" {
		fmt.Fprintf(notes, "%s: %d rows\n", a.out, len(t.Rows))
	}
	for _, n := range t.Notes {
		fmt.Fprintln(notes, n)
	}
	return nil
}

// assign is `elbo predict` of a run of an engine.
func (f *predictFlags) assign(cmd *cobra.Command, std streams, dir string) error {
	if err := f.asks(cmd, dir, f.in); err != nil {
		return err
	}
	m, _, err := withAbility[engine.Assigner](dir, "assigns nothing")
	if err != nil {
		return err
	}
	t, err := m.Assign(cmd.Context(), f.in)
	if err != nil {
		return err
	}
	return ask{f.out, f.json, f.quiet}.write(std, t)
}

// scoreItems is `elbo score` of a run of an engine.
func (f *scoreFlags) scoreItems(cmd *cobra.Command, std streams, dir string) error {
	if err := f.asks(cmd, dir, f.in); err != nil {
		return err
	}
	m, _, err := withAbility[engine.Scorer](dir, "has no log density")
	if err != nil {
		return err
	}
	s, err := m.Score(cmd.Context(), f.in)
	if err != nil {
		return err
	}
	t := &engine.Table{Columns: []string{s.Item, "log_density"}}
	mean := 0.
	for i, v := range s.Log {
		t.Rows = append(t.Rows, []any{i, v})
		mean += v / float64(len(s.Log))
	}
	t.Notes = []string{fmt.Sprintf("mean %s %.4f nats of %d %ss; larger is likelier", s.What, mean, len(s.Log), s.Item)}
	return ask{f.out, f.json, f.quiet}.write(std, t)
}

// draw is `elbo sample` of a run of an engine.
func (f *runFlags) draw(cmd *cobra.Command, std streams, dir string, n int) error {
	if err := onlyFlags(cmd, dir, "n", "seed", "out", "json", "quiet"); err != nil {
		return err
	}
	if err := f.checkOut(engine.Formats...); err != nil {
		return err
	}
	m, _, err := withAbility[engine.Sampler](dir, "draws nothing new")
	if err != nil {
		return err
	}
	t, err := m.Sample(cmd.Context(), n, f.config.Seed)
	if err != nil {
		return err
	}
	return ask{f.out, f.json, f.quiet}.write(std, t)
}

// evalEngine is `elbo eval` of a run of an engine: what was measured when it was fitted.
func (f *evalFlags) evalEngine(cmd *cobra.Command, out io.Writer, dir string) error {
	if err := onlyFlags(cmd, dir, "json", "quiet"); err != nil {
		return err
	}
	run, err := engine.Load(dir)
	if err != nil {
		return err
	}
	switch {
	case f.json:
		return indented(out, run.Outcome)
	case f.quiet && len(run.Outcome.Figures) > 0:
		fmt.Fprintln(out, run.Outcome.Figures[0].Value)
		return nil
	}
	printOutcomeOf(out, run)
	return nil
}

func init() { commands = append(commands, newTopics) }

// newTopics builds `elbo topics`.
func newTopics(std streams) *cobra.Command {
	var n int
	var asJSON bool
	var out string
	cmd := &cobra.Command{
		Use:   "topics RUN",
		Short: "Print the topics of a run by their likeliest words",
		Long: `Print the topics of a run, the most frequent first, each with the likeliest words and their
probabilities, and with its coherence: the mean normalised pointwise mutual information of pairs of
its ten likeliest words over the training documents, from −1 (never together) to 1 (never apart).`,
		Example: "  elbo topics runs/lda-ap-001\n  elbo topics runs/lda-ap-001 --words 20 --json",
		Args:    exactly(1, "RUN"),
		RunE: func(_ *cobra.Command, args []string) error {
			if n < 1 || n > 1000 {
				return misusef("--words: got %d, want 1 to 1000", n)
			}
			if !isEngine(args[0]) {
				model, err := rundir.ModelOf(args[0])
				if err != nil {
					return err
				}
				return fmt.Errorf("%s holds a run of %s, which has no topics; `elbo train lda` finds some", args[0], model)
			}
			m, _, err := withAbility[engine.Topical](args[0], "has no topics")
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if asJSON {
				for _, t := range m.Topics(n) {
					if err := json.NewEncoder(&text).Encode(t); err != nil {
						return err
					}
				}
			} else {
				writeTopics(&text, m.Topics(n))
			}
			if out != "" {
				return atomicfile.WriteBytes(out, text.Bytes())
			}
			_, err = std.out.Write(text.Bytes())
			return err
		},
	}
	cmd.Flags().IntVarP(&n, "words", "n", 10, "`words` of a topic")
	jsonFlag(cmd, &asJSON, "print a JSON object a line")
	outFlag(cmd, &out, "`file` to write")
	return cmd
}

// writeTopics prints a topic a paragraph.
func writeTopics(w *bytes.Buffer, topics []engine.Topic) {
	columns := 100
	if wide := terminalWidth(os.Stdout); wide < columns {
		columns = wide
	}
	for _, t := range topics {
		head := fmt.Sprintf("%d  %.1f %%", t.Number, 100*t.Weight)
		if t.Coherence != nil {
			head += fmt.Sprintf("  NPMI %+.3f", *t.Coherence)
		}
		var words []string
		for _, word := range t.Words {
			words = append(words, fmt.Sprintf("%s %.4f", strings.ReplaceAll(word.Word, " ", "_"), word.P))
		}
		var b strings.Builder
		writeFact(&b, columns, head, 26, strings.Join(words, ", "))
		w.WriteString(b.String())
	}
}
