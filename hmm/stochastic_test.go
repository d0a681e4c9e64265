package hmm

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// corpus simulates sequences of the three Gaussians.
func corpus(t testing.TB, n, rows int) (seqs [][]float64) {
	truth, _ := threeStates(t)
	for s := range uint64(n) {
		x, _, err := truth.Simulate(rng.New(901).At(s), rows)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, x)
	}
	return seqs
}

// started makes a posterior of three states, seeded.
func started(t testing.TB, seqs [][]float64) *Bayes {
	e := must(NewNormalWishart(3, []float64{2, 2}, .1, 3, []float64{3, 0, 0, 3}))(t)
	if err := Seed(e, rng.New(902), seqs); err != nil {
		t.Fatal(err)
	}
	return must(NewBayes(e, .5, .5))(t)
}

func TestAFullBatchWithStepOneIsVariationalBayesToTheBit(t *testing.T) {
	r := rng.New(903).Named("full batch").Rand()
	for name, e := range posteriors(t, 3) {
		var seqs [][]float64
		for i := range uint64(23) {
			seqs = append(seqs, rowsFor(e, rng.New(904).At(i), 5+r.IntN(20)))
		}
		if err := SeedSoft(e, rng.New(905), seqs); err != nil {
			t.Fatal(err)
		}
		batch := must(NewBayes(e, .4, .6))(t)
		stochastic := again(t, batch)
		const sweeps = 7
		var bounds []float64
		must(batch.Fit(t.Context(), seqs, Config{Sweeps: sweeps, Progress: func(r Record) { bounds = append(bounds, r.Bound) }}))(t)
		c := Stochastic{Batch: 100, Steps: sweeps, Fixed: 1, Progress: func(s Step) {
			if s.Bound != bounds[s.Number] || s.Rho != 1 {
				t.Errorf("%s: step %d: got %.17g at %g, want %.17g", name, s.Number, s.Bound, s.Rho, bounds[s.Number])
			}
		}}
		if err := stochastic.FitStochastic(t.Context(), seqs, c); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(batch, stochastic) {
			t.Errorf("%s: posteriors differ", name)
		}
	}
}

func TestNaturalParametersGoThereAndBack(t *testing.T) {
	r := rng.New(906).Named("natural").Rand()
	for name, e := range posteriors(t, 4) {
		x := rowsFor(e, rng.New(907), 50)
		if err := SeedSoft(e, rng.New(r.Uint64()), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		before, eta := density(e, x), e.(natural).natural()
		prior := e.LogPrior()
		if err := e.(natural).setNatural(eta); err != nil {
			t.Fatal(err)
		}
		for i, v := range density(e, x) {
			near(t, name+": density", v, before[i], 1e-11)
		}
		near(t, name+": divergence", e.LogPrior(), prior, 1e-11)
		// η is linear in the statistics: those of half the weight are halfway to the prior's.
		weights := positives(r, 4*50)
		full, half := make([]float64, e.Stats()), make([]float64, e.Stats())
		e.Accumulate(full, x, weights)
		for i, v := range full {
			half[i] = v / 2
		}
		centre := again(t, must(NewBayes(e, 1, 1))(t)).Emit.(natural) // sums are about the means of now
		none := again(t, must(NewBayes(e, 1, 1))(t)).Emit.(natural)
		for _, err := range []error{e.Update(full), centre.Update(half), none.Update(make([]float64, e.Stats()))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		a, b, c := e.(natural).natural(), centre.natural(), none.natural()
		for i := range a {
			near(t, name+": halfway", b[i], (a[i]+c[i])/2, 1e-10)
		}
	}
}

// The mean of the targets of all batches of a pass is the target of all sequences.
func TestTargetsOfBatchesAreUnbiased(t *testing.T) {
	seqs := corpus(t, 6, 15)
	target := func(part [][]float64) (eta []float64) {
		b := started(t, seqs)
		e := b.Emit.(natural)
		all := newTotals(e, len(part), 1)
		if err := all.expect(b, part, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := b.blend(e, all.sum(), float64(len(seqs))/float64(len(part)), 1); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(e.natural(), b.Start, b.Trans)
	}
	want, n := target(seqs), 0.0
	mean := make([]float64, len(want))
	for i := range seqs { // all 15 pairs
		for j := range i {
			plus(mean, target([][]float64{seqs[j], seqs[i]}))
			n++
		}
	}
	for i, v := range want {
		near(t, "target", mean[i]/n, v, 1e-10)
	}
}

func TestEveryPassSeesEverySequenceOnce(t *testing.T) {
	c := Stochastic{Batch: 4, Key: rng.New(908)}
	var orders [][]int
	for pass := range 3 {
		var seen []int
		for step := range 3 {
			part := c.batch(3*pass+step, 10)
			if want := []int{4, 4, 2}[step]; len(part) != want || !slices.IsSorted(part) {
				t.Errorf("pass %d, step %d: got %v, want %d in order", pass, step, part, want)
			}
			seen = append(seen, part...)
		}
		orders = append(orders, slices.Clone(seen))
		slices.Sort(seen)
		if !slices.Equal(seen, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("pass %d: got %v, want each once", pass, seen)
		}
	}
	if slices.Equal(orders[0], orders[1]) && slices.Equal(orders[1], orders[2]) {
		t.Error("three passes deal alike")
	}
}

// From a start in which all states are nearly alike, five passes over 400 sequences come within
// three in a hundred of the bound of batch sweeps that look at the rows more than 2½ times as often.
func TestFivePassesComeNearTheBoundOfManySweeps(t *testing.T) {
	seqs := corpus(t, 400, 25)
	soft := func() *Bayes {
		b := started(t, seqs)
		if err := SeedSoft(b.Emit, rng.New(911), seqs); err != nil {
			t.Fatal(err)
		}
		return b
	}
	batch, b, first := soft(), soft(), math.NaN()
	c := Default()
	c.Progress = func(r Record) {
		if r.Sweep == 0 {
			first = r.Bound
		}
	}
	res := must(batch.Fit(t.Context(), seqs, c))(t)
	s := DefaultStochastic()
	s.Steps, s.Key = 125, rng.New(909)
	if err := b.FitStochastic(t.Context(), seqs, s); err != nil {
		t.Fatal(err)
	}
	got := must(b.Fit(t.Context(), seqs, Config{Sweeps: 1}))(t)
	t.Logf("bound: %.2f at first, batch %.2f after %d sweeps, stochastic %.2f after five passes", first, res.Bound, res.Sweep+1, got.Bound)
	if res.Sweep < 12 || got.Bound < res.Bound-.03*math.Abs(res.Bound) {
		t.Errorf("bound: got %.2f after five passes, want within 3%% of %.2f after %d sweeps", got.Bound, res.Bound, res.Sweep+1)
	}
}

func TestAStoppedStochasticFitGoesOnToTheSameBits(t *testing.T) {
	seqs := corpus(t, 30, 10)
	c := Stochastic{Batch: 7, Steps: 12, Delay: 2, Forget: .8, Key: rng.New(910)}
	whole := started(t, seqs)
	if err := whole.FitStochastic(t.Context(), seqs, c); err != nil {
		t.Fatal(err)
	}
	for stop := range c.Steps { // in the middle of passes, which have five steps
		part, rest := c, c
		part.Steps, rest.Done = stop, stop
		b := started(t, seqs)
		if err := b.FitStochastic(t.Context(), seqs, part); err != nil {
			t.Fatal(err)
		}
		b = again(t, b)
		rest.Workers = 1 + stop%3
		if err := b.FitStochastic(t.Context(), seqs, rest); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(b, whole) {
			t.Errorf("stopped after %d steps: posteriors differ", stop)
		}
	}
}

func TestStochasticSettingsThatCannotWorkAreErrors(t *testing.T) {
	seqs := corpus(t, 3, 5)
	good := DefaultStochastic()
	for what, change := range map[string]func(c *Stochastic){
		"batch":      func(c *Stochastic) { c.Batch = 0 },
		"steps":      func(c *Stochastic) { c.Steps = -1 },
		"done":       func(c *Stochastic) { c.Done = -1 },
		"delay":      func(c *Stochastic) { c.Delay = .5 },
		"half":       func(c *Stochastic) { c.Forget = .5 },
		"above one":  func(c *Stochastic) { c.Forget = 1.1 },
		"step size":  func(c *Stochastic) { c.Fixed = 1.5 },
		"no number":  func(c *Stochastic) { c.Delay = math.NaN() },
		"below zero": func(c *Stochastic) { c.Fixed = -1 },
	} {
		c := good
		change(&c)
		err := started(t, seqs).FitStochastic(t.Context(), seqs, c)
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
		if what == "half" && !strings.Contains(err.Error(), "does not converge") {
			t.Errorf("κ: got %v, want an explanation", err)
		}
	}
	b := started(t, seqs)
	if err := b.FitStochastic(t.Context(), nil, good); err == nil {
		t.Error("no sequences: got no error")
	}
	if err := b.FitStochastic(t.Context(), [][]float64{{1}}, good); err == nil {
		t.Error("half a row: got no error")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.FitStochastic(done, seqs, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	points := must(NewBayes(must(NewPoisson([]float64{1}))(t), 1, 1))(t)
	if err := points.FitStochastic(t.Context(), [][]float64{{1}}, good); err == nil {
		t.Error("an emission without a posterior: got no error")
	}
	if err := (&Bayes{}).FitStochastic(t.Context(), seqs, good); err == nil {
		t.Error("no emission: got no error")
	}
}
