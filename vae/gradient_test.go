package vae

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// within tells whether a parameter lies below a scope, of which "" is all.
func within(scope, name string) bool {
	return scope == "" || name == scope || strings.HasPrefix(name, scope+"/")
}

// owners deals the trainable parameters out to routes, by the longest scope, as [optim.Route] says.
func owners(names []string, routes []optim.Route) [][]string {
	out := make([][]string, len(routes))
	for _, name := range names {
		best := -1
		for i, r := range routes {
			if within(r.Scope, name) && (best < 0 || len(r.Scope) > len(routes[best].Scope)) {
				best = i
			}
		}
		out[best] = append(out[best], name)
	}
	return out
}

// slopes are the losses of a step with the parameters that descend each, apart for those in the scopes of a
// surrogate. Parameters of a route without a loss are in none.
func slopes(s *model.Scope, loss *g.Node, routes []optim.Route, surrogate []string) (out []tk.Slope) {
	routes = append([]optim.Route{{Loss: loss}}, routes...)
	names, _ := s.Trainable()
	for i, own := range owners(names, routes) {
		for _, held := range []bool{false, true} {
			of := slices.DeleteFunc(slices.Clone(own), func(name string) bool {
				return held != slices.ContainsFunc(surrogate, func(scope string) bool { return within(scope, name) })
			})
			if routes[i].Loss != nil && len(of) > 0 {
				out = append(out, tk.Slope{Loss: routes[i].Loss, Of: of, Held: held})
			}
		}
	}
	return out
}

// descent is a step of training of a model that has all its losses held to differences.
type descent struct {
	m         Model
	stage     int
	progress  float64
	beside    int // rows that show their class beside the others
	surrogate []string
	batch     func(rows, progress *g.Node) Batch
	seen      map[string]bool // top scopes that are held, with what to
}

// losses builds the step with inputs x, β and the share of the steps that is done, as training does.
func (d descent) losses(s *model.Scope, in []*g.Node) (loss *g.Node, routes []optim.Route) {
	b := d.batch(in[0], in[2]).Beside(d.beside)
	b.Stage = d.stage
	t := d.m.Terms(s, b, vi.Estimator{Samples: 2})
	return t.Loss(in[1], 0), t.Routes
}

// slopes are those of the step.
func (d descent) slopes(s *model.Scope, in []*g.Node) []tk.Slope {
	loss, routes := d.losses(s, in)
	out := slopes(s, loss, routes, d.surrogate)
	for _, l := range out {
		for _, name := range l.Of {
			top, _, _ := strings.Cut(name, "/")
			if l.Held {
				top += " (surrogate)"
			}
			d.seen[top] = true
		}
	}
	return out
}

// named returns the trainable parameters of names.
func named(s *model.Scope, names []string) (out []*g.Node) {
	all, nodes := s.Trainable()
	for _, name := range names {
		out = append(out, nodes[slices.Index(all, name)])
	}
	return out
}

// at prepares the comparison of a model with parameters p, moved at random, on rows x.
func (d descent) at(t testing.TB, p *model.Params, x [][]float64) *tk.Slopes {
	t.Helper()
	c := tk.NewSlopes(p, d.slopes, rows(x), model.Scalar(dtypes.Float64, .7), model.Scalar(dtypes.Float64, d.progress))
	c.Move(t, .2, 12)
	return c
}

// tolerance bounds all comparisons: the rounding of a loss of 3,000, 7e-13, is 6e-8 of a quotient over two
// steps, and 4e-6 over two of the shorter ones.
const tolerance = 1e-5

// smallModels are configurations of few weights: of rows of a table, or of images of the smallest side.
func smallModels(spec Spec, images bool) (out []Config) {
	names := spec.Fixed
	for _, l := range Likelihoods() {
		if spec.Fixed == nil {
			names = append(names, l.Name)
		}
	}
	for i, l := range names {
		c := Config{Dim: 5, Latent: 2, Likelihood: l, Sigma: .6, Classes: 3, Rows: 10, Options: spec.Small()}
		if spec.Square {
			c.Dim = c.Latent
		}
		widths := [][]int{{7}, {6, 5}, {6, 4, 5}}
		if len(names) >= len(widths) {
			widths = widths[i%3:][:1]
		}
		if images {
			c.Dim, c.Shape, c.Channels, c.Depth = 8*8, []int{8, 8}, []int{2, 2}, 1
			widths = [][]int{{3}}
			if i := slices.IndexFunc(spec.Nets, func(n string) bool { return slices.Contains(nets.ImageNames(), n) }); i >= 0 {
				c.Net = spec.Nets[i]
			}
		}
		for _, c.Hidden = range widths {
			out = append(out, c)
		}
	}
	return out
}

// rowsFor are n rows that the model takes, with classes if it wants them.
func rowsFor(net *Network, c Config, n int) [][]float64 {
	x := batchOf(c.Likelihood, n, c.Dim)
	for i := range x[:n*(net.Width()-c.Dim)] {
		x[i] = append(x[i], float64(i%3))
	}
	return x
}

// held compares the derivatives of a model at a configuration, in every stage; of a model that follows a
// schedule also early on, when the gradient of a term may have a weight that its value has not.
func held(t *testing.T, spec Spec, c Config, early bool, seen map[string]bool) (worst tk.Difference, ok bool) {
	t.Helper()
	worst.Scaled = -1
	net, err := NewNetwork(spec.Name, c, tk.Params(t, dtypes.Float64))
	if err != nil {
		return worst, false
	}
	beside := min(2, net.Labelled())
	x := rowsFor(net, c, 5+beside)
	for stage, at := range net.Config.Stages() {
		if at.Share == 0 {
			continue // no steps
		}
		d := descent{net.Model, stage, 1, beside, spec.Surrogate, net.Batch, seen}
		worst = worst.Max(d.at(t, net.Params, x).Within(t, tolerance))
		if spec.Scheduled && early {
			d.progress, d.surrogate, d.seen = .1, []string{""}, map[string]bool{}
			worst = worst.Max(d.at(t, net.Params, x).Within(t, tolerance))
		}
	}
	return worst, true
}
