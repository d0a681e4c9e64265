package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/cavi"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// byEnumeration is the E-step by its definition: each row is completed in every way.
func byEnumeration(n *pgm.Network, tables []*pgm.Factor, d *Data) *expectation {
	e := &expectation{counts: make([][]float64, len(tables))}
	for v, f := range tables {
		e.counts[v] = make([]float64, len(f.Log))
	}
	g := &pgm.Graph{Vars: n.Vars, Factors: tables}
	for r := range d.Rows() {
		z := 0.
		add := func(w func(p float64) float64) {
			eachAssignment(g.Card(), func(states []int) {
				for v, s := range states {
					if seen := d.Cols[v][r]; seen != Missing && int(seen) != s {
						return
					}
				}
				p := w(exp(g.LogValue(states)))
				for v, f := range tables {
					seen := pgm.Evidence{}
					for _, u := range f.Vars {
						seen[u] = states[u]
					}
					e.counts[v][place(f, seen)] += p
				}
			})
		}
		add(func(p float64) float64 { z += p; return 0 })
		add(func(p float64) float64 { return p / z })
		e.logLik += math.Log(z)
	}
	return e
}

func close2(t *testing.T, name string, got, want [][]float64, tol float64) {
	t.Helper()
	for v := range want {
		for i, x := range want[v] {
			tk.Close(t, fmt.Sprint(name, " ", v, " ", i), got[v][i], x, tol)
		}
	}
}

func TestExpectedCountsAreThoseOfEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 300 {
		n := randomNetwork(t, r, 2+r.IntN(4))
		d, err := Sample(n, 1+r.IntN(12), rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, r.Float64())
		start, err := Random(n.Vars, n.Parents, rng.New(r.Uint64()))
		must(t, start, err)
		e, err := newClimb(t.Context(), start, d, EMConfig{})
		must(t, e, err)
		got, err := e.rows.expect(t.Context(), n.Parents, start.Tables, e.base, exact.Config{})
		must(t, got, err)
		want := byEnumeration(start, start.Tables, d)
		tk.Close(t, "ln p(D)", got.logLik, want.logLik, 1e-11)
		close2(t, "counts", got.counts, want.counts, 1e-11)
		l, err := LogLikelihood(t.Context(), start, d, exact.Config{})
		tk.Close(t, "ln p(D)", must(t, l, err), want.logLik, 1e-11)
	}
}

func TestSubnormalisedTablesAreInferredAsTheyAre(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 8, rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .4)
		e, err := newClimb(t.Context(), n, d, EMConfig{Bayes: true, Prior: Prior{Equivalent: 2}})
		must(t, e, err)
		got, err := e.rows.expect(t.Context(), n.Parents, e.tables, e.base, exact.Config{})
		must(t, got, err)
		want := byEnumeration(n, e.tables, d)
		tk.Close(t, "Σ ln Z", got.logLik, want.logLik, 1e-11)
		close2(t, "counts", got.counts, want.counts, 1e-11)
	}
}

// A falling bound is an error of EM, so that an end without one is the proof.
func TestTheBoundNeverFalls(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 300 {
		n := randomNetwork(t, r, 2+r.IntN(4))
		d, err := Sample(n, 5+r.IntN(30), rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .3*r.Float64())
		start, err := Random(n.Vars, n.Parents, rng.New(r.Uint64()))
		must(t, start, err)
		c := EMConfig{Sweeps: 60, Tolerance: 1e-12, Bayes: i%3 == 0, Prior: []Prior{{Equivalent: 1}, {}, {Cell: .5}}[i%3]}
		res, err := EM(t.Context(), start, d, c)
		must(t, res, err)
		if c.Bayes || c.Prior != (Prior{}) {
			continue
		}
		l, err := LogLikelihood(t.Context(), res.Network, d, exact.Config{})
		if last := res.Bounds[len(res.Bounds)-1]; must(t, l, err) < last-1e-9*math.Abs(last) {
			t.Errorf("ln p(D) after the last update: got %g, want at least %g", l, last)
		}
		tk.Close(t, "likelihood of the result", res.LogLik, res.Bounds[len(res.Bounds)-1], 1e-15)
	}
}

// With every cell seen one sweep is enough: EM is Fit, and the bound of variational Bayes ln p(D).
func TestWithoutMissingCellsOneSweepIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 50 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 40, rng.New(r.Uint64()))
		must(t, d, err)
		prior := Prior{Equivalent: 1}
		want, err := Fit(n.Parents, d, prior)
		must(t, want, err)
		for _, bayes := range []bool{false, true} {
			res, err := EM(t.Context(), n, d, EMConfig{Prior: prior, Bayes: bayes, Sweeps: 3})
			must(t, res, err)
			for v, f := range want.Tables {
				for i, l := range f.Log {
					tk.Close(t, "table", exp(res.Network.Tables[v].Log[i]), exp(l), 1e-13)
				}
			}
			if bayes {
				p, err := Count(n.Parents, d, prior)
				must(t, p, err)
				tk.Close(t, "bound", res.Bounds[1], p.LogEvidence(), 1e-12)
			}
		}
	}
}

// ln p(D) of few missing cells is the sum over all ways to fill them. The bound lies below,
// and a climb from the posterior of one way ends no lower than that way's term alone.
func TestTheVariationalBoundIsBelowTheEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for range 100 {
		n := randomNetwork(t, r, 3)
		whole, err := Sample(n, 10, rng.New(r.Uint64()))
		must(t, whole, err)
		d := whole.pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil)
		var holes [][2]int
		var card []int
		for range 5 {
			v, i := r.IntN(3), r.IntN(10)
			if d.Cols[v][i] != Missing {
				d.Cols[v][i] = Missing
				holes, card = append(holes, [2]int{v, i}), append(card, len(d.Vars[v].States))
			}
		}
		prior := Prior{Equivalent: 1}
		evidence, best, top := 0., math.Inf(-1), (*Posterior)(nil)
		eachAssignment(card, func(states []int) {
			for k, h := range holes {
				whole.Cols[h[0]][h[1]] = int32(states[k])
			}
			p, err := Count(n.Parents, whole, prior)
			must(t, p, err)
			if evidence += exp(p.LogEvidence()); p.LogEvidence() > best {
				best, top = p.LogEvidence(), p
			}
		})
		res, err := EM(t.Context(), n, d, EMConfig{Prior: prior, Bayes: true, Resume: top})
		must(t, res, err)
		bound := res.Bounds[len(res.Bounds)-1]
		if most := math.Log(evidence); bound > most+1e-10 || bound < best-1e-10 {
			t.Errorf("bound: got %g, want from %g to %g", bound, best, most)
		}
	}
}

func TestAResumedClimbEqualsOneThatWasNotInterrupted(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for i := range 40 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 30, rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .3)
		start, err := Random(n.Vars, n.Parents, rng.New(r.Uint64()))
		must(t, start, err)
		c := EMConfig{Prior: Prior{Equivalent: 1}, Bayes: i%2 == 0, Sweeps: 7, Tolerance: 1e-300}
		whole, err := EM(t.Context(), start, d, c)
		must(t, whole, err)
		c.Sweeps = 3
		half, err := EM(t.Context(), start, d, c)
		must(t, half, err)
		c.Sweeps = 4
		if c.Bayes {
			c.Resume = half.Posterior
		}
		rest, err := EM(t.Context(), half.Network, d, c)
		must(t, rest, err)
		if got, want := fmt.Sprint(append(half.Bounds, rest.Bounds...), *rest.Network.Tables[0]), fmt.Sprint(whole.Bounds, *whole.Network.Tables[0]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A hidden cause of three observed effects, of which the marginal of the effects is the proof:
// it is that of the truth, whichever way the hidden states are named.
func TestAHiddenCauseIsFound(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("h", 2), pgm.Numbered("a", 2), pgm.Numbered("b", 2), pgm.Numbered("c", 3)}
	parents := [][]int{nil, {0}, {0}, {0}}
	truth, err := pgm.NewNetwork(vars, parents, [][]float64{{.3, .7}, {.9, .1, .2, .8}, {.8, .2, .1, .9}, {.7, .2, .1, .1, .3, .6}})
	must(t, truth, err)
	d, err := Sample(truth, 20000, rng.New(4))
	must(t, d, err)
	for i := range d.Cols[0] {
		d.Cols[0][i] = Missing
	}
	start, err := Random(vars, parents, rng.New(1))
	must(t, start, err)
	res, err := EM(t.Context(), start, d, EMConfig{Prior: Prior{Equivalent: 1}, Sweeps: 5000})
	must(t, res, err)
	states := []float64{exp(res.Network.Tables[0].Log[0]), exp(res.Network.Tables[0].Log[1])}
	if states[0] > states[1] {
		states[0], states[1] = states[1], states[0]
	}
	tk.Close(t, "p(h)", states[0], .3, .03) // 4 standard errors of the estimate over seeds
	l, err := LogLikelihood(t.Context(), truth, d, exact.Config{})
	if must(t, l, err); res.LogLik < l {
		t.Errorf("ln p(D): got %g, want at least that of the truth, %g", res.LogLik, l)
	}
}

func TestEMIsStoppedAndRefusesWhatCannotBe(t *testing.T) {
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}, [][]int{nil, {0}}, [][]float64{{1, 0}, {1, 0, .5, .5}})
	must(t, n, err)
	for _, d := range []*Data{
		{Vars: n.Vars, Cols: [][]int32{{0, 1}, {0, 0}}},
		{Vars: n.Vars, Cols: [][]int32{{0, 1}, {0, Missing}}},
	} {
		if _, err := EM(t.Context(), n, d, EMConfig{}); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("got %v, want %v", err, pgm.ErrImpossible)
		}
		if _, err := LogLikelihood(t.Context(), n, d, exact.Config{}); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("got %v, want %v", err, pgm.ErrImpossible)
		}
	}
	d := &Data{Vars: n.Vars, Cols: [][]int32{{0, Missing}, {0, 0}}}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := EM(ctx, n, d, EMConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	_, err = EM(t.Context(), n, &Data{Vars: n.Vars[:1], Cols: d.Cols[:1]}, EMConfig{})
	fails(t, err, "got 1 columns")
	_, err = EM(t.Context(), n, d, EMConfig{Bayes: true})
	fails(t, err, "got a prior of 0, want above 0")
	_, err = EM(t.Context(), n, d, EMConfig{Prior: Prior{Cell: -1}})
	fails(t, err, "prior")
	var large *exact.TooLarge
	_, err = EM(t.Context(), n, d, EMConfig{Exact: exact.Config{Memory: 1}})
	if !errors.As(err, &large) {
		t.Errorf("got %v, want a refusal", err)
	}
	_, err = EM(t.Context(), n, d, EMConfig{Sweeps: -1})
	fails(t, err, "got -1 sweeps")
}

// Cancelling keeps what was found.
func TestACancelledClimbKeepsItsSweeps(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	n := randomNetwork(t, r, 5)
	d, err := Sample(n, 50, rng.New(1))
	must(t, d, err)
	d = hide(r, d, .5)
	ctx, stop := context.WithCancel(t.Context())
	res, err := EM(ctx, n, d, EMConfig{Tolerance: 1e-300, Progress: func(sweep int, _ float64) {
		if sweep == 3 {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) || res == nil || len(res.Bounds) != 3 {
		t.Fatalf("got %v, %v, want three sweeps and %v", res, err, context.Canceled)
	}
	var fall *FallError
	if _, _, err := (cavi.Loop{}).Climb(t.Context(), func() (float64, error) { return -float64(len(res.Bounds)), nil }); errors.As(err, &fall) {
		t.Errorf("a bound that stands still: got %v", err)
	}
}
