package message

import (
	"github.com/elbo-go/elbo/expfam"
)

// MultiNormal is x ~ N(μ, Λ⁻¹) of D numbers, with a mean and a precision matrix of their own:
//
//	to x  (⟨Λ⟩⟨μ⟩, −½⟨Λ⟩),  to μ  (⟨Λ⟩⟨x⟩, −½⟨Λ⟩),  to Λ  (−½⟨(x − μ)(x − μ)ᵀ⟩, ½).
type MultiNormal struct {
	// D is the number of numbers.
	D int
}

// Slots implements Factor.
func (f MultiNormal) Slots() []Slot {
	return []Slot{{Name: "x", Family: expfam.MultiNormal(f)}, {Name: "mean", Family: expfam.MultiNormal(f)}, {Name: "precision", Family: expfam.Wishart(f)}}
}

// square is element i, j of ⟨(x − μ)(x − μ)ᵀ⟩.
func (f MultiNormal) square(s *Site, i, j int) float64 {
	x, mu, d := s.In[0].U, s.In[1].U, f.D
	cov := x[d+i*d+j] - x[i]*x[j] + mu[d+i*d+j] - mu[i]*mu[j]
	return cov + (x[i]-mu[i])*(x[j]-mu[j])
}

// Average implements Averager.
func (f MultiNormal) Average(to []float64, slot int, s *Site) {
	d := f.D
	if slot == 2 {
		for i := range d {
			for j := range d {
				to[i*d+j] = -f.square(s, i, j) / 2
			}
		}
		to[d*d] = .5
		return
	}
	lambda, other := s.In[2].U, s.In[1-slot].U[:d]
	for i := range d {
		row := lambda[i*d : (i+1)*d]
		to[i] = dot(row, other)
		for j, v := range row {
			to[d+i*d+j] = -v / 2
		}
	}
}

// Energy implements Averager: ½(⟨ln|Λ|⟩ − D ln 2π − tr⟨Λ⟩⟨(x − μ)(x − μ)ᵀ⟩).
func (f MultiNormal) Energy(s *Site) float64 {
	lambda, d := s.In[2].U, f.D
	e := lambda[d*d] - float64(d)*ln2Pi
	for i := range d {
		for j := range d {
			e -= lambda[i*d+j] * f.square(s, i, j)
		}
	}
	return e / 2
}

// Relevance is w ~ N(0, diag(α)⁻¹) of D numbers, whose precisions are random each by itself or in
// groups (automatic relevance determination, MacKay 1994):
//
//	to w  (0, −½diag⟨α⟩),  to α_g  (n_g/2, −½Σ_g⟨w_j²⟩).
type Relevance struct {
	// Group is the precision of each number, counted from 0.
	Group []int
}

// groups counts the precisions.
func (f Relevance) groups() (n int) {
	for _, g := range f.Group {
		n = max(n, g+1)
	}
	return n
}

// Slots implements Factor.
func (f Relevance) Slots() []Slot {
	slots := []Slot{{Name: "w", Family: expfam.MultiNormal{D: len(f.Group)}}}
	for range f.groups() {
		slots = append(slots, Slot{Name: "precision", Family: expfam.Gamma{}})
	}
	return slots
}

func (f Relevance) check(int) string {
	for _, g := range f.Group {
		if g < 0 {
			return "got a group below 0"
		}
	}
	return ""
}

// Average implements Averager.
func (f Relevance) Average(to []float64, slot int, s *Site) {
	clear(to)
	d := len(f.Group)
	for j, g := range f.Group {
		switch {
		case slot == 0:
			to[d+j*d+j] = -s.In[g+1].U[1] / 2
		case slot == g+1:
			to[0] += .5
			to[1] -= s.In[0].U[d+j*d+j] / 2
		}
	}
}

// Energy implements Averager: ½Σ_j(⟨ln α_j⟩ − ln 2π − ⟨α_j⟩⟨w_j²⟩).
func (f Relevance) Energy(s *Site) (e float64) {
	d := len(f.Group)
	for j, g := range f.Group {
		alpha := s.In[g+1].U
		e += .5 * (alpha[0] - ln2Pi - alpha[1]*s.In[0].U[d+j*d+j])
	}
	return e
}

// Joint is x ~ N(μ, Λ⁻¹) of D numbers whose mean and precision are one Normal-Wishart variable:
//
//	⟨ln f⟩ = ½(⟨ln|Λ|⟩ − D ln 2π − tr⟨Λ⟩⟨xxᵀ⟩) + ⟨Λμ⟩ᵀ⟨x⟩ − ½⟨μᵀΛμ⟩.
type Joint struct {
	// D is the number of numbers.
	D int
}

// Slots implements Factor.
func (f Joint) Slots() []Slot {
	return []Slot{{Name: "x", Family: expfam.MultiNormal(f)}, {Name: "mean and precision", Family: expfam.NormalWishart(f)}}
}

// Average implements Averager.
func (f Joint) Average(to []float64, slot int, s *Site) {
	d, size := f.D, f.D*f.D
	if slot == 0 {
		p := s.In[1].U
		copy(to, p[size+1:size+1+d])
		for i, v := range p[:size] {
			to[d+i] = -v / 2
		}
		return
	}
	x := s.In[0].U
	for i, v := range x[d:] {
		to[i] = -v / 2
	}
	to[size] = .5
	copy(to[size+1:], x[:d])
	to[size+1+d] = -.5
}

// Energy implements Averager. With the mean m = ⟨Λ⟩⁻¹⟨Λμ⟩ the squares would be about m; the sum of
// the three terms loses digits only where x and μ are far from 0 beside their spread.
func (f Joint) Energy(s *Site) float64 {
	d, size, x, p := f.D, f.D*f.D, s.In[0].U, s.In[1].U
	e := p[size] - float64(d)*ln2Pi - p[size+1+d] - dot(p[:size], x[d:])
	return e/2 + dot(p[size+1:size+1+d], x[:d])
}
