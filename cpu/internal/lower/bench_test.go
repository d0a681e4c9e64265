package lower_test

import (
	"fmt"
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// dense is a layer with bias and max(·, 0).
func dense(rows, in, out int) *ir.Graph {
	return graph(func(g *ir.Graph) []*ir.Value {
		x, w, bias := parameter(g, f32, rows, in), parameter(g, f32, in, out), parameter(g, f32, out)
		y := like(g, compute.OpTypeAdd, product(g, f32, x, w, matrix(x, 0)), spread(g, bias, rows, out))
		return []*ir.Value{like(g, compute.OpTypeMax, y, spread(g, number32(g, 0), rows, out))}
	})
}

func number32(g *ir.Graph, x float32) *ir.Value {
	return node(g, compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&x), Bytes: 4}, f32, nil)
}

// adam is the weight gradient of a dense layer of 128 rows and Adam's update of the weights.
func adam(in, out int) *ir.Graph {
	return graph(func(g *ir.Graph) []*ir.Value {
		w, m, v := parameter(g, f32, in, out), parameter(g, f32, in, out), parameter(g, f32, in, out)
		x, dy := parameter(g, f32, 128, in), parameter(g, f32, 128, out)
		number := func(x float32) *ir.Value { return spread(g, number32(g, x), in, out) }
		mul := func(x, y *ir.Value) *ir.Value { return like(g, compute.OpTypeMul, x, y) }
		add := func(x, y *ir.Value) *ir.Value { return like(g, compute.OpTypeAdd, x, y) }
		d := product(g, f32, x, dy, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}})
		m = add(mul(m, number(0.9)), mul(d, number(0.1)))
		v = add(mul(v, number(0.999)), mul(mul(d, d), number(0.001)))
		step := like(g, compute.OpTypeDiv, mul(m, number(1e-3)), add(like(g, compute.OpTypeSqrt, v), number(1e-7)))
		return []*ir.Value{like(g, compute.OpTypeSub, w, step), m, v}
	})
}

// convolution is a 3×3 convolution of 28×28 images, with bias and max(·, 0).
func convolution(b *testing.B, images, in, out int) *ir.Graph {
	return graph(func(g *ir.Graph) []*ir.Value {
		x, w, bias := parameter(g, f32, images, 28, 28, in), parameter(g, f32, 3, 3, in, out), parameter(g, f32, out)
		y := convolved(b, g, x, w, ir.Conv{Axes: channelsLast, Strides: []int{1, 1}, Paddings: [][2]int{{1, 1}, {1, 1}}})
		d := y.Shape.Dimensions
		y = like(g, compute.OpTypeAdd, y, spread(g, bias, d...))
		return []*ir.Value{like(g, compute.OpTypeMax, y, spread(g, number32(g, 0), d...))}
	})
}

// fastest runs a program on one thread and gives the shortest time of a run.
func fastest(b *testing.B, g *ir.Graph, o lower.Options) time.Duration {
	o.Level = isa.Best()
	p := lowered(b, g, o)
	e := run.New(p, run.NewPool(1))
	ins, list := memory(p.Params, 0), []shapes.Shape{}
	for _, r := range p.Results {
		list = append(list, r.Shape)
	}
	outs := memory(list, 0)
	for i, r := range p.Results {
		if r.InPlace >= 0 {
			outs[i] = ins[r.InPlace]
		}
	}
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		begin := time.Now()
		if err := e.Run(ins, outs); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(begin))
	}
	return best
}

// BenchmarkEpilogue compares a product whose region goes over its finished parts with a product and
// a region one after the other.
func BenchmarkEpilogue(b *testing.B) {
	for name, g := range map[string]*ir.Graph{
		"dense 784 400": dense(128, 784, 400), "dense 400 40": dense(128, 400, 40), "dense 20 400": dense(128, 20, 400),
		"adam 784 400": adam(784, 400), "adam 400 784": adam(400, 784), "adam 400 20": adam(400, 20),
		"conv 64 32 64": convolution(b, 64, 32, 64), "conv 16 64 64": convolution(b, 16, 64, 64), "conv 64 1 32": convolution(b, 64, 1, 32),
		"dense 2048 256 1024": dense(2048, 256, 1024), "dense 2048 256 256": dense(2048, 256, 256), "dense 512 256 512": dense(512, 256, 512),
		"dense 1024 784 400": dense(1024, 784, 400), "dense 8192 40 32": dense(8192, 40, 32), "large 64": dense(4096, 64, 4096), "large 256": dense(4096, 256, 4096),
	} {
		for _, with := range []bool{false, true} {
			g := g.Clone()
			pass.Run(g, nil)
			b.Run(fmt.Sprint(name, " ", with), func(b *testing.B) {
				b.ReportMetric(float64(fastest(b, g, lower.Options{Epilogues: with, Apart: !with}).Nanoseconds())/1e3, "µs-least")
			})
		}
	}
}

// BenchmarkAttention is causal attention with its gradients, as in a layer of width 256.
func BenchmarkAttention(b *testing.B) {
	h := heads{B: 8, N: 8, H: 8, S: 256, T: 256, D: 32, t: f32, Attention: ir.Attention{Causal: true, Layout: compute.AttentionAxesLayoutBSHD}}
	b.ReportMetric(float64(fastest(b, h.graph(), lower.Options{}).Nanoseconds())/1e3, "µs-least")
}
