package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/internal/catalog"
	_ "github.com/elbo-go/elbo/prob" // whose methods are in the catalogue
	"github.com/elbo-go/elbo/vae"
)

func init() { commands = append(commands, newModels) }

// newModels builds `elbo models`.
func newModels(io streams) *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "models [NAME...]",
		Short: "List the models and methods, with papers and figures",
		Long: `List the models and methods. With names, tell of those their papers, the command that uses them,
what was measured and where the tests are; a part of a name stands for all that have it.`,
		Example: "  elbo models\n  elbo models ladder-vae\n  elbo models vq\n  elbo models --json",
		RunE: func(_ *cobra.Command, names []string) error {
			switch {
			case asJSON && asMarkdown:
				return misusef("models: got --json and --markdown, want at most one of them")
			case len(names) > 0 && (asJSON || asMarkdown):
				return misusef("models: got names and --json or --markdown, want one of the two")
			case asJSON:
				return writeModelsJSON(io.out)
			case asMarkdown:
				return writeModelsMarkdown(io.out)
			case len(names) > 0:
				return writeModelsOf(io.out, names)
			}
			return writeModels(io.out)
		},
	}
	jsonFlag(cmd, &asJSON, "print a JSON array")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print docs/models.md")
	return cmd
}

// noteNames lists the columns that the notes of a group make.
func noteNames(group string) (out []string) {
	for _, e := range catalog.Entries() {
		for _, n := range e.Notes {
			if e.Group == group && !slices.Contains(out, n.Name) {
				out = append(out, n.Name)
			}
		}
	}
	return out
}

// noteOf is a note of an entry by name.
func noteOf(e catalog.Entry, name string) string {
	for _, n := range e.Notes {
		if n.Name == name {
			return n.Value
		}
	}
	return ""
}

// writeModelsJSON prints the catalogue.
func writeModelsJSON(out io.Writer) error {
	type entry struct {
		Group    string            `json:"group"`
		Name     string            `json:"name"`
		Summary  string            `json:"summary"`
		Paper    string            `json:"paper"`
		Sections string            `json:"sections"`
		Measured string            `json:"measured"`
		Test     string            `json:"test"`
		Command  string            `json:"command"`
		Notes    map[string]string `json:"notes,omitempty"`
	}
	list := []entry{}
	for _, e := range catalog.Entries() {
		notes := map[string]string{}
		for _, n := range e.Notes {
			notes[n.Name] = n.Value
		}
		list = append(list, entry{e.Group, e.Name, e.Summary, e.Paper, e.Sections, e.Measured, e.Test, e.Command, notes})
	}
	return indented(out, list)
}

// writeModelsMarkdown prints the tables of methods for the documentation.
func writeModelsMarkdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Models

Every method of the program by group, with the paper it follows, the sections of the specification
it covers, what was measured and where the measurement is. The tables are printed by
` + "`elbo models --markdown`" + `; ` + "`make docs`" + ` brings them up to date.
`)
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, group := range catalog.Groups() {
		notes := noteNames(group)
		head := append([]string{"name", "what it is", "paper", "sections"}, append(notes, "measured", "where", "use")...)
		fmt.Fprintf(&b, "\n## %s\n\n| %s |\n|%s\n", group, strings.Join(head, " | "), strings.Repeat("---|", len(head)))
		for _, e := range catalog.Entries() {
			if e.Group != group {
				continue
			}
			row := []string{"`" + e.Name + "`", cell(e.Summary), cell(e.Paper), cell(e.Sections)}
			for _, n := range notes {
				row = append(row, cell(noteOf(e, n)))
			}
			row = append(row, cell(e.Measured), cell(e.Test), "`"+e.Command+"`")
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
	}
	writeChoices(&b, cell)
	_, err := io.WriteString(out, b.String())
	return err
}

// writeChoices prints the likelihoods and the nets that autoencoders choose from.
func writeChoices(b *strings.Builder, cell func(string) string) {
	fmt.Fprintf(b, "\n## Likelihoods\n\nThe likelihoods p(x|z), and the values x that each is a density or mass function of:\n\n| likelihood | x |\n|---|---|\n")
	for _, l := range vae.Likelihoods() {
		support := string(l.Support)
		if l.Binary {
			support += "; a log-likelihood for 0 and 1 alone, a cross-entropy between them"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", l.Name, support)
	}
	fmt.Fprintf(b, "\n## Nets\n\nFamilies of networks for q(z|x) and p(x|z), that --net chooses from:\n\n| net | what it is |\n|---|---|\n")
	for _, n := range vae.Nets() {
		fmt.Fprintf(b, "| `%s` | %s |\n", n.Name, cell(n.Summary))
	}
}

// indented prints a value as JSON over several lines.
func indented(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
