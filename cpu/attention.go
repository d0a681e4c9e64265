package cpu

import (
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// attention checks the configuration of an attention and gives its inputs: query, key, value and
// the mask, if there is one, over the last of batch, heads, queries and keys.
func (f *Function) attention(op compute.OpType, query, key, value compute.Value, layout compute.AttentionAxesLayout,
	o *compute.ScaledDotProductAttentionConfig) ([]*ir.Value, ir.Attention, error) {
	if o == nil {
		o = &compute.ScaledDotProductAttentionConfig{}
	}
	a := ir.Attention{Layout: layout, Scale: o.Scale, Causal: o.Causal, HasMask: o.Mask != nil}
	if o.Bias != nil || o.QuerySeqLen != nil || o.KeyValueSeqLen != nil {
		return nil, a, errors.Wrapf(compute.ErrNotImplemented, "cpu: %s: bias or sequence lengths", op)
	}
	in, err := f.use(op, query, key, value)
	if err != nil {
		return nil, a, err
	}
	q, k := in[0].Shape, in[1].Shape
	if q.Rank() != 4 || q.DType != dtypes.Float32 && q.DType != dtypes.Float64 || q.IsDynamic() || k.IsDynamic() || q.IsZeroSize() || k.IsZeroSize() {
		return nil, a, errors.Wrapf(compute.ErrNotImplemented, "cpu: %s of %s", op, q)
	}
	heads := layout.HeadsAxis()
	if !k.Equal(in[2].Shape) || k.Rank() != 4 || k.DType != q.DType || k.Dimensions[0] != q.Dimensions[0] ||
		k.Dimensions[3] != q.Dimensions[3] || q.Dimensions[heads]%k.Dimensions[heads] != 0 {
		return nil, a, errors.Errorf("cpu: %s: got query %s, key %s and value %s", op, q, k, in[2].Shape)
	}
	if a.Scale == 0 {
		a.Scale = 1 / math.Sqrt(float64(q.Dimensions[3]))
	}
	if a.HasMask {
		mask, err := f.attentionMask(op, o.Mask, layout, q, k)
		if err != nil {
			return nil, a, err
		}
		in = append(in, mask)
	}
	return in, a, nil
}

// attentionMask brings a mask [S, T], [B, S, T] or of rank 4 in the layout's order into the order
// batch, heads, queries, keys.
func (f *Function) attentionMask(op compute.OpType, mask compute.Value, layout compute.AttentionAxesLayout, q, k shapes.Shape) (*ir.Value, error) {
	in, err := f.use(op, mask)
	if err != nil {
		return nil, err
	}
	s, c := in[0].Shape, chain{f: f}
	switch {
	case s.IsDynamic() || s.DType != dtypes.Bool && s.DType != q.DType:
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: %s: mask %s", op, s)
	case s.Rank() == 3:
		mask = c.do(f.Reshape(mask, slices.Insert(slices.Clone(s.Dimensions), 1, 1)...))
	case s.Rank() == 4 && layout == compute.AttentionAxesLayoutBSHD:
		mask = c.do(f.Transpose(mask, 0, 2, 1, 3))
	}
	if in, err = f.use(op, mask); c.err != nil || err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s: mask", op)
	}
	dims, sequence := in[0].Shape.Dimensions, layout.SeqAxis()
	scores := []int{q.Dimensions[0], q.Dimensions[layout.HeadsAxis()], q.Dimensions[sequence], k.Dimensions[sequence]}
	if len(dims) < 2 || len(dims) > 4 {
		return nil, errors.Errorf("cpu: %s: mask: got %s, want rank 2 to 4", op, s)
	}
	for i, d := range dims {
		if want := scores[4-len(dims)+i]; d != 1 && d != want {
			return nil, errors.Errorf("cpu: %s: mask: got %s for scores %v", op, s, scores)
		}
	}
	return in[0], nil
}

// FusedScaledDotProductAttention gives softmax(QKᵀ·scale + mask)·V and what its gradient needs. A
// query that sees no key gives 0.
func (f *Function) FusedScaledDotProductAttention(query, key, value compute.Value, layout compute.AttentionAxesLayout,
	options *compute.ScaledDotProductAttentionConfig) (compute.Value, []compute.Value, error) {
	const op = compute.OpTypeFusedScaledDotProductAttention
	in, a, err := f.attention(op, query, key, value, layout, options)
	if err != nil {
		return nil, nil, err
	}
	q := in[0].Shape
	lse := shapes.Make(q.DType, q.Dimensions[0], q.Dimensions[layout.HeadsAxis()], q.Dimensions[layout.SeqAxis()])
	out := f.record(op, a, in, q, lse)
	return out[0], out[1:], nil
}

// FusedScaledDotProductAttentionVJP gives the gradients of query, key and value.
func (f *Function) FusedScaledDotProductAttentionVJP(query, key, value compute.Value, layout compute.AttentionAxesLayout,
	options *compute.ScaledDotProductAttentionConfig, output compute.Value, states []compute.Value,
	dOutput compute.Value) (dQuery, dKey, dValue compute.Value, err error) {
	const op = compute.OpTypeFusedScaledDotProductAttentionVJP
	in, a, err := f.attention(op, query, key, value, layout, options)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(states) != 1 {
		return nil, nil, nil, errors.Errorf("cpu: %s: got %d states, want the one of the forward operation", op, len(states))
	}
	rest, err := f.use(op, output, states[0], dOutput)
	if err != nil {
		return nil, nil, nil, err
	}
	if !ir.SameShape(rest[0].Shape, in[0].Shape) || !ir.SameShape(rest[2].Shape, in[0].Shape) {
		return nil, nil, nil, errors.Errorf("cpu: %s: got output %s and gradient %s for query %s", op, rest[0].Shape, rest[2].Shape, in[0].Shape)
	}
	out := f.record(op, a, append(in, rest...), in[0].Shape, in[1].Shape, in[2].Shape)
	return out[0], out[1], out[2], nil
}
