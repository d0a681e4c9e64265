package bnn

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// oneStep makes one step of an update from the start of a linear network and returns the
// parameters before and after it with the gradient of the loss.
func oneStep(t *testing.T, u update, noise float64) (before, after, gradient []float64) {
	t.Helper()
	x, y := linearTable(30, 2, .3, 1)
	tab, err := newTable(x, y, Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, Config{Hidden: []int{}, Noise: .5, Epochs: 1, dtype: dtypes.Float64, noise: func(_ string, dims []int) []float64 {
		e := make([]float64, max(1, product(dims)))
		for i := range e {
			e[i] = noise
		}
		return e
	}})
	p := point{shape: n.shape, sd: 1}
	prog := model.NewProgram(r.params, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss, _, _ := objective(s, r.head, p, tab.n, in[0], in[1])
		_, nodes := s.Trainable()
		return g.Gradient(loss, nodes...)
	})
	in, err := r.batch(rng.New(0).Perm(30))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tk.Values(t, prog, rng.Key{}, in[0].Tensor, in[1].Tensor) {
		gradient = append(gradient, d...)
	}
	read := func() []float64 {
		arrays, err := r.arrays()
		if err != nil {
			t.Fatal(err)
		}
		return n.shape.point(arrays).flat()
	}
	before = read()
	if err := r.run(context.Background(), phase{name: "step", net: p, epochs: 1, update: u}); err != nil {
		t.Fatal(err)
	}
	return before, read(), gradient
}

// product is the number of values of a shape.
func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// w ← w − η∇, shortened to a length of .1 where it is longer: not so at the first rate, so at the
// second.
func TestDescentIsItsFormula(t *testing.T) {
	for i, eta := range []float64{1e-5, .03} {
		before, after, gradient := oneStep(t, descent(eta), 0)
		norm := 0.
		for _, d := range gradient {
			norm += d * d
		}
		step := eta * math.Sqrt(norm)
		if (step > .1) != (i == 1) {
			t.Fatalf("rate %v: a step of length %v, on the wrong side of .1", eta, step)
		}
		for i := range before {
			near(t, "weight", after[i], before[i]-eta*gradient[i]*math.Min(1, .1/step), 1e-14)
		}
	}
}

// w ← w − (ε/2)N∇ + √ε ξ with ξ = 1.5 throughout.
func TestLangevinStepsAreTheirFormula(t *testing.T) {
	before, after, gradient := oneStep(t, langevin(.004, 30), 1.5)
	for i := range before {
		near(t, "weight", after[i], before[i]-.002*30*gradient[i]+1.5*math.Sqrt(.004), 1e-14)
	}
}

// Adam's first step is the rate against the sign of the gradient.
func TestAdamBeginsWithTheRate(t *testing.T) {
	before, after, gradient := oneStep(t, adam(.02), 0)
	for i := range before {
		near(t, "weight", after[i], before[i]-.02*gradient[i]/(math.Abs(gradient[i])+1e-8), 1e-9)
	}
}

// The rate is half a cosine: whole at the first step, half in the middle, nearly 0 at the last.
func TestAdamFollowsHalfACosine(t *testing.T) {
	u := adam(1)
	for _, c := range []struct {
		t    int
		want float64
	}{{1, 1}, {501, .5}, {1000, .5 * (1 + math.Cos(math.Pi*.999))}} {
		rate, correct := u.scalars(c.t, 1000)
		near(t, "rate", rate*(1-math.Pow(.9, float64(c.t))), c.want, 1e-12)
		near(t, "correction", correct*(1-math.Pow(.999, float64(c.t))), 1, 1e-12)
	}
}

// The diagonal of the Fisher matrix that comes from products over a batch is the sum over rows of
// squared derivatives, row by row, for every head.
func TestTheFisherDiagonalIsTheSumOverRows(t *testing.T) {
	for _, name := range Heads {
		x, y := blobs(11, 3, .3, 1)
		tab, err := newTable(x, y, Config{Head: name})
		if err != nil {
			t.Fatal(err)
		}
		r, n := trainerOf(t, tab, Config{Head: name, Hidden: []int{4, 3}, Batch: 4, dtype: dtypes.Float64})
		got, err := r.fisher(context.Background(), n.shape)
		if err != nil {
			t.Fatal(err)
		}
		prog := model.NewProgram(r.params, "rows", func(s *model.Scope, in []*g.Node) []*g.Node {
			pairs := n.shape.pointWeights(s)
			f, _, _ := layersOf(in[0], pairs)
			var squares []*g.Node
			for _, u := range r.head.roots(s, f) {
				for i, d := range g.Gradient(g.ReduceAllSum(u), pairs...) {
					if len(squares) <= i {
						squares = append(squares, g.Square(d))
					} else {
						squares[i] = g.Add(squares[i], g.Square(d))
					}
				}
			}
			return squares
		})
		want := make([]float64, len(got.flat()))
		for i := range 11 {
			in, err := r.batch([]int{i})
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			for _, d := range tk.Values(t, prog, rng.Key{}, in[0].Tensor) {
				for _, v := range d {
					want[at] += v
					at++
				}
			}
		}
		for i, v := range got.flat() {
			tk.Close(t, name, v, want[i], 1e-12)
		}
	}
}

// The cost of a point is −ln p(w) up to a constant: its difference between two weights is that of
// their log-densities.
func TestTheCostOfAPointIsItsNegativeLogPrior(t *testing.T) {
	cost := func(w float64) float64 {
		return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{gaussianCost(in[0], .7)}
		}, tk.Vector(w))[0][0]
	}
	near(t, "difference", cost(1.3)-cost(.2), (1.3*1.3-.2*.2)/(2*.49), 1e-12)
}

// A mask of dropout is 0 or 1/(1−rate), and 1 in the mean.
func TestMasksAreOneInTheMean(t *testing.T) {
	mask := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{point{rate: .2}.mask(s, in[0])}
	}, tk.Matrix(make([]float64, 20000), 100, 200))[0]
	for _, v := range mask {
		if v != 0 && v != 1.25 {
			t.Fatalf("got %v, want 0 or 1.25", v)
		}
	}
	tk.MeanWithin(t, "mask", mask, 1, 5)
}
