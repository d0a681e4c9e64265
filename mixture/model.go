package mixture

import "slices"

// Component is one Gaussian of a fitted mixture: E π_k, N_k and q(μ_k, Λ_k) = NW(m, β, W, ν), or
// what the covariance's shape makes of it.
type Component struct {
	Weight float64   `json:"weight"` // E π_k
	Count  float64   `json:"count"`  // N_k
	Mean   []float64 `json:"mean"`   // m_k, D
	Beta   float64   `json:"beta"`   // β_k
	Nu     float64   `json:"nu"`     // ν_k
	Scale  []float64 `json:"scale"`  // P_k = W_k⁻¹, D×D
	A      float64   `json:"a"`      // α_k, or the first parameter of the stick's Beta
	B      float64   `json:"b"`      // the second parameter of the stick's Beta
}

// Prior repeats what was fitted with, since it decides how many components stay.
type Prior struct {
	Alpha float64   `json:"alpha"` // α₀
	Beta  float64   `json:"beta"`  // β₀
	Nu    float64   `json:"nu"`    // ν₀
	Mean  []float64 `json:"mean"`  // m₀, D
	Scale []float64 `json:"scale"` // W₀⁻¹ in the shape of the covariance, D×D
}

// Model is a fitted mixture. Components are ordered by N_k, the largest first; sticks keep the
// order of their lengths, in which the last may be larger than those before it.
type Model struct {
	Covariance Covariance  // shape of the precision matrices
	Weights    Weights     // kind of the mixing weights
	Columns    int         // D
	Prior      Prior       // what was fitted with
	Components []Component // K
	Bound      float64     // evidence lower bound, nats over all rows
	History    []float64   // the bound of each sweep of the start that was kept
	Converged  bool        // the last sweep gained less than the tolerance

	scores *scorer
	tails  []student
}

// model makes a Model of the posterior.
func (q *posterior) model(p *prior, count []float64, history []float64, converged bool) *Model {
	m := &Model{Covariance: q.cov, Weights: q.w.kind, Columns: q.d, Bound: history[len(history)-1], History: history, Converged: converged,
		Prior: Prior{p.alpha, p.beta, p.nu, p.mean, p.scale}}
	means, d := q.w.means(), q.d
	at := order(count)
	if q.w.kind == Sticks {
		slices.Sort(at) // sticks have an order of their own, which update keeps
	}
	for _, k := range at {
		m.Components = append(m.Components, Component{means[k], count[k], slices.Clone(q.mean[k*d : (k+1)*d]), q.beta[k], q.nu[k],
			slices.Clone(q.scale[k*d*d : (k+1)*d*d]), q.w.a[k], q.w.b[k]})
	}
	if err := m.prepare(); err != nil {
		panic(err) // the same matrices were factorised before
	}
	return m
}

// posterior is the inverse of model.
func (m *Model) posterior() (*posterior, error) {
	p := &prior{d: m.Columns, k: len(m.Components), alpha: m.Prior.Alpha, weights: m.Weights}
	q, d := newPosterior(m.Covariance, p), m.Columns
	for k, c := range m.Components {
		copy(q.mean[k*d:], c.Mean)
		copy(q.scale[k*d*d:], c.Scale)
		q.beta[k], q.nu[k], q.w.a[k], q.w.b[k] = c.Beta, c.Nu, c.A, c.B
	}
	return q, q.prepare()
}

// prepare derives what predictions need.
func (m *Model) prepare() error {
	q, err := m.posterior()
	if err != nil {
		return err
	}
	m.scores, m.tails = q.scorer(), q.students()
	return nil
}
