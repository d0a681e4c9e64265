package switching

import (
	"math"

	"github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/hmm/statespace"
	"gonum.org/v1/gonum/mat"
)

// Posterior is q(s) q(z) of a sequence.
type Posterior struct {
	// Bound is the evidence lower bound: at most ln p(y), by KL(q(s)q(z) ‖ p(s, z | y)).
	Bound float64
	// Regimes holds q(s_t = k), T×K.
	Regimes []float64
	// Pairs holds the expected numbers of steps from regime i to j, K×K.
	Pairs []float64
	// Mean holds the L expected hidden values of each row.
	Mean []*mat.VecDense

	q *statespace.Chain
}

// precisions holds what both halves of the posterior need of the covariances.
type precisions struct {
	first, emit      *mat.SymDense   // P⁻¹ and R⁻¹
	trans            []*mat.SymDense // Q⁻¹
	logFirst, logOut float64         // ln|P| and ln|R|
	logTrans         []float64       // ln|Q|
}

func (m *Model) precisions() (p precisions, err error) {
	if p.first, p.logFirst, err = inverse(m.Cov, "covariance of the first state"); err != nil {
		return p, err
	}
	if p.emit, p.logOut, err = inverse(m.EmitCov, "covariance of the rows"); err != nil {
		return p, err
	}
	for _, q := range m.TransCov {
		inv, logDet, err := inverse(q, "covariance of a regime")
		if err != nil {
			return p, err
		}
		p.trans, p.logTrans = append(p.trans, inv), append(p.logTrans, logDet)
	}
	return p, nil
}

// states finds q(z) given q(s): the Gaussian chain whose natural parameters are the expected
// ones,
//
//	J_tt ∋ Σ_k γ_t(k) Q_k⁻¹,  J_{t−1,t−1} ∋ Σ_k γ_t(k) A_kᵀ Q_k⁻¹ A_k,  J_{t,t−1} = −Σ_k γ_t(k) Q_k⁻¹ A_k.
func (m *Model) states(p precisions, y, regimes []float64) (*statespace.Chain, error) {
	k, l, d := m.size()
	n := len(y) / d
	q := &statespace.Chain{J: make([]*mat.Dense, n), Below: make([]*mat.Dense, n), H: make([]*mat.VecDense, n)}
	ahead, around := make([]*mat.Dense, k), make([]*mat.Dense, k) // Q⁻¹A and AᵀQ⁻¹A
	for s, a := range m.Trans {
		ahead[s], around[s] = new(mat.Dense), new(mat.Dense)
		ahead[s].Mul(p.trans[s], a)
		around[s].Mul(a.T(), ahead[s])
	}
	var in, look mat.Dense // CᵀR⁻¹ and CᵀR⁻¹C
	in.Mul(m.Emit.T(), p.emit)
	look.Mul(&in, m.Emit)
	for t := range n {
		q.J[t], q.H[t] = mat.NewDense(l, l, nil), mat.NewVecDense(l, nil)
		if t == 0 {
			q.J[0].Copy(p.first)
			q.H[0].MulVec(p.first, m.Mean)
		} else {
			q.Below[t] = mat.NewDense(l, l, nil)
			for s, g := range regimes[t*k : (t+1)*k] {
				addScaled(q.J[t], g, p.trans[s])
				addScaled(q.J[t-1], g, around[s])
				addScaled(q.Below[t], -g, ahead[s])
			}
		}
		if row, ok := seen(y, t, d); ok {
			var pull mat.VecDense
			pull.MulVec(&in, row)
			q.H[t].AddVec(q.H[t], &pull)
			q.J[t].Add(q.J[t], &look)
		}
	}
	return q, q.Solve()
}

// regimes finds q(s) given q(z), whose log-densities are E ln N(z_t; A_k z_{t−1}, Q_k), and the
// bound at both,
//
//	L = ln Z̃(s) + E ln p(z_1) + Σ_t E ln p(y_t | z_t) + H(q(z)).
func (m *Model) regimes(p precisions, y []float64, q *statespace.Chain) (*Posterior, error) {
	k, _, d := m.size()
	table := make([]float64, len(q.Mean)*k)
	mean := mat.DenseCopyOf(m.Mean)
	bound := q.Entropy + logNormal(residual(q.Second[0], mat.DenseCopyOf(q.Mean[0]), one, mean), p.first, p.logFirst)
	for t := range q.Mean {
		for s := range k {
			if t > 0 {
				res := residual(q.Second[t], q.Cross[t], q.Second[t-1], m.Trans[s])
				table[t*k+s] = logNormal(res, p.trans[s], p.logTrans[s])
			}
		}
		if row, ok := seen(y, t, d); ok {
			var yy, yz mat.Dense
			yy.Outer(1, row, row)
			yz.Outer(1, row, q.Mean[t])
			bound += logNormal(residual(&yy, &yz, q.Second[t], m.Emit), p.emit, p.logOut)
		}
	}
	chain, err := hmm.Chain(m.Start, m.Steps, table)
	if err != nil {
		return nil, err
	}
	return &Posterior{Bound: bound + chain.LogLik, Regimes: chain.Smoothed, Pairs: chain.Pairs, Mean: q.Mean, q: q}, nil
}

// one is the second moment of the constant one.
var one = mat.NewDense(1, 1, []float64{1})

// Infer finds q(s) q(z) of a sequence by turns until the bound rises by less than tol·|bound|;
// regimes is where q(s) begins, T×K, or nil for equal shares.
func (m *Model) Infer(y, regimes []float64, tol float64) (*Posterior, error) {
	n, err := m.check(y)
	if err != nil {
		return nil, err
	}
	p, err := m.precisions()
	if err != nil {
		return nil, err
	}
	if regimes == nil {
		k := len(m.Start)
		regimes = make([]float64, n*k)
		for i := range regimes {
			regimes[i] = 1 / float64(k)
		}
	}
	last := math.Inf(-1)
	for {
		post, err := m.turn(p, y, regimes)
		if err != nil {
			return nil, err
		}
		if !(post.Bound-last > tol*math.Abs(post.Bound)) {
			return post, nil
		}
		last, regimes = post.Bound, post.Regimes
	}
}

// turn updates q(z) and then q(s).
func (m *Model) turn(p precisions, y, regimes []float64) (*Posterior, error) {
	q, err := m.states(p, y, regimes)
	if err != nil {
		return nil, err
	}
	return m.regimes(p, y, q)
}
