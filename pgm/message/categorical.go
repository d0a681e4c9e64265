package message

import "github.com/elbo-go/elbo/expfam"

// Categorical is z ~ Cat(π), a class out of K by shares that may be random: ⟨ln f⟩ = Σ ⟨z_k⟩⟨ln π_k⟩.
type Categorical struct {
	// K is the number of classes.
	K int
}

// Slots implements Factor.
func (f Categorical) Slots() []Slot {
	return []Slot{{Name: "z", Family: expfam.Categorical{K: f.K}}, {Name: "shares", Family: expfam.Dirichlet{K: f.K}}}
}

// Average implements Averager: each argument is told the statistics of the other.
func (Categorical) Average(to []float64, slot int, s *Site) { copy(to, s.In[1-slot].U) }

// Energy implements Averager.
func (Categorical) Energy(s *Site) float64 { return dot(s.In[0].U, s.In[1].U) }

// Bernoulli is z ~ Bernoulli(p), class 1 with a probability that may be random:
// ⟨ln f⟩ = ⟨z₁⟩⟨ln p⟩ + ⟨z₀⟩⟨ln(1 − p)⟩.
type Bernoulli struct{}

// Slots implements Factor.
func (Bernoulli) Slots() []Slot {
	return []Slot{{Name: "z", Family: expfam.Categorical{K: 2}}, {Name: "p", Family: expfam.Beta{}}}
}

// Average implements Averager.
func (Bernoulli) Average(to []float64, slot int, s *Site) {
	u := s.In[1-slot].U
	to[0], to[1] = u[1], u[0]
}

// Energy implements Averager.
func (Bernoulli) Energy(s *Site) float64 {
	z, p := s.In[0].U, s.In[1].U
	return z[1]*p[0] + z[0]*p[1]
}

// Sticks is a class by sticks that are broken one after the other, a truncated Dirichlet process
// (Sethuraman 1994; Blei & Jordan 2006):
//
//	p(z = k) = v_k Π_{j<k} (1 − v_j),  v_K = 1.
type Sticks struct {
	// K is the number of classes; there are K − 1 sticks.
	K int
}

// Slots implements Factor.
func (f Sticks) Slots() []Slot {
	slots := []Slot{{Name: "z", Family: expfam.Categorical{K: f.K}}}
	for range f.K - 1 {
		slots = append(slots, Slot{Name: "stick", Family: expfam.Beta{}})
	}
	return slots
}

func (f Sticks) check(int) string {
	if f.K < 2 {
		return "got fewer than two classes"
	}
	return ""
}

// logs sets to to ⟨ln p(z = k)⟩.
func (f Sticks) logs(to []float64, s *Site) {
	rest := 0.
	for k := range f.K - 1 {
		v := s.In[k+1].U
		to[k] = rest + v[0]
		rest += v[1]
	}
	to[f.K-1] = rest
}

// Average implements Averager: stick k is told of the chance to end there and to go past it.
func (f Sticks) Average(to []float64, slot int, s *Site) {
	if slot == 0 {
		f.logs(to, s)
		return
	}
	z := s.In[0].U
	to[0], to[1] = z[slot-1], 0
	for _, r := range z[slot:] {
		to[1] += r
	}
}

// Energy implements Averager.
func (f Sticks) Energy(s *Site) float64 {
	logs := make([]float64, f.K)
	f.logs(logs, s)
	return dot(s.In[0].U, logs)
}
