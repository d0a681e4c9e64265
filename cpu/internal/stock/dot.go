package stock

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(map[ir.Op]call{
		compute.OpTypeDotGeneral: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Dot)
			return one(r.Function.DotGeneral(in[0], ints(a.LhsContract), ints(a.LhsBatch), in[1], ints(a.RhsContract),
				ints(a.RhsBatch), a.Config))
		},
		compute.OpTypeConvGeneral: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Conv)
			return one(r.Function.ConvGeneral(in[0], in[1], a.Axes.Clone(), ints(a.Strides), a.Paddings,
				ints(a.InputDilations), ints(a.KernelDilations), a.ChannelGroups, a.BatchGroups))
		},
	})
}
