package gauss

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func must[T any](t testing.TB, x T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func fails(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error that says %q", err, want)
	}
}

// randomNetwork has n variables in a random order.
func randomNetwork(t testing.TB, r *rand.Rand, n int) *Network {
	t.Helper()
	names, parents, weights := make([]string, n), make([][]int, n), make([][]float64, n)
	b, v := make([]float64, n), make([]float64, n)
	order := r.Perm(n)
	for k, i := range order {
		names[i], b[i], v[i] = fmt.Sprint("x", i), r.NormFloat64(), .1+r.ExpFloat64()
		for _, p := range order[:k] {
			if r.IntN(2) == 0 {
				parents[i], weights[i] = append(parents[i], p), append(weights[i], r.NormFloat64())
			}
		}
	}
	net, err := NewNetwork(names, parents, b, weights, v)
	return must(t, net, err)
}

// logDensity is −½(n ln 2π + ln |Σ| + (x − μ)ᵀΣ⁻¹(x − μ)).
func logDensity(t *testing.T, g *Normal, x []float64) float64 {
	t.Helper()
	if len(x) == 0 {
		return 0
	}
	d, inverse := mat.NewVecDense(len(x), nil), &mat.Dense{}
	for i := range x {
		d.SetVec(i, x[i]-g.Mean[i])
	}
	if err := inverse.Inverse(g.Cov); err != nil {
		t.Fatal(err)
	}
	return -(float64(len(x))*math.Log(2*math.Pi) + math.Log(mat.Det(g.Cov)) + mat.Inner(d, inverse, d)) / 2
}

// x₀ ~ N(4, 4), x₁ | x₀ ~ N(−5 + .5 x₀, 4), x₂ | x₁ ~ N(4 − x₁, 3) has the joint
// N((4, −3, 7), ((4, 2, −2), (2, 5, −5), (−2, −5, 8))) (Koller & Friedman 2009, examples 7.1 and 7.3).
func TestTheJointOfATextbook(t *testing.T) {
	n, err := NewNetwork([]string{"a", "b", "c"}, [][]int{nil, {0}, {1}}, []float64{4, -5, 4}, [][]float64{nil, {.5}, {-1}}, []float64{4, 4, 3})
	must(t, n, err)
	g, err := n.Joint()
	must(t, g, err)
	for i, row := range [][]float64{{4, 2, -2}, {2, 5, -5}, {-2, -5, 8}} {
		tk.Close(t, "mean", g.Mean[i], []float64{4, -3, 7}[i], 1e-14)
		for j, want := range row {
			tk.Close(t, "covariance", g.Cov.At(i, j), want, 1e-14)
		}
	}
	f, err := n.Field()
	must(t, f, err)
	// J = Σ⁻¹ = ((.3125, −.125, 0), (−.125, .5833, .3333), (0, .3333, .3333))
	if len(f.Edges) != 2 || f.Edges[0] != (Edge{0, 1, -.125}) {
		t.Errorf("got edges %v", f.Edges)
	}
	for i, want := range []float64{.3125, 7. / 12, 1. / 3} {
		tk.Close(t, "J", f.Diagonal[i], want, 1e-14)
	}
}

// The density of the joint is the product of those of the families.
func TestTheJointIsTheProductOfTheFamilies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		n := randomNetwork(t, r, 1+r.IntN(6))
		g, err := n.Joint()
		must(t, g, err)
		x, cols := make([]float64, len(g.Mean)), make([][]float64, len(g.Mean))
		for i := range x {
			x[i] = g.Mean[i] + r.NormFloat64()
			cols[i] = x[i : i+1]
		}
		l, err := n.LogLikelihood(cols)
		tk.Close(t, "ln p", must(t, l, err), logDensity(t, g, x), 1e-8)
	}
}

// Conditioning is the joint's own: p(x_F | x_E) p(x_E) = p(x), and in information form the
// same by another way.
func TestConditioningIsBayesRule(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		n := randomNetwork(t, r, 2+r.IntN(5))
		g, err := n.Joint()
		must(t, g, err)
		x, seen := make([]float64, len(g.Mean)), map[int]float64{}
		for i := range x {
			x[i] = g.Mean[i] + r.NormFloat64()
		}
		for _, i := range r.Perm(len(x))[:1+r.IntN(len(x)-1)] {
			seen[i] = x[i]
		}
		c, err := g.Condition(seen)
		must(t, c, err)
		var rest []float64
		for _, v := range c.Vars {
			rest = append(rest, x[v])
		}
		tk.Close(t, "ln p", c.LogEvidence+logDensity(t, &c.Normal, rest), logDensity(t, g, x), 1e-7)
		f, err := n.Field()
		must(t, f, err)
		given, vars, err := f.Given(seen)
		must(t, given, err)
		s, _, err := given.Solve()
		must(t, s, err)
		for i := range vars {
			tk.Close(t, "mean", s.Mean[i], c.Mean[i], 1e-7)
			for j := range vars {
				tk.Close(t, "covariance", s.Cov.At(i, j), c.Cov.At(i, j), 1e-7)
			}
		}
	}
}

func TestAllOrNothingSeen(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(3, 3)), 3)
	g, err := n.Joint()
	must(t, g, err)
	c, err := g.Condition(nil)
	if must(t, c, err); len(c.Vars) != 3 || c.LogEvidence != 0 || c.Mean[1] != g.Mean[1] {
		t.Errorf("got %+v", c)
	}
	c, err = g.Condition(map[int]float64{0: 1, 1: 2, 2: 3})
	must(t, c, err)
	l, err := n.LogLikelihood([][]float64{{1}, {2}, {3}})
	tk.Close(t, "ln p", c.LogEvidence, must(t, l, err), 1e-10)
	if len(c.Vars) != 0 || len(c.Mean) != 0 {
		t.Errorf("got %+v", c)
	}
}

// A variable of variance 0 is what its parents make it.
func TestVariablesWithoutNoise(t *testing.T) {
	n, err := NewNetwork([]string{"a", "b", "sum"}, [][]int{nil, nil, {0, 1}}, []float64{1, 2, 0}, [][]float64{nil, nil, {1, 1}}, []float64{1, 3, 0})
	must(t, n, err)
	g, err := n.Joint()
	must(t, g, err)
	c, err := g.Condition(map[int]float64{2: 7})
	must(t, c, err)
	tk.Close(t, "mean of a", c.Mean[0], 1+1.*4/4, 1e-14)
	tk.Close(t, "mean of b", c.Mean[1], 2+3.*4/4, 1e-14)
	tk.Close(t, "covariance", c.Cov.At(0, 1), -.75, 1e-14)
	if _, err := g.Condition(map[int]float64{0: 1, 1: 2, 2: 3}); !errors.Is(err, ErrSingular) {
		t.Errorf("got %v, want %v", err, ErrSingular)
	}
	_, err = n.LogLikelihood([][]float64{{1}, {2}, {3}})
	fails(t, err, "sum: got variance 0")
	_, err = n.Field()
	fails(t, err, "sum: got variance 0")
}

// Samples have the moments of the joint within 5 standard errors of each.
func TestSamplesHaveTheMomentsOfTheJoint(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 10 {
		n := randomNetwork(t, r, 4)
		g, err := n.Joint()
		must(t, g, err)
		cols, err := n.Sample(40000, rng.New(r.Uint64()))
		must(t, cols, err)
		m, err := NewMoments(n.Names, cols)
		must(t, m, err)
		rows := float64(m.Rows)
		for i := range cols {
			si := g.Cov.At(i, i)
			tk.Close(t, "mean", m.Mean[i]/math.Sqrt(si), g.Mean[i]/math.Sqrt(si), 5/math.Sqrt(rows))
			for j := range cols {
				s := math.Sqrt(si * g.Cov.At(j, j))
				tk.Close(t, "covariance", m.Cov.At(i, j)/s, g.Cov.At(i, j)/s, 5*math.Sqrt2/math.Sqrt(rows))
			}
		}
	}
}

func TestSamplesFollowTheKey(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(5, 5)), 3)
	draw := func(seed uint64) string {
		cols, err := n.Sample(9, rng.New(seed))
		return fmt.Sprint(must(t, cols, err))
	}
	first, again := draw(1), draw(1)
	if first != again || first == draw(2) {
		t.Error("a key gives one sample, another key another")
	}
	_, err := n.Sample(0, rng.New(1))
	fails(t, err, "got 0 rows")
}

func TestMarginalsAreParts(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(6, 6)), 4)
	g, err := n.Joint()
	must(t, g, err)
	m, err := g.Marginal([]int{2, 0})
	must(t, m, err)
	if m.Mean[0] != g.Mean[2] || m.Mean[1] != g.Mean[0] || m.Cov.At(0, 1) != g.Cov.At(2, 0) || m.Cov.At(1, 1) != g.Cov.At(0, 0) {
		t.Errorf("got %v of %v", m, g)
	}
	for _, vars := range [][]int{{0, 0}, {4}, {-1}} {
		_, err := g.Marginal(vars)
		fails(t, err, "want each once, below 4")
	}
}

func TestNetworksAndEvidenceThatCannotBeAreRefused(t *testing.T) {
	two := []string{"a", "b"}
	none := [][]float64{nil, nil}
	for want, f := range map[string]func() (*Network, error){
		"want one each": func() (*Network, error) { return NewNetwork(two, nil, nil, nil, nil) },
		"a: got 0 weights": func() (*Network, error) {
			return NewNetwork(two, [][]int{{1}, nil}, []float64{0, 0}, none, []float64{1, 1})
		},
		"variance -1": func() (*Network, error) {
			return NewNetwork(two, [][]int{nil, nil}, []float64{0, 0}, none, []float64{1, -1})
		},
		"intercept NaN": func() (*Network, error) {
			return NewNetwork(two, [][]int{nil, nil}, []float64{math.NaN(), 0}, none, []float64{1, 1})
		},
		"names that differ": func() (*Network, error) {
			return NewNetwork([]string{"a", "a"}, [][]int{nil, nil}, []float64{0, 0}, none, []float64{1, 1})
		},
		"parents of a: got [2]": func() (*Network, error) {
			return NewNetwork(two, [][]int{{2}, nil}, []float64{0, 0}, [][]float64{{1}, nil}, []float64{1, 1})
		},
		"want a graph without cycles": func() (*Network, error) {
			return NewNetwork(two, [][]int{{1}, {0}}, []float64{0, 0}, [][]float64{{1}, {1}}, []float64{1, 1})
		},
	} {
		_, err := f()
		fails(t, err, want)
	}
	n := randomNetwork(t, rand.New(rand.NewPCG(7, 7)), 2)
	g, err := n.Joint()
	must(t, g, err)
	_, err = g.Condition(map[int]float64{5: 1})
	fails(t, err, "want variables below 2")
	_, err = g.Condition(map[int]float64{0: math.NaN()})
	fails(t, err, "want finite numbers")
	for want, cols := range map[string][][]float64{
		"got 1 columns, want 2":           {{1}},
		"at least one row":                {{}, {}},
		"column x1: got 1 rows, want 2":   {{1, 2}, {1}},
		"column x0: got 1 rows, want 1 f": {{math.Inf(1)}, {1}},
	} {
		_, err := n.LogLikelihood(cols)
		fails(t, err, want)
		_, err = NewMoments(n.Names, cols)
		fails(t, err, want)
	}
	_, err = NewMoments([]string{"a"}, [][]float64{{1e200, -1e200}})
	fails(t, err, "squares are not finite")
	if d := mat.Det(g.Cov); !(d > 0) {
		t.Errorf("got determinant %g", d)
	}
}
