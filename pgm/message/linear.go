package message

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/expfam"
)

// Linear is the link y = b + Σ c_i x_i of independent normal variables.
type Linear struct {
	// Weights are the c_i, none of them 0.
	Weights []float64
	// Offset is b.
	Offset float64
}

// Slots implements Factor.
func (f Linear) Slots() []Slot {
	slots := []Slot{{Name: "y", Family: expfam.Normal{}}}
	for range f.Weights {
		slots = append(slots, Slot{Name: "x", Family: expfam.Normal{}})
	}
	return slots
}

func (f Linear) check(int) string {
	for _, c := range append([]float64{f.Offset}, f.Weights...) {
		if math.IsNaN(c) || math.IsInf(c, 0) {
			return fmt.Sprintf("got a weight or offset of %v, want finite numbers", c)
		}
	}
	for _, c := range f.Weights {
		if c == 0 {
			return "got a weight of 0"
		}
	}
	return ""
}

// Push implements Link: ⟨y⟩ = b + Σ c⟨x⟩, Var y = Σ c² Var x.
func (f Linear) Push(u []float64, s *Site) {
	mean, variance := f.Offset, 0.
	for i, c := range f.Weights {
		x := s.In[i+1].U
		mean += c * x[0]
		variance += c * c * (x[1] - x[0]*x[0])
	}
	u[0], u[1] = mean, mean*mean+variance
}

// Pull implements Link. With r what is left of y without x_i, η₁y + η₂y² is, but for a constant,
// c(η₁ + 2η₂⟨r⟩)x + c²η₂x².
func (f Linear) Pull(to []float64, slot int, eta []float64, s *Site) {
	rest := f.Offset
	for i, c := range f.Weights {
		if i != slot-1 {
			rest += c * s.In[i+1].U[0]
		}
	}
	c := f.Weights[slot-1]
	to[0], to[1] = c*(eta[0]+2*eta[1]*rest), c*c*eta[1]
}

// normalOf is the mean and variance of a message, or of a known value. It is flat where the
// message has no precision at all.
func normalOf(in *In) (mean, variance float64, flat bool) {
	if in.Value != nil {
		return in.Value[0], 0, false
	}
	tau := -2 * in.Eta[1]
	if tau == 0 {
		return 0, 0, true
	}
	return in.Eta[0] / tau, 1 / tau, false
}

// Send implements Sender: 0 = b − y + Σ c_i x_i is solved for the slot, and the others add up.
func (f Linear) Send(to []float64, slot int, s *Site) error {
	own, mean, variance := -1., f.Offset, 0.
	for k := range s.In {
		c := -1.
		if k > 0 {
			c = f.Weights[k-1]
		}
		if k == slot {
			own = c
			continue
		}
		m, v, flat := normalOf(&s.In[k])
		if flat {
			to[0], to[1] = 0, 0
			return nil
		}
		mean += c * m
		variance += c * c * v
	}
	if variance == 0 {
		return fmt.Errorf("message: the other variables determine it, want one that is random")
	}
	tau := own * own / variance
	to[0], to[1] = -mean/own*tau, -tau/2
	return nil
}

// SendMax implements Maximiser.
func (f Linear) SendMax(to []float64, slot int, s *Site) error { return f.Send(to, slot, s) }

// LogZ implements Sender: Σ A(η_i) and the chance of what y is told under N(b + Σ cm, Σ c²v).
func (f Linear) LogZ(s *Site) (float64, error) {
	logZ := 0.
	for k := range f.Weights {
		if in := &s.In[k+1]; in.Value == nil {
			a, err := expfam.Normal{}.Expect(nil, in.Eta)
			if err != nil {
				return 0, err
			}
			logZ += a
		}
	}
	var to [2]float64
	if err := f.Send(to[:], 0, s); err != nil {
		return 0, err
	}
	a, err := overlap(to[:], &s.In[0])
	return logZ + a, err
}

// overlap is ln ∫ N(y) exp(η·u(y)) dy of a density N and of what y is told, or ln N(y).
func overlap(density []float64, y *In) (float64, error) {
	if y.Value != nil {
		return expfam.LogProb(expfam.Normal{}, density, y.Value)
	}
	norm, err := expfam.Normal{}.Expect(nil, density)
	if err != nil {
		return 0, err
	}
	both, err := expfam.Normal{}.Expect(nil, []float64{density[0] + y.Eta[0], density[1] + y.Eta[1]})
	return both - norm, err
}
