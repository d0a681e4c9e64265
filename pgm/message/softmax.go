package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/link"
)

// Softmax is p(z = k | a) = exp(a_k)/Σ_j exp(a_j). Variational messages take the bound of Bouchard
// 2007, eq. 3,
//
//	ln Σ_k exp(a_k) ≤ α + Σ_k [½(a_k − α − ξ_k) + λ(ξ_k)((a_k − α)² − ξ_k²) + ln(1 + exp ξ_k)],
//
// at its optimum: ξ_k² = ⟨(a_k − α)²⟩, and the α at which the bound, convex then, is least:
//
//	to a_k  (⟨z_k⟩ − ½ + 2αλ(ξ_k), −λ(ξ_k)).
type Softmax struct {
	// K is the number of classes.
	K int
}

// Slots implements Factor.
func (f Softmax) Slots() []Slot {
	slots := []Slot{{Name: "class", Family: expfam.Categorical(f)}}
	for range f.K {
		slots = append(slots, Slot{Name: "activation", Family: expfam.Normal{}})
	}
	return slots
}

func (f Softmax) check(int) string {
	if f.K < 2 {
		return "got fewer than two classes"
	}
	return ""
}

// xi is ξ_k at α.
func (f Softmax) xi(s *Site, k int, alpha float64) float64 {
	a := s.In[k+1].U
	d := a[0] - alpha
	return math.Sqrt(max(a[1]-a[0]*a[0], 0) + d*d)
}

// slope is the derivative of the bound by α, 1 − K/2 + 2Σ λ(ξ_k)(α − ⟨a_k⟩), which rises.
func (f Softmax) slope(s *Site, alpha float64) float64 {
	sum := 1 - float64(f.K)/2
	for k := range f.K {
		sum += 2 * link.Lambda(f.xi(s, k, alpha)) * (alpha - s.In[k+1].U[0])
	}
	return sum
}

// alpha is where the slope is 0, by bisection between two places where it has both signs.
func (f Softmax) alpha(s *Site) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for k := range f.K {
		low, high = min(low, s.In[k+1].U[0]), max(high, s.In[k+1].U[0])
	}
	for step := 1.; f.slope(s, low) > 0; step *= 2 {
		low -= step
	}
	for step := 1.; f.slope(s, high) < 0; step *= 2 {
		high += step
	}
	for {
		mid := low + (high-low)/2
		if !(mid > low && mid < high) {
			return mid
		}
		if f.slope(s, mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
}

// bound is the bound of ⟨ln Σ exp a_k⟩.
func (f Softmax) bound(s *Site) float64 {
	alpha := f.alpha(s)
	sum := alpha
	for k := range f.K {
		xi := f.xi(s, k, alpha)
		sum += (s.In[k+1].U[0]-alpha+xi)/2 - link.LogSigmoid(xi) // ln(1 + eˣ) = x − ln σ(x)
	}
	return sum
}

// Average implements Averager.
func (f Softmax) Average(to []float64, slot int, s *Site) {
	if slot == 0 {
		b := f.bound(s)
		for k := range to {
			to[k] = s.In[k+1].U[0] - b
		}
		return
	}
	alpha := f.alpha(s)
	l := link.Lambda(f.xi(s, slot-1, alpha))
	to[0], to[1] = s.In[0].U[slot-1]-.5+2*alpha*l, -l
}

// Energy implements Averager: Σ ⟨z_k⟩⟨a_k⟩ less the bound.
func (f Softmax) Energy(s *Site) float64 {
	sum := -f.bound(s)
	for k, r := range s.In[0].U {
		sum += r * s.In[k+1].U[0]
	}
	return sum
}
