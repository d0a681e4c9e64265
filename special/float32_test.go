package special

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestAccuracyInFloat32 compares values and gradients of every row in float32 with those in float64 at
// the same parameters, which are float32 numbers, and prints the worst of each function, relative to
// max(1, |value|). The rows' own arithmetic (logarithms and products before the function, a weighed sum of
// up to 15 gradients after it) is part of the figure: 1e-6 is some 16 roundings.
func TestAccuracyInFloat32(t *testing.T) {
	const bar = 1e-6
	for _, r := range registry {
		fn := func(s *model.Scope, _ []*g.Node) []*g.Node {
			y := r.of(s)
			_, nodes := s.Trainable()
			return append([]*g.Node{y}, g.Gradient(weighed(y, 17), nodes...)...)
		}
		narrow, wide := tk.Params(t, dtypes.Float32), tk.Params(t, dtypes.Float64)
		got := tk.Values(t, model.NewProgram(narrow, "narrow", fn), rng.New(1))
		tk.Values(t, model.NewProgram(wide, "wide", fn), rng.New(1)) // makes the parameters
		tk.Import(t, wide, tk.Export(t, narrow)...)
		want := tk.Values(t, model.NewProgram(wide, "wide", fn), rng.New(1))
		var value, slope float64
		for k := range want {
			for i, v := range want[k] {
				e := math.Abs(got[k][i]-v) / math.Max(1, math.Abs(v))
				if k == 0 {
					value = math.Max(value, e)
				} else {
					slope = math.Max(slope, e)
				}
			}
		}
		if t.Logf("%-26s worst error in float32: value %.1e, gradient %.1e", r.name, value, slope); !(value <= bar && slope <= bar) {
			t.Errorf("%s: errors in float32: got %.1e and %.1e, want at most %g", r.name, value, slope, bar)
		}
	}
}
