package exact

import (
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/pgm"
)

// ln P of evidence is the sum of what each observation adds given those before it: the marginals of one
// tree foretell the evidence of the next, along a sample of Alarm's states in two orders.
func TestEvidenceObeysTheChainRule(t *testing.T) {
	n := network(t, "alarm")
	for _, back := range []bool{false, true} {
		e, want := pgm.Evidence{}, 0.
		for i := range n.Vars {
			v := i
			if back {
				v = len(n.Vars) - 1 - i
			}
			tree, err := NewTree(n.Graph(), e, Config{})
			must(t, tree, err)
			if d := math.Abs(tree.LogZ - want); i > 0 && d > 1e-11 { // some hundred roundings of logarithms to 50
				t.Fatalf("after %d observations: ln P %v, want %v", i, tree.LogZ, want)
			}
			p := tree.Marginals[v]
			s := (i * 7) % len(p)
			for p[s] == 0 {
				s = (s + 1) % len(p)
			}
			e[v] = s
			want = tree.LogZ + math.Log(p[s])
		}
	}
}

// Lung cancer without the disjunction of it with tuberculosis is impossible in Asia, for every engine.
func TestImpossibleEvidenceIsSaidToBe(t *testing.T) {
	n := network(t, "asia")
	e := observe(t, n, map[string]string{"lung": "yes", "either": "no"})
	_, tree := NewTree(n.Graph(), e, Config{})
	_, one := Eliminate(n.Graph(), e, named(t, n, "tub"), Config{})
	_, best := MPE(n.Graph(), e, Config{})
	for name, err := range map[string]error{"tree": tree, "elimination": one, "most probable": best} {
		if !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("%s: got %v, want evidence that is impossible", name, err)
		}
	}
}
