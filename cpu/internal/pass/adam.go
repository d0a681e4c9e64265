package pass

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Adam recognises steps of the optimizer (Kingma & Ba 2015, algorithm 1),
//
//	m' = β₁·m + r₁·g,  v' = β₂·v + r₂·g²,  w' = w − (η·(m'·c₁)) / (√(v'·c₂) + ε),
//
// on parameters of float32, as elbo's and GoMLX's optimizers state them, each new value under a
// guard or none is, and does all that share their scalars in one pass at the end. The factors
// c₁ and c₂, and one that scales every g, may be missing.
func Adam(g *ir.Graph) {
	a := &adamSteps{users: users(g), byScalars: map[string]*adamGroup{}}
	for _, n := range g.Nodes {
		if s, ok := a.match(n); ok {
			a.add(s)
		}
	}
	to := map[*ir.Value]*ir.Value{}
	for _, group := range a.groups {
		group.emit(g, to)
	}
	replace(g.Results, to)
}

// adamStep is one recognised step.
type adamStep struct {
	w, m, v, g               *ir.Value // old values and the gradient
	newW, newM, newV         *ir.Value
	beta1, rest1             *ir.Value // scalars
	beta2, rest2             *ir.Value
	correction1, correction2 *ir.Value // nil for 1
	rate, epsilon            *ir.Value
	scale, guard             *ir.Value // nil for none
}

type adamSteps struct {
	users     map[*ir.Value][]*ir.Node
	groups    []*adamGroup
	byScalars map[string]*adamGroup
}

// adamGroup holds the steps that share their scalars.
type adamGroup struct{ steps []adamStep }

// scalars lists the numbers of a step, in the kernel's order, then scale and guard.
func (s *adamStep) scalars() []*ir.Value {
	return []*ir.Value{s.beta1, s.rest1, s.beta2, s.rest2, s.correction1, s.correction2, s.rate, s.epsilon, s.scale, s.guard}
}

// add puts a step in its group.
func (a *adamSteps) add(s adamStep) {
	var key []byte
	for _, v := range s.scalars() {
		key = append(key, encode([]int{int(uintptr(unsafe.Pointer(v)))})...)
	}
	group := a.byScalars[string(key)]
	if group == nil {
		group = &adamGroup{}
		a.byScalars[string(key)] = group
		a.groups = append(a.groups, group)
	}
	group.steps = append(group.steps, s)
}

// emit adds the node of a group at the end of the graph.
func (a *adamGroup) emit(g *ir.Graph, to map[*ir.Value]*ir.Value) {
	var in, old []*ir.Value
	var out []shapes.Shape
	for _, s := range a.steps {
		in = append(in, s.w, s.m, s.v, s.g)
		old = append(old, s.newW, s.newM, s.newV)
		out = append(out, s.w.Shape, s.m.Shape, s.v.Shape)
	}
	first := a.steps[0]
	for _, v := range first.scalars()[:8] {
		if v == nil {
			v = one(g)
		}
		in = append(in, v)
	}
	for _, v := range first.scalars()[8:] {
		if v != nil {
			in = append(in, v)
		}
	}
	n := g.Add(ir.OpAdam, ir.Adam{Arrays: len(a.steps), Scaled: first.scale != nil, Guarded: first.guard != nil}, in, out...)
	for i, v := range old {
		to[v] = n.Out[i]
	}
}

// one adds the constant 1.
func one(g *ir.Graph) *ir.Value {
	x := []float32{1}
	return g.Add(compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&x[0]), Bytes: 4}, nil, shapes.Make(dtypes.Float32)).Out[0]
}

// match reads a step off the node that computes the new w.
func (a *adamSteps) match(n *ir.Node) (s adamStep, ok bool) {
	if n.Op != compute.OpTypeSub && n.Op != compute.OpTypeWhere || n.Out[0].Shape.DType != dtypes.Float32 {
		return s, false
	}
	s.newW = n.Out[0]
	moved := s.newW
	if n.Op == compute.OpTypeWhere {
		if s.guard = scalar(n.In[0]); s.guard == nil || n.In[1].Def.Op != compute.OpTypeSub {
			return s, false
		}
		moved = n.In[1]
	}
	s.w = moved.Def.In[0]
	if n.Op == compute.OpTypeWhere && n.In[2] != s.w {
		return s, false
	}
	m, v, ok := s.direction(moved.Def.In[1])
	if !ok || !s.second(v) || !s.first(m) {
		return s, false
	}
	s.newM, s.newV = a.kept(m, s.m, s.guard), a.kept(v, s.v, s.guard)
	return s, s.newM != nil && s.newV != nil && a.onlyResults(s)
}

// direction matches (η·(m·c₁)) / (√(v·c₂) + ε).
func (s *adamStep) direction(x *ir.Value) (m, v *ir.Value, ok bool) {
	if x.Def.Op != compute.OpTypeDiv {
		return nil, nil, false
	}
	m, s.rate = scaled(x.Def.In[0])
	if s.rate == nil {
		return nil, nil, false
	}
	m, s.correction1 = scaled(m)
	sum := x.Def.In[1].Def
	if sum.Op != compute.OpTypeAdd {
		return nil, nil, false
	}
	for i, e := range sum.In {
		root := sum.In[1-i].Def
		if s.epsilon = scalar(e); s.epsilon != nil && root.Op == compute.OpTypeSqrt {
			v, s.correction2 = scaled(root.In[0])
			return m, v, true
		}
	}
	return nil, nil, false
}

// second matches β₂·v + r₂·g², and takes a scale off g.
func (s *adamStep) second(x *ir.Value) bool {
	if x.Def.Op != compute.OpTypeAdd {
		return false
	}
	for i, term := range x.Def.In {
		square, rest := scaled(term)
		if rest == nil || square.Def.Op != compute.OpTypeMul || square.Def.In[0] != square.Def.In[1] {
			continue
		}
		s.g, s.rest2 = square.Def.In[0], rest
		s.v, s.beta2 = scaled(x.Def.In[1-i])
		return s.beta2 != nil
	}
	return false
}

// first matches β₁·m + r₁·g for the g of the second moment.
func (s *adamStep) first(x *ir.Value) bool {
	if x.Def.Op != compute.OpTypeAdd {
		return false
	}
	for i, term := range x.Def.In {
		g, rest := scaled(term)
		if rest == nil || g != s.g {
			continue
		}
		s.rest1 = rest
		s.m, s.beta1 = scaled(x.Def.In[1-i])
		if s.beta1 == nil {
			continue
		}
		s.g, s.scale = scaled(s.g)
		return ir.SameShape(s.m.Shape, s.w.Shape) && ir.SameShape(s.v.Shape, s.w.Shape) && ir.SameShape(s.g.Shape, s.w.Shape)
	}
	return false
}

// kept is the new value of a moment: the value itself, or what a guard makes of it.
func (a *adamSteps) kept(x, old, guard *ir.Value) *ir.Value {
	if guard == nil {
		return x
	}
	for _, u := range a.users[x] {
		if u != nil && u.Op == compute.OpTypeWhere && scalar(u.In[0]) == guard && u.In[1] == x && u.In[2] == old {
			return u.Out[0]
		}
	}
	return nil
}

// onlyResults reports whether nothing in the graph reads the new values, but for what computes
// them.
func (a *adamSteps) onlyResults(s adamStep) bool {
	for _, v := range []*ir.Value{s.newW, s.newM, s.newV} {
		if !slices.Contains(a.users[v], nil) {
			return false
		}
		for _, u := range a.users[v] {
			if u != nil && (s.guard != nil || v == s.newW) {
				return false
			}
		}
	}
	return true
}

// scaled takes a scalar factor off a product: x·c is x and c. Without one it gives the value
// itself and nil.
func scaled(v *ir.Value) (x, factor *ir.Value) {
	if n := v.Def; n.Op == compute.OpTypeMul {
		for i, c := range n.In {
			if s := scalar(c); s != nil && scalar(n.In[1-i]) == nil {
				return n.In[1-i], s
			}
		}
	}
	return v, nil
}

// scalar is the one element that a value repeats everywhere, or nil.
func scalar(v *ir.Value) *ir.Value {
	if v.Def.Op == ir.OpView && v.Def.In[0].Shape.Size() == 1 && v.Shape.Size() > 1 {
		return v.Def.In[0]
	}
	return nil
}
