package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/vae"
)

func init() { commands = append(commands, newModels) }

// newModels builds `elbo models`.
func newModels(io streams) *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:     "models",
		Short:   "List the models that can be trained",
		Example: "  elbo models\n  elbo models --json",
		Args:    exactly(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			switch {
			case asJSON && asMarkdown:
				return misusef("models: got --json and --markdown, want at most one of them")
			case asJSON:
				return writeModelsJSON(io.out)
			case asMarkdown:
				return writeModelsMarkdown(io.out)
			}
			return writeModels(io.out)
		},
	}
	jsonFlag(cmd, &asJSON, "print a JSON array")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print docs/models.md")
	return cmd
}

// likelihoodsOf lists what p(x|z) a model can have.
func likelihoodsOf(s vae.Spec) []string {
	if s.Fixed != nil {
		return s.Fixed
	}
	return likelihoodNames()
}

// netsOf lists the nets that a model can have, the usual one first.
func netsOf(s vae.Spec) string {
	if len(s.Nets) == 0 {
		return "its own"
	}
	return strings.Join(s.Nets, ", ")
}

// writeModels prints a line a model.
func writeModels(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tPAPER\tSUMMARY\tLIKELIHOODS\tNETS")
	for _, s := range vae.Specs() {
		lik := "all"
		if s.Fixed != nil {
			lik = strings.Join(s.Fixed, ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Name, s.Paper, s.Summary, lik, netsOf(s))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	_, err := fmt.Fprintf(out, "\nlikelihoods: %s\n", strings.Join(likelihoodNames(), ", "))
	return err
}

// writeModelsJSON prints the registry.
func writeModelsJSON(out io.Writer) error {
	type entry struct {
		Name        string   `json:"name"`
		Summary     string   `json:"summary"`
		Paper       string   `json:"paper"`
		Sections    string   `json:"sections"`
		Measured    string   `json:"measured"`
		Test        string   `json:"test"`
		Likelihoods []string `json:"likelihoods"`
		Nets        []string `json:"nets"`
	}
	list := []entry{}
	for _, s := range vae.Specs() {
		list = append(list, entry{s.Name, s.Summary, s.Paper, s.Sections, s.Measured, s.Test, likelihoodsOf(s), append([]string{}, s.Nets...)})
	}
	return indented(out, list)
}

// writeModelsMarkdown prints the table of models for the documentation.
func writeModelsMarkdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Models

Every model of the registry, with the paper it follows, the sections of the specification it
covers, what was measured and where the measurement is. The table is printed by
` + "`elbo models --markdown`" + `; ` + "`make docs`" + ` brings it up to date.

| model | what it is | paper | sections | likelihoods | nets | measured | where |
|---|---|---|---|---|---|---|---|
`)
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, s := range vae.Specs() {
		lik := "all"
		if s.Fixed != nil {
			lik = strings.Join(s.Fixed, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", s.Name, cell(s.Summary), cell(s.Paper),
			cell(s.Sections), cell(lik), cell(netsOf(s)), cell(s.Measured), cell(s.Test))
	}
	fmt.Fprintf(&b, "\nThe likelihoods p(x|z), and the values x that each is a density or mass function of:\n\n| likelihood | x |\n|---|---|\n")
	for _, l := range vae.Likelihoods() {
		support := string(l.Support)
		if l.Binary {
			support += "; a log-likelihood for 0 and 1 alone, a cross-entropy between them"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", l.Name, support)
	}
	fmt.Fprintf(&b, "\nThe nets, families of networks for q(z|x) and p(x|z), that --net chooses from:\n\n| net | what it is |\n|---|---|\n")
	for _, n := range vae.Nets() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", n.Name, cell(n.Summary))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// indented prints a value as JSON over several lines.
func indented(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
