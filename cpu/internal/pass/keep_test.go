package pass_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/plan"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// results lowers a graph, runs it on inputs of a seed and gives its results. A node without
// kernel is an error: no pass may leave one.
func results(g *ir.Graph, o lower.Options, pool *run.Pool, seed uint64) ([][]float32, error) {
	p, err := lower.Program(g, o)
	if err != nil {
		return nil, err
	}
	if err := plan.Verify(p); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 4))
	var in, out []unsafe.Pointer
	for _, v := range g.Params {
		at := kernel.Alloc(int(v.Shape.ByteSize()))
		for i := range v.Shape.Size() {
			switch v.Shape.DType {
			case dtypes.Float32:
				*(*float32)(unsafe.Add(at, 4*i)) = 8*r.Float32() - 4
			case dtypes.Int32:
				*(*int32)(unsafe.Add(at, 4*i)) = int32(r.IntN(5))
			case dtypes.Bool:
				*(*bool)(unsafe.Add(at, i)) = r.IntN(2) == 0
			}
		}
		in = append(in, at)
	}
	for _, v := range g.Results {
		out = append(out, kernel.Alloc(int(v.Shape.ByteSize())))
	}
	if err := run.New(p, pool).Run(in, out); err != nil {
		return nil, err
	}
	var lists [][]float32
	for i, v := range g.Results {
		lists = append(lists, slices.Clone(unsafe.Slice((*float32)(out[i]), v.Shape.Size())))
	}
	return lists, nil
}

// differ says where two lists of results differ.
//
// Tolerance: some thirty operations with derivatives of at most about 2 in float32.
func differ(got, want [][]float32) error {
	for i := range want {
		for k := range want[i] {
			a, b := float64(got[i][k]), float64(want[i][k])
			if math.IsNaN(a) && math.IsNaN(b) || a == b {
				continue
			}
			if d := math.Abs(a-b) / math.Max(1, math.Abs(b)); !(d <= 1e-4) {
				return fmt.Errorf("result %d: element %d: got %v, want %v", i, k, a, b)
			}
		}
	}
	return nil
}

// TestEveryPassKeepsWhatAGraphComputes lowers and runs drawn graphs as they are recorded and after
// every pass.
func TestEveryPassKeepsWhatAGraphComputes(t *testing.T) {
	pool := run.NewPool(2)
	defer pool.Close()
	for seed := range uint64(300) {
		d := draw(t, seed)
		recorded := d.Clone()
		if err := ir.Verify(recorded); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		plain := lower.Options{Level: isa.Portable, Unfused: true}
		want, err := results(recorded, plain, pool, seed)
		if err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, recorded)
		}
		pass.Run(d.Graph, func(name string, g *ir.Graph) {
			if t.Failed() {
				return
			}
			err := ir.Verify(g)
			for _, o := range []lower.Options{{Level: isa.Best()}, {Level: isa.Best(), Epilogues: true}} {
				var got [][]float32
				if err == nil {
					got, err = results(g, o, pool, seed)
				}
				if err == nil {
					err = differ(got, want)
				}
			}
			if err != nil {
				t.Errorf("seed %d, after %s: %v\n%v\nwas\n%v", seed, name, err, g, recorded)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// TestPassesLeaveNoElementwiseOperationAlone: on types that it has, the elementwise machine holds
// every region, and nothing stays outside.
func TestPassesLeaveNoElementwiseOperationAlone(t *testing.T) {
	for seed := range uint64(200) {
		d := draw(t, seed)
		pass.Run(d.Graph, nil)
		d.held()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestSimpleRewritingsAreDoneAtOnce: a second time they find nothing.
func TestSimpleRewritingsAreDoneAtOnce(t *testing.T) {
	for seed := range uint64(100) {
		for name, do := range map[string]func(*ir.Graph){"common": pass.Common, "dead": pass.Dead, "fold": pass.Fold, "views": pass.Views} {
			d := draw(t, seed)
			do(d.Graph)
			pass.Dead(d.Graph)
			text := d.Graph.String()
			do(d.Graph)
			pass.Dead(d.Graph)
			if again := d.Graph.String(); again != text {
				t.Fatalf("seed %d, %s: got\n%s\nwant\n%s", seed, name, again, text)
			}
		}
	}
}

// TestParametersKeepTheirOrder: the signature of a graph is that of its recording.
func TestParametersKeepTheirOrder(t *testing.T) {
	for seed := range uint64(100) {
		d := draw(t, seed)
		params, shapes := slices.Clone(d.Params), []string{}
		for _, v := range d.Results {
			shapes = append(shapes, v.Shape.String())
		}
		pass.Run(d.Graph, nil)
		if !slices.Equal(d.Params, params) {
			t.Fatalf("seed %d: the parameters have changed", seed)
		}
		for i, v := range d.Results {
			if v.Shape.String() != shapes[i] {
				t.Fatalf("seed %d: result %d: got %s, want %s", seed, i, v.Shape, shapes[i])
			}
		}
	}
}

// closed makes the graph of a closure with drawn operations on its first parameter, of which
// the result has the shape.
func closed(t testing.TB, seed uint64, extra ...shapes.Shape) *ir.Graph {
	b := newBuild(t)
	d := &drawing{b, rand.New(rand.NewPCG(seed, 5)), nil, map[*ir.Value]bool{}}
	x := d.keep(d.param(4, 6), false)
	for _, s := range extra {
		d.Param("extra", s)
	}
	for range 6 {
		d.binary()
		d.unary()
		d.softmax()
	}
	y := d.like(x)
	d.Results = []*ir.Value{d.apply(compute.OpTypeTanh, y)}
	return d.Graph
}

// loops is a loop that counts to a parameter and maps an array, then a branch on a parameter.
func loops(t testing.TB, seed uint64) *ir.Graph {
	i32, boolean := shapes.Make(dtypes.Int32), shapes.Make(dtypes.Bool)
	cond, body := &ir.Graph{Name: "cond"}, closed(t, seed, i32)
	i := cond.Param("i", i32)
	cond.Param("x", f32(4, 6))
	limit := cond.Param("limit", i32)
	cond.Results = []*ir.Value{cond.Add(compute.OpTypeLessThan, nil, []*ir.Value{i, limit}, boolean).Out[0]}
	one := []int32{1}
	c := body.Add(compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&one[0]), Bytes: 4}, nil, i32).Out[0]
	next := body.Add(compute.OpTypeAdd, nil, []*ir.Value{body.Params[1], c}, i32).Out[0]
	// The state is the counter, then the array.
	body.Params[0], body.Params[1] = body.Params[1], body.Params[0]
	for k, p := range body.Params {
		p.Def.Attr = ir.Param{Name: "state", Index: k}
	}
	body.Results = []*ir.Value{next, body.Results[0]}
	g := &ir.Graph{Name: "loops"}
	zero, x, n, yes := g.Param("zero", i32), g.Param("x", f32(4, 6)), g.Param("n", i32), g.Param("yes", boolean)
	w := g.Add(compute.OpTypeWhile, ir.While{State: 2, CondCaptures: 1, Cond: cond, Body: body}, []*ir.Value{zero, x, n}, i32, f32(4, 6))
	branch := ir.If{TrueCaptures: 1, FalseCaptures: 1, True: closed(t, seed+1), False: closed(t, seed+2)}
	y := g.Add(compute.OpTypeIf, branch, []*ir.Value{yes, w.Out[1], x}, f32(4, 6)).Out[0]
	g.Results = []*ir.Value{w.Out[1], y, g.Add(compute.OpTypeExp, nil, []*ir.Value{y}, y.Shape).Out[0]}
	return g
}

// TestGraphsOfControlFlowAreRewrittenToo and compute what they did.
func TestGraphsOfControlFlowAreRewrittenToo(t *testing.T) {
	pool := run.NewPool(1)
	defer pool.Close()
	for seed := range uint64(40) {
		g := loops(t, 3*seed)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		want, err := results(g, lower.Options{Unfused: true}, pool, seed)
		if err != nil {
			t.Fatal(err)
		}
		pass.Run(g, nil)
		if err := ir.Verify(g); err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, g)
		}
		inside := 0
		for _, n := range g.Nodes {
			for _, sub := range ir.Subgraphs(n) {
				for _, m := range sub.Nodes {
					if m.Op == ir.OpRegion {
						inside++
					}
				}
			}
		}
		if inside < 3 {
			t.Errorf("seed %d: got %d regions inside control flow, want some in every graph\n%v", seed, inside, g)
		}
		got, err := results(g, lower.Options{Level: isa.Best()}, pool, seed)
		if err == nil {
			err = differ(got, want)
		}
		if err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, g)
		}
	}
}

// TestComparatorsStayAsTheyWereRecorded: sorting calls them element by element.
func TestComparatorsStayAsTheyWereRecorded(t *testing.T) {
	boolean := shapes.Make(dtypes.Bool)
	less := &ir.Graph{Name: "less"}
	l, r := less.Param("l", f32()), less.Param("r", f32())
	a, c := less.Add(compute.OpTypeAbs, nil, []*ir.Value{l}, f32()).Out[0], less.Add(compute.OpTypeAbs, nil, []*ir.Value{r}, f32()).Out[0]
	less.Results = []*ir.Value{less.Add(compute.OpTypeLessThan, nil, []*ir.Value{a, c}, boolean).Out[0]}
	text := less.String()
	b := newBuild(t)
	x := b.param(9)
	b.all(b.Add(compute.OpTypeSort, ir.Sort{Tensors: 1, Comparator: less, Stable: true}, []*ir.Value{x}, x.Shape).Out[0])
	if less.String() != text {
		t.Errorf("got\n%s\nwant\n%s", less, text)
	}
}

// TestRegionsTakeABoundedNumberOfOperands: a sum of many arrays is several regions.
func TestRegionsTakeABoundedNumberOfOperands(t *testing.T) {
	b := newBuild(t)
	y := b.param(7)
	for range 150 {
		y = b.apply(compute.OpTypeAdd, y, b.param(7))
	}
	b.all(y)
	b.held()
	for _, s := range b.regions() {
		if len(s.Loads) > 42 {
			t.Errorf("got a region that reads %d arrays", len(s.Loads))
		}
	}
	pool := run.NewPool(1)
	defer pool.Close()
	got, err := results(b.Graph, lower.Options{Level: isa.Best()}, pool, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 4))
	want := make([]float32, 7)
	for range 151 {
		for i := range want {
			want[i] += 8*r.Float32() - 4
		}
	}
	if err := differ(got, [][]float32{want}); err != nil {
		t.Error(err)
	}
}

// TestGroupsOfDifferentAxesStayApart: one region has one iteration space.
func TestGroupsOfDifferentAxesStayApart(t *testing.T) {
	b := newBuild(t)
	x, y := b.param(3, 4), b.param(4, 3)
	b.all(b.apply(compute.OpTypeExp, x), b.apply(compute.OpTypeExp, y), b.apply(compute.OpTypeNeg, b.transpose(x)))
	b.want(ir.OpRegion, ir.OpRegion, ir.OpView, ir.OpRegion)
	for _, s := range b.regions() {
		if _, err := tile.New(isa.Best(), *s); err != nil {
			t.Error(err)
		}
	}
}
