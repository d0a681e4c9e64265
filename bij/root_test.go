package bij

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestRootsOfTanh: from roots q over values of c to a and back.
func TestRootsOfTanh(t *testing.T) {
	var a, soft, want []float64
	for _, s := range []float64{1e-6, 1e-3, .1, .5, .999, 1, 1.001, 2, 5, 40, 700} {
		for _, q := range []float64{-700, -40, -5, -1.3, -.2, -1e-3, 0, 1e-9, .04, .7, 2.2, 11, 40, 700} {
			a, soft, want = append(a, q+(s-1)*math.Tanh(q)), append(soft, s), append(want, q)
		}
	}
	got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{rootTanh(in[0], in[1])}
	}, tk.Vector(a...), tk.Vector(soft...))[0]
	for i, q := range want {
		h := math.Tanh(q)
		slope := h*h + (1-h*h)*soft[i] // a is rounded to 1e-16 of its terms, and q by the slope more
		if tol := 4e-16 * (math.Abs(q) + math.Abs(soft[i]-1)*math.Abs(h) + 1e-3) / slope; math.Abs(got[i]-q) > math.Max(tol, 1e-15) {
			t.Errorf("c = %v: root of a = %v: got %v, want %v within %.1e", soft[i]-1, a[i], got[i], q, tol)
		}
	}
}
