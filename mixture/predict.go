package mixture

import (
	"fmt"
	"math"
)

// student is the predictive density of one component: of D columns together, or each by itself,
//
//	St(x | m, L, f) = Γ((f + D)/2)/Γ(f/2) |L|^½ (fπ)^(−D/2) (1 + (x − m)ᵀL(x − m)/f)^(−(f + D)/2).
type student struct {
	logWeight float64
	mean      []float64
	root      []float64 // lower triangular A with L/f = AᵀA
	f         float64
	apart     bool
	norm      float64
}

// students gives the predictive densities (Bishop 2006, eqs 10.81–10.82): f = ν_k + 1 − D and
// L/f = β_k/(1 + β_k) W_k; with Gamma precisions f = ν_k.
func (q *posterior) students() []student {
	d, means := q.d, q.w.means()
	out := make([]student, q.k)
	for k := range out {
		f, c := q.nu[k]+1-float64(d), q.beta[k]/(1+q.beta[k])
		if q.cov == Diagonal || q.cov == Spherical {
			f = q.nu[k]
		}
		t := student{math.Log(means[k]), q.mean[k*d : (k+1)*d], make([]float64, d*d), f, q.cov == Diagonal, 0}
		for i := range t.root {
			t.root[i] = math.Sqrt(c) * q.root[k*d*d+i]
		}
		n, copies := float64(d), 1.
		if t.apart {
			n, copies = 1, float64(d)
		}
		t.norm = copies*(lgamma((f+n)/2)-lgamma(f/2)) + float64(d)/2*math.Log(c/math.Pi) - q.logP[k]/2
		out[k] = t
	}
	return out
}

// logProb is ln St(x).
func (t *student) logProb(x, z []float64) float64 {
	for j, v := range x {
		z[j] = v - t.mean[j]
	}
	if !t.apart {
		return t.norm - (t.f+float64(len(x)))/2*math.Log1p(quadratic(t.root, z))
	}
	s := t.norm
	for j, v := range z {
		y := v * t.root[j*len(z)+j]
		s -= (t.f + 1) / 2 * math.Log1p(y*y)
	}
	return s
}

// columns says what is wrong with rows that are to be scored.
func (m *Model) columns(x Data) error {
	if err := x.check(); err != nil {
		return err
	}
	if x.D != m.Columns {
		return fmt.Errorf("mixture: data: got %d columns, want %d", x.D, m.Columns)
	}
	return nil
}

// LogProb returns the predictive density ln p(x_n | data) of each row, a mixture of Student's t.
func (m *Model) LogProb(x Data) ([]float64, error) {
	if err := m.columns(x); err != nil {
		return nil, err
	}
	out, z, l := make([]float64, x.N()), make([]float64, x.D), make([]float64, len(m.tails))
	for n := range out {
		top := math.Inf(-1)
		for k := range m.tails {
			l[k] = m.tails[k].logWeight + m.tails[k].logProb(x.Row(n), z)
			top = max(top, l[k])
		}
		sum := 0.
		for _, v := range l {
			sum += math.Exp(v - top)
		}
		out[n] = top + math.Log(sum)
	}
	return out, nil
}

// Responsibilities returns q(z_n = k) of each row, N×K.
func (m *Model) Responsibilities(x Data) ([]float64, error) {
	if err := m.columns(x); err != nil {
		return nil, err
	}
	b, k := blocked(x), len(m.Components)
	w, out := newWork(k, x.D), make([]float64, x.N()*k)
	for i := range b.count() {
		v, rows := b.block(i)
		m.scores.score(w, v, rows)
		m.scores.respond(w, rows)
		for n := range rows {
			for c := range k {
				out[(i*blockRows+n)*k+c] = w.rho[c*blockRows+n]
			}
		}
	}
	return out, nil
}

// ELBO returns the evidence lower bound of rows under the posterior, with the responsibilities that
// are best for it, in nats: of the rows that were fitted, the bound after the last update.
func (m *Model) ELBO(x Data) (float64, error) {
	if err := m.columns(x); err != nil {
		return 0, err
	}
	q, err := m.posterior()
	if err != nil {
		return 0, err
	}
	c := Default()
	c.Components, c.Covariance, c.Weights = len(m.Components), m.Covariance, m.Weights
	c.Alpha, c.Beta, c.Nu, c.Mean, c.Scale = m.Prior.Alpha, m.Prior.Beta, m.Prior.Nu, m.Prior.Mean, m.Prior.Scale
	p, err := newPrior(c, x)
	if err != nil {
		return 0, err
	}
	return q.sweep(blocked(x), 0).logs - q.kl(p), nil
}
