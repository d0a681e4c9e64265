package stock

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(map[ir.Op]call{
		compute.OpTypeWhile: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.While)
			state, captures := in[:a.State], in[a.State:]
			cond, err := r.closure(a.Cond, a.State, captures[:a.CondCaptures])
			if err != nil {
				return nil, err
			}
			body, err := r.closure(a.Body, a.State, captures[a.CondCaptures:])
			if err != nil {
				return nil, err
			}
			return r.Function.While(cond, body, state...)
		},
		compute.OpTypeIf: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.If)
			captures := in[1:]
			yes, err := r.closure(a.True, 0, captures[:a.TrueCaptures])
			if err != nil {
				return nil, err
			}
			no, err := r.closure(a.False, 0, captures[a.TrueCaptures:])
			if err != nil {
				return nil, err
			}
			return r.Function.If(in[0], yes, no)
		},
		compute.OpTypeSort: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Sort)
			less, err := r.closure(a.Comparator, 2*a.Tensors, in[a.Tensors:])
			if err != nil {
				return nil, err
			}
			return r.Function.Sort(less, a.Axis, a.Stable, in[:a.Tensors]...)
		},
	})
}

// closure builds a closure of the function from a graph: its first own parameters stay
// parameters, the others are the values that it captures.
func (r *Replay) closure(g *ir.Graph, own int, captures []compute.Value) (compute.Function, error) {
	f, err := r.Function.Closure()
	if err != nil {
		return nil, err
	}
	sub := &Replay{Function: f, Bindings: r.Bindings, Size: r.Size, Complete: r.Complete}
	params, err := sub.parameters(g.Params[:own])
	if err != nil {
		return nil, err
	}
	params = append(params, captures...)
	results, err := sub.Graph(g, params)
	if err != nil {
		return nil, err
	}
	if results, err = sub.distinct(params, results); err != nil {
		return nil, err
	}
	return f, f.Return(results, nil)
}

// parameters makes the function's parameters, with the sizes of named axes filled in.
func (r *Replay) parameters(params []*ir.Value) ([]compute.Value, error) {
	out := make([]compute.Value, len(params))
	for i, p := range params {
		s, err := r.Resolve(p.Shape)
		if err != nil {
			return nil, err
		}
		if out[i], err = r.Function.Parameter(fmt.Sprintf("p%d", i), s, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// distinct puts an Identity on every result that is a parameter or stands there twice: GoMLX's
// engine runs no graph in which a parameter comes after all outputs, and hands out one buffer
// for each.
func (r *Replay) distinct(params, results []compute.Value) (_ []compute.Value, err error) {
	out := slices.Clone(results)
	for i, v := range results {
		if !slices.Contains(params, v) && !slices.Contains(results[:i], v) {
			continue
		}
		if out[i], err = r.Function.Identity(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}
