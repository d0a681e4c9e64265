package paper

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestPotentialsInAWiderBox: U₂ to U₄ do not fall off along z₁, so that ln Z grows with the box by
// what it adds there; on [−6, 6]² it is 1.877502, 2.487554, 3.047170 and 3.116163.
func TestPotentialsInAWiderBox(t *testing.T) {
	const n, side = 1200, 12.
	z := make([]float64, 0, 2*n*n)
	for i := range n {
		for j := range n {
			z = append(z, side*((float64(i)+.5)/n-.5), side*((float64(j)+.5)/n-.5))
		}
	}
	in := tk.Matrix(z, n*n, 2)
	for k, want := range []float64{1.877502, 2.487554, 3.047170, 3.116163} {
		u := potentials[k]
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{g.ReduceAllSum(g.Exp(g.Neg(u.energy(in[0]))))}
		}, in)
		tk.Close(t, u.name+": ln Z", math.Log(out[0][0]*side*side/n/n), want, 1e-6)
	}
	// U₂ is a ridge of constant width: Z is proportional to the box's side.
	tk.Close(t, "ln Z of U2 in both boxes", potentials[1].logZ+math.Log(6./4), 2.487554, 2e-6)
}
