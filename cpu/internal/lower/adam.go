package lower

import (
	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/adam"
)

func init() { register(adamStep, ir.OpAdam) }

// adamStep lowers a step of the optimizer. A new array may take the memory of the old one if
// nothing else of the step lies there: one array's gradient may be another's weights.
func adamStep(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.Adam)
	spec := adam.Spec{Scaled: a.Scaled, Guarded: a.Guarded}
	ins := b.contiguousAll(n.In)
	uses := map[int]int{}
	for _, arg := range ins {
		uses[arg.Buffer]++
	}
	var same []pair
	for i := range a.Arrays {
		spec.Sizes = append(spec.Sizes, n.In[4*i].Shape.Size())
		for k := range 3 {
			if uses[ins[4*i+k].Buffer] == 1 {
				same = append(same, pair{out: 3*i + k, in: 4*i + k})
			}
		}
	}
	b.emit(adam.New(b.Level, spec), b.outputs(n), ins, same...)
	return nil
}
