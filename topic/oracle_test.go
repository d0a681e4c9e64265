package topic

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

func TestAStepIsTheSumOfTheResponsibilitiesOfItsTokens(t *testing.T) {
	docs := small(21, 12, 15, 25)
	c := Default(4)
	c.Threads = 1
	m := newModel(c, 15)
	before := slices.Clone(m.Lambda)
	beta := make([]float64, len(m.Lambda))
	m.expectations(beta, nil, 1)
	l := newLocal(docs, m.alphas())
	l.infer(beta, c)
	const rho, scale = 0.3, 2.5
	m.update(l, beta, rho, scale, 1)
	want := make([]float64, len(before))
	words, where := wordy(docs)
	for i, w := range words {
		phi, all := make([]float64, 4), 0.0
		for k := range phi {
			total := 0.0
			for v := range 15 {
				total += before[v*4+k]
			}
			phi[k] = math.Exp(digamma(l.gamma[where[i]*4+k]) + digamma(before[w*4+k]) - digamma(total))
			all += phi[k]
		}
		for k := range phi {
			want[w*4+k] += phi[k] / all
		}
	}
	for i, s := range want {
		if w := (1-rho)*before[i] + rho*(c.Eta+scale*s); math.Abs(m.Lambda[i]-w) > 1e-12*w {
			t.Errorf("λ %d: got %.15g, want %.15g", i, m.Lambda[i], w)
		}
	}
}

func TestTheProportionsOfADocumentEndAtTheFixedPoint(t *testing.T) {
	docs := small(22, 6, 10, 30)
	c := Default(3)
	c.Inner, c.InnerTolerance = 5000, 1e-14
	m := newModel(c, 10)
	beta := make([]float64, len(m.Lambda))
	m.expectations(beta, nil, 1)
	l := newLocal(docs, m.alphas())
	l.infer(beta, c)
	words, where := wordy(docs)
	want := make([]float64, len(l.gamma))
	for i := range want {
		want[i] = m.Alpha
	}
	for i, w := range words {
		d, all := where[i], 0.0
		for k := range 3 {
			all += math.Exp(digamma(l.gamma[d*3+k])) * beta[w*3+k]
		}
		for k := range 3 {
			want[d*3+k] += math.Exp(digamma(l.gamma[d*3+k])) * beta[w*3+k] / all
		}
	}
	for i, g := range l.gamma {
		if math.Abs(g-want[i]) > 1e-11*want[i] {
			t.Errorf("γ %d: got %.15g, want %.15g of the fixed point", i, g, want[i])
		}
	}
}

func TestTheSmallestConcentrationsStayFinite(t *testing.T) {
	docs := small(23, 30, 40, 20)
	c := Default(8)
	c.Alpha, c.Eta, c.Sweeps, c.Tolerance = smallest, smallest, 40, 0
	rises(t, &c)
	m, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range m.Lambda {
		if !(l >= smallest) || math.IsInf(l, 0) {
			t.Fatalf("λ %d: got %g", i, l)
		}
	}
}

func TestConcentrationsThatUnderflowGiveTheBoundOfItsTerms(t *testing.T) {
	for seed := range uint64(20) {
		docs := small(seed, 8, 12, 1+int(seed%9))
		c := Default(9)
		c.Alpha, c.Seed, c.Sweeps, c.Fresh, c.Tolerance = []float64{1e-6, 1e-4, 1e-3, 4e-3}[seed%4], seed, 25, 5, 0
		rises(t, &c)
		m, err := Fit(t.Context(), docs, c)
		if err != nil {
			t.Fatal(err)
		}
		beta, l := m.Expect(1).Beta, newLocal(docs, m.alphas())
		l.infer(beta, c)
		// elbo spells every term out in logarithms
		if got, want := m.topicBound(beta, 1)+sum(l.bound), elbo(docs, m, l.gamma); math.Abs(got-want) > 1e-10*math.Abs(want) {
			t.Errorf("seed %d, α %g: got bound %.15g, want %.15g", seed, c.Alpha, got, want)
		}
		if got, err := m.Complete(small(seed+100, 8, 12, 10), c); err != nil || !(got.Perplexity >= 1) {
			t.Errorf("seed %d: got perplexity %g and error %v", seed, got.Perplexity, err)
		}
	}
}

func TestAWordAmongVeryManyTopicsDoesNotUnderflow(t *testing.T) {
	docs := small(26, 4, 6, 1)
	c := Default(5000) // γ = 1/5000 + 1/5000: exp ψ(γ) is 0
	c.Inner = 2
	m := newModel(c, 6)
	gamma := make([]float64, 4*5000)
	for range 3 {
		s, err := m.Expect(1).Infer(docs, gamma, c)
		if err != nil {
			t.Fatal(err)
		}
		if b := m.Bound(s, 1); math.IsNaN(b) || b > 0 {
			t.Errorf("got bound %g", b)
		}
		if err := m.Update(s, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	for d := range 4 {
		if got := sum(gamma[d*5000 : (d+1)*5000]); math.Abs(got-2) > 1e-9 {
			t.Errorf("document %d: got γ that sums to %g, want its word and the prior, 2", d, got)
		}
	}
}

func TestAStreamOfKnownSizeIsThePlainSteps(t *testing.T) {
	docs, c := small(24, 25, 20, 15), Default(3)
	c.Batch = 10
	got, want := learner(t, 20, c), learner(t, 20, c)
	if err := got.FitStream(t.Context(), docs.Stream(), 25); err != nil {
		t.Fatal(err)
	}
	if err := want.Model.Seed(docs.Subset([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), c); err != nil {
		t.Fatal(err)
	}
	for _, part := range [][2]int{{0, 10}, {10, 20}, {20, 25}} {
		var ids []int
		for d := part[0]; d < part[1]; d++ {
			ids = append(ids, d)
		}
		if err := want.Learn(docs.Subset(ids), 25); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got.Model.Lambda, want.Model.Lambda) || got.Step != 3 || got.Seen != 25 {
		t.Errorf("got %d steps of %d documents or other topics, want 3 of 25", got.Step, got.Seen)
	}
}

func TestCancelledFitsStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	docs, c := small(25, 5, 6, 7), Default(2)
	_, batch := Fit(ctx, docs, c)
	s, err := NewSampler(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	_, gibbs := s.Run(ctx, 1, 1)
	for name, err := range map[string]error{"batch": batch, "gibbs": gibbs, "stochastic": learner(t, 6, c).Fit(ctx, docs),
		"stream": learner(t, 6, c).FitStream(ctx, docs.Stream(), 0)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want that of the context", name, err)
		}
	}
	if _, err := s.Run(t.Context(), 0, 0); err == nil {
		t.Error("gibbs: got no error for no sweeps")
	}
	if _, err := NewSampler(&corpus.Corpus{}, c); err == nil {
		t.Error("gibbs: got no error for an empty corpus")
	}
}

func TestVariationalTopicsPredictNearlyAsWellAsSampledOnes(t *testing.T) {
	train, test := bars(2, 400, 60), bars(3, 200, 60)
	c := Default(10)
	c.Alpha, c.Eta = 1, 0.1
	m, err := Fit(t.Context(), train, c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSampler(train, c)
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Run(t.Context(), 200, 20)
	if err != nil {
		t.Fatal(err)
	}
	vb, err1 := m.Complete(test, c)
	mc, err2 := g.Complete(test, c)
	if err1 != nil || err2 != nil || math.Abs(vb.Perplexity/mc.Perplexity-1) > 0.1 {
		t.Errorf("got perplexity %.2f, errors %v %v, want it within 10%% of the sampler's %.2f", vb.Perplexity, err1, err2, mc.Perplexity)
	}
}
