package message

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/pgm"
)

// Table is a function φ of classes, kept as ln φ, the last argument fastest:
//
//	to x_i  ln Σ φ^α Π_{j≠i} m_j,  or max in place of Σ,  or ⟨ln φ | x_i⟩ for variational messages.
type Table struct {
	// Card is the number of classes of each argument.
	Card []int
	// Log is ln φ; −∞ is a φ of 0, which variational messages refuse.
	Log []float64
}

// Slots implements Factor.
func (f Table) Slots() []Slot {
	var slots []Slot
	for _, k := range f.Card {
		slots = append(slots, Slot{Name: "x", Family: expfam.Categorical{K: k}})
	}
	return slots
}

func (f Table) check(int) string {
	size := 1
	for _, k := range f.Card {
		if k < 1 || size > len(f.Log)/k {
			return fmt.Sprintf("got %d values, want one for each of the assignments of %d classes", len(f.Log), f.Card)
		}
		size *= k
	}
	if size != len(f.Log) || len(f.Card) == 0 {
		return fmt.Sprintf("got %d values of %d classes, want %d", len(f.Log), f.Card, size)
	}
	for i, v := range f.Log {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			return fmt.Sprintf("value %d: got %v, want a number below +∞", i, v)
		}
	}
	return ""
}

// variational says why variational messages cannot pass, or nothing.
func (f Table) variational() string {
	for i, v := range f.Log {
		if math.IsInf(v, -1) {
			return fmt.Sprintf("value %d is 0, whose expected logarithm is −∞", i)
		}
	}
	return ""
}

// classes counts through the assignments of a table.
type classes struct {
	card  []int
	state []int
}

// next goes to the next assignment.
func (c *classes) next() {
	for k := len(c.state) - 1; k >= 0; k-- {
		if c.state[k]++; c.state[k] < c.card[k] {
			return
		}
		c.state[k] = 0
	}
}

// logits are what is known of each argument: the message, or the value as 0 amid −∞.
func logits(in *In, k int) []float64 {
	if in.Value == nil {
		return in.Eta
	}
	out := make([]float64, k)
	for i := range out {
		if i != int(in.Value[0]) {
			out[i] = math.Inf(-1)
		}
	}
	return out
}

// walk calls visit with each assignment's ln φ^α Π_{j≠slot} m_j that is not −∞.
func (f Table) walk(slot int, s *Site, visit func(state []int, log float64)) {
	var roomIn [8][]float64
	var roomState [8]int
	in := append(roomIn[:0], make([][]float64, len(f.Card))...)
	for k := range in {
		if k != slot {
			in[k] = logits(&s.In[k], f.Card[k])
		}
	}
	c := classes{f.Card, append(roomState[:0], make([]int, len(f.Card))...)}
	for _, v := range f.Log {
		if v *= s.Alpha; !math.IsInf(v, -1) {
			for k, x := range c.state {
				if k != slot {
					v += in[k][x]
				}
			}
			if !math.IsInf(v, -1) {
				visit(c.state, v)
			}
		}
		c.next()
	}
}

// SendMax implements Maximiser.
func (f Table) SendMax(to []float64, slot int, s *Site) error {
	for i := range to {
		to[i] = math.Inf(-1)
	}
	f.walk(slot, s, func(state []int, log float64) { to[state[slot]] = max(to[state[slot]], log) })
	return possible(to)
}

// Send implements Sender. The largest term of each sum is taken out.
func (f Table) Send(to []float64, slot int, s *Site) error {
	if err := f.SendMax(to, slot, s); err != nil {
		return err
	}
	var room [16]float64
	sum := append(room[:0], make([]float64, len(to))...)
	f.walk(slot, s, func(state []int, log float64) { sum[state[slot]] += math.Exp(log - to[state[slot]]) })
	for i, v := range sum {
		if v > 0 {
			to[i] += math.Log(v)
		}
	}
	return nil
}

// possible refuses a message that leaves no class.
func possible(to []float64) error {
	for _, v := range to {
		if !math.IsInf(v, -1) {
			return nil
		}
	}
	return pgm.ErrImpossible
}

// Powers implements Powered.
func (Table) Powers() bool { return true }

// LogZ implements Sender.
func (f Table) LogZ(s *Site) (float64, error) {
	top := math.Inf(-1)
	f.walk(-1, s, func(_ []int, log float64) { top = max(top, log) })
	if math.IsInf(top, -1) {
		return 0, pgm.ErrImpossible
	}
	sum := 0.
	f.walk(-1, s, func(_ []int, log float64) { sum += math.Exp(log - top) })
	return top + math.Log(sum), nil
}

// Average implements Averager.
func (f Table) Average(to []float64, slot int, s *Site) {
	clear(to)
	f.mean(slot, s, func(state []int, x float64) { to[state[slot]] += x })
}

// Energy implements Averager: ⟨ln φ⟩.
func (f Table) Energy(s *Site) (sum float64) {
	f.mean(-1, s, func(_ []int, x float64) { sum += x })
	return sum
}

// mean visits each assignment with ln φ by the chance of all arguments but one.
func (f Table) mean(slot int, s *Site, visit func(state []int, x float64)) {
	c := classes{f.Card, make([]int, len(f.Card))}
	for _, v := range f.Log {
		for k, x := range c.state {
			if k != slot {
				v *= s.In[k].U[x]
			}
		}
		visit(c.state, v)
		c.next()
	}
}
