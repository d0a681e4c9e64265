package message

import (
	"fmt"

	"github.com/elbo-go/elbo/expfam"
)

// Dot is the link y = wᵀx of two independent vectors of D numbers, of which sum-product needs x
// to be known.
type Dot struct {
	// D is the number of numbers.
	D int
}

// Slots implements Factor.
func (f Dot) Slots() []Slot {
	return []Slot{{Name: "y", Family: expfam.Normal{}}, {Name: "w", Family: expfam.MultiNormal(f)}, {Name: "x", Family: expfam.MultiNormal(f)}}
}

// Push implements Link: ⟨y⟩ = ⟨w⟩ᵀ⟨x⟩, ⟨y²⟩ = tr⟨wwᵀ⟩⟨xxᵀ⟩.
func (f Dot) Push(u []float64, s *Site) {
	w, x := s.In[1].U, s.In[2].U
	u[0], u[1] = dot(w[:f.D], x[:f.D]), dot(w[f.D:], x[f.D:])
}

// Pull implements Link: η₁y + η₂y² is η₁⟨x⟩ᵀw + η₂ tr⟨xxᵀ⟩wwᵀ.
func (f Dot) Pull(to []float64, slot int, eta []float64, s *Site) {
	for i, v := range s.In[3-slot].U {
		if i < f.D {
			to[i] = eta[0] * v
		} else {
			to[i] = eta[1] * v
		}
	}
}

// needs says what sum-product asks of the arguments.
func (Dot) needs(slot int) string {
	if slot == 2 {
		return "the product of two random vectors has no normal density"
	}
	return ""
}

// spread is the mean and variance xᵀ⟨w⟩ and xᵀ Cov w x under what is known of w without the factor.
func (f Dot) spread(s *Site) (mean, variance float64, err error) {
	u := make([]float64, f.D+f.D*f.D)
	x := s.In[2].Value
	if w := s.In[1].Value; w != nil {
		return dot(w, x), 0, nil
	}
	if _, err := (expfam.MultiNormal(f)).Expect(u, s.In[1].Eta); err != nil {
		return 0, 0, ErrWait
	}
	mean = dot(u[:f.D], x)
	for i, a := range x {
		for j, b := range x {
			variance += a * b * (u[f.D+i*f.D+j] - u[i]*u[j])
		}
	}
	return mean, variance, nil
}

// Send implements Sender.
func (f Dot) Send(to []float64, slot int, s *Site) error {
	if slot == 0 {
		mean, variance, err := f.spread(s)
		if err != nil {
			return err
		}
		if !(variance > 0) {
			return fmt.Errorf("message: the other variables determine it, want one that is random")
		}
		to[0], to[1] = mean/variance, -.5/variance
		return nil
	}
	y, x := &s.In[0], s.In[2].Value
	if y.Value != nil {
		return fmt.Errorf("message: a known wᵀx has no density, want noise between them")
	}
	for i, a := range x {
		to[i] = y.Eta[0] * a
		for j, b := range x {
			to[f.D+i*f.D+j] = y.Eta[1] * a * b
		}
	}
	return nil
}

// SendMax implements Maximiser.
func (f Dot) SendMax(to []float64, slot int, s *Site) error { return f.Send(to, slot, s) }

// LogZ implements Sender.
func (f Dot) LogZ(s *Site) (float64, error) {
	var to [2]float64
	if err := f.Send(to[:], 0, s); err != nil {
		return 0, err
	}
	a, err := overlap(to[:], &s.In[0])
	if err != nil {
		return 0, err
	}
	norm := 0.
	if s.In[1].Value == nil {
		norm, err = expfam.MultiNormal(f).Expect(nil, s.In[1].Eta)
	}
	return a + norm, err
}
