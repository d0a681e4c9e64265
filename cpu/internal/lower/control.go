package lower

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() {
	register(while, compute.OpTypeWhile)
	register(branch, compute.OpTypeIf)
}

// while lowers a loop with its condition and body, each a program of its own. A final state may
// take the memory of the initial one.
func while(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.While)
	l := &plan.Loop{State: a.State, CondCaptures: a.CondCaptures, BodyCaptures: a.BodyCaptures}
	var err error
	if l.Cond, err = Program(a.Cond, b.Options); err != nil {
		return fmt.Errorf("condition: %w", err)
	}
	if l.Body, err = Program(a.Body, b.Options); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	ins := b.contiguousAll(n.In)
	l.Memory = l.Bytes()
	uses := map[int]int{}
	for _, in := range ins {
		uses[in.Buffer]++
	}
	var over []pair
	for i, in := range ins[:a.State] {
		if uses[in.Buffer] == 1 {
			over = append(over, pair{i, a.State + i})
		}
	}
	b.append(plan.Step{Loop: l}, b.outputs(n), ins, l.Memory, over...)
	return nil
}

// branch lowers an If with both its programs.
func branch(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.If)
	x := &plan.Branch{Outputs: len(n.Out), TrueCaptures: a.TrueCaptures, FalseCaptures: a.FalseCaptures}
	var err error
	if x.True, err = Program(a.True, b.Options); err != nil {
		return fmt.Errorf("first branch: %w", err)
	}
	if x.False, err = Program(a.False, b.Options); err != nil {
		return fmt.Errorf("second branch: %w", err)
	}
	ins := b.contiguousAll(n.In)
	x.Memory = x.Bytes()
	b.append(plan.Step{Branch: x}, b.outputs(n), ins, x.Memory)
	return nil
}
