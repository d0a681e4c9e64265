package topic

import (
	"math"
	"slices"
	"testing"
)

func TestTheBoundNeverFallsWhenConcentrationsAreLearned(t *testing.T) {
	for seed := range uint64(300) {
		docs := small(seed, 1+int(seed%9), 2+int(seed%11), 2+int(seed%22)) // documents of one word say nothing of α
		c := Default(2 + int(seed%5))
		c.Alpha, c.Eta, c.Seed = 0.02+0.3*float64(seed%7), 0.01+0.2*float64(seed%8), seed
		c.Fresh, c.Inner, c.Sweeps, c.Tolerance = int(seed%4), 1+int(seed%6), 30, 0
		c.LearnAlpha, c.LearnEta = []Learning{Fixed, Symmetric, Asymmetric, Hierarchical}[seed%4], seed%3 == 0
		rises(t, &c)
		m, err := Fit(t.Context(), docs, c)
		if err != nil {
			t.Fatal(seed, err)
		}
		if moved := m.Alphas != nil || m.Alpha != c.Alpha; moved != (c.LearnAlpha != Fixed) || (m.Alphas != nil) != (c.LearnAlpha == Asymmetric || c.LearnAlpha == Hierarchical) || (m.Eta != c.Eta) != c.LearnEta {
			t.Errorf("seed %d: got α %g %v and η %g of %g and %g, want what is learned to move, and nothing else", seed, m.Alpha, m.Alphas, m.Eta, c.Alpha, c.Eta)
		}
	}
}

func TestTheConcentrationsOfAGeneratedCorpusAreFound(t *testing.T) {
	alpha := []float64{0.05, 0.1, 0.2, 0.4, 0.8}
	docs, held := generated(4, 1500, 300, alpha, 0.1), generated(4, 1800, 300, alpha, 0.1)
	held = held.Subset([]int{1500, 1501, 1502, 1503, 1504, 1505, 1506, 1507, 1508, 1509})
	c := Default(5)
	c.Alpha, c.Eta, c.Sweeps, c.Tolerance, c.InnerTolerance, c.Inner = 1, 1, 300, 1e-7, 1e-4, 50
	c.LearnAlpha, c.LearnEta, c.Seeds = Asymmetric, true, 0
	rises(t, &c)
	m, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(m.Alphas))
	t.Logf("got α %.3f, η %.4f", got, m.Eta)
	// the mean-field bound leans towards words that are rare in a topic: its best η is below the truth
	for k, a := range got {
		if math.Abs(math.Log(a/alpha[k])) > math.Log(1.5) {
			t.Errorf("α %d: got %.3f, want %.3f within a factor of 1.5", k, a, alpha[k])
		}
	}
	if math.Abs(math.Log(m.Eta/0.1)) > math.Log(1.5) {
		t.Errorf("η: got %.4f, want 0.1 within a factor of 1.5", m.Eta)
	}
	if _, err := m.Complete(held, c); err != nil {
		t.Error(err)
	}
}

func TestStepsLearnTheConcentrationsOfSweeps(t *testing.T) {
	docs := generated(5, 1500, 200, slices.Repeat([]float64{0.15}, 4), 0.2)
	c := Default(4)
	c.Alpha, c.Eta, c.LearnAlpha, c.LearnEta, c.Sweeps = 1, 1, Symmetric, true, 200
	want, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Batch, c.Sweeps, c.Forgetting = 100, 40, 0.6 // η forgets the random start no sooner than the topics do
	s := learner(t, 200, c)
	if err := s.Fit(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	t.Logf("got α %.4f and η %.4f by steps, %.4f and %.4f by sweeps", s.Model.Alpha, s.Model.Eta, want.Alpha, want.Eta)
	if math.Abs(s.Model.Alpha/want.Alpha-1) > 0.2 || math.Abs(s.Model.Eta/want.Eta-1) > 0.2 {
		t.Errorf("got α %.4f and η %.4f, want %.4f and %.4f within a fifth", s.Model.Alpha, s.Model.Eta, want.Alpha, want.Eta)
	}
}
