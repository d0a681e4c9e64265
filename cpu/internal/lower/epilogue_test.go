package lower_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/plan"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// rewritten lowers a graph as the passes leave it.
func rewritten(t *testing.T, g *ir.Graph) *plan.Program {
	g = g.Clone()
	pass.Run(g, nil)
	return lowered(t, g, lower.Options{Epilogues: true})
}

// oneProduct fails if a program is more than a product with an epilogue.
func oneProduct(t *testing.T, g *ir.Graph) {
	t.Helper()
	if p := rewritten(t, g); len(p.Steps) != 1 || !strings.HasPrefix(p.Steps[0].Name(), "gemm") || p.Arena != 0 && p.Steps[0].Kernel.Shared() == 0 {
		t.Errorf("got more than a product:\n%v", p)
	}
	check(t, g)
}

// spread adds a BroadcastInDim along new leading axes.
func spread(g *ir.Graph, x *ir.Value, dims ...int) *ir.Value {
	var axes ir.Axes
	for i := range x.Shape.Dimensions {
		axes = append(axes, len(dims)-x.Shape.Rank()+i)
	}
	return node(g, compute.OpTypeBroadcastInDim, axes, x.Shape.DType, dims, x)
}

func TestBiasAndActivationCostNoStep(t *testing.T) {
	for _, rows := range []int{3, 40} {
		oneProduct(t, graph(func(g *ir.Graph) []*ir.Value {
			x, w, bias := parameter(g, f32, rows, 30), parameter(g, f32, 30, 50), parameter(g, f32, 50)
			y := like(g, compute.OpTypeAdd, product(g, f32, x, w, matrix(x, 0)), spread(g, bias, rows, 50))
			return []*ir.Value{like(g, compute.OpTypeTanh, y)}
		}))
	}
}

func TestRowsOfSeveralAxesAreHandedOver(t *testing.T) {
	oneProduct(t, graph(func(g *ir.Graph) []*ir.Value {
		x, w, bias := parameter(g, f64, 4, 5, 6), parameter(g, f64, 6, 7), parameter(g, f64, 7)
		y := like(g, compute.OpTypeAdd, product(g, f64, x, w, matrix(x, 0)), spread(g, bias, 4, 5, 7))
		return []*ir.Value{like(g, compute.OpTypeAbs, y)}
	}))
}

func TestBatchedProductsAreHandedOver(t *testing.T) {
	oneProduct(t, graph(func(g *ir.Graph) []*ir.Value {
		q, k, mask := parameter(g, f32, 2, 40, 3, 8), parameter(g, f32, 2, 50, 3, 8), parameter(g, f32, 40, 50)
		d := ir.Dot{LhsBatch: []int{0, 2}, RhsBatch: []int{0, 2}, LhsContract: []int{3}, RhsContract: []int{3}}
		return []*ir.Value{like(g, compute.OpTypeAdd, product(g, f32, q, k, d), spread(g, mask, 2, 3, 40, 50))}
	}))
}

// The product reads x after parts of the sum are written: the sum may not lie over x.
func TestAResidualSumDoesNotOverwriteTheProductsOperand(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, w := like(g, compute.OpTypeTanh, parameter(g, f32, 64, 64)), parameter(g, f32, 64, 64)
		return []*ir.Value{like(g, compute.OpTypeAdd, x, product(g, f32, x, w, matrix(x, 0)))}
	})
	p := rewritten(t, g)
	k := p.Steps[len(p.Steps)-1]
	if len(p.Steps) != 2 || k.Args[0].Buffer == k.Args[2].Buffer {
		t.Errorf("got %v, want a region and a product with a result of its own", p)
	}
	check(t, g)
}

// The product arrives in the memory of what the region stores, which then cannot be the parameter's.
func TestAnUpdateByAProductGoesOverTheParameter(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		w, x, dy := parameter(g, f32, 20, 30), parameter(g, f32, 8, 20), parameter(g, f32, 8, 30)
		dw := product(g, f32, x, dy, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}})
		return []*ir.Value{like(g, compute.OpTypeSub, w, dw)}
	})
	if p := rewritten(t, g); len(p.Steps) != 2 || p.Results[0].InPlace != 0 {
		t.Errorf("got %v, want a product and a region over parameter 0", p)
	}
	check(t, g)
}

// biased is a convolution, plus a bias of its channels, through tanh.
func biased(t *testing.T, g *ir.Graph, x, w *ir.Value, a ir.Conv) *ir.Value {
	y := convolved(t, g, x, w, a)
	d := y.Shape.Dimensions
	bias := parameter(g, f32, d[a.Axes.OutputChannels])
	all := node(g, compute.OpTypeBroadcastInDim, ir.Axes{a.Axes.OutputChannels}, f32, d, bias)
	return like(g, compute.OpTypeTanh, like(g, compute.OpTypeAdd, y, all))
}

func TestConvolutionsHandTheirTilesOver(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, w := parameter(g, f32, 2, 7, 6, 8), parameter(g, f32, 3, 3, 8, 16)
		return []*ir.Value{biased(t, g, x, w, ir.Conv{Axes: channelsLast, Strides: []int{1, 1}, Paddings: [][2]int{{1, 1}, {0, 1}}})}
	})
	if p := rewritten(t, g); len(p.Steps) != 1 || !strings.HasPrefix(p.Steps[0].Name(), "conv") {
		t.Errorf("got more than a convolution:\n%v", p)
	}
	check(t, g)
}

func TestOtherConvolutionsAndTheirRegionsAgreeWithTheStockEngine(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, w, v := parameter(g, f32, 2, 4, 7, 6), parameter(g, f32, 5, 4, 3, 3), parameter(g, f32, 3, 3, 6, 9)
		y := transposed(g, parameter(g, f32, 2, 6, 7, 6), 0, 3, 2, 1)
		return []*ir.Value{
			biased(t, g, x, w, ir.Conv{Axes: channelsFirst, Strides: []int{1, 1}}),
			biased(t, g, y, v, ir.Conv{Axes: channelsLast, Strides: []int{2, 1}}),
			biased(t, g, y, parameter(g, f32, 1, 1, 2, 9), ir.Conv{Axes: channelsLast, Strides: []int{1, 1}, ChannelGroups: 3}),
		}
	}))
}

// TestRegionsFollowLargeProducts: what is still in the cache when the region begins is left to a
// region of its own, unless options say otherwise.
func TestRegionsFollowLargeProducts(t *testing.T) {
	for _, c := range []struct {
		rows  int
		o     lower.Options
		steps int
	}{
		{64, lower.Options{}, 2},
		{64, lower.Options{Epilogues: true}, 1},
		{4096, lower.Options{}, 1},
		{4096, lower.Options{Apart: true}, 2},
	} {
		g := dense(c.rows, 8, 256)
		pass.Run(g, nil)
		if p := lowered(t, g, c.o); len(p.Steps) != c.steps {
			t.Errorf("%d rows, %+v: got %d steps, want %d:\n%v", c.rows, c.o, len(p.Steps), c.steps, p)
		}
	}
}

// TestEpiloguesGiveTheBitsOfRegionsOfTheirOwn, on any number of threads.
func TestEpiloguesGiveTheBitsOfRegionsOfTheirOwn(t *testing.T) {
	conv := graph(func(g *ir.Graph) []*ir.Value {
		x, w := parameter(g, f32, 3, 19, 33, 8), parameter(g, f32, 3, 3, 8, 48)
		return []*ir.Value{biased(t, g, x, w, ir.Conv{Axes: channelsLast, Strides: []int{1, 1}, Paddings: [][2]int{{1, 1}, {0, 1}}})}
	})
	for _, g := range []*ir.Graph{dense(300, 70, 130), dense(1, 3000, 40), dense(7, 5000, 33), conv} {
		params := memory(shapesOf(g.Params), 0)
		r := rand.New(rand.NewPCG(3, 4))
		for i, v := range g.Params {
			random(params[i], v.Shape, r)
		}
		g := g.Clone()
		pass.Run(g, nil)
		for _, level := range isa.Available() {
			want := bytesOf(execute(t, lowered(t, g, lower.Options{Level: level, Apart: true}), params, false)[0], g.Results[0].Shape)
			p := lowered(t, g, lower.Options{Level: level, Epilogues: true})
			for threads := 1; threads <= 3; threads++ {
				pool := run.NewPool(threads)
				if got := bytesOf(executeOn(t, pool, p, params, false)[0], g.Results[0].Shape); !bytes.Equal(got, want) {
					t.Errorf("%v, %d threads: got other bits than from a region of its own:\n%v", level, threads, p)
				}
				pool.Close()
			}
		}
	}
}
