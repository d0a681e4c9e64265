package topic

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// wordy spells out the tokens of a corpus.
func wordy(c *corpus.Corpus) (words, docs []int) {
	for d := range c.Len() {
		x := c.Doc(d)
		for i, v := range x.Terms {
			for range x.Counts[i] {
				words, docs = append(words, int(v)), append(docs, d)
			}
		}
	}
	return words, docs
}

// evidence is ln p(w) by a sum over all K^N assignments, each ln p(w, z) in closed form with θ
// and β integrated out: two Dirichlet-multinomials.
func evidence(c *corpus.Corpus, k int, alpha, eta float64) (logP float64, post [][]float64) {
	words, docs := wordy(c)
	z := make([]int, len(words))
	post = make([][]float64, len(words))
	for i := range post {
		post[i] = make([]float64, len(words))
	}
	total := 0.0
	for {
		p := math.Exp(joint(words, docs, z, k, c.Len(), c.Vocabulary, alpha, eta))
		total += p
		for i := range z {
			for j := range z {
				if z[i] == z[j] {
					post[i][j] += p
				}
			}
		}
		i := 0
		for i < len(z) && z[i] == k-1 {
			z[i] = 0
			i++
		}
		if i == len(z) {
			break
		}
		z[i]++
	}
	for i := range post {
		for j := range post[i] {
			post[i][j] /= total
		}
	}
	return math.Log(total), post
}

func joint(words, docs, z []int, k, d, v int, alpha, eta float64) float64 {
	inDoc, ofWord := make([]float64, d*k), make([]float64, k*v)
	for i := range z {
		inDoc[docs[i]*k+z[i]]++
		ofWord[z[i]*v+words[i]]++
	}
	urns := func(n []float64, width int, a float64) (s float64) {
		for from := 0; from < len(n); from += width {
			all := 0.0
			for _, x := range n[from : from+width] {
				s += lgamma(x+a) - lgamma(a)
				all += x
			}
			s += lgamma(float64(width)*a) - lgamma(float64(width)*a+all)
		}
		return s
	}
	return urns(inDoc, k, alpha) + urns(ofWord, v, eta)
}

// dirichlet is ln of the Dirichlet's normaliser, Γ(Σa)/ΠΓ(a).
func dirichlet(a []float64) float64 {
	s := 0.0
	for _, x := range a {
		s -= lgamma(x)
	}
	return s + lgamma(sum(a))
}

// digamma is ψ(x) by 40 steps of its recurrence and the asymptotic series (gonum's is good to
// 1e-11 only).
func digamma(x float64) (s float64) {
	for range 40 {
		s -= 1 / x
		x++
	}
	r := 1 / (x * x)
	return s + math.Log(x) - 1/(2*x) - r*(1./12-r*(1./120-r/252))
}

// elbo is the bound term by term, token by token, with φ spelled out.
func elbo(c *corpus.Corpus, m *Model, gamma []float64) float64 {
	k, v := m.Topics, m.Vocabulary
	bound := 0.0
	logTheta, logBeta := make([]float64, len(gamma)), make([]float64, len(m.Lambda))
	part := func(q []float64, prior float64, logs []float64) {
		p := make([]float64, len(q))
		for i := range p {
			p[i] = prior
			logs[i] = digamma(q[i]) - digamma(sum(q))
			bound += (prior - q[i]) * logs[i]
		}
		bound += dirichlet(p) - dirichlet(q)
	}
	for d := range c.Len() {
		part(gamma[d*k:(d+1)*k], m.Alpha, logTheta[d*k:(d+1)*k])
	}
	for j := range k {
		q, logs := make([]float64, v), make([]float64, v)
		for w := range v {
			q[w] = m.Lambda[w*k+j]
		}
		part(q, m.Eta, logs)
		for w := range v {
			logBeta[w*k+j] = logs[w]
		}
	}
	words, docs := wordy(c)
	for i, w := range words {
		phi := make([]float64, k)
		for j := range phi {
			phi[j] = math.Exp(logTheta[docs[i]*k+j] + logBeta[w*k+j])
		}
		all := sum(phi)
		for j := range phi {
			phi[j] /= all
			bound += phi[j] * (logTheta[docs[i]*k+j] + logBeta[w*k+j] - math.Log(phi[j]))
		}
	}
	return bound
}

func TestTheBoundIsTheSumOfItsTermsAndLiesBelowTheEvidence(t *testing.T) {
	for seed := range uint64(20) {
		docs := small(seed, 2, 3, 4)
		c := Default(2)
		c.Alpha, c.Eta, c.Seed, c.Sweeps = 0.3+0.2*float64(seed), 0.1+0.1*float64(seed), seed, 1
		exact, _ := evidence(docs, 2, c.Alpha, c.Eta)
		m := newModel(c, docs.Vocabulary)
		beta := make([]float64, len(m.Lambda))
		last := math.Inf(-1)
		l := newLocal(docs, m.alphas())
		for range 50 {
			m.expectations(beta, nil, 1)
			l.infer(beta, c)
			got, want := m.topicBound(beta, 1)+sum(l.bound), elbo(docs, m, l.gamma)
			if math.Abs(got-want) > 1e-11*math.Abs(want) {
				t.Fatalf("seed %d: got bound %.15g, want %.15g", seed, got, want)
			}
			if got > exact || got < last-1e-12*math.Abs(last) {
				t.Fatalf("seed %d: got bound %.15g after %.15g, want it to rise and stay below %.15g", seed, got, last, exact)
			}
			last = got
			m.update(l, beta, 1, 1, 1)
		}
		if exact-last > 3 {
			t.Errorf("seed %d: got bound %.6g, want it within 3 nats of %.6g", seed, last, exact)
		}
	}
}

// rises makes the progress of a fit fail the test at a bound below an earlier one, by more than
// rounding, and at none after the start.
func rises(t *testing.T, c *Config) {
	last, start := math.Inf(-1), c.Fresh
	c.Progress = func(r Record) {
		if r.Start != (r.Sweep <= start) || !r.Start && math.IsNaN(r.Bound) || r.Bound < last-1e-12*math.Abs(last) {
			t.Errorf("sweep %d: got bound %.16g after %.16g, want it never to fall", r.Sweep, r.Bound, last)
		}
		if !r.Start {
			last = r.Bound
		}
	}
}

func TestTheBoundNeverFallsOnAThousandCorpora(t *testing.T) {
	for seed := range uint64(1000) {
		docs := small(seed, 1+int(seed%7), 2+int(seed%11), 1+int(seed%23))
		c := Default(1 + int(seed%5))
		c.Alpha, c.Eta, c.Seed = 0.02+0.3*float64(seed%9), 0.01+0.2*float64(seed%8), seed
		c.Fresh, c.Inner, c.Sweeps, c.Tolerance = int(seed%4), 1+int(seed%6), 30, 0
		rises(t, &c)
		if _, err := Fit(t.Context(), docs, c); err != nil {
			t.Fatal(seed, err)
		}
	}
}

func TestGibbsDrawsFromTheExactPosterior(t *testing.T) {
	docs := small(3, 2, 3, 4)
	c := Default(2)
	c.Alpha, c.Eta = 0.5, 0.3
	_, want := evidence(docs, 2, c.Alpha, c.Eta)
	s, err := NewSampler(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	const draws = 200000
	got := make([]float64, len(want)*len(want))
	for range draws {
		s.Sweep()
		z := s.Topics()
		for i := range z {
			for j := range z {
				if z[i] == z[j] {
					got[i*len(z)+j] += 1. / draws
				}
			}
		}
	}
	// 28 shares of dependent draws: five standard errors at one independent draw in ten.
	for i := range want {
		for j := range i {
			p := want[i][j]
			if d := math.Abs(got[i*len(want)+j] - p); d > 5*math.Sqrt(p*(1-p)*10/draws) {
				t.Errorf("tokens %d and %d: got one topic in %.4f of draws, want %.4f", i, j, got[i*len(want)+j], p)
			}
		}
	}
}

func TestExpDigammaToTheLastDigits(t *testing.T) {
	// mpmath, 40 digits
	for x, want := range map[float64]float64{0.005: 7.8339532851198905e-88, 0.02: 1.1186054050966211e-22, 0.1: 2.9718080081768396e-5, 0.5: 0.14036487089172129,
		1: 0.56145948356688517, 2.5: 2.0201194445802005, 7.75: 7.2557304437472918, 8: 7.5055404760511186, 13: 12.503330056003279, 1000: 999.50004168750399, 1e8: 99999999.5} {
		// the exponential magnifies the rounding of an exponent of 200 to 200 half-units
		if got := expDigamma(x); math.Abs(got/want-1) > 4e-15+3e-16*math.Max(0, -math.Log(want)) {
			t.Errorf("exp ψ(%g): got %.17g, want %.17g (%.2g)", x, got, want, got/want-1)
		}
	}
}

func TestCoherenceIsThatOfItsFormula(t *testing.T) {
	c := &corpus.Corpus{Vocabulary: 4}
	for _, words := range [][]int32{{0, 1}, {0, 1}, {0}, {2}, {3}} {
		c.Add(corpus.Document{Terms: words, Counts: make1(len(words))})
	}
	got, err := Coherence([][]int{{0, 1}, {2, 3}, {0, 1, 2}}, c)
	if err != nil {
		t.Fatal(err)
	}
	pair := math.Log(0.4/(0.6*0.4)) / -math.Log(0.4)
	for i, want := range []float64{pair, -1, (pair - 2) / 3} {
		if math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("list %d: got %g, want %g", i, got[i], want)
		}
	}
	for _, bad := range [][][]int{{{0}}, {{0, 9}}, {{-1, 0}}} {
		if _, err := Coherence(bad, c); err == nil {
			t.Errorf("%v: got no error", bad)
		}
	}
}

// make1 is n ones.
func make1(n int) []int32 {
	x := make([]int32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
