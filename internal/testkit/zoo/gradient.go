package zoo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
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

// Descent is a step of training of a model that has all its losses held to differences.
type Descent struct {
	Model     vae.Model                              // whose losses they are
	Stage     int                                    // of its training
	Progress  float64                                // share of the steps that is done
	Beside    int                                    // rows that show their class beside the others
	Surrogate []string                               // scopes whose gradient is that of a surrogate
	Batch     func(rows, progress *g.Node) vae.Batch // what the model sees
	Seen      map[string]bool                        // top scopes that are held, with what to
}

// losses builds the step with inputs x, β and the share of the steps that is done, as training does.
func (d Descent) losses(s *model.Scope, in []*g.Node) (loss *g.Node, routes []optim.Route) {
	b := d.Batch(in[0], in[2]).Beside(d.Beside)
	b.Stage = d.Stage
	t := d.Model.Terms(s, b, vi.Estimator{Samples: 2})
	return t.Loss(in[1], 0), t.Routes
}

// Slopes are those of the step.
func (d Descent) Slopes(s *model.Scope, in []*g.Node) []tk.Slope {
	loss, routes := d.losses(s, in)
	out := slopes(s, loss, routes, d.Surrogate)
	for _, l := range out {
		for _, name := range l.Of {
			top, _, _ := strings.Cut(name, "/")
			if l.Held {
				top += " (surrogate)"
			}
			d.Seen[top] = true
		}
	}
	return out
}

// At prepares the comparison of a model with parameters p, moved at random, on rows x.
func (d Descent) At(t testing.TB, p *model.Params, x [][]float64) *tk.Slopes {
	t.Helper()
	c := tk.NewSlopes(p, d.Slopes, Rows(x), model.Scalar(dtypes.Float64, .7), model.Scalar(dtypes.Float64, d.Progress))
	c.Move(t, .2, 12)
	return c
}

// Tolerance bounds all comparisons: the rounding of a loss of 3,000, 7e-13, is 6e-8 of a quotient over two
// steps, and 4e-6 over two of the shorter ones.
const Tolerance = 1e-5

// SmallModels are configurations of few weights: of rows of a table, or of images of the smallest side.
func SmallModels(spec vae.Spec, images bool) (out []vae.Config) {
	names := spec.Fixed
	for _, l := range vae.Likelihoods() {
		if spec.Fixed == nil {
			names = append(names, l.Name)
		}
	}
	for i, l := range names {
		c := vae.Config{Dim: 5, Latent: 2, Likelihood: l, Sigma: .6, Classes: 3, Rows: 10, Options: spec.Small()}
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

// RowsFor are n rows that the model takes, with classes if it wants them.
func RowsFor(net *vae.Network, c vae.Config, n int) [][]float64 {
	x := BatchOf(c.Likelihood, n, c.Dim)
	for i := range x[:n*(net.Width()-c.Dim)] {
		x[i] = append(x[i], float64(i%3))
	}
	return x
}

// Compared compares the derivatives of a model at a configuration, half-way through every stage; of a model
// that follows a schedule also early on, when a term's gradient may have a weight that its value has not: all
// of it is held to the surrogate then.
func Compared(t *testing.T, spec vae.Spec, c vae.Config, early bool, seen map[string]bool) (worst tk.Difference, ok bool) {
	t.Helper()
	worst.Scaled = -1
	net, err := vae.NewNetwork(spec.Name, c, tk.Params(t, dtypes.Float64))
	if err != nil {
		return worst, false
	}
	beside := min(2, net.Labelled())
	x := RowsFor(net, c, 5+beside)
	for stage, at := range net.Config.Stages() {
		if at.Share == 0 {
			continue // no steps
		}
		d := Descent{net.Model, stage, .5, beside, spec.Surrogate, net.Batch, seen}
		worst = worst.Max(d.At(t, net.Params, x).Within(t, Tolerance))
		if spec.Scheduled && early {
			d.Progress, d.Surrogate, d.Seen = .1, []string{""}, map[string]bool{}
			worst = worst.Max(d.At(t, net.Params, x).Within(t, Tolerance))
		}
	}
	return worst, true
}

// recorder notes failures instead of failing the test.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// Fails tells whether f fails.
func Fails(t testing.TB, f func(t testing.TB)) bool {
	r := &recorder{TB: t}
	f(r)
	return len(r.said) > 0
}
