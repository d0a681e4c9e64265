package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/vae"
)

// line is the command line, as far as it decides the run.
func (t *trainCommand) line() string {
	parts := []string{"elbo", "train", t.cfg.Model}
	t.cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" && f.Value.String() == "true" {
			parts = append(parts, "--"+f.Name)
			return
		}
		parts = append(parts, "--"+f.Name, quoted(f.Value.String()))
	})
	return strings.Join(parts, " ")
}

// quoted makes one word of a text for a POSIX shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,:=@%", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// knownModel says what a mistyped model may have meant.
func knownModel(name string) error {
	best, near := 3, ""
	for _, m := range vae.Names() {
		if m == name {
			return nil
		}
		if d := text.Distance(m, name); d < best {
			best, near = d, m
		}
	}
	if near != "" {
		near = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return misusef("model: got %q, want one of %s%s; `elbo models` describes them", name, strings.Join(vae.Names(), ", "), near)
}
