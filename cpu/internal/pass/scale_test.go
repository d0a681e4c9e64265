package pass_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/pass"
)

// product adds the product of two matrices.
func (b *build) product(x, w *ir.Value) *ir.Value {
	return b.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}, []*ir.Value{x, w},
		f32(x.Shape.Dimensions[0], w.Shape.Dimensions[1])).Out[0]
}

// samples is a bound of so many importance samples and its gradient. All samples compare what they decode
// with the same rows, and all gradients wait for the sum over the samples.
func samples(b *build, n int) []*ir.Value {
	x, w := b.param(4, 8), b.param(3, 8)
	var means []*ir.Value
	var total *ir.Value
	for range n {
		mean := b.apply(compute.OpTypeLogistic, b.product(b.param(4, 3), w))
		weight := b.apply(compute.OpTypeExp, b.sum(b.apply(compute.OpTypeMul, x, mean), 1))
		means = append(means, mean)
		if total != nil {
			weight = b.apply(compute.OpTypeAdd, total, weight)
		}
		total = weight
	}
	results := []*ir.Value{total}
	for _, mean := range means {
		gradient := b.apply(compute.OpTypeDiv, b.apply(compute.OpTypeSub, x, mean), b.repeat(total, ir.Axes{0}, 4, 8))
		results = append(results, b.product(gradient, b.transpose(w)))
	}
	return results
}

// layers is a net of so many layers, all of which read the same rows beside the layer before.
func layers(b *build, n int) []*ir.Value {
	x, w := b.param(4, 8), b.param(8, 8)
	h := x
	for range n {
		h = b.product(b.apply(compute.OpTypeTanh, b.apply(compute.OpTypeAdd, h, x)), w)
	}
	return []*ir.Value{h}
}

// beside is so many functions of the same rows, none of which needs another.
func beside(b *build, n int) (results []*ir.Value) {
	x, w := b.param(4, 8), b.param(8, 8)
	for range n {
		results = append(results, b.product(b.apply(compute.OpTypeMul, x, b.repeat(b.param(8), ir.Axes{1}, 4, 8)), w))
	}
	return results
}

// above is layers whose rows are computed before.
func above(b *build, n int) []*ir.Value {
	x, w := b.apply(compute.OpTypeExp, b.param(4, 8)), b.param(8, 8)
	h := x
	for range n {
		h = b.product(b.apply(compute.OpTypeTanh, b.apply(compute.OpTypeAdd, h, x)), w)
	}
	return []*ir.Value{h}
}

// BenchmarkReadersOfOneValue times all passes over graphs in which many groups read one array.
func BenchmarkReadersOfOneValue(bench *testing.B) {
	for _, c := range []struct {
		name string
		make func(b *build, n int) []*ir.Value
	}{{"beside", beside}, {"samples", samples}, {"layers", layers}, {"above", above}} {
		for _, n := range []int{100, 1000, 4000} {
			bench.Run(fmt.Sprintf("%s/%d", c.name, n), func(bench *testing.B) {
				for range bench.N {
					bench.StopTimer()
					b := newBuild(bench)
					b.Results = c.make(b, n)
					bench.StartTimer()
					pass.Run(b.Graph, nil)
				}
			})
		}
	}
}
