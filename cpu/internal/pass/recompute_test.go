package pass_test

import (
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// recomputing runs fusion and then the pass, for arrays of any size.
func recomputing(g *ir.Graph) {
	pass.Views(g)
	pass.Fuse(g)
	pass.Recompute(0)(g)
	pass.Dead(g)
}

// layer is an activation x·f of an argument x, and its product with a matrix, which stands between
// f and whoever reads it afterwards.
func (b *build) layer(f func(x *ir.Value) *ir.Value) (x, h, z *ir.Value) {
	x = b.param(32, 32)
	h = f(x)
	return x, h, b.dot(b.apply(compute.OpTypeMul, x, h), b.param(32, 32))
}

// stores counts what the regions of a graph store.
func (b *build) stores() (n int) {
	for _, s := range b.regions() {
		n += len(s.Stores)
	}
	return n
}

func erf(b *build) func(x *ir.Value) *ir.Value {
	return func(x *ir.Value) *ir.Value { return b.apply(compute.OpTypeErf, x) }
}

func TestTheGradientOfAnActivationReadsItsArgumentAlone(t *testing.T) {
	b := newBuild(t)
	x, h, z := b.layer(erf(b))
	b.run(recomputing, b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x))
	if b.stores() != 2 {
		t.Fatalf("got %d stores, want the activation and the result alone:\n%v", b.stores(), b.Graph)
	}
	last := b.regions()[1]
	if len(last.Loads) != 2 || len(last.Code) != 3 || last.Code[0].Op != compute.OpTypeErf {
		t.Errorf("got %+v, want erf of a load first", last)
	}
}

// TestWhatCostsMoreThanMemoryIsStored: the argument is not read anyway, the expression is long, the
// array is a result, or rows are reduced for it.
func TestWhatCostsMoreThanMemoryIsStored(t *testing.T) {
	for name, f := range map[string]func(b *build) []*ir.Value{
		"other argument": func(b *build) []*ir.Value {
			_, h, z := b.layer(erf(b))
			return []*ir.Value{b.apply(compute.OpTypeMul, z, h)}
		},
		"long": func(b *build) []*ir.Value {
			x, h, z := b.layer(func(x *ir.Value) *ir.Value {
				for range 10 {
					x = b.apply(compute.OpTypeExp, x)
				}
				return x
			})
			return []*ir.Value{b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x)}
		},
		"powers": func(b *build) []*ir.Value {
			x, h, z := b.layer(func(x *ir.Value) *ir.Value {
				return b.apply(compute.OpTypePow, x, b.apply(compute.OpTypePow, x, x))
			})
			return []*ir.Value{b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x)}
		},
		"result": func(b *build) []*ir.Value {
			x, h, z := b.layer(erf(b))
			return []*ir.Value{b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x), h}
		},
		"rows": func(b *build) []*ir.Value {
			x, h, z := b.layer(func(x *ir.Value) *ir.Value {
				return b.apply(compute.OpTypeSub, x, b.over(b.sum(x, 1), 32, 32))
			})
			return []*ir.Value{b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x)}
		},
	} {
		b := newBuild(t)
		b.run(recomputing, f(b)...)
		if b.stores() != 3 {
			t.Errorf("%s: got %d stores, want 3:\n%v", name, b.stores(), b.Graph)
		}
	}
}

func TestSmallArraysAreReadAgain(t *testing.T) {
	b := newBuild(t)
	bias := b.param(32)
	x, h, z := b.layer(func(x *ir.Value) *ir.Value {
		return b.apply(compute.OpTypeErf, b.apply(compute.OpTypeAdd, x, b.spread(bias, 32, 32)))
	})
	b.run(recomputing, b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x))
	if b.stores() != 2 || len(b.regions()[1].Loads) != 3 {
		t.Errorf("got %v, want the bias read twice", b.Graph)
	}
}

func TestSmallResultsAreStored(t *testing.T) {
	b := newBuild(t)
	x, h, z := b.layer(erf(b))
	b.run(func(g *ir.Graph) { pass.Fuse(g); pass.Recompute(pass.OutOfCache)(g) }, b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x))
	if b.stores() != 3 {
		t.Errorf("got %d stores, want 3", b.stores())
	}
}

// TestRecomputingKeepsWhatAGraphComputes does all passes on drawn graphs, whose arrays are small,
// and recomputes whatever it can.
func TestRecomputingKeepsWhatAGraphComputes(t *testing.T) {
	pool := run.NewPool(2)
	defer pool.Close()
	for seed := range uint64(200) {
		d := draw(t, seed)
		want, err := results(d.Clone(), lower.Options{Level: isa.Portable, Unfused: true}, pool, seed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, p := range pass.Passes {
			p.Do(d.Graph)
			if p.Name == "fuse" {
				pass.Recompute(0)(d.Graph)
			}
		}
		if err := ir.Verify(d.Graph); err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, d.Graph)
		}
		got, err := results(d.Graph, lower.Options{Level: isa.Best()}, pool, seed)
		if err == nil {
			err = differ(got, want)
		}
		if err != nil {
			t.Fatalf("seed %d: %v\n%v", seed, err, d.Graph)
		}
	}
}

// TestEveryReaderPaysForItself: with many readers an expression costs more than one more array.
func TestEveryReaderPaysForItself(t *testing.T) {
	for _, c := range []struct{ readers, functions, stores int }{{1, 4, 2}, {1, 5, 3}, {4, 2, 5}, {4, 3, 6}} {
		b := newBuild(t)
		x, h, z := b.layer(func(x *ir.Value) *ir.Value {
			for range c.functions {
				x = b.apply(compute.OpTypeErf, x)
			}
			return x
		})
		var results []*ir.Value
		for range c.readers { // each behind a product of the one before
			z = b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x)
			results = append(results, z)
			z = b.dot(z, b.param(32, 32))
		}
		b.run(recomputing, results...)
		if b.stores() != c.stores {
			t.Errorf("%+v: got %d stores:\n%v", c, b.stores(), b.Graph)
		}
	}
}

// TestOtherReadersNeedTheArray: a product, a region that reads it transposed, and one over other
// dimensions.
func TestOtherReadersNeedTheArray(t *testing.T) {
	for name, f := range map[string]func(b *build, x, h, z *ir.Value) *ir.Value{
		"product": func(b *build, x, h, z *ir.Value) *ir.Value { return b.dot(z, h) },
		"transposed": func(b *build, x, h, z *ir.Value) *ir.Value {
			return b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, b.transpose(h)), x)
		},
		"one row more": func(b *build, x, h, z *ir.Value) *ir.Value {
			return b.apply(compute.OpTypeNeg, b.sum(b.apply(compute.OpTypeMul, b.reshape(h, 16, 64), b.reshape(z, 16, 64)), 1))
		},
	} {
		b := newBuild(t)
		x, h, z := b.layer(erf(b))
		b.run(recomputing, f(b, x, h, z))
		first := b.regions()[0]
		if len(first.Stores) != 2 {
			t.Errorf("%s: got %d stores of the first region, want 2:\n%v", name, len(first.Stores), b.Graph)
		}
	}
}

// TestOtherOutputsKeepTheirPlaces: of three outputs the middle one is computed by its reader.
func TestOtherOutputsKeepTheirPlaces(t *testing.T) {
	b := newBuild(t)
	x, h, z := b.layer(erf(b))
	y := b.apply(compute.OpTypeNeg, x)
	b.run(recomputing, y, b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, z, h), x))
	for _, n := range b.Nodes {
		for i, v := range n.Out {
			if v.Def != n || v.Index != i {
				t.Errorf("%v: output %d says that it is number %d", n.Op, i, v.Index)
			}
		}
	}
	if err := ir.Verify(b.Graph); err != nil || b.stores() != 3 {
		t.Errorf("got %d stores and %v, want 3", b.stores(), err)
	}
}
