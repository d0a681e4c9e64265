package quant

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// Signs is quantisation without lookup (Yu et al. 2024, section 3.1): a code is the signs of d numbers,
// its number Σ_i 2^i [z_i > 0]. Beside β‖z − sg[sign z]‖² training minimises, for each feature,
//
//	w (E[H(q(c|z))] − H(E[q(c|z)])),  q(c|z) ∝ exp(−‖z − c‖²/τ),
//
// the entropy of a feature's own code, which is to be sure, less that of all codes together, which are
// to be used alike (ibid., eq. 4).
type Signs struct {
	// Bits is d, at most [MaxBits].
	Bits int
	// Commit is β.
	Commit float64
	// Entropy is w.
	Entropy float64
	// Temperature is τ.
	Temperature float64
}

// MaxBits bounds d: the codes together have 2^d probabilities.
const MaxBits = 16

// Size implements [Quantiser].
func (q Signs) Size() (count, values, dim int) { return 1, 1 << q.Bits, q.Bits }

// Apply implements [Quantiser].
func (q Signs) Apply(_ *model.Scope, z *g.Node) Output {
	fixed := g.StopGradient(z)
	positive := g.ConvertDType(g.GreaterThan(fixed, g.ZerosLike(fixed)), z.DType())
	code := g.AddScalar(g.MulScalar(positive, 2), -1)
	own, together := q.Entropies(z)
	loss := g.MulScalar(squares(z, code), q.Commit)
	loss = g.Add(loss, g.MulScalar(g.Sub(own, together), q.Entropy))
	return Output{
		Codes: Through(z, code),
		Index: g.ReduceAndKeep(g.Mul(positive, q.powers(z)), g.ReduceSum, -1),
		Loss:  loss,
		Figures: []vi.Figure{
			{Name: "entropy of a feature's code", Value: g.ReduceAllMean(own)},
			{Name: "entropy of codes", Value: together},
		},
	}
}

// powers is 1, 2, 4, …, 1×d.
func (q Signs) powers(like *g.Node) *g.Node {
	v := make([]float64, q.Bits)
	for i := range v {
		v[i] = float64(int(1) << i)
	}
	return g.ConvertDType(g.Const(like.Graph(), [][]float64{v}), like.DType())
}

// Entropies returns H(q(c|z)) of each feature, N, and H of the mean of q(c|z) over the features, both
// in nats. As ‖z + 1‖² − ‖z − 1‖² = 4z by element, q(c|z) is a product of Bernoulli distributions with
// logits 4z/τ. The mean of their products over the features is one product of matrices: that of the
// probabilities of the first half of the bits and of the second.
func (q Signs) Entropies(z *g.Node) (own, together *g.Node) {
	a := g.MulScalar(z, 4/q.Temperature)
	p := g.Logistic(a)
	own = g.ReduceSum(g.Sub(special.Softplus(a), g.Mul(a, p)), -1)
	low, high := q.joint(p, 0, q.Bits/2), q.joint(p, q.Bits/2, q.Bits)
	mean := g.DivScalar(g.EinsumAxes(high, low, [][2]int{{0, 0}}, nil), float64(z.Shape().Dim(0)))
	return own, g.Neg(g.ReduceAllSum(g.Mul(mean, g.Log(g.MaxScalar(mean, 1e-30)))))
}

// joint returns the probabilities of all signs of the bits from first to end, N×2^(end−first).
func (q Signs) joint(p *g.Node, first, end int) *g.Node {
	n := p.Shape().Dim(0)
	out := g.OnesLike(columns(p, 0, 1))
	for i := first; i < end; i++ {
		bit := columns(p, i, i+1)
		out = g.Concatenate([]*g.Node{g.Mul(out, g.OneMinus(bit)), g.Mul(out, bit)}, 1)
	}
	return g.Reshape(out, n, 1<<(end-first))
}

// Lookup implements [Quantiser].
func (q Signs) Lookup(_ *model.Scope, index *g.Node) *g.Node {
	above := g.Floor(g.Div(g.AddScalar(index, .5), q.powers(index)))
	bit := g.Sub(above, g.MulScalar(g.Floor(g.MulScalar(g.AddScalar(above, .5), .5)), 2))
	return g.AddScalar(g.MulScalar(bit, 2), -1)
}
