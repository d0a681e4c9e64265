package message

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/expfam"
)

// PathFamily is a path of T states out of K as one variable, so that an ascent keeps the
// dependence between neighbours (Saul & Jordan 1996): with z_t one-hot
//
//	u = (z_1 … z_T, z_1z_2ᵀ … z_T−1z_Tᵀ),  A = ln Σ_paths exp η·u,
//
// and ⟨u⟩, the chances of states and of pairs of neighbours, are found forwards and backwards.
type PathFamily struct {
	// T is the number of steps.
	T int
	// K is the number of states.
	K int
}

// Name implements expfam.Family.
func (PathFamily) Name() string { return "path" }

// Len implements expfam.Family.
func (f PathFamily) Len() int { return f.T*f.K + (f.T-1)*f.K*f.K }

// state and pair are where z_t,k and z_t,i z_t+1,j stand in u.
func (f PathFamily) state(t, k int) int   { return t*f.K + k }
func (f PathFamily) pair(t, i, j int) int { return f.T*f.K + (t*f.K+i)*f.K + j }

// Expect implements expfam.Family.
func (f PathFamily) Expect(u, eta []float64) (float64, error) {
	if len(eta) != f.Len() || finite(eta) != nil {
		return 0, fmt.Errorf("message: path: got %d parameters, want %d finite ones: %w", len(eta), f.Len(), expfam.ErrParameters)
	}
	forward, row := make([]float64, f.T*f.K), make([]float64, f.K)
	copy(forward, eta[:f.K])
	for t := 1; t < f.T; t++ {
		for j := range f.K {
			for i := range row {
				row[i] = forward[f.state(t-1, i)] + eta[f.pair(t-1, i, j)]
			}
			forward[f.state(t, j)] = logSum(row) + eta[f.state(t, j)]
		}
	}
	a := logSum(forward[f.state(f.T-1, 0):])
	if u != nil {
		f.backward(u, eta, forward, a)
	}
	return a, nil
}

// backward sets u to ⟨u⟩.
func (f PathFamily) backward(u, eta, forward []float64, a float64) {
	back, before, row := make([]float64, f.K), make([]float64, f.K), make([]float64, f.K)
	for t := f.T - 1; t >= 0; t-- {
		for k := range f.K {
			u[f.state(t, k)] = math.Exp(forward[f.state(t, k)] + back[k] - a)
		}
		if t == 0 {
			break
		}
		for i := range f.K {
			for j := range f.K {
				row[j] = eta[f.pair(t-1, i, j)] + eta[f.state(t, j)] + back[j]
				u[f.pair(t-1, i, j)] = math.Exp(forward[f.state(t-1, i)] + row[j] - a)
			}
			before[i] = logSum(row)
		}
		copy(back, before)
	}
}

// Stats implements expfam.Family.
func (f PathFamily) Stats(u, x []float64) error {
	if len(x) != f.T {
		return fmt.Errorf("message: path: got %d states, want %d", len(x), f.T)
	}
	clear(u)
	for t, v := range x {
		if v != math.Trunc(v) || !(v >= 0 && v < float64(f.K)) {
			return fmt.Errorf("message: path: state %d: got %v, want one below %d", t, v, f.K)
		}
		u[f.state(t, int(v))] = 1
		if t > 0 {
			u[f.pair(t-1, int(x[t-1]), int(v))] = 1
		}
	}
	return nil
}

// Walk is a path by shares of first states and of moves: z_1 ~ Cat(π), z_t | z_t−1=k ~ Cat(A_k).
// Variational messages tell the shares the expected counts, and the path the expected logarithms.
type Walk struct {
	// T is the number of steps.
	T int
	// K is the number of states.
	K int
}

// Slots implements Factor: the path, π, and the rows of A.
func (f Walk) Slots() []Slot {
	shares := expfam.Dirichlet{K: f.K}
	slots := []Slot{{Name: "path", Family: PathFamily(f)}, {Name: "first", Family: shares}}
	for k := range f.K {
		slots = append(slots, Slot{Name: fmt.Sprintf("moves from %d", k), Family: shares})
	}
	return slots
}

func (f Walk) check(int) string {
	if f.T < 1 || f.K < 1 {
		return "got no steps or no states"
	}
	return ""
}

// Average implements Averager.
func (f Walk) Average(to []float64, slot int, s *Site) {
	p := PathFamily(f)
	clear(to)
	switch {
	case slot == 1:
		copy(to, s.In[0].U[:f.K])
	case slot > 1:
		for t := range f.T - 1 {
			for j := range f.K {
				to[j] += s.In[0].U[p.pair(t, slot-2, j)]
			}
		}
	default:
		copy(to, s.In[1].U)
		for t := range f.T - 1 {
			for i := range f.K {
				copy(to[p.pair(t, i, 0):], s.In[2+i].U)
			}
		}
	}
}

// Energy implements Averager.
func (f Walk) Energy(s *Site) float64 {
	to := make([]float64, PathFamily(f).Len())
	f.Average(to, 0, s)
	return dot(to, s.In[0].U)
}

// Along is a factor that the state of a path selects: the factor at place t of its plate is a gate
// whose class is z_t. Its arguments are those of the gate with the path in place of the class.
type Along struct {
	// Gate selects by the state.
	Gate Gate
	// T is the number of steps.
	T int
}

// path is the family of the path.
func (f Along) path() PathFamily { return PathFamily{f.T, f.Gate.K} }

// Slots implements Factor.
func (f Along) Slots() []Slot {
	slots := f.Gate.Slots()
	slots[0] = Slot{Name: "path", Family: f.path()}
	return slots
}

func (f Along) check(n int) string {
	if n != f.T {
		return fmt.Sprintf("got a plate of %d along a path of %d steps", n, f.T)
	}
	return f.Gate.check(n)
}

// variational says why variational messages cannot pass, or nothing.
func (f Along) variational() string { return f.Gate.variational() }

// at is the gate's site at place t.
func (f Along) at(s *Site) *Site {
	in := append([]In(nil), s.In...)
	in[0].U = s.In[0].U[f.path().state(s.I, 0):f.path().state(s.I, f.Gate.K)]
	return &Site{I: s.I, In: in, Alpha: s.Alpha}
}

// Average implements Averager.
func (f Along) Average(to []float64, slot int, s *Site) {
	clear(to)
	f.add(to, slot, s)
}

// add adds the message, which to the path is of one state alone.
func (f Along) add(to []float64, slot int, s *Site) {
	if slot == 0 {
		to = to[f.path().state(s.I, 0):f.path().state(s.I, f.Gate.K)]
	}
	part := make([]float64, len(to))
	f.Gate.Average(part, slot, f.at(s))
	for k, v := range part {
		to[k] += v
	}
}

// Energy implements Averager.
func (f Along) Energy(s *Site) float64 { return f.Gate.Energy(f.at(s)) }
