package eval

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// shifted is z ~ N(0, 1), x|z ~ N(2z + 1, .5²): at β its tempered posterior is normal with
// precision 1 + 16β and mean 8β(x − 1)/(1 + 16β).
func shifted(x *g.Node) vi.Latent {
	return vi.Latent{
		P: dist.StandardNormal(x),
		Decode: func(z *g.Node) dist.Distribution {
			return dist.Normal{Loc: g.AddScalar(g.MulScalar(z, 2), 1), LogScale: special.ScalarLike(z, math.Log(.5))}
		},
	}
}

// TestTransitionsLeaveTheirDistributionInvariant: exact draws from the tempered posterior of
// x = 2 are such draws after a move as well, for small steps and for steps that are often
// refused. A right transition fails with probability 1e-5 a line.
func TestTransitionsLeaveTheirDistributionInvariant(t *testing.T) {
	const chains = 4000
	for _, beta := range []float64{0, .3, 1} {
		precision := 1 + 16*beta
		mean, sd := 8*beta/precision, 1/math.Sqrt(precision)
		for _, step := range []float64{.05, .4, 1.6} {
			z := make([]float64, chains)
			rng.New(1).NormalFloat64(z)
			for i := range z {
				z[i] = mean + sd*z[i]
			}
			size := step * sd
			out := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "move", func(s *model.Scope, in []*g.Node) []*g.Node {
				next, accepted, lik := transition(s, shifted(in[0]), in[0], in[1], special.ScalarLike(in[0], size), special.ScalarLike(in[0], beta), 4)
				return []*g.Node{next, accepted, lik, likelihood(shifted(in[0]), in[0], next)}
			}), rng.New(2), tk.Matrix([]float64{2}, 1, 1), tk.Matrix(z, chains, 1, 1))
			name := fmt.Sprintf("β = %v, step %v", beta, step)
			tk.FitsCDF(t, name, out[0], func(v float64) float64 { return .5 * math.Erfc(-(v-mean)/sd/math.Sqrt2) })
			stayed := 0
			for i, v := range out[0] {
				if v == z[i] {
					stayed++
				}
				tk.Close(t, name+": ln p(x|z) of the chain", out[2][i], out[3][i], 1e-10)
				if p := out[1][i]; !(p >= 0 && p <= 1) {
					t.Fatalf("%s: acceptance: got %v, want a probability", name, p)
				}
			}
			rate, _, _ := tk.Moments(out[1])
			if got := 1 - float64(stayed)/chains; math.Abs(got-rate) > 4*math.Sqrt(rate*(1-rate)/chains)+1e-12 {
				t.Errorf("%s: %v of the chains moved, want %v", name, got, rate)
			}
			if step > 1 && rate > .95 {
				t.Errorf("%s: acceptance %v, want steps that are refused", name, rate)
			}
		}
	}
}

// TestDivergentPathsAreRefused: a step that leaves the numbers keeps the chain where it was.
func TestDivergentPathsAreRefused(t *testing.T) {
	out := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "move", func(s *model.Scope, in []*g.Node) []*g.Node {
		next, accepted, lik := transition(s, shifted(in[0]), in[0], in[1], special.ScalarLike(in[0], 1e200), special.ScalarLike(in[0], 1), 3)
		return []*g.Node{next, accepted, lik}
	}), rng.New(2), tk.Matrix([]float64{2}, 1, 1), tk.Matrix([]float64{.3}, 1, 1, 1))
	if out[0][0] != .3 || out[1][0] != 0 || math.IsNaN(out[2][0]) {
		t.Errorf("got z %v with probability %v and ln p(x|z) %v, want .3, 0 and a number", out[0][0], out[1][0], out[2][0])
	}
}

// TestTemperaturesRiseFromNoughtToOne, slowly at both ends.
func TestTemperaturesRiseFromNoughtToOne(t *testing.T) {
	for _, steps := range []int{1, 2, 50} {
		if temperature(0, steps) != 0 || temperature(steps, steps) != 1 {
			t.Errorf("%d: got ends %v and %v, want 0 and 1", steps, temperature(0, steps), temperature(steps, steps))
		}
		for i := 1; i <= steps; i++ {
			if !(temperature(i, steps) > temperature(i-1, steps)) {
				t.Errorf("%d: got a fall at %d", steps, i)
			}
			tk.Close(t, "symmetry", temperature(i, steps)+temperature(steps-i, steps), 1, 1e-12)
		}
	}
	if first, middle := temperature(1, 50), temperature(26, 50)-temperature(25, 50); first > middle/3 {
		t.Errorf("got a first step of %v beside %v in the middle, want less than a third", first, middle)
	}
}
