package vi_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// tables draws random tables of 8 states for n data: log-likelihoods, and probabilities of a
// prior and of a guide, states first.
func tables(seed uint64, n int) (lik, p, q []float64) {
	draw := func(size int, name string) []float64 {
		x := make([]float64, size)
		rng.New(seed).Named(name).NormalFloat64(x)
		return x
	}
	lik = times(draw(8*n, "likelihood"), 3)
	p, q = softmax(draw(8, "prior")), draw(8*n, "guide")
	for i := range n {
		column := make([]float64, 8)
		for c := range 8 {
			column[c] = q[c*n+i]
		}
		for c, v := range softmax(column) {
			q[c*n+i] = v
		}
	}
	return lik, p, q
}

func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

// TestGapIsTheDivergenceFromThePosterior: on random models of 8 states, ln p(x) − L = KL(q ‖
// posterior), and both forms of the bound agree.
func TestGapIsTheDivergenceFromThePosterior(t *testing.T) {
	const n = 50
	lik, p, q := tables(1, n)
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		e := vi.Enumerated{LogLik: in[0], LogP: in[1], LogQ: in[2]}
		terms := e.Terms()
		return []*g.Node{terms.LogLik, terms.KL, e.Evidence(), e.Posterior(), g.Neg(terms.Loss(special.ScalarLike(in[0], 1), 0))}
	}, tk.Matrix(lik, 8, n), tk.Matrix(logs(p), 8, 1), tk.Matrix(logs(q), 8, n))
	total := 0.
	for i := range n {
		evidence, rec, joint, entropy, gap := 0., 0., 0., 0., 0.
		for c := range 8 {
			evidence += math.Exp(lik[c*n+i]) * p[c]
		}
		for c := range 8 {
			v := q[c*n+i]
			rec += v * lik[c*n+i]
			joint += v * (lik[c*n+i] + math.Log(p[c]))
			entropy -= v * math.Log(v)
			post := math.Exp(lik[c*n+i]) * p[c] / evidence
			gap += v * math.Log(v/post)
			tk.Close(t, "posterior", math.Exp(out[3][c*n+i]), post, 1e-12)
		}
		bound := out[0][i] - out[1][i]
		total += bound / n
		at := fmt.Sprintf("datum %d: ", i)
		tk.Close(t, at+"reconstruction", out[0][i], rec, 1e-12)
		tk.Close(t, at+"second form", joint+entropy, bound, 1e-10)
		tk.Close(t, at+"evidence", out[2][i], math.Log(evidence), 1e-12)
		tk.Close(t, at+"ln p(x) − L", out[2][i]-bound, gap, 1e-10)
	}
	tk.Close(t, "mean bound", out[4][0], total, 1e-12)
}

// TestStatesOfNoProbabilityCostNothing: 0·ln 0 = 0, and an impossible datum in such a state.
func TestStatesOfNoProbabilityCostNothing(t *testing.T) {
	inf := math.Inf(-1)
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		terms := vi.Enumerated{LogLik: in[0], LogP: in[1], LogQ: in[2]}.Terms()
		return []*g.Node{terms.LogLik, terms.KL}
	}, tk.Matrix([]float64{-1, inf}, 2, 1), tk.Matrix(logs([]float64{.5, .5}), 2, 1), tk.Matrix([]float64{0, inf}, 2, 1))
	tk.Close(t, "reconstruction", out[0][0], -1, 0)
	tk.Close(t, "KL", out[1][0], math.Ln2, 1e-15)
}

// TestStatesAreDecodedForEveryDatum: state c of datum i.
func TestStatesAreDecodedForEveryDatum(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{vi.States(in[0], 3, func(x, z *g.Node) *g.Node {
			place := g.Mul(z, g.Const(z.Graph(), [][]float64{{100, 200, 300}}))
			return g.Add(g.ReduceSum(x, -1), g.ReduceSum(place, -1))
		})}
	}, tk.Matrix([]float64{1, 2, 3, 4}, 2, 2))
	for i, want := range []float64{103, 107, 203, 207, 303, 307} {
		if out[0][i] != want {
			t.Errorf("value %d: got %v, want %v", i, out[0][i], want)
		}
	}
}

// TestSurgeryAddsToTheBound: on an enumerated data set reconstruction − I − KL(q̄ ‖ p) is the
// mean bound, with the information from the joint table of index and code.
func TestSurgeryAddsToTheBound(t *testing.T) {
	const n = 20
	lik, p, q := tables(2, n)
	rows, mixture := make([][]float64, n), make([]float64, 8)
	rec, bound := 0., 0.
	for i := range n {
		for c := range 8 {
			v := q[c*n+i]
			rows[i] = append(rows[i], v)
			mixture[c] += v / n
			rec += v * lik[c*n+i] / n
			bound += v * (lik[c*n+i] + math.Log(p[c]) - math.Log(v)) / n
		}
	}
	s, err := vi.Dissect(rows, p)
	if err != nil {
		t.Fatal(err)
	}
	info := 0.
	for i := range n {
		for c := range 8 { // the joint table is q/n, its margins 1/n and q̄
			info += rows[i][c] / n * math.Log(rows[i][c]/mixture[c])
		}
	}
	tk.Close(t, "information", s.MutualInfo, info, 1e-12)
	tk.Close(t, "rate", s.Rate, s.MutualInfo+s.MarginalKL, 1e-12)
	tk.Close(t, "bound", rec-s.MutualInfo-s.MarginalKL, bound, 1e-12)
	if !(s.MutualInfo > 0 && s.MarginalKL > 0 && s.MutualInfo < math.Log(n)) {
		t.Errorf("got %+v, want both parts above 0 and the information below ln %d", s, n)
	}
	if _, err := vi.Dissect([][]float64{{1}}, p); err == nil {
		t.Error("rows of another length are no error")
	}
}
