package pass_test

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// softplus is ln(1 + eˡ) as package special states it; half is the ½ of its first term.
func (b *build) softplus(l *ir.Value, half float32) *ir.Value {
	d := l.Shape.Dimensions
	a := b.apply(compute.OpTypeAbs, l)
	upper := b.apply(compute.OpTypeMul, b.apply(compute.OpTypeAdd, l, a), b.constant(half, d...))
	rest := b.apply(compute.OpTypeLog1p, b.apply(compute.OpTypeExp, b.apply(compute.OpTypeNeg, a)))
	return b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeAdd, upper, rest), b.apply(compute.OpTypeSub, l, l))
}

// gradient is c·logistic(l) + d·x.
func (b *build) gradient(l, x *ir.Value, c, d float32) *ir.Value {
	dims := l.Shape.Dimensions
	return b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeMul, b.constant(c, dims...), b.apply(compute.OpTypeLogistic, l)),
		b.apply(compute.OpTypeMul, x, b.constant(d, dims...)))
}

func (b *build) codes() []ir.Op {
	var out []ir.Op
	for _, s := range b.regions() {
		for _, in := range s.Code {
			out = append(out, in.Op)
		}
	}
	return out
}

func TestLikelihoodsOfBitsShareTheirExponential(t *testing.T) {
	b := newBuild(t)
	l, x := b.param(5, 7), b.param(5, 7)
	rows := b.sum(b.apply(compute.OpTypeSub, b.apply(compute.OpTypeMul, x, l), b.softplus(l, .5)), 1)
	b.all(rows, b.gradient(l, x, .25, -.25))
	if got, want := b.codes(), []ir.Op{tile.LogitsLoss, compute.OpTypeNeg, tile.LogitsGrad, compute.OpTypeMul}; len(b.regions()) != 1 || !slices.Equal(got, want) {
		t.Errorf("got %v, want one region of %v", b.Graph, want)
	}
}

// TestOtherFormulasStayAsTheyAre: another half, other logits in the product, a gradient with
// other factors, and one without its likelihood.
func TestOtherFormulasStayAsTheyAre(t *testing.T) {
	for name, f := range map[string]func(b *build, l, x *ir.Value) []*ir.Value{
		"a third": func(b *build, l, x *ir.Value) []*ir.Value {
			return []*ir.Value{b.apply(compute.OpTypeSub, b.apply(compute.OpTypeMul, x, l), b.softplus(l, .3))}
		},
		"other logits": func(b *build, l, x *ir.Value) []*ir.Value {
			return []*ir.Value{b.apply(compute.OpTypeSub, b.apply(compute.OpTypeMul, x, x), b.softplus(l, .5))}
		},
		"a gradient alone": func(b *build, l, x *ir.Value) []*ir.Value { return []*ir.Value{b.gradient(l, x, .25, -.25)} },
	} {
		b := newBuild(t)
		b.all(f(b, b.param(5, 7), b.param(5, 7))...)
		if got := b.codes(); slices.Contains(got, tile.LogitsLoss) || slices.Contains(got, tile.LogitsGrad) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	b := newBuild(t)
	l, x := b.param(5, 7), b.param(5, 7)
	b.all(b.apply(compute.OpTypeSub, b.apply(compute.OpTypeMul, x, l), b.softplus(l, .5)), b.gradient(l, x, .25, -.5))
	if got := b.codes(); !slices.Contains(got, tile.LogitsLoss) || slices.Contains(got, tile.LogitsGrad) {
		t.Errorf("factors that differ: got %v, want the likelihood alone", got)
	}
}

// TestLikelihoodsInFloat64KeepTheirDigits: the shared kernel is one of float32, so the formula
// stays as it is written.
func TestLikelihoodsInFloat64KeepTheirDigits(t *testing.T) {
	b := newBuild(t)
	shape := shapes.Make(dtypes.Float64, 5, 7)
	l, x := b.Param("l", shape), b.Param("x", shape)
	half := []float64{.5}
	c := b.Add(compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&half[0]), Bytes: 8}, nil, shapes.Make(dtypes.Float64)).Out[0]
	a := b.apply(compute.OpTypeAbs, l)
	upper := b.apply(compute.OpTypeMul, b.apply(compute.OpTypeAdd, l, a), b.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{c}, shape).Out[0])
	rest := b.apply(compute.OpTypeLog1p, b.apply(compute.OpTypeExp, b.apply(compute.OpTypeNeg, a)))
	softplus := b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeAdd, upper, rest), b.apply(compute.OpTypeSub, l, l))
	b.all(b.apply(compute.OpTypeSub, b.apply(compute.OpTypeMul, x, l), softplus))
	if got := b.codes(); slices.Contains(got, tile.LogitsLoss) || len(b.regions()) != 1 {
		t.Errorf("got %v, want one region of the formula's own operations", b.Graph)
	}
}
