package crf

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// example has three steps and two labels, and scores that favour to stay.
var example = Chain{2, []float64{1, 0, 0, 1, .5, 0}, []float64{.5, -.5, -.5, .5}}

// TestTheExampleOfThreeStepsIsExact to the digits of the specification.
func TestTheExampleOfThreeStepsIsExact(t *testing.T) {
	m, err := example.Marginals()
	if err != nil {
		t.Fatal(err)
	}
	z, err := example.LogZ()
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log Z", z, 3.7052169386, 5e-11)
	tk.Close(t, "log Z of the marginals", m.LogZ, z, 0)
	for i, want := range []float64{.6584424, .4160809, .5606303} {
		tk.Close(t, "P(y = 0)", m.Node[2*i], want, 5e-8)
	}
	y, s, err := example.Viterbi()
	if err != nil || y[0] != 0 || y[1] != 0 || y[2] != 0 {
		t.Errorf("got best %v, %v, want 0 0 0", y, err)
	}
	tk.Close(t, "best score", s, 2.5, 0)
	if s, err = example.Score([]int{0, 0, 0}); err != nil || s != 2.5 {
		t.Errorf("got score %v, %v, want 2.5", s, err)
	}
}

// randomChain has scores of the given spread.
func randomChain(key rng.Key, labels, steps int, spread float64) Chain {
	c := Chain{labels, make([]float64, steps*labels), make([]float64, labels*labels)}
	key.Named("unary").NormalFloat64(c.Unary)
	key.Named("transition").NormalFloat64(c.Transition)
	for i := range c.Unary {
		c.Unary[i] *= spread
	}
	for i := range c.Transition {
		c.Transition[i] *= spread
	}
	return c
}

// each calls visit with every labelling.
func (c Chain) each(visit func(y []int)) {
	y := make([]int, c.Len())
	for {
		visit(y)
		t := 0
		for ; t < len(y); t++ {
			if y[t]++; y[t] < c.Labels {
				break
			}
			y[t] = 0
		}
		if t == len(y) {
			return
		}
	}
}

// enumerate is inference by its definition.
func (c Chain) enumerate(t testing.TB) (m Marginals, best float64) {
	score := func(y []int) float64 {
		s, err := c.Score(y)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	best = math.Inf(-1)
	c.each(func(y []int) { best = max(best, score(y)) })
	z := 0.
	c.each(func(y []int) { z += math.Exp(score(y) - best) })
	n := c.Labels
	m = Marginals{best + math.Log(z), make([]float64, len(c.Unary)), make([]float64, (c.Len()-1)*n*n)}
	c.each(func(y []int) {
		p := math.Exp(score(y) - m.LogZ)
		for t, j := range y {
			if m.Node[t*n+j] += p; t > 0 {
				m.Edge[(t-1)*n*n+y[t-1]*n+j] += p
			}
		}
	})
	return m, best
}

// TestInferenceIsEnumeration on 1,000 random chains; those of spread 300 go through logarithms.
func TestInferenceIsEnumeration(t *testing.T) {
	logs := 0
	for k := range 1000 {
		key := rng.New(22).At(uint64(k))
		r := key.Rand()
		labels, steps := 1+r.IntN(4), 1+r.IntN(6)
		spread := []float64{.1, 1, 5, 300}[k%4]
		c := randomChain(key, labels, steps, spread)
		want, best := c.enumerate(t)
		got, err := c.Marginals()
		if err != nil {
			t.Fatal(err)
		}
		// Rounding of a sum of scores grows with their size.
		tol := 1e-10 * max(1, spread/5)
		tk.Close(t, "log Z", got.LogZ, want.LogZ, tol)
		for i, p := range want.Node {
			tk.Close(t, "node", got.Node[i], p, tol)
		}
		for i, p := range want.Edge {
			tk.Close(t, "edge", got.Edge[i], p, tol)
		}
		y, s, err := c.Viterbi()
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "best score", s, best, tol)
		own, _ := c.Score(y)
		tk.Close(t, "score of the best", own, s, tol)
		var l lattice
		l.transitions(labels, c.Transition)
		if l.forward(c.Unary); l.logs {
			logs++
		}
		if t.Failed() {
			t.Fatalf("chain %d: %d labels, %d steps, spread %v", k, labels, steps, spread)
		}
	}
	if logs < 50 || logs > 300 {
		t.Errorf("got %d chains in logarithms, want some and not most", logs)
	}
}

// TestScaledAndLogarithmicRecursionsAgree on long chains.
func TestScaledAndLogarithmicRecursionsAgree(t *testing.T) {
	for k, labels := range []int{1, 2, 3, 7, 22} {
		c := randomChain(rng.New(5).At(uint64(k)), labels, 500, 3)
		var fast, slow lattice
		fast.transitions(labels, c.Transition)
		slow.transitions(labels, c.Transition)
		a, b := make([]float64, len(c.Unary)), make([]float64, len(c.Unary))
		z := fast.forward(c.Unary)
		fast.backward(c.Unary, a)
		slow.forward(c.Unary)
		tk.Close(t, "log Z", z, slow.logForward(c.Unary), 1e-9)
		slow.backward(c.Unary, b)
		if fast.logs || !slow.logs {
			t.Fatal("the two recursions are one")
		}
		for i := range a {
			tk.Close(t, "node", a[i], b[i], 1e-10)
		}
		x, y := make([]float64, labels*labels), make([]float64, labels*labels)
		fast.addEdges(x)
		slow.addEdges(y)
		sum := 0.
		for i := range x {
			tk.Close(t, "expected transitions", x[i], y[i], 1e-8)
			sum += x[i]
		}
		tk.Close(t, "sum of expected transitions", sum, 499, 1e-9)
	}
}

// TestAChainOfAMillionStepsNeitherOverflowsNorUnderflows: equal steps have ln Z by the largest
// eigenvalue of A, λ = e^.5 + e^−.5, as every row of e^A sums to it.
func TestAChainOfAMillionStepsNeitherOverflowsNorUnderflows(t *testing.T) {
	const steps = 1_000_000
	c := Chain{2, make([]float64, 2*steps), example.Transition}
	z, err := c.LogZ()
	if err != nil {
		t.Fatal(err)
	}
	want := math.Ln2 + (steps-1)*math.Log(math.Exp(.5)+math.Exp(-.5))
	tk.Close(t, "log Z", z/want, 1, 1e-11)
}

// TestABestPathThroughAnUnderflowIsFound: label 1 is e^−900 as likely at first and all there is later.
func TestABestPathThroughAnUnderflowIsFound(t *testing.T) {
	c := Chain{2, []float64{0, -900, 0, 2000}, []float64{0, -5000, -5000, 0}}
	m, err := c.Marginals()
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "log Z", m.LogZ, 1100, 1e-12)
	tk.Close(t, "P(y_0 = 1)", m.Node[1], 1, 1e-12)
}

func TestBadChainsAreNamed(t *testing.T) {
	nan := math.NaN()
	for want, c := range map[string]Chain{
		"got 0 for 2 labels":        {2, nil, make([]float64, 4)},
		"got 3 for 2 labels":        {2, make([]float64, 3), make([]float64, 4)},
		"got 3 for 0 labels":        {0, make([]float64, 3), nil},
		"transitions: got 3":        {2, make([]float64, 4), make([]float64, 3)},
		"unary score 1: got NaN":    {2, []float64{0, nan}, make([]float64, 4)},
		"transition 2: got +Inf":    {2, make([]float64, 4), []float64{0, 0, math.Inf(1), 0}},
		"unary score 0: got 1e+300": {1, []float64{1e300}, []float64{0}},
	} {
		_, e1 := c.LogZ()
		_, e2 := c.Marginals()
		_, _, e3 := c.Viterbi()
		_, e4 := c.Score([]int{0})
		for _, err := range []error{e1, e2, e3, e4} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
	for _, y := range [][]int{{0, 0}, {0, 0, 2}, {0, -1, 0}} {
		if _, err := example.Score(y); err == nil {
			t.Errorf("%v: got no error", y)
		}
	}
}
