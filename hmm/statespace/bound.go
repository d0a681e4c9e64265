package statespace

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/cavi"
	"github.com/elbo-go/elbo/internal/polygamma"
	"gonum.org/v1/gonum/mat"
)

// tally holds the expected sums of the updates and the bound.
type tally struct {
	steps, rows   float64
	to, from      *mat.Dense // Σ E z_t z_tᵀ and Σ E z_{t−1} z_{t−1}ᵀ over steps
	cross         *mat.Dense // Σ E z_t z_{t−1}ᵀ
	seen, mixed   *mat.Dense // Σ E z zᵀ (L×L) and Σ y E zᵀ (D×L) over rows
	squares       []float64  // Σ y_s²
	entropy, head float64    // of q(z), and E ln p(z_1)
}

// add adds a sequence.
func (s *tally) add(b *Bayes, y []float64, q *Chain) error {
	d, l := b.Emit.Dims()
	first, logDet, err := inverse(b.Cov, "cov")
	if err != nil {
		return err
	}
	var gap mat.Dense
	gap.Outer(1, b.Mean, q.Mean[0])
	res := symmetric(q.Second[0])
	for i := range l {
		for j := i; j < l; j++ {
			res.SetSym(i, j, res.At(i, j)-gap.At(i, j)-gap.At(j, i)+b.Mean.AtVec(i)*b.Mean.AtVec(j))
		}
	}
	s.head -= 0.5 * (float64(l)*math.Log(2*math.Pi) + logDet + inner(first, res))
	s.entropy += q.Entropy
	for t, z := range q.Mean {
		if t > 0 {
			s.steps++
			s.to.Add(s.to, q.Second[t])
			s.from.Add(s.from, q.Second[t-1])
			s.cross.Add(s.cross, q.Cross[t])
		}
		row := y[t*d : (t+1)*d]
		if missing(row) {
			continue
		}
		s.rows++
		s.seen.Add(s.seen, q.Second[t])
		plusOuter(s.mixed, nil, mat.NewVecDense(d, row), z)
		for i, v := range row {
			s.squares[i] += v * v
		}
	}
	return nil
}

// inner is Σ_ij A_ij B_ij.
func inner(a, b mat.Matrix) (sum float64) {
	n, m := a.Dims()
	for i := range n {
		for j := range m {
			sum += a.At(i, j) * b.At(i, j)
		}
	}
	return sum
}

// expect runs q(z) over all sequences.
func (b *Bayes) expect(seqs [][]float64) (*tally, error) {
	d, l := b.Emit.Dims()
	sq := func() *mat.Dense { return mat.NewDense(l, l, nil) }
	s := &tally{to: sq(), from: sq(), cross: sq(), seen: sq(), mixed: mat.NewDense(d, l, nil), squares: make([]float64, d)}
	for i, y := range seqs {
		q, err := b.states(y)
		if err != nil {
			return nil, fmt.Errorf("sequence %d: %w", i, err)
		}
		if err := s.add(b, y, q); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// bound is the evidence lower bound at the posterior of the parameters and the q(z) of a tally.
func (b *Bayes) bound(s *tally) (sum float64) {
	l, log2pi := float64(len(b.Alpha)), math.Log(2*math.Pi)
	sum = s.entropy + s.head - 0.5*(s.steps*l*log2pi+mat.Trace(s.to)-2*inner(b.Trans, s.cross)+inner(b.square(), s.from))
	for i, a := range b.Shape {
		c, u := b.Emit.RowView(i), s.mixed.RowView(i)
		res := s.squares[i] - 2*mat.Dot(c, u) + mat.Inner(c, s.seen, c)
		sum += 0.5 * (s.rows*(polygamma.Digamma(a)-math.Log(b.Rate[i])-log2pi) - b.precision(i)*res - inner(b.EmitCov, s.seen))
		sum -= cavi.Gamma{Shape: a, Rate: b.Rate[i]}.KL(cavi.Gamma{Shape: b.A0, Rate: b.B0})
	}
	for i := range b.Alpha {
		sum -= rowKL(b.Trans.RowView(i), b.TransCov, b.Alpha, 1)
	}
	for i := range b.Shape {
		sum -= rowKL(b.Emit.RowView(i), b.EmitCov, b.Gamma, b.precision(i))
	}
	return sum
}

// rowKL is KL(N(m, V/ρ)‖N(0, (ρ diag(α))⁻¹)), E ρ = rho,
//
//	½(tr(diag(α)V) + ρ̄ mᵀdiag(α)m − L − ln|V| − Σ ln α).
func rowKL(m mat.Vector, v *mat.SymDense, alpha []float64, rho float64) float64 {
	var chol mat.Cholesky
	if !chol.Factorize(v) {
		return math.NaN() // the fit reports a bound that is not a number
	}
	sum := -float64(len(alpha)) - chol.LogDet()
	for i, a := range alpha {
		sum += a*(v.At(i, i)+rho*m.AtVec(i)*m.AtVec(i)) - math.Log(a)
	}
	return sum / 2
}
