package message

import (
	"fmt"

	"github.com/elbo-go/elbo/expfam"
)

// block is a plate of variables of one family.
type block struct {
	name   string
	id     int
	family expfam.Family
	n      int       // variables
	size   int       // length of their natural parameters
	known  bool      // the values are given
	value  []float64 // n×width, where they are known
	width  int       // numbers of a value
	logits bool      // a categorical family, whose parameters may be −∞
	maker  *node     // the link of which the variables are a function, if any
}

// values is the value of variable i, or nil where it is not known.
func (b *block) at(i int) []float64 {
	if !b.known {
		return nil
	}
	return b.value[i*b.width : (i+1)*b.width]
}

// Var is a plate of variables, or some of them in an order of their own.
type Var struct {
	b     *block
	index []int32 // places in the plate; nil means all, in order
}

// Name is the name that the plate was declared with.
func (v Var) Name() string { return v.b.name }

// Len is the number of variables.
func (v Var) Len() int {
	if v.index != nil {
		return len(v.index)
	}
	return v.b.n
}

// Family is that of each variable.
func (v Var) Family() expfam.Family { return v.b.family }

// At is the variables at the given places, which may repeat. A place outside is an error of the
// factor that is given the result.
func (v Var) At(places ...int) Var {
	index := make([]int32, len(places))
	for i, p := range places {
		index[i] = -1
		if p >= 0 && p < v.Len() {
			index[i] = int32(v.place(p))
		}
	}
	return Var{v.b, index}
}

// Each repeats every variable the given number of times, in runs: the rows of a plate within a plate.
func (v Var) Each(times int) Var {
	index := make([]int32, 0, v.Len()*times)
	for i := range v.Len() {
		for range times {
			index = append(index, int32(v.place(i)))
		}
	}
	return Var{v.b, index}
}

// Cycle repeats the whole plate the given number of times, one after the other.
func (v Var) Cycle(times int) Var {
	index := make([]int32, 0, v.Len()*times)
	for range times {
		for i := range v.Len() {
			index = append(index, int32(v.place(i)))
		}
	}
	return Var{v.b, index}
}

// place is where variable i of v lies in its plate.
func (v Var) place(i int) int {
	if v.index != nil {
		return int(v.index[i])
	}
	return i
}

// Random declares a plate of n unknown variables.
func (m *Model) Random(name string, f expfam.Family, n int) Var {
	_, logits := f.(expfam.Categorical)
	b := &block{name: name, id: len(m.blocks), family: f, n: n, size: f.Len(), logits: logits}
	if n < 1 || n > maxPlate {
		m.fail(fmt.Errorf("message: variable %s: got a plate of %d, want 1 to %d", name, n, maxPlate))
	}
	m.name(name)
	m.blocks = append(m.blocks, b)
	return Var{b: b}
}

// Known declares a plate of n variables whose values are given, one after the other.
func (m *Model) Known(name string, f expfam.Family, n int, values []float64) Var {
	v := m.Random(name, f, n)
	b := v.b
	b.known = true
	if n < 1 || len(values) == 0 || len(values)%n != 0 {
		m.fail(fmt.Errorf("message: variable %s: got %d numbers for %d values", name, len(values), n))
		b.n = 0
		return v
	}
	b.value, b.width = values, len(values)/n
	u := make([]float64, b.size)
	for i := range n {
		if err := b.stats(u, i); err != nil {
			m.fail(fmt.Errorf("message: variable %s: value %d: %w", name, i, err))
			break
		}
	}
	return v
}

// stats sets u to u(x) of the known variable i, and refuses values that are no numbers.
func (b *block) stats(u []float64, i int) error {
	if err := b.family.Stats(u, b.at(i)); err != nil {
		return err
	}
	return finite(u)
}

// Constant declares one known variable without a name of its own.
func (m *Model) Constant(f expfam.Family, value ...float64) Var {
	return m.Known(fmt.Sprintf("constant %d", len(m.blocks)), f, 1, value)
}
