package dist_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestLimitsAtTheEndsOfTheUnitInterval: (α, β) below, at and above 1 at x = 0 and 1. Where the limit
// is finite it is continuous with the values beside it, and no derivative is NaN.
func TestLimitsAtTheEndsOfTheUnitInterval(t *testing.T) {
	inf := math.Inf(1)
	for _, f := range []family{betaFamily, kumaraswamyFamily} {
		for _, a := range []float64{.3, 1, 2.5} {
			for _, b := range []float64{.4, 1, 3} {
				xs := []float64{0, 1, 1e-13, 1 - 1e-13}
				out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
					p := []*g.Node{g.Add(number(s, a), g.ZerosLike(in[0])), g.Add(number(s, b), g.ZerosLike(in[0]))}
					y := f.make(p).LogProb(in[0])
					return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in[0], p[0], p[1])...)
				}, tk.Vector(xs...))
				for i, power := range []float64{a, b} {
					where := fmt.Sprint(f.name, "(", a, ", ", b, ") at ", xs[i])
					got := out[0][i]
					switch {
					case power < 1 && got != inf, power > 1 && got != -inf:
						t.Errorf("%s: got %v, want an infinity of the sign of the limit", where, got)
					case power == 1:
						tk.Close(t, where, got, out[0][2+i], 1e-12)
						tk.Close(t, where+": derivative by x", out[1][i], out[1][2+i], 1e-12)
						tk.Close(t, where+": derivative by the other shape", out[3-i][i], out[3-i][2+i], 1e-9)
					}
					for k := range out {
						if math.IsNaN(out[k][i]) {
							t.Errorf("%s: output %d is NaN", where, k)
						}
					}
				}
			}
		}
	}
	// The uniform density, and 3(1 − x)² at 0.
	got := betaFamily.evaluate(t, []float64{0, 1, 0}, [][]float64{{1, 1}, {1, 1}, {1, 3}}, logProbOf)
	for i, want := range []float64{0, 0, math.Log(3)} {
		tk.Close(t, "ln p", got[i], want, 1e-15)
	}
	if _, ok := dist.Distribution(dist.Beta{}).(dist.Cumulative); !ok {
		t.Error("Beta has no distribution function")
	}
}
