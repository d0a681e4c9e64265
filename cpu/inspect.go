package cpu

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/plan"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// StepTime is the time that steps of one name took together, in all programs.
type StepTime struct {
	Program string        // the program that holds them
	Name    string        // of the steps' kernels
	Calls   int64         // executions
	Total   time.Duration // wall time, waiting for the slowest worker included
}

// Profile lists where the time went since the backend was made, longest first. It is empty
// unless the configuration says "profile".
func (b *Backend) Profile() []StepTime {
	b.counts.mu.Lock()
	defer b.counts.mu.Unlock()
	at := map[[2]string]int{}
	var out []StepTime
	for _, e := range b.counts.timed {
		for _, s := range e.Profile() {
			key := [2]string{e.Name(), s.Name}
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, StepTime{Program: key[0], Name: key[1]})
			}
			out[i].Calls += s.Calls
			out[i].Total += s.Total
		}
	}
	slices.SortFunc(out, func(x, y StepTime) int { return cmp.Compare(y.Total, x.Total) })
	return out
}

// executor prepares a program for running, and for timing if that is asked for.
func (b *Backend) executor(p *plan.Program) *run.Executor {
	e := run.New(p, b.pool)
	if b.config.profile {
		e.SetProfile(true)
		b.counts.mu.Lock()
		defer b.counts.mu.Unlock()
		b.counts.timed = append(b.counts.timed, e)
	}
	return e
}

// text is a graph's dump, if dumps are asked for.
func (b *Backend) text(g *ir.Graph) string {
	if b.config.dump == "" {
		return ""
	}
	return g.String()
}

// errDump marks that a dump could not be written, which no other engine mends.
var errDump = errors.New("cpu: dump")

// dump writes a graph as it was recorded and as passes left it, and its program.
func (b *Backend) dump(recorded string, g *ir.Graph, p *plan.Program) error {
	if b.config.dump == "" {
		return nil
	}
	b.counts.mu.Lock()
	b.counts.dumps++
	base := filepath.Join(b.config.dump, fmt.Sprintf("%03d-%s", b.counts.dumps, filepath.Base(p.Name)))
	b.counts.mu.Unlock()
	for suffix, text := range map[string]string{"recorded": recorded, "graph": g.String(), "program": p.String()} {
		if err := os.WriteFile(base+"."+suffix+".txt", []byte(text), 0o644); err != nil {
			return fmt.Errorf("%w: %w", errDump, err)
		}
	}
	return nil
}
