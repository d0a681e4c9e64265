package cpu

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteStats writes the figures of [Backend.Stats] and, if the configuration says "profile",
// where the time went.
func (b *Backend) WriteStats(w io.Writer) error {
	s := b.Stats()
	fmt.Fprintf(w, "%s\n", b.Description())
	fmt.Fprintf(w, "programs %d   steps %d   memory of one execution each %.1f MiB   compiled in %v\n",
		s.Programs, s.Steps, float64(s.Arena)/(1<<20), s.Compile.Round(1e6))
	fmt.Fprintf(w, "kernels  %s\n", tally(s.Kernels, "none"))
	fmt.Fprintf(w, "fallback %s\n", tally(s.Fallback, "none: every operation runs on the engine's own kernels"))
	return b.writeProfile(w)
}

// writeProfile writes the thirty steps that took longest.
func (b *Backend) writeProfile(w io.Writer) error {
	profile := b.Profile()
	if len(profile) == 0 {
		return nil
	}
	const most = 30
	total := 0.
	for _, s := range profile {
		total += s.Total.Seconds()
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "share\ttotal ms\tcalls\tµs a call\tprogram\tstep\n")
	for _, s := range profile[:min(most, len(profile))] {
		fmt.Fprintf(t, "%.1f %%\t%.1f\t%d\t%.1f\t%s\t%s\n", 100*s.Total.Seconds()/total, s.Total.Seconds()*1e3,
			s.Calls, s.Total.Seconds()*1e6/float64(max(1, s.Calls)), s.Program, s.Name)
	}
	return t.Flush()
}

// tally writes counts by name, largest first.
func tally(counts map[string]int, none string) string {
	if len(counts) == 0 {
		return none
	}
	names := slices.SortedFunc(maps.Keys(counts), func(x, y string) int {
		if d := counts[y] - counts[x]; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%s %d", n, counts[n]))
	}
	return strings.Join(out, ", ")
}
