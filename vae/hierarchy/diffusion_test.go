package hierarchy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// diffusion is the chain of Ho et al. 2020 over numbers x_0 ~ N(0, s²): T latents x_1 … x_T with the fixed
// guide q(x_t|x_{t−1}) = N(√(1−β_t)·x_{t−1}, β_t), β linear from 1e-4 to .02 at T = 1000 and that times
// 1000/T else, at most ½. As a hierarchy its top is x_T, and x_{t−1} is drawn after x_t.
type diffusion struct {
	s2          float64   // variance of x_0
	beta, abar  []float64 // β_t and ᾱ_t = Π (1−β), from t = 0, where they are 0 and 1
	reverseKind string    // variance of p(x_{t−1}|x_t): exact, beta or posterior
}

func newDiffusion(steps int, s2 float64, reverse string) diffusion {
	d := diffusion{s2: s2, beta: []float64{0}, abar: []float64{1}, reverseKind: reverse}
	for t := range steps {
		b := min(.5, (1e-4+(.02-1e-4)*float64(t)/float64(steps-1))*1000/float64(steps))
		d.beta, d.abar = append(d.beta, b), append(d.abar, d.abar[t]*(1-b))
	}
	return d
}

func (d diffusion) steps() int { return len(d.beta) - 1 }

// forward is q(x_{t−1}|x_t, x_0) = N(byData·x_0 + byState·x_t, variance) (Ho et al. 2020, eq. 6–7).
func (d diffusion) forward(t int) (byData, byState, variance float64) {
	a, before, b := d.abar[t], d.abar[t-1], d.beta[t]
	return math.Sqrt(before) * b / (1 - a), math.Sqrt(1-b) * (1 - before) / (1 - a), (1 - before) / (1 - a) * b
}

// reverse is p(x_{t−1}|x_t) = N(byState·x_t, variance): the mean of the forward posterior at the best guess
// of x_0, √ᾱ_t·s²/(ᾱ_t·s² + 1 − ᾱ_t)·x_t.
func (d diffusion) reverse(t int) (byState, variance float64) {
	data, state, forward := d.forward(t)
	a := d.abar[t]
	total := a*d.s2 + 1 - a // variance of x_t
	byState = state + data*math.Sqrt(a)*d.s2/total
	switch {
	case d.reverseKind == "exact": // what x_t leaves open of x_0 besides
		return byState, forward + data*data*(d.s2-a*d.s2*d.s2/total)
	case d.reverseKind == "beta" || t == 1:
		return byState, d.beta[t]
	}
	return byState, forward
}

// coefficients are what the groups and p(x_0|x_1) take their moments from, T+1 rows of five: of group l
// the weights of x_0 and of the state in the mean of q, its variance, and weight and variance of p.
func (d diffusion) coefficients() (out []float64) {
	steps := d.steps()
	for l := range steps + 1 {
		if l == 0 {
			out = append(out, math.Sqrt(d.abar[steps]), 0, 1-d.abar[steps], 0, 1)
			continue
		}
		t := steps - l + 1
		state, variance := d.reverse(t)
		row := []float64{0, 0, 1, state, variance}
		if t > 1 {
			row[0], row[1], row[2] = d.forward(t)
		}
		out = append(out, row...)
	}
	return out
}

// chained is a chain of so many steps as one of this package's hierarchies, with its coefficients.
func chained(steps int, coefficients *g.Node) hierarchy {
	at := func(l, i int) *g.Node {
		return g.Slice(coefficients, g.AxisElem(l), g.AxisElem(i))
	}
	normalOf := func(loc *g.Node, variance *g.Node) normal {
		return normal{Loc: loc, LogScale: g.BroadcastToDims(g.MulScalar(g.Log(variance), .5), loc.Shape().Dimensions...)}
	}
	return hierarchy{
		cfg:   vae.Config{Dim: 1, Latent: steps},
		sizes: slices.Repeat([]int{1}, steps),
		down: generator{
			start: func(s *model.Scope, n int) *g.Node {
				return g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), n, 1)
			},
			prior: func(_ *model.Scope, l int, h *g.Node) normal {
				if l == 0 {
					return dist.StandardNormal(h)
				}
				return normalOf(g.Mul(h, at(l, 3)), at(l, 4))
			},
			next: func(_ *model.Scope, _ int, _, z *g.Node) *g.Node { return z },
			data: func(_ *model.Scope, last *g.Node) dist.Distribution {
				return normalOf(g.Mul(last, at(steps, 3)), at(steps, 4))
			},
		},
		guide: topDown{func(_ *model.Scope, x *g.Node, k int) func(l int, h *g.Node, p normal) normal {
			x = vae.Copies(x, k)
			return func(l int, h *g.Node, _ normal) normal {
				return normalOf(g.Add(g.Mul(x, at(l, 0)), g.Mul(h, at(l, 1))), at(l, 2))
			}
		}},
	}
}

// chainOf returns −ELBO and the KL divergence of each group of a chain of so many steps for given noise,
// one row of T + 1 numbers a datum: x_0/s and what x_T … x_1 are drawn by.
func chainOf(t *testing.T, steps int, noise [][]float64) func(d diffusion) (nelbo []float64, kl [][]float64) {
	t.Helper()
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "chain", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := chained(steps, in[1]).Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
		return []*g.Node{terms.LogLik, terms.KL}
	}).WithNoise(func(name string, _ []int) []float64 {
		l, err := strconv.Atoi(name[strings.LastIndex(name, "/")+1:])
		if err != nil {
			panic(err)
		}
		out := make([]float64, len(noise))
		for i, e := range noise {
			out[i] = e[1+l]
		}
		return out
	})
	return func(d diffusion) (nelbo []float64, kl [][]float64) {
		x := make([]float64, len(noise))
		for i, e := range noise {
			x[i] = math.Sqrt(d.s2) * e[0]
		}
		out := tk.Values(t, prog, rng.Key{}, tk.Matrix(x, len(x), 1), tk.Matrix(d.coefficients(), steps+1, 5))
		for i := range noise {
			row := out[1][i*steps : (i+1)*steps]
			sum := -out[0][i]
			for _, v := range row {
				sum += v
			}
			nelbo, kl = append(nelbo, sum), append(kl, row)
		}
		return nelbo, kl
	}
}

// cross are the points ±√n on the axes of n dimensions. Every term of the bound is quadratic in the noise,
// and of a quadratic their mean is the expectation under N(0, I).
func cross(n int) (points [][]float64) {
	for i := range 2 * n {
		p := make([]float64, n)
		p[i/2] = math.Sqrt(float64(n)) * float64(1-2*(i%2))
		points = append(points, p)
	}
	return points
}

// TestADiffusionIsAHierarchyWithAFixedGuide: for x_0 ~ N(0, s²) and the best linear denoiser the bound is known.
// With the exact variance of p(x_{t−1}|x_t), −ELBO = H(x_0) + KL(q(x_T)‖N(0, 1)) for every T. With the
// variance β_t it is above H(x_0) by .010961 and .001092 at T = 100 and 1000 (s² = ¼), 0 (s² = 1), and
// .008815 and .000853 (s² = 4); with that of q(x_{t−1}|x_t, x_0), and β_1 at the end, by 1.2501 and .4563,
// 1.3465 and .4649, 1.4040 and .4701.
func TestADiffusionIsAHierarchyWithAFixedGuide(t *testing.T) {
	mean := func(x []float64) (m float64) {
		for _, v := range x {
			m += v / float64(len(x))
		}
		return m
	}
	for j, steps := range []int{2, 10, 100, 1000} {
		if steps == 1000 && testing.Short() {
			continue
		}
		bounds := chainOf(t, steps, cross(steps+1))
		for i, s2 := range []float64{.25, 1, 4} {
			entropy := .5 * math.Log(2*math.Pi*math.E*s2)
			tk.Close(t, "H(x_0)", entropy, []float64{.725791, 1.418939, 2.112086}[i], 5e-7)
			d := newDiffusion(steps, s2, "exact")
			last := d.abar[steps]*s2 + 1 - d.abar[steps] // variance of x_T
			top := .5 * (last - 1 - math.Log(last))      // KL(q(x_T)‖N(0, 1)) of the aggregate
			got, _ := bounds(d)
			name := fmt.Sprintf("s² = %v, T = %d", s2, steps)
			tk.Close(t, name+": −ELBO", mean(got), entropy+top, 1e-9)
			t.Logf("%s: −ELBO %.9f, off by %.1e", name, mean(got), mean(got)-entropy-top)
			if steps < 100 {
				continue
			}
			for kind, want := range map[string][]float64{
				"beta":      {.010961, .001092, 0, 0, .008815, .000853},
				"posterior": {1.2501, .4563, 1.3465, .4649, 1.4040, .4701},
			} {
				d.reverseKind = kind
				got, _ := bounds(d)
				digit := map[string]float64{"beta": 5e-7, "posterior": 5e-5}[kind] // half of the last one
				tk.Close(t, name+": excess with the variance "+kind, mean(got)-entropy, want[2*i+j-2], 1.01*digit)
			}
		}
	}
}

// TestTheTermsOfADiffusionAreThoseOfPlainLoops, row by row for random noise: with chains of the forward
// process run by loops and divergences of two normals written out.
func TestTheTermsOfADiffusionAreThoseOfPlainLoops(t *testing.T) {
	const steps, rows = 12, 20
	d := newDiffusion(steps, 2, "beta")
	flat := make([]float64, rows*(steps+1))
	rng.New(3).NormalFloat64(flat)
	var noise [][]float64
	for i := range rows {
		noise = append(noise, flat[i*(steps+1):(i+1)*(steps+1)])
	}
	got, kl := chainOf(t, steps, noise)(d)
	for i, e := range noise {
		x0 := math.Sqrt(d.s2) * e[0]
		a := d.abar[steps]
		m, v := math.Sqrt(a)*x0, 1-a
		sum, x := 0., 0.
		for l := range steps {
			q, p := 0., 1. // mean and variance of p
			if l > 0 {
				byState, variance := d.reverse(steps - l + 1)
				q, p = byState*x, variance
				data, state, forward := d.forward(steps - l + 1)
				m, v = data*x0+state*x, forward
			}
			want := .5 * ((v+(m-q)*(m-q))/p - 1 - math.Log(v/p))
			tk.Close(t, fmt.Sprintf("row %d: KL of x_%d", i, steps-l), kl[i][l], want, 1e-12)
			sum += want
			x = m + math.Sqrt(v)*e[1+l]
		}
		state, variance := d.reverse(1)
		r := x0 - state*x
		tk.Close(t, fmt.Sprintf("row %d: −ELBO", i), got[i], sum+.5*(math.Log(2*math.Pi*variance)+r*r/variance), 1e-9)
	}
}

// TestTheForwardPosteriorIsBayesRule: q(x_{t−1}|x_0)·q(x_t|x_{t−1}) over q(x_t|x_0) at a few points.
func TestTheForwardPosteriorIsBayesRule(t *testing.T) {
	d := newDiffusion(10, 1, "exact")
	logN := func(x, m, v float64) float64 { return -.5 * (math.Log(2*math.Pi*v) + (x-m)*(x-m)/v) }
	for step := 2; step <= 10; step++ {
		for _, x := range [][3]float64{{.3, -1, .5}, {2, 1.5, 1}, {-1, 0, 3}} { // x_0, x_{t−1}, x_t
			data, state, v := d.forward(step)
			a, before, b := d.abar[step], d.abar[step-1], d.beta[step]
			want := logN(x[1], math.Sqrt(before)*x[0], 1-before) + logN(x[2], math.Sqrt(1-b)*x[1], b) - logN(x[2], math.Sqrt(a)*x[0], 1-a)
			tk.Close(t, fmt.Sprintf("t = %d: ln q(x_{t−1}|x_t, x_0)", step), logN(x[1], data*x[0]+state*x[2], v), want, 1e-10)
		}
	}
}
