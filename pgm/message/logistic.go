package message

import (
	"math"

	"github.com/elbo-go/elbo/internal/link"
)

// Logistic is p(label = 1 | a) = σ(a). Variational messages take the bound of Jaakkola & Jordan
// 2000 at its optimum ξ² = ⟨a²⟩: for the sign s of the label
//
//	⟨ln σ(sa)⟩ ≥ ln σ(ξ) + ½(s⟨a⟩ − ξ),   to a  (½s, −λ(ξ)).
//
// EP finds the moments by quadrature.
type Logistic struct{}

// Slots implements Factor.
func (Logistic) Slots() []Slot { return labelSlots }

// side is the law of the activation under the cavity and a label. The curve has its poles at ±πi,
// which a step of ½ keeps at e⁻³⁹.
func (Logistic) side(label int, m, v float64) tilted {
	s := sign(label)
	if v == 0 {
		return tilted{logZ: link.LogSigmoid(s * m), mean: m}
	}
	return quadrature(func(a float64) float64 { return link.LogSigmoid(s * a) }, m, v, 3)
}

// Send implements Sender.
func (f Logistic) Send(to []float64, slot int, s *Site) error { return sendLabel(f.side, to, slot, s) }

// LogZ implements Sender.
func (f Logistic) LogZ(s *Site) (float64, error) {
	return labelZ(f.side, func(label int, a float64) float64 { return link.LogSigmoid(sign(label) * a) }, s)
}

// bound is ln σ(ξ) + ½(s⟨a⟩ − ξ).
func (Logistic) bound(label int, a []float64) float64 {
	xi := math.Sqrt(a[1])
	return link.LogSigmoid(xi) + (sign(label)*a[0]-xi)/2
}

// Average implements Averager.
func (f Logistic) Average(to []float64, slot int, s *Site) {
	z, a := s.In[0].U, s.In[1].U
	if slot == 0 {
		to[0], to[1] = f.bound(0, a), f.bound(1, a)
		return
	}
	to[0], to[1] = (z[1]-z[0])/2, -link.Lambda(math.Sqrt(a[1]))
}

// Energy implements Averager.
func (f Logistic) Energy(s *Site) float64 {
	z, a := s.In[0].U, s.In[1].U
	return z[0]*f.bound(0, a) + z[1]*f.bound(1, a)
}
