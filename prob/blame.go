package prob

import (
	"fmt"
	"math"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// blame says which variable's log-density is no number under the guide, after steps that failed.
func (f *fitter) blame(skipped int) error {
	u, _, err := f.draws(100, f.key.Named("blame"))
	if err != nil {
		return err
	}
	var names []string
	prog := model.NewProgram(f.p, "blame", func(s *model.Scope, in []*g.Node) []*g.Node {
		r := f.m.begin(s.In("model"), scoring, in[0])
		r.evaluate()
		names = nil
		var out []*g.Node
		for _, v := range f.m.sites {
			if t := r.terms[v.name]; t != nil {
				names, out = append(names, v.name), append(out, g.ReduceAllSum(t))
			}
		}
		return out
	})
	for _, row := range u {
		out, err := prog.Values(rng.Key{}, vector(row))
		if err != nil {
			return plain(err)
		}
		for i, v := range out {
			if !finite(v[0]) {
				return fmt.Errorf("prob: variable %q: log-density: got %v after %d steps, want a finite number; %d steps of %d had no usable gradient", names[i], v[0], f.done, skipped, f.o.Window)
			}
		}
	}
	return fmt.Errorf("prob: gradient: %d steps of %d had none that is a number, after %d steps", skipped, f.o.Window, f.done)
}

// proper refuses a fit whose scales run away: then the bound has no maximum, because the density
// has no finite integral. The scales are the guide's parameters called logscale.
func (f *fitter) proper(h *history) error {
	if len(h.rows) == 0 {
		return nil
	}
	row, at := h.rows[len(h.rows)-1], 0
	for i, name := range f.names {
		part := row[at : at+len(f.out[2+i])]
		at += len(part)
		if !strings.HasSuffix(name, "/logscale") || len(part) != f.m.dim {
			continue
		}
		for j, v := range part {
			if math.Abs(v) > runaway {
				return fmt.Errorf("prob: variable %q: improper density: the scale of its posterior went to e^%.0f after %d steps; give it a proper prior or data", f.m.owner(j), v, f.done)
			}
		}
	}
	return nil
}

// owner names the variable of an unconstrained real.
func (m *Model) owner(j int) string {
	for _, s := range m.sites {
		if s.kind == latent && j >= s.offset && j < s.offset+size(s.free) {
			return s.name
		}
	}
	return ""
}
