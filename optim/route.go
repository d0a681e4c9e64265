package optim

import (
	"cmp"
	"fmt"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Route is a loss for a part of the parameters: with several of them, each descends its own, as
// a generator and its critic do. The gradient of a loss reaches the parameters of its route and
// no others, whatever the graph connects.
type Route struct {
	// Scope is the path of the parameters, such as "critic"; "" has all that no other route names.
	Scope string
	// Loss is the scalar that they descend; nil: they stay as they are.
	Loss *g.Node
	// Gate, a Bool scalar, is false where they and their moments stay as they are; nil: never.
	Gate *g.Node
	// Rate and Correct are its own values of [Adam.Scalars], for parameters that have made another number
	// of steps; nil: those of all.
	Rate, Correct *g.Node
}

// Descend makes one step on every trainable parameter that the graph has used, each against the
// loss of its route. rate and correct are the two values of [Adam.Scalars]. It returns the norms
// of the gradients before clipping, which is by route, of the routes that have a loss.
func (a Adam) Descend(s *model.Scope, routes []Route, rate, correct *g.Node) (norms []*g.Node) {
	names, nodes := s.Trainable()
	root := s.In("optimizer")
	for i, members := range share(names, routes) {
		r := routes[i]
		if r.Loss == nil {
			continue
		}
		if len(members) == 0 {
			panic(fmt.Errorf("optim: the loss%s depends on no trainable parameter", r.named()))
		}
		of := make([]*g.Node, len(members))
		for j, k := range members {
			of[j] = nodes[k]
		}
		grads := g.Gradient(r.Loss, of...)
		norm := GlobalNorm(grads)
		norms = append(norms, norm)
		if a.Clip > 0 {
			grads = ClipByNorm(grads, norm, a.Clip)
		}
		for j, k := range members {
			a.step(root.In(names[k]), s, names[k], nodes[k], grads[j], cmp.Or(r.Rate, rate), cmp.Or(r.Correct, correct), r.Gate)
		}
	}
	return norms
}

// named is the route in errors.
func (r Route) named() string {
	if r.Scope == "" {
		return ""
	}
	return " of " + r.Scope
}

// share deals the parameters out to the routes, by the longest scope that holds them.
func share(names []string, routes []Route) [][]int {
	out := make([][]int, len(routes))
	for k, name := range names {
		best := -1
		for i, r := range routes {
			if r.holds(name) && (best < 0 || len(r.Scope) > len(routes[best].Scope)) {
				best = i
			}
		}
		if best < 0 {
			panic(fmt.Errorf("optim: parameter %s: got no route that holds it, want one", name))
		}
		out[best] = append(out[best], k)
	}
	return out
}

// holds tells whether a parameter is below the route's scope.
func (r Route) holds(name string) bool {
	return r.Scope == "" || name == r.Scope || strings.HasPrefix(name, r.Scope+"/")
}
