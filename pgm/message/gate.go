package message

import (
	"fmt"

	"github.com/elbo-go/elbo/expfam"
)

// Gate is a factor that a class selects out of K of one kind,
//
//	f = Π_k f(x_shared, θ_k)^{z_k}   (Minka & Winn 2008).
//
// Its arguments are z, those that all K share, and then for each k those of its own. Variational
// messages are those of the factors by their chance,
//
//	to z_k  ⟨ln f_k⟩,  to θ_k  ⟨z_k⟩m_k,  to x  Σ_k ⟨z_k⟩m_k.
type Gate struct {
	// Of is the kind that is selected from.
	Of Factor
	// K is the number of classes.
	K int
	// Shared says of each argument of Of whether all K share it.
	Shared []bool
}

// shared counts the shared arguments.
func (f Gate) shared() (n int) {
	for _, s := range f.Shared {
		if s {
			n++
		}
	}
	return n
}

// Slots implements Factor.
func (f Gate) Slots() []Slot {
	slots := []Slot{{Name: "class", Family: expfam.Categorical{K: f.K}}}
	of := f.Of.Slots()
	if len(f.Shared) != len(of) {
		return slots
	}
	for i, s := range of {
		if f.Shared[i] {
			slots = append(slots, s)
		}
	}
	for k := range f.K {
		for i, s := range of {
			if !f.Shared[i] {
				s.Name = fmt.Sprintf("%s of %d", s.Name, k)
				slots = append(slots, s)
			}
		}
	}
	return slots
}

func (f Gate) check(n int) string {
	if len(f.Shared) != len(f.Of.Slots()) {
		return fmt.Sprintf("got %d arguments told apart, want %d", len(f.Shared), len(f.Of.Slots()))
	}
	if c, ok := f.Of.(checker); ok {
		return c.check(n)
	}
	return ""
}

// variational says why variational messages cannot pass, or nothing.
func (f Gate) variational() string {
	if _, ok := f.Of.(Averager); !ok {
		return fmt.Sprintf("it selects from a %T, which is not conjugate and has no bound", f.Of)
	}
	return ""
}

// place is the slot of the gate at which argument i of factor k stands.
func (f Gate) place(k, i int) int {
	before := 0
	for _, s := range f.Shared[:i] {
		if s == f.Shared[i] {
			before++
		}
	}
	if f.Shared[i] {
		return 1 + before
	}
	return 1 + f.shared() + k*(len(f.Shared)-f.shared()) + before
}

// inner is the site of factor k.
func (f Gate) inner(in []In, k int, s *Site) Site {
	for i := range f.Shared {
		in[i] = s.In[f.place(k, i)]
	}
	return Site{I: s.I, In: in, Alpha: s.Alpha}
}

// argument is which argument of which factor stands at a slot; k is −1 for a shared one.
func (f Gate) argument(slot int) (k, i int) {
	slot--
	own, k := len(f.Shared)-f.shared(), -1
	if slot >= f.shared() {
		slot -= f.shared()
		k, slot = slot/own, slot%own
	}
	for i, s := range f.Shared {
		if s == (k < 0) {
			if slot == 0 {
				return k, i
			}
			slot--
		}
	}
	return k, -1
}

// Average implements Averager.
func (f Gate) Average(to []float64, slot int, s *Site) {
	of, z := f.Of.(Averager), s.In[0].U
	var room [4]In
	in := append(room[:0], make([]In, len(f.Shared))...)
	if slot == 0 {
		for k := range f.K {
			site := f.inner(in, k, s)
			to[k] = of.Energy(&site)
		}
		return
	}
	which, i := f.argument(slot)
	if which >= 0 {
		site := f.inner(in, which, s)
		of.Average(to, i, &site)
		for j := range to {
			to[j] *= z[which]
		}
		return
	}
	sum := make([]float64, len(to))
	for k, r := range z {
		if r == 0 {
			continue
		}
		site := f.inner(in, k, s)
		of.Average(to, i, &site)
		for j, v := range to {
			sum[j] += r * v
		}
	}
	copy(to, sum)
}

// Energy implements Averager: Σ_k ⟨z_k⟩⟨ln f_k⟩.
func (f Gate) Energy(s *Site) (sum float64) {
	in := make([]In, len(f.Shared))
	for k, r := range s.In[0].U {
		if r != 0 {
			site := f.inner(in, k, s)
			sum += r * f.Of.(Averager).Energy(&site)
		}
	}
	return sum
}
