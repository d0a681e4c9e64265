package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// A chain of T steps of k states: the best path by Viterbi's recursion, for chains far longer than
// enumeration goes, with factors of 0 among them.
func TestTheBestPathOfAChainIsViterbis(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 1))
	for _, c := range []struct{ steps, k int }{{2, 2}, {40, 3}, {500, 4}, {60, 50}} {
		g := &pgm.Graph{}
		best := make([]float64, c.k)
		for v := range c.steps {
			g.Vars = append(g.Vars, pgm.Numbered(string(rune(0x4e00+v)), c.k))
			if v == 0 {
				continue
			}
			f := &pgm.Factor{Vars: []int{v - 1, v}, Card: []int{c.k, c.k}}
			next := make([]float64, c.k)
			for i := range next {
				next[i] = math.Inf(-1)
			}
			for i := range c.k * c.k {
				x := r.NormFloat64()
				if r.IntN(4) == 0 && i%c.k != i/c.k {
					x = math.Inf(-1)
				}
				f.Log = append(f.Log, x)
				next[i%c.k] = math.Max(next[i%c.k], best[i/c.k]+x)
			}
			best = next
			g.Factors = append(g.Factors, f)
		}
		b, err := MPE(g, nil, Config{})
		must(t, b, err)
		tk.Close(t, "ln max", b.LogValue, largest(best), 1e-12*float64(c.steps))
		tk.Close(t, "ln of the path", g.LogValue(b.States), largest(best), 1e-12*float64(c.steps))
	}
}

// The best states of some variables given sums over the others, against joint tables: of grids whose
// tables are of many blocks.
func TestTheBestOfAQueryIsTheLargestOfItsJointTable(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 1))
	for range 12 {
		g := pairs(t, 36, grid(6, 6)...)
		query := r.Perm(36)[:1+r.IntN(8)]
		e := pgm.Evidence{}
		for _, v := range r.Perm(36)[:3] {
			e[v] = r.IntN(2)
		}
		kept := query[:0]
		for _, v := range query {
			if _, seen := e[v]; !seen {
				kept = append(kept, v)
			}
		}
		joint, err := Eliminate(g, e, kept, Config{})
		must(t, joint, err)
		b, err := MAP(g, e, kept, Config{})
		must(t, b, err)
		tk.Close(t, "ln max", b.LogValue, largest(joint.Joint.Log)+joint.LogZ, 1e-11)
		tk.Close(t, "ln of the states", joint.Joint.At(b.States), largest(joint.Joint.Log), 1e-11)
		for v, s := range b.States {
			if x, seen := e[v]; seen && s != x {
				t.Errorf("variable %d: got state %d, want the %d that was seen", v, s, x)
			}
		}
	}
}
