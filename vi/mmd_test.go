package vi_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// between is E exp(−‖x − y‖²/c) for independent x and y whose difference is N(d, v) in each of its
// elements: Π_j (1 + 2v_j/c)^−½ exp(−d_j²/(c + 2v_j)).
func between(c float64, d, v []float64) float64 {
	out := 1.
	for j := range d {
		out *= math.Exp(-d[j]*d[j]/(c+2*v[j])) / math.Sqrt(1+2*v[j]/c)
	}
	return out
}

// The mean of 2,000 estimates from 12 and 9 draws of two Gaussians with several widths is the closed
// form within four standard errors, a false alarm of 6e-5; so it is for equal distributions, whose
// discrepancy is 0.
func TestMMDIsUnbiasedForTwoGaussians(t *testing.T) {
	squares := []float64{.5, 2, 8}
	for _, shift := range []float64{0, .7} {
		scale := []float64{1, 1 + shift}
		want := 0.
		for _, c := range squares {
			zero, d := []float64{0, 0}, []float64{shift, 0}
			v := []float64{1, 1}
			w := []float64{1, scale[1] * scale[1]}
			own := between(c, zero, []float64{2 * v[0], 2 * v[1]})
			other := between(c, zero, []float64{2 * w[0], 2 * w[1]})
			want += (own + other - 2*between(c, d, []float64{v[0] + w[0], v[1] + w[1]})) / 3
		}
		prog := model.NewProgram(tk.Params(t, dtypes.Float64), "mmd", func(s *model.Scope, _ []*g.Node) []*g.Node {
			x, y := s.Normal("x", 12, 2), s.Normal("y", 9, 2)
			y = g.Mul(y, g.ExpandAxes(g.Const(s.Graph(), scale), 0))
			y = g.Add(y, g.ExpandAxes(g.Const(s.Graph(), []float64{shift, 0}), 0))
			return []*g.Node{vi.MMD(vi.RBF{Squares: squares}, x, y)}
		})
		estimates := make([]float64, 2000)
		for i := range estimates {
			estimates[i] = tk.Values(t, prog, rng.New(3).At(uint64(i)))[0][0]
		}
		mean, _, se := tk.Moments(estimates)
		t.Logf("shift %v: mean %.5f ± %.5f, closed form %.5f", shift, mean, se, want)
		if math.Abs(mean-want) > 4*se || se > .01 {
			t.Errorf("shift %v: got %v ± %v, want %v", shift, mean, se, want)
		}
	}
}

// Both kernels against loops over pairs.
func TestMMDEqualsLoopsOverPairs(t *testing.T) {
	x, y := []float64{0, 1, 2, -1, 1.5, 1.5}, []float64{.5, .5, -2, 3, 0, 0, 1, -1}
	squares := []float64{1, 6}
	square := func(a, b []float64) float64 { return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) }
	for name, k := range map[string]struct {
		node  vi.Kernel
		plain func(d, c float64) float64
	}{
		"rbf": {vi.RBF{Squares: squares}, func(d, c float64) float64 { return math.Exp(-d / c) }},
		"imq": {vi.IMQ{Squares: squares}, func(d, c float64) float64 { return c / (c + d) }},
	} {
		mean := func(a, b []float64, same bool) float64 {
			sum, n := 0., 0.
			for i := 0; i < len(a); i += 2 {
				for j := 0; j < len(b); j += 2 {
					if same && i == j {
						continue
					}
					n++
					for _, c := range squares {
						sum += k.plain(square(a[i:i+2], b[j:j+2]), c) / 2
					}
				}
			}
			return sum / n
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.MMD(k.node, in[0], in[1])}
		}, tk.Matrix(x, 3, 2), tk.Matrix(y, 4, 2))
		tk.Close(t, name, out[0][0], mean(x, x, true)+mean(y, y, true)-2*mean(x, y, false), 1e-14)
	}
}

func TestKernelScalesFollowTheSizeOfTheCode(t *testing.T) {
	s := vi.KernelScales(5)
	if len(s) != 7 || s[0] != 1 || s[3] != 10 || s[6] != 100 {
		t.Errorf("got %v, want a tenth of 10 to ten times it", s)
	}
}
