package statespace

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/cavi"
	"gonum.org/v1/gonum/mat"
)

// Bayes is a state space model with a posterior over its parameters (Beal 2003, chapter 5),
//
//	z_t = A z_{t−1} + N(0, I),  y_ts ~ N(c_sᵀ z_t, 1/ρ_s),
//	a_j ~ N(0, diag(α)⁻¹),  c_s | ρ_s ~ N(0, (ρ_s diag(γ))⁻¹),  ρ_s ~ Gamma(A0, B0),
//
// a_j the rows of A and c_s those of C. Fit also raises the bound by α and γ, which switches
// off hidden values that the rows do not need: relevance is found automatically.
type Bayes struct {
	// Mean and Cov are those of the first hidden state; they stay.
	Mean *mat.VecDense
	// Cov is the L×L covariance of the first hidden state.
	Cov *mat.SymDense
	// Trans is E A, L×L, and TransCov the covariance of each of its rows.
	Trans *mat.Dense
	// TransCov is the L×L covariance of a row of A.
	TransCov *mat.SymDense
	// Emit is E C, D×L; the covariance of row s is EmitCov/ρ_s.
	Emit *mat.Dense
	// EmitCov is L×L.
	EmitCov *mat.SymDense
	// Shape and Rate are those of the posterior of each ρ_s.
	Shape, Rate []float64
	// Alpha and Gamma are the precisions of the columns of A and C.
	Alpha, Gamma []float64
	// A0 and B0 are the prior of ρ.
	A0, B0 float64
	// FixRelevance keeps α and γ as they are.
	FixRelevance bool
}

// NewBayes returns a posterior of l hidden values whose C is given, D×L, to begin with: rows of
// noise of variance b0/a0 and a first state from N(0, I).
func NewBayes(emit *mat.Dense, a0, b0 float64) (*Bayes, error) {
	if emit == nil || !(a0 > 0) || !(b0 > 0) || math.IsInf(a0+b0, 0) {
		return nil, fmt.Errorf("statespace: bayes: got C %v, prior (%g, %g), want a matrix and positive numbers", emit != nil, a0, b0)
	}
	d, l := emit.Dims()
	if s := mat.Sum(emit); math.IsNaN(s) || math.IsInf(s, 0) {
		return nil, fmt.Errorf("statespace: bayes: C: got a value that is not finite, want finite numbers")
	}
	b := &Bayes{Mean: mat.NewVecDense(l, nil), Cov: mat.NewSymDense(l, nil), Trans: mat.NewDense(l, l, nil), TransCov: mat.NewSymDense(l, nil),
		Emit: mat.DenseCopyOf(emit), EmitCov: mat.NewSymDense(l, nil), A0: a0, B0: b0}
	for i := range l {
		b.Cov.SetSym(i, i, 1)
		b.Trans.Set(i, i, 0.9)
		b.TransCov.SetSym(i, i, 1e-2)
		b.EmitCov.SetSym(i, i, 1e-2)
		b.Alpha, b.Gamma = append(b.Alpha, 1), append(b.Gamma, 1)
	}
	for range d {
		b.Shape, b.Rate = append(b.Shape, a0), append(b.Rate, b0)
	}
	return b, nil
}

// precision is E ρ_s.
func (b *Bayes) precision(s int) float64 { return b.Shape[s] / b.Rate[s] }

// states finds q(z) given the posterior of the parameters, with
//
//	E AᵀA = ĀᵀĀ + L·TransCov,  E Cᵀdiag(ρ)C = Σ_s ρ̄_s c̄_s c̄_sᵀ + D·EmitCov.
func (b *Bayes) states(y []float64) (*Chain, error) {
	d, l := b.Emit.Dims()
	n := len(y) / d
	first, _, err := inverse(b.Cov, "cov")
	if err != nil {
		return nil, err
	}
	q := &Chain{J: make([]*mat.Dense, n), Below: make([]*mat.Dense, n), H: make([]*mat.VecDense, n)}
	look, from := b.look(), b.square()
	for t := range n {
		q.J[t], q.H[t] = mat.NewDense(l, l, nil), mat.NewVecDense(l, nil)
		if t == 0 {
			q.J[0].Copy(first)
			q.H[0].MulVec(first, b.Mean)
		} else {
			for i := range l {
				q.J[t].Set(i, i, 1)
			}
			q.J[t-1].Add(q.J[t-1], from)
			q.Below[t] = new(mat.Dense)
			q.Below[t].Scale(-1, b.Trans)
		}
		if missing(y[t*d : (t+1)*d]) {
			continue
		}
		q.J[t].Add(q.J[t], look)
		for s, v := range y[t*d : (t+1)*d] {
			q.H[t].AddScaledVec(q.H[t], v*b.precision(s), b.Emit.RowView(s))
		}
	}
	return q, q.Solve()
}

// missing tells whether a row is missing.
func missing(row []float64) bool {
	for _, v := range row {
		if math.IsNaN(v) {
			return true
		}
	}
	return false
}

// square is E AᵀA.
func (b *Bayes) square() *mat.Dense {
	var out, more mat.Dense
	out.Mul(b.Trans.T(), b.Trans)
	more.Scale(float64(len(b.Alpha)), b.TransCov)
	out.Add(&out, &more)
	return &out
}

// look is E Cᵀdiag(ρ)C.
func (b *Bayes) look() *mat.Dense {
	d, _ := b.Emit.Dims()
	var out mat.Dense
	out.Scale(float64(d), b.EmitCov)
	for s := range d {
		var cc mat.Dense
		cc.Outer(b.precision(s), b.Emit.RowView(s), b.Emit.RowView(s))
		out.Add(&out, &cc)
	}
	return &out
}

// update sets the posterior of A, then that of C and ρ (Beal 2003, section 5.3.1):
//
//	V_A = (diag(α) + Σ E z_{t−1}z_{t−1}ᵀ)⁻¹, Ā = (Σ E z_t z_{t−1}ᵀ) V_A,
//	V_C = (diag(γ) + Σ E z_t z_tᵀ)⁻¹, c̄_s = V_C Σ y_ts E z_t, and
//	ρ_s ~ Gamma(A0 + N/2, B0 + ½(Σ y² − c̄_sᵀ V_C⁻¹ c̄_s)).
func (b *Bayes) update(s *tally) error {
	weigh := func(sum *mat.Dense, alpha []float64) (*mat.SymDense, *mat.SymDense, error) {
		p := symmetric(sum)
		for i, a := range alpha {
			p.SetSym(i, i, p.At(i, i)+a)
		}
		v, _, err := inverse(p, "precision of the parameters")
		return p, v, err
	}
	_, v, err := weigh(s.from, b.Alpha)
	if err != nil {
		return err
	}
	b.TransCov = v
	b.Trans.Mul(s.cross, v)
	p, v, err := weigh(s.seen, b.Gamma)
	if err != nil {
		return err
	}
	b.EmitCov = v
	b.Emit.Mul(s.mixed, v)
	for i := range b.Shape {
		c := b.Emit.RowView(i)
		b.Shape[i], b.Rate[i] = b.A0+s.rows/2, b.B0+0.5*max(0, s.squares[i]-mat.Inner(c, p, c))
	}
	return nil
}

// relevance sets α and γ to where the bound is highest: α_j = L/(E AᵀA)_jj and
// γ_j = D/(E Cᵀdiag(ρ)C)_jj.
func (b *Bayes) relevance() {
	square, look := b.square(), b.look()
	for j := range b.Alpha {
		b.Alpha[j] = min(most, float64(len(b.Alpha))/square.At(j, j))
		b.Gamma[j] = min(most, float64(len(b.Shape))/look.At(j, j))
	}
}

// most bounds the precision of a column that is switched off.
const most = 1e8

// Fit improves the posterior in place by variational Bayes: q(z), then q(A) and q(C, ρ), then
// α and γ; none lets the bound fall. It takes the sweeps, the tolerance and the progress of the
// config, and returns the bound of every sweep.
func (b *Bayes) Fit(ctx context.Context, seqs [][]float64, c Config) (trace []float64, err error) {
	if len(seqs) == 0 {
		return nil, fmt.Errorf("statespace: bayes: got no sequences, want at least one")
	}
	for i, y := range seqs {
		if _, err := b.point().check(y); err != nil {
			return nil, fmt.Errorf("sequence %d: %w", i, err)
		}
	}
	loop := cavi.Loop{Sweeps: c.Sweeps, Tolerance: c.Tol, Progress: c.Progress}
	trace, _, err = loop.Climb(ctx, func() (float64, error) {
		s, err := b.expect(seqs)
		if err != nil {
			return 0, err
		}
		if err := b.update(s); err != nil {
			return 0, err
		}
		if !b.FixRelevance {
			b.relevance()
		}
		return b.bound(s), nil
	})
	return trace, err
}

// point is the model at expected parameters.
func (b *Bayes) point() *Model {
	d, l := b.Emit.Dims()
	m := &Model{Mean: b.Mean, Cov: b.Cov, Trans: b.Trans, TransCov: mat.NewSymDense(l, nil), Emit: b.Emit, EmitCov: mat.NewSymDense(d, nil)}
	for i := range l {
		m.TransCov.SetSym(i, i, 1)
	}
	for s := range d {
		m.EmitCov.SetSym(s, s, 1/b.precision(s))
	}
	return m
}

// Point returns the model at expected parameters.
func (b *Bayes) Point() *Model {
	m := b.point()
	m.Mean, m.Cov, m.Trans, m.Emit = mat.VecDenseCopyOf(m.Mean), symmetric(m.Cov), mat.DenseCopyOf(m.Trans), mat.DenseCopyOf(m.Emit)
	return m
}
