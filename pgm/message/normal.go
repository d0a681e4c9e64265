package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
)

var ln2Pi = math.Log(2 * math.Pi)

// Normal is x ~ N(μ, (cτ)⁻¹). Variational messages are those of Winn & Bishop 2005, section 4.2:
//
//	to x  c⟨τ⟩(⟨μ⟩, −½),  to μ  c⟨τ⟩(⟨x⟩, −½),  to τ  (½, −½c⟨(x − μ)²⟩).
//
// Sum-product messages need a known τ: from N(m, v) on one side to N(m, v + 1/(cτ)) on the other.
type Normal struct {
	// Scale is c; 0 means 1.
	Scale float64
}

// Slots implements Factor.
func (Normal) Slots() []Slot {
	return []Slot{{Name: "x", Family: expfam.Normal{}}, {Name: "mean", Family: expfam.Normal{}}, {Name: "precision", Family: expfam.Gamma{}}}
}

func (f Normal) check(int) string {
	if !(f.Scale >= 0) || math.IsInf(f.Scale, 1) {
		return "got a scale of the precision that is not positive"
	}
	return ""
}

func (f Normal) scale() float64 {
	if f.Scale == 0 {
		return 1
	}
	return f.Scale
}

// square is ⟨(x − μ)²⟩.
func (Normal) square(s *Site) float64 {
	x, mu := s.In[0].U, s.In[1].U
	d := x[0] - mu[0] // by variances, since ⟨x²⟩ − 2⟨x⟩⟨μ⟩ + ⟨μ²⟩ cancels far from 0
	return d*d + (x[1] - x[0]*x[0]) + (mu[1] - mu[0]*mu[0])
}

// Average implements Averager.
func (f Normal) Average(to []float64, slot int, s *Site) {
	c := f.scale()
	if slot == 2 {
		to[0], to[1] = .5, -c*f.square(s)/2
		return
	}
	tau := c * s.In[2].U[1]
	to[0], to[1] = tau*s.In[1-slot].U[0], -tau/2
}

// Energy implements Averager: ½(ln c + ⟨ln τ⟩ − ln 2π − c⟨τ⟩⟨(x − μ)²⟩).
func (f Normal) Energy(s *Site) float64 {
	c, tau := f.scale(), s.In[2].U
	return .5 * (math.Log(c) + tau[0] - ln2Pi - c*tau[1]*f.square(s))
}

// needs says what sum-product asks of the arguments.
func (Normal) needs(slot int) string {
	if slot == 2 {
		return "the integral over a random precision is no normal density"
	}
	return ""
}

// Powers implements Powered: N(x; μ, 1/τ)^α is a multiple of N(x; μ, 1/(ατ)).
func (Normal) Powers() bool { return true }

// precision is αcτ.
func (f Normal) precision(s *Site) float64 { return s.Alpha * f.scale() * s.In[2].Value[0] }

// Send implements Sender.
func (f Normal) Send(to []float64, slot int, s *Site) error {
	tau, from := f.precision(s), &s.In[1-slot]
	if from.Value != nil {
		to[0], to[1] = tau*from.Value[0], -tau/2
		return nil
	}
	// r + τ with r the precision of the other side, which EP may send below 0.
	r := -2 * from.Eta[1]
	if !(r+tau > 0) {
		return ErrWait
	}
	c := tau / (r + tau)
	to[0], to[1] = c*from.Eta[0], c*from.Eta[1]
	return nil
}

// SendMax implements Maximiser: what is largest in a normal density is its mean.
func (f Normal) SendMax(to []float64, slot int, s *Site) error { return f.Send(to, slot, s) }

// LogZ implements Sender. With N(m_x, v_x) and N(m_μ, v_μ) from the variables it is
// ln N(m_x; m_μ, v_x + v_μ + 1/τ) and their normalisers.
func (f Normal) LogZ(s *Site) (float64, error) {
	tau, c := f.precision(s), f.scale()*s.In[2].Value[0]
	power := s.Alpha/2*(math.Log(c)-ln2Pi) - .5*(math.Log(tau)-ln2Pi)
	// ∫∫ exp(η·u) N(x; μ, 1/τ): the 2×2 precision [[a, −τ], [−τ, b]] and shift h.
	x, mu := &s.In[0], &s.In[1]
	switch {
	case x.Value != nil && mu.Value != nil:
		d := x.Value[0] - mu.Value[0]
		return power + .5*(math.Log(tau)-ln2Pi-tau*d*d), nil
	case x.Value != nil || mu.Value != nil:
		at, free := x, mu
		if at.Value == nil {
			at, free = mu, x
		}
		v := at.Value[0]
		a, err := expfam.Normal{}.Expect(nil, []float64{free.Eta[0] + tau*v, free.Eta[1] - tau/2})
		return power + a + .5*(math.Log(tau)-ln2Pi-tau*v*v), err
	}
	// Integrate μ out, then x.
	b := tau - 2*mu.Eta[1]
	inner, err := expfam.Normal{}.Expect(nil, []float64{mu.Eta[0], mu.Eta[1] - tau/2})
	if err != nil {
		return 0, err
	}
	left, err := expfam.Normal{}.Expect(nil, []float64{x.Eta[0] + tau*mu.Eta[0]/b, x.Eta[1] + tau*mu.Eta[1]/b})
	return power + inner + left + .5*(math.Log(tau)-ln2Pi), err
}
