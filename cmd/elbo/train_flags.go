package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/supervised"
	"github.com/elbo-go/elbo/vae"
)

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
	names := slices.Concat(vae.Names(), supervised.Models, engine.Names())
	slices.Sort(names)
	for _, m := range names {
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
	return misusef("model: got %q, want one of %s%s; `elbo models` describes them", name, strings.Join(names, ", "), near)
}

// oneSize refuses two flags that say how wide the same layers are.
func (t *trainCommand) oneSize() error {
	set := t.cmd.Flags().Changed
	c := t.cfg.Network(train.Facts{})
	for _, n := range vae.Nets() {
		if n.Images && n.Name == c.Net {
			if set("width") && set("channels") {
				return misusef("--width %d and --channels %s both say how many channels the net %s has; leave one out", t.cfg.Width, (*widths)(&t.cfg.Channels), c.Net)
			}
			return nil
		}
	}
	for _, name := range []string{"width", "depth"} {
		if set(name) && set("hidden") {
			return misusef("--%s and --hidden %s both say what the dense layers are; leave one out", name, (*widths)(&t.cfg.Hidden))
		}
	}
	return nil
}
