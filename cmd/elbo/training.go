package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/train"
)

// training is what the commands that train have in common.
type training struct {
	io                            streams
	cmd                           *cobra.Command
	out                           string
	resume, noReport, quiet, json bool
	screen                        *screen
	hint                          string // command line that goes on with the run
}

// bind adds the flags of a run directory and of what is printed.
func (t *training) bind() {
	outFlag(t.cmd, &t.out, "run `folder`, which must not hold a run unless --resume is given (default: the next free runs/MODEL-DATA-NNN)")
	t.cmd.Flags().BoolVar(&t.resume, "resume", false, "go on with the run of --out, or with the newest of the model below runs")
	t.cmd.Flags().BoolVar(&t.noReport, "no-report", false, "draw no pictures and write no report.html")
	quietFlag(t.cmd, &t.quiet, "print nothing but the run directory")
	jsonFlag(t.cmd, &t.json, "print a JSON object a line: one an epoch and one for the result")
}

// begin chooses where people are told what goes on.
func (t *training) begin() {
	human := t.io.out
	if t.json {
		human = t.io.err
	}
	if t.quiet {
		human = io.Discard
	}
	t.screen = newScreen(human)
}

// field prints a named line of the text before and after training.
func (t *training) field(name, format string, args ...any) {
	t.screen.println(fmt.Sprintf("%-11s", name) + fmt.Sprintf(format, args...))
}

// line is the command line, as far as it decides the run.
func (t *training) line(model string) string {
	parts := []string{"elbo", "train", model}
	t.cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" && f.Value.String() == "true" {
			parts = append(parts, "--"+f.Name)
			return
		}
		parts = append(parts, "--"+f.Name, quoted(f.Value.String()))
	})
	return strings.Join(parts, " ")
}

// place makes the directory of the run: that of --out, or the next free one below runs. Two
// runs that start there at the same time get two directories. What it made and is still empty,
// tidy removes.
func (t *training) place(model, set string) (dir string, tidy func(), err error) {
	parent, made := runsFolder, []string(nil) // innermost first
	tidy = func() {
		for _, d := range made {
			_ = os.Remove(d) // which does nothing unless it is still empty
		}
	}
	if t.out != "" {
		parent = t.out
	}
	if _, err := os.Stat(parent); err != nil {
		made = []string{parent}
	}
	failed := func(err error) (string, func(), error) {
		return "", tidy, fmt.Errorf("train: run directory: %w; choose another place with --out", err)
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return failed(err)
	}
	if t.out != "" {
		return t.out, tidy, nil
	}
	for {
		dir := elbo.NextDir(parent, train.Config{Model: model, Data: set})
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			made = append([]string{dir}, made...)
			return dir, tidy, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return failed(err)
		}
	}
}

// print writes a JSON object on a line of the output, if that is wanted.
func (t *training) print(v any) {
	if t.json {
		_ = json.NewEncoder(t.io.out).Encode(v)
	}
}

// report draws the report of a run, unless none is wanted, and returns its path.
func (t *training) report(dir string, draw func() error) (string, error) {
	if t.noReport {
		return "", nil
	}
	if err := draw(); err != nil {
		return "", fmt.Errorf("%w; the run itself is complete, and `%s` writes its report", err, t.hint)
	}
	return filepath.Join(dir, "report.html"), nil
}

// named prints the directory of a run, where nothing else is printed.
func (t *training) named(dir string) {
	if t.quiet && !t.json {
		fmt.Fprintln(t.io.out, dir)
	}
}

// ended explains a run that ended early.
func (t *training) ended(dir string, err error) error {
	if !errors.Is(err, train.ErrInterrupted) {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return fmt.Errorf("%w; free some space, then go on with: %s", err, t.hint)
		}
		return err
	}
	if err.Error() != train.ErrInterrupted.Error() { // joined with the failure to save
		text := strings.TrimPrefix(oneLine(err), oneLine(train.ErrInterrupted)+"; ")
		return fmt.Errorf("train: interrupted, and the last steps are lost: %s; resume with: %s", text, t.hint)
	}
	t.print(map[string]string{"type": "interrupted", "run": dir, "resume": t.hint})
	return &interrupted{"interrupted; saved; resume with: " + t.hint}
}

// interrupted is train.ErrInterrupted with what to do next.
type interrupted struct{ text string }

// Error implements error.
func (e *interrupted) Error() string { return e.text }

// Unwrap lets errors.Is match train.ErrInterrupted.
func (e *interrupted) Unwrap() error { return train.ErrInterrupted }

// openBackend tells a backend that this build lacks, or options that it does not take, which are
// mistakes, from one that fails: a plug-in may.
func openBackend(name string) error {
	_, err := backend.Open(name)
	kind, _, _ := strings.Cut(name, ":")
	if err != nil && (kind != "xla" || !slices.Contains(backend.Names(), kind)) {
		return misuse(fmt.Errorf("--%w", err))
	}
	return err
}
