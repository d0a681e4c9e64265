package lower

import (
	"errors"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(attend, compute.OpTypeFusedScaledDotProductAttention)
	register(attendVJP, compute.OpTypeFusedScaledDotProductAttentionVJP)
}

// attention lowers softmax(QKᵀ·scale + mask)·V and its gradients. Arrays are seen as
//
//	Q, O [B, H, G, S, D],  K, V [B, H, T, D],  scores [B, H, G, S, T],
//
// batch B, H heads of keys, each read by G heads of queries, S queries, T keys, D dimensions. The
// scores of some indices of the batch at a time are held in memory.
type attention struct {
	*builder
	ir.Attention
	dtype   dtypes.DType // Float32 or Float64
	groups  int
	q, k, v operand
	mask    operand // over the scores' dimensions
	scores  []int   // dimensions
	part    int     // indices of the batch at a time
}

// chunk is the number of bytes of scores from which the batch is taken in parts, so that two such
// arrays stay in the caches.
const chunk = 1 << 21

// newAttention sorts the inputs that both directions have, and gives the number of them.
func newAttention(b *builder, n *ir.Node) (*attention, int, error) {
	a := &attention{builder: b, Attention: n.Attr.(ir.Attention), dtype: n.In[0].Shape.DType}
	if a.dtype != dtypes.Float64 {
		a.dtype = dtypes.Float32
	}
	heads := a.Layout.HeadsAxis()
	if n.In[1].Shape.IsZeroSize() || !n.In[0].Shape.DType.IsFloat() {
		return nil, 0, errRefused
	}
	a.groups = n.In[0].Shape.Dimensions[heads] / n.In[1].Shape.Dimensions[heads]
	var err error
	for i, to := range []*operand{&a.q, &a.k, &a.v} {
		if *to, err = a.heads(b.operand(n.In[i]), i == 0); err != nil {
			return nil, 0, err
		}
	}
	if a.Scale == 0 {
		a.Scale = 1 / math.Sqrt(float64(a.q.dims[4]))
	}
	a.scores = append(slices.Clone(a.q.dims[:4]), a.k.dims[2])
	a.part = min(a.q.dims[0], max(1, chunk/(size(a.scores[1:])*a.dtype.Size())))
	if !a.HasMask {
		return a, 3, nil
	}
	mask := b.operand(n.In[3])
	if mask.dtype != dtypes.Bool {
		mask, err = b.converted(mask, a.dtype)
	}
	a.mask = a.spread(mask)
	return a, 4, err
}

// heads sees an array of the operation's layout as one of heads, with groups of them or without,
// in the type of the computation.
func (a *attention) heads(x operand, grouped bool) (operand, error) {
	x, err := a.converted(x, a.dtype)
	return a.byHead(x, grouped), err
}

// byHead is heads for an array that has the type of the computation.
func (a *attention) byHead(x operand, grouped bool) operand {
	h, s := a.Layout.HeadsAxis(), a.Layout.SeqAxis()
	if grouped {
		g := a.groups
		x.dims = []int{x.dims[0], x.dims[h] / g, g, x.dims[s], x.dims[3]}
		x.strides = []int{x.strides[0], x.strides[h] * g, x.strides[h], x.strides[s], x.strides[3]}
		return x
	}
	x.dims, x.strides = pick(x.dims, []int{0, h, s, 3}), pick(x.strides, []int{0, h, s, 3})
	return x
}

// spread sees a mask, whose axes are the last ones of batch, heads, queries and keys, as one over
// the scores.
func (a *attention) spread(x operand) operand {
	strides := make([]int, 4)
	for i := range x.dims {
		if x.dims[i] != 1 {
			strides[4-len(x.dims)+i] = x.strides[i]
		}
	}
	x.dims = a.scores
	x.strides = []int{strides[0], strides[1] * a.groups, strides[1], strides[2], strides[3]}
	return x
}

// rows sees an array [B, heads, S], row-major, as one over the scores that has one value a row.
func (a *attention) rows(x operand) operand {
	s := ir.RowMajor(a.scores[:4])
	return operand{at: x.at, dtype: x.dtype, dims: a.scores, strides: append(s, 0)}
}

// among gives indices from … of the batch.
func (a *attention) among(x operand, from, n int) operand {
	x.at.Offset += from * x.strides[0] * x.dtype.Size()
	x.dims = append([]int{n}, x.dims[1:]...)
	return x
}

// temporaryScores makes memory for the scores of a part of the batch.
func (a *attention) temporaryScores() operand {
	dims := append([]int{a.part}, a.scores[1:]...)
	return operand{a.temporary(size(dims) * a.dtype.Size()), a.dtype, dims, ir.RowMajor(dims)}
}

// multiply emits a product by head.
func (a *attention) multiply(y, lhs, rhs operand, lhsSum, rhsSum []int) error {
	heads := []int{0, 1}
	d := ir.Dot{LhsBatch: heads, RhsBatch: heads, LhsContract: lhsSum, RhsContract: rhsSum}
	return a.product(y.at, y.strides, lhs, rhs, d)
}

// scoring is the code of a region over scores, with what it takes to mask them in registers.
type scoring struct {
	*code
	attention                       *attention
	x, scale, never, mask, row, col int
}

// scoring begins a region over scores QKᵀ of the batch from an index on. Further loads come next.
func (a *attention) scoring(from int, x operand) *scoring {
	s := &scoring{code: &code{builder: a.builder, dtype: a.dtype}, attention: a}
	s.spec.Dims = x.dims
	s.x, s.scale, s.never = s.load(x), s.number(a.Scale), s.number(math.Inf(-1))
	if a.HasMask {
		s.mask = s.load(a.among(a.mask, from, x.dims[0]))
	}
	if a.Causal {
		s.row, s.col = s.load(a.counting(a.dtype, x.dims[3], 3, 5)), s.load(a.counting(a.dtype, x.dims[4], 4, 5))
	}
	return s
}

// logits computes scale·QKᵀ + mask, −∞ where a key is not seen, and returns its register.
func (s *scoring) logits() int {
	z := s.do(compute.OpTypeMul, s.x, s.scale)
	if a := s.attention; a.HasMask && a.mask.dtype == dtypes.Bool {
		z = s.do(compute.OpTypeWhere, s.mask, z, s.never)
	} else if a.HasMask {
		z = s.do(compute.OpTypeAdd, z, s.mask)
	}
	if s.attention.Causal {
		z = s.do(compute.OpTypeWhere, s.do(compute.OpTypeLessOrEqual, s.col, s.row), z, s.never)
	}
	return z
}

// attend lowers the attention of queries to keys: the result, and ln Σ exp of each row of
// scores. A row that sees no key has the result 0.
func attend(b *builder, n *ir.Node) error {
	a, _, err := newAttention(b, n)
	if err != nil {
		return err
	}
	y, endY := b.staged(n.Out[0], a.dtype)
	lse, endLSE := b.staged(n.Out[1], a.dtype)
	o, sums, scores := a.byHead(y, true), a.rows(lse), a.temporaryScores()
	for from := 0; from < a.q.dims[0]; from += a.part {
		m := min(a.part, a.q.dims[0]-from)
		p := a.among(scores, 0, m)
		if err := a.multiply(p, a.among(a.q, from, m), a.among(a.k, from, m), []int{4}, []int{3}); err != nil {
			return err
		}
		if err := a.softmax(from, p, a.among(sums, from, m)); err != nil {
			return err
		}
		if err := a.multiply(a.among(o, from, m), p, a.among(a.v, from, m), []int{4}, []int{2}); err != nil {
			return err
		}
	}
	return errors.Join(endY(), endLSE())
}

// softmax replaces scores QKᵀ by probabilities, and writes ln Σ exp of the rows. A row's largest
// logit counts as finite, so that a row of −∞ alone has probabilities 0; in any other the
// largest has the term 1 in the sum.
func (a *attention) softmax(from int, p, lse operand) error {
	s := a.scoring(from, p)
	s.spec.RowAxes = 1
	lowest, one := s.number(-math.MaxFloat32), s.number(1)
	z := s.logits()
	top := s.do(compute.OpTypeMax, s.do(compute.OpTypeReduceMax, z), lowest)
	e := s.do(compute.OpTypeExp, s.do(compute.OpTypeSub, z, top))
	sum := s.do(compute.OpTypeMax, s.do(compute.OpTypeReduceSum, e), one)
	s.store(s.do(compute.OpTypeDiv, e, sum), p)
	s.reduce(compute.OpTypeReduceMax, s.do(compute.OpTypeAdd, top, s.do(compute.OpTypeLog, sum)), lse)
	return s.end()
}
