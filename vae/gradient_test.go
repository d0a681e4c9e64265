package vae

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
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

// slopes builds the step with inputs x, β and the share of the steps that is done.
func (d descent) slopes(s *model.Scope, in []*g.Node) []tk.Slope {
	b := d.batch(in[0], in[2]).Beside(d.beside)
	b.Stage = d.stage
	t := d.m.Terms(s, b, vi.Estimator{Samples: 2})
	out := slopes(s, t.Loss(in[1], 0), t.Routes, d.surrogate)
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

// points is the number of random points of which [descent.inputs] takes one.
const points = 12

// hold compares every derivative. The rounding of a loss of thousands is 1e-7 of a difference.
func (d descent) hold(t testing.TB, p *model.Params, x [][]float64) tk.Difference {
	t.Helper()
	return tk.SlopesWithin(t, 1e-5, p, d.slopes, d.inputs(t, p, x)...)
}

// inputs are those of the step, with parameters moved at random, as in those that are drawn first many
// layers are at 0 and hide what lies before them: to that of several points with the fewest derivatives of
// 0, which say little.
func (d descent) inputs(t testing.TB, p *model.Params, x [][]float64) []*tensors.Tensor {
	t.Helper()
	in := []*tensors.Tensor{rows(x), model.Scalar(dtypes.Float64, .7), model.Scalar(dtypes.Float64, d.progress)}
	gradient := model.NewProgram(p, "gradient", func(s *model.Scope, in []*g.Node) (out []*g.Node) {
		for _, l := range d.slopes(s, in) {
			names, nodes := s.Trainable()
			var own []*g.Node
			for i, name := range names {
				if slices.Contains(l.Of, name) {
					own = append(own, nodes[i])
				}
			}
			out = append(out, g.Gradient(l.Loss, own...)...)
		}
		s.Guard(g.Const(s.Graph(), false))
		return out
	}).Training()
	tk.Values(t, gradient, rng.New(7), in...)
	first, best, fewest := tk.Export(t, p), uint64(0), -1
	for seed := range uint64(points) {
		move(t, p, first, seed)
		flat := 0
		for _, v := range tk.Values(t, gradient, rng.New(7), in...) {
			for _, slope := range v {
				if slope == 0 {
					flat++
				}
			}
		}
		if fewest < 0 || flat < fewest {
			best, fewest = seed, flat
		}
	}
	move(t, p, first, best)
	return in
}

// move sets the trainable parameters beside the values given, by N(0, .2²).
func move(t testing.TB, p *model.Params, from []model.Array, seed uint64) {
	t.Helper()
	for i, a := range from {
		eps := make([]float64, len(a.Data))
		rng.New(seed).At(uint64(i)).NormalFloat64(eps)
		for j, v := range a.Data {
			eps[j] = v + .2*eps[j]
		}
		if a.Data = eps; a.Trainable {
			tk.Import(t, p, a)
		}
	}
}

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
		if i > 0 {
			widths = widths[i%3:][:1]
		}
		if images {
			c.Dim, c.Shape, c.Channels, c.Depth = minSide*minSide, []int{minSide, minSide}, []int{2, 2}, 1
			widths = [][]int{{3}}
			if i := slices.IndexFunc(spec.Nets, func(n string) bool { return slices.Contains(imageNets, n) }); i >= 0 {
				c.Net = spec.Nets[i]
			}
		}
		for _, c.Hidden = range widths {
			out = append(out, c)
		}
	}
	return out
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
	n, beside := 5, min(2, net.Labelled())
	x := batchOf(c.Likelihood, n+beside, c.Dim)
	for i := range x[:(n+beside)*net.tail()] {
		x[i] = append(x[i], float64(i%3))
	}
	for stage, at := range net.Config.Stages() {
		if at.Share == 0 {
			continue // no steps
		}
		d := descent{net.Model, stage, 1, beside, spec.Surrogate, net.Batch, seen}
		worst = worst.Max(d.hold(t, net.Params, x))
		if spec.Scheduled && early {
			d.progress, d.surrogate, d.seen = .1, []string{""}, map[string]bool{}
			worst = worst.Max(d.hold(t, net.Params, x))
		}
	}
	return worst, true
}

// TestGradientsOfAllModels holds every derivative of every registered model's losses, each by the
// parameters that descend it, to central differences: of rows of a table, for all likelihoods and one to
// three hidden layers, and of images for models that take a net of images, for all likelihoods if they
// take no table. What descends a surrogate is held to that, the rest to the loss.
func TestGradientsOfAllModels(t *testing.T) {
	all := tk.Difference{Scaled: -1}
	for _, spec := range Specs() {
		var kinds []string
		seen := map[string]bool{}
		for _, images := range []bool{false, true} {
			if images && len(kinds) > 0 && !slices.ContainsFunc(spec.Nets, func(n string) bool { return slices.Contains(imageNets, n) }) {
				continue
			}
			worst := tk.Difference{Scaled: -1}
			for i, c := range smallModels(spec, images) {
				if images && len(kinds) > 0 && worst.Count > 0 {
					break // one likelihood
				}
				d, ok := held(t, spec, c, i == 0, seen)
				if t.Failed() {
					t.Fatalf("%s, configuration %d: %+v", spec.Name, i, c)
				}
				if ok {
					worst = worst.Max(d)
				}
			}
			if worst.Count == 0 {
				continue
			}
			kinds = append(kinds, fmt.Sprintf("%s (%d, %d flat)", map[bool]string{false: "table", true: "images"}[images], worst.Count, worst.Flat))
			all = all.Max(worst)
		}
		t.Logf("%s: %s: %s", spec.Name, strings.Join(kinds, ", "), strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
		if len(kinds) == 0 {
			t.Errorf("%s: takes neither rows of a table nor images, want its derivatives held", spec.Name)
		}
	}
	t.Logf("worst of %d derivatives, %d of them taken again over a shorter step: %v", all.Count, all.Again, all)
}
