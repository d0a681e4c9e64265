package pass

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// joinPlainly is the definition of joinReaders: every reader asks every reader before it.
func (f *fusion) joinPlainly(v *ir.Value) {
	var readers []*ir.Node
	for _, n := range f.users[v] {
		if n == nil || !fusable(n) || !slices.Equal(space(n), withoutOnes(v.Shape.Dimensions)) {
			continue
		}
		for _, other := range readers {
			if f.join(f.group(other), f.group(n)); f.group(other) == f.group(n) {
				break
			}
		}
		readers = append(readers, n)
	}
}

// tangle is a random graph of operations over the same dimensions, of reductions, spread again, and of
// products; the first values and some others are read by many.
func tangle(r *rand.Rand, n int) *ir.Graph {
	g := &ir.Graph{Name: "tangle"}
	shape := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
	w := g.Param("w", shape(8, 8))
	values := []*ir.Value{g.Param("x", shape(4, 8)), g.Param("y", shape(4, 8))}
	reach := 1 + r.IntN(n)
	draw := func() *ir.Value {
		if r.IntN(2) == 0 {
			return values[r.IntN(2)]
		}
		return values[max(0, len(values)-1-r.IntN(reach))]
	}
	barrier := r.IntN(40) + 2
	for range n {
		x := draw()
		v := x
		switch k := r.IntN(barrier); {
		case k == 0:
			v = g.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}, []*ir.Value{x, w}, x.Shape).Out[0]
		case k == 1:
			axis := r.IntN(2)
			sum := g.Add(compute.OpTypeReduceSum, ir.Axes{axis}, []*ir.Value{x}, shape(x.Shape.Dimensions[1-axis])).Out[0]
			strides := []int{0, 0}
			strides[1-axis] = 1
			v = g.Add(ir.OpView, ir.View{Strides: strides}, []*ir.Value{sum}, x.Shape).Out[0]
		case k%3 == 0:
			v = g.Add(compute.OpTypeExp, nil, []*ir.Value{x}, x.Shape).Out[0]
		case k%3 == 1:
			v = g.Add(compute.OpTypeMul, nil, []*ir.Value{x, draw()}, x.Shape).Out[0]
		default:
			v = g.Add(compute.OpTypeAdd, nil, []*ir.Value{x, g.Param("p", shape(4, 8))}, x.Shape).Out[0]
		}
		if values = append(values, v); r.IntN(8) == 0 {
			g.Results = append(g.Results, v)
		}
	}
	g.Results = append(g.Results, values[len(values)-1])
	return g
}

// TestSiblingsAreJoinedAsIfEveryPairWereAsked: the same groups stand in the same order.
func TestSiblingsAreJoinedAsIfEveryPairWereAsked(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	joined, refused := 0, 0
	for range 800 {
		g := tangle(r, 10+r.IntN(300))
		Dead(g)
		fast, plain := newFusion(g), newFusion(g)
		if r.IntN(2) == 0 {
			for _, n := range g.Nodes {
				fast.joinProducers(n)
				plain.joinProducers(n)
			}
		}
		before := len(standing(&fast.line))
		for _, n := range g.Nodes {
			for _, v := range n.Out {
				fast.joinReaders(v)
				plain.joinPlainly(v)
			}
		}
		got, want := standing(&fast.line), standing(&plain.line)
		if !slices.EqualFunc(got, want, func(x, y *group) bool { return slices.Equal(x.nodes, y.nodes) && x.rank == y.rank }) {
			t.Fatalf("got %d groups, want %d, from %d\n%v", len(got), len(want), before, g)
		}
		inOrder(t, &fast.line)
		for _, gr := range got {
			if kept := gr.reads; kept > 0 {
				if gr.reads = 0; fast.operands(gr) != kept || kept > mostOperands {
					t.Fatalf("got %d operands, want %d, and %d at most", kept, fast.operands(gr), mostOperands)
				}
			}
		}
		joined += before - len(got)
		if len(got) > 40 {
			refused++
		}
	}
	if joined < 10_000 || refused < 50 {
		t.Errorf("got %d joined, and %d graphs where many stay apart, want 10,000 and 50", joined, refused)
	}
}
