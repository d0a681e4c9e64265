package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train"
)

func init() { commands = append(commands, newData) }

// newData builds `elbo data` and the commands below it.
func newData(io streams) *cobra.Command {
	list := newDataList(io)
	cmd := &cobra.Command{
		Use:     "data",
		Short:   "List, show and fetch data sets",
		Long:    "List, show and fetch data sets. Alone it lists them, as `elbo data list` does.",
		Example: "  elbo data\n  elbo data show digits --out digits.png\n  elbo data fetch mnist",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misusef("data: got %q, want list, show, windows or fetch; `elbo data --help` has examples", args[0])
			}
			return nil
		},
		RunE: list.RunE,
	}
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.AddCommand(list, newDataShow(io), newDataWindows(io), newDataFetch(io))
	return cmd
}

// newDataList builds `elbo data list`.
func newDataList(io streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the named data sets",
		Example: "  elbo data list\n  elbo data list --json",
		Args:    exactly(0, "none"),
		RunE:    func(*cobra.Command, []string) error { return listData(io.out, asJSON) },
	}
	jsonFlag(cmd, &asJSON, "print a JSON array")
	return cmd
}

// listData prints the registered sets.
func listData(out io.Writer, asJSON bool) error {
	type entry struct {
		Name      string `json:"name"`
		Summary   string `json:"summary"`
		Source    string `json:"source"`
		Shape     []int  `json:"shape"`
		Train     int    `json:"train"`
		Valid     int    `json:"valid"`
		Test      int    `json:"test"`
		Classes   int    `json:"classes"`
		Generated bool   `json:"generated"`
		Fetchable bool   `json:"fetchable"`
	}
	entries := []entry{}
	for _, d := range data.List() {
		entries = append(entries, entry{d.Name, d.Summary, d.Source, d.Shape, d.Train, d.Valid, d.Test, d.Classes, d.Generated, d.Fetchable})
	}
	if asJSON {
		return indented(out, entries)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DATA SET\tROW\tTRAIN\tVALID\tTEST\tCLASSES\tFROM\tSUMMARY")
	for _, e := range entries {
		from := "by hand"
		if e.Generated {
			from = "built in"
		} else if e.Fetchable {
			from = "fetch"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, text.Shape(e.Shape), orDash(e.Train), orDash(e.Valid), orDash(e.Test), orDash(e.Classes), from, e.Summary)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("data: list: %w", err)
	}
	_, err := fmt.Fprintln(out, "\nA path works too: IDX, CSV, TSV, NPY, NPZ, JSON lines, PNG and JPEG files, or a folder of them.")
	return err
}

// orDash writes a count, or a dash for none.
func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return text.Thousands(n)
}

// newDataFetch builds `elbo data fetch`.
func newDataFetch(io streams) *cobra.Command {
	cfg := train.Default()
	var quiet bool
	cmd := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a named data set and check it by sha256",
		Long: "Download a named data set and check it by sha256. Files that are there and whole stay; an\n" +
			"interrupted download goes on where it stopped. It goes to --data-dir, else to ELBO_DATA, else\nto the user's cache.",
		Example:           "  elbo data fetch mnist\n  elbo data fetch fashion-mnist --data-dir ~/data",
		Args:              exactly(1, "1, the name of a data set"),
		ValidArgsFunction: completeArg(fetchable),
		RunE: func(cmd *cobra.Command, args []string) error {
			return fetchData(cmd.Context(), io, args[0], cfg.DataDir, quiet)
		},
	}
	configFlags(cmd, &cfg, "data-dir")
	quietFlag(cmd, &quiet, "print nothing but the folder")
	return cmd
}

// fetchable lists the sets that can be downloaded.
func fetchable() []string {
	var out []string
	for _, d := range data.List() {
		if d.Fetchable {
			out = append(out, d.Name)
		}
	}
	return out
}

// fetchData downloads a set and shows how far it is.
func fetchData(ctx context.Context, std streams, name, dir string, quiet bool) error {
	root, err := data.FetchRoot(dir)
	if err != nil {
		return err
	}
	human := std.out
	if quiet {
		human = io.Discard
	}
	s := newScreen(human)
	var current string
	var have, whole int64
	finished := func() {
		if current != "" {
			s.println(fmt.Sprintf("%s  %s", current, megabytes(have)))
		}
	}
	err = data.Fetch(ctx, name, dir, data.FetchOptions{Progress: func(file string, done, total int64) {
		if file != current {
			finished()
			current = file
		}
		have, whole = done, total
		line := []piece{{file, 3}, {megabytes(done), 2}}
		if whole > 0 {
			line = append(line, piece{"of " + megabytes(whole), 1}, piece{fmt.Sprintf("%d %%", 100*done/whole), 2})
		}
		s.draw(line)
	}})
	s.clear()
	if err != nil {
		if info, ok := data.Lookup(name); !ok || info.Generated {
			return misuse(err)
		}
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("%w; what has arrived is kept, and the same command goes on from there", err)
		}
		return err
	}
	finished()
	if quiet {
		fmt.Fprintln(std.out, strings.TrimSuffix(root, "/"))
		return nil
	}
	s.println(fmt.Sprintf("%s is complete below %s; train on it with `elbo train vae --data %s`", name, root, name))
	return nil
}

// megabytes writes a number of bytes.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
