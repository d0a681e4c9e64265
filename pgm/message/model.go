package message

import (
	"fmt"
	"math"
	"reflect"

	"github.com/elbo-go/elbo/expfam"
)

// maxPlate is the largest number of variables, or of factors, of a plate.
const maxPlate = 1 << 30

// Model is a factor graph under declaration. Its methods remember the first mistake, which the
// engines return; so a declaration reads without errors in between.
type Model struct {
	blocks []*block
	nodes  []*node
	names  map[string]bool
	err    error
}

// New is a model without variables.
func New() *Model { return &Model{names: map[string]bool{}} }

// node is a plate of factors of one kind.
type node struct {
	name  string
	id    int
	f     Factor
	n     int
	slots []slot
}

// checker is a factor that can be refused by itself, in a plate of n.
type checker interface{ check(n int) string }

// slot is one argument of a plate of factors.
type slot struct {
	name  string
	b     *block
	index []int32 // by factor; nil means factor i has variable i
	one   bool    // all factors have variable 0
}

// at is the place of the variable that factor i has in the slot.
func (s *slot) at(i int) int {
	switch {
	case s.one:
		return 0
	case s.index != nil:
		return int(s.index[i])
	}
	return i
}

// Err is the first mistake of the declaration.
func (m *Model) Err() error { return m.err }

func (m *Model) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// name refuses a name that is there already.
func (m *Model) name(name string) {
	if m.names[name] {
		m.fail(fmt.Errorf("message: got the name %q again, want names that differ", name))
	}
	m.names[name] = true
}

// Add declares a plate of factors f: as many as the longest of its variables' plates; a plate of
// one variable is shared by all factors. A factor that is refused is not in the model.
func (m *Model) Add(name string, f Factor, vars ...Var) {
	m.add(name, f, vars)
}

func (m *Model) add(name string, f Factor, vars []Var) *node {
	m.name(name)
	want := f.Slots()
	n := &node{name: name, id: len(m.nodes), f: f, n: 1}
	if len(vars) != len(want) {
		m.fail(&DeclarationError{name, "", fmt.Sprintf("got %d variables, want %d", len(vars), len(want))})
		return n
	}
	for _, v := range vars {
		n.n = max(n.n, v.Len())
	}
	for k, v := range vars {
		n.slots = append(n.slots, slot{name: want[k].Name, b: v.b, index: v.index, one: v.Len() == 1 && v.index == nil})
		if err := n.fits(k, v, want[k]); err != "" {
			m.fail(&DeclarationError{name, want[k].Name, err})
			return n
		}
	}
	if err := n.distinct(); err != "" {
		m.fail(&DeclarationError{name, "", err})
		return n
	}
	if c, ok := f.(checker); ok {
		if err := c.check(n.n); err != "" {
			m.fail(&DeclarationError{name, "", err})
			return n
		}
	}
	m.nodes = append(m.nodes, n)
	return n
}

// fits says why a variable cannot stand in slot k, or nothing.
func (n *node) fits(k int, v Var, want Slot) string {
	s := &n.slots[k]
	if v.Len() == 1 && v.index != nil { // one named variable of a plate, shared by all
		s.index = make([]int32, n.n)
		for i := range s.index {
			s.index[i] = v.index[0]
		}
	} else if v.Len() != n.n && v.Len() != 1 {
		return fmt.Sprintf("got a plate of %d, want 1 or %d", v.Len(), n.n)
	}
	for i, p := range s.index {
		if p < 0 || int(p) >= v.b.n {
			return fmt.Sprintf("factor %d: got a variable outside the plate %s of %d", i, v.b.name, v.b.n)
		}
	}
	if !reflect.DeepEqual(v.b.family, want.Family) {
		return fmt.Sprintf("%s is %s %+v, want %s %+v: the messages would not be conjugate", v.b.name,
			v.b.family.Name(), v.b.family, want.Family.Name(), want.Family)
	}
	if want.Known && !v.b.known {
		return fmt.Sprintf("%s is random, want known values: %s", v.b.name, want.Why)
	}
	return ""
}

// distinct says where a factor has a variable twice, or nothing.
func (n *node) distinct() string {
	for k := range n.slots {
		for j := range k {
			a, b := &n.slots[j], &n.slots[k]
			if a.b != b.b || a.b.known {
				continue
			}
			for i := range n.n {
				if a.at(i) == b.at(i) {
					return fmt.Sprintf("factor %d has %s %d in the slots %s and %s: it would not be linear in its statistics", i, a.b.name, a.at(i), a.name, b.name)
				}
			}
		}
	}
	return ""
}

// finite refuses numbers that are none.
func finite(x []float64) error {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("got %v, want a finite number", v)
		}
	}
	return nil
}

// Derive declares variables that are a function of others: y = link(x₁ … x_k).
func (m *Model) Derive(name string, f expfam.Family, link Link, vars ...Var) Var {
	n := 1
	for _, v := range vars {
		n = max(n, v.Len())
	}
	y := m.Random(name, f, n)
	y.b.maker = m.add("of "+name, link, append([]Var{y}, vars...))
	return y
}
