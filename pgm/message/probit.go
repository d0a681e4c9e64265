package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/link"
)

// labelSlots are those of a class out of two by an activation.
var labelSlots = []Slot{{Name: "label", Family: expfam.Categorical{K: 2}}, {Name: "activation", Family: expfam.Normal{}}}

// Probit is p(label = 1 | a) = Φ(a). EP has the moments in closed form (Rasmussen & Williams 2006,
// eqs 3.82–3.85). Variational messages take the bound of the augmentation y ~ N(a, 1), label = 1
// where y > 0 (Albert & Chib 1993), at its optimal q(y): for the sign s of the label
//
//	ln Φ(sa) ≥ ln Φ(s⟨a⟩) − ½ Var a,   to a  (⟨y⟩, −½),   ⟨y⟩ = ⟨a⟩ + sφ(⟨a⟩)/Φ(s⟨a⟩).
type Probit struct{}

// Slots implements Factor.
func (Probit) Slots() []Slot { return labelSlots }

// sign is −1 for class 0 and 1 for class 1.
func sign(label int) float64 { return 2*float64(label) - 1 }

// side is the law of the activation under the cavity N(m, v) and a label:
// with z = sm/√(1+v) and r = φ(z)/Φ(z), m + svr/√(1+v) and v − v²r(z + r)/(1 + v).
func (Probit) side(label int, m, v float64) tilted {
	s, root := sign(label), math.Sqrt(1+v)
	z := s * m / root
	r := link.InverseMills(z)
	return tilted{link.LogNormalCDF(z), m + s*v*r/root, v - v*v*r*(z+r)/(1+v)}
}

// Send implements Sender.
func (f Probit) Send(to []float64, slot int, s *Site) error { return sendLabel(f.side, to, slot, s) }

// LogZ implements Sender.
func (f Probit) LogZ(s *Site) (float64, error) {
	return labelZ(f.side, func(label int, a float64) float64 { return link.LogNormalCDF(sign(label) * a) }, s)
}

// sendLabel sends to a label ln Z of each class, and to the activation the moments of the classes'
// mixture.
func sendLabel(side func(label int, m, v float64) tilted, to []float64, slot int, s *Site) error {
	m, v, ok := 0., 0., true
	if x := s.In[1].Value; x != nil {
		m = x[0]
	} else {
		m, v, ok = cavityOf(&s.In[1])
	}
	if !ok {
		return ErrWait
	}
	parts := []tilted{side(0, m, v), side(1, m, v)}
	if slot == 0 {
		to[0], to[1] = parts[0].logZ, parts[1].logZ
		return nil
	}
	return mixed(weighted(&s.In[0], parts), parts).project(to, &s.In[1])
}

// weighted are ln Z of the classes by what is known of the label.
func weighted(label *In, parts []tilted) []float64 {
	logs := append([]float64(nil), logits(label, len(parts))...)
	for k, p := range parts {
		logs[k] += p.logZ
	}
	return logs
}

// labelZ is ln Z of a label and its activation.
func labelZ(side func(label int, m, v float64) tilted, log func(label int, a float64) float64, s *Site) (float64, error) {
	if x := s.In[1].Value; x != nil {
		parts := []tilted{{logZ: log(0, x[0])}, {logZ: log(1, x[0])}}
		return logSum(weighted(&s.In[0], parts)), nil
	}
	m, v, ok := cavityOf(&s.In[1])
	if !ok {
		return 0, ErrWait
	}
	parts := []tilted{side(0, m, v), side(1, m, v)}
	return mixed(weighted(&s.In[0], parts), parts).whole(&s.In[1])
}

// bound is ln Φ(s⟨a⟩) − ½ Var a.
func (Probit) bound(label int, a []float64) float64 {
	return link.LogNormalCDF(sign(label)*a[0]) - (a[1]-a[0]*a[0])/2
}

// Average implements Averager.
func (f Probit) Average(to []float64, slot int, s *Site) {
	z, a := s.In[0].U, s.In[1].U
	if slot == 0 {
		to[0], to[1] = f.bound(0, a), f.bound(1, a)
		return
	}
	to[0], to[1] = a[0], -.5
	for label, r := range z {
		to[0] += r * sign(label) * link.InverseMills(sign(label)*a[0])
	}
}

// Energy implements Averager.
func (f Probit) Energy(s *Site) float64 {
	z, a := s.In[0].U, s.In[1].U
	return z[0]*f.bound(0, a) + z[1]*f.bound(1, a)
}
