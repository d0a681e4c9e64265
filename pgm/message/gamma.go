package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
)

// Gamma is x ~ Gamma(a, b), of a known shape and a rate that may be random:
//
//	⟨ln f⟩ = a⟨ln b⟩ − ln Γ(a) + (a − 1)⟨ln x⟩ − ⟨b⟩⟨x⟩,
//	to x  (a − 1, −⟨b⟩),  to b  (a, −⟨x⟩).
type Gamma struct {
	// Shape is a.
	Shape float64
}

// Slots implements Factor.
func (Gamma) Slots() []Slot {
	return []Slot{{Name: "x", Family: expfam.Gamma{}}, {Name: "rate", Family: expfam.Gamma{}}}
}

func (f Gamma) check(int) string {
	if !(f.Shape > 0) || math.IsInf(f.Shape, 1) {
		return "got a shape that is not positive"
	}
	return ""
}

// Average implements Averager.
func (f Gamma) Average(to []float64, slot int, s *Site) {
	to[0], to[1] = f.Shape-1, -s.In[1-slot].U[1]
	if slot == 1 {
		to[0] = f.Shape
	}
}

// Energy implements Averager.
func (f Gamma) Energy(s *Site) float64 {
	x, b := s.In[0].U, s.In[1].U
	lg, _ := math.Lgamma(f.Shape)
	return f.Shape*b[0] - lg + (f.Shape-1)*x[0] - b[1]*x[1]
}
