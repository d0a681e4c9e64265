package topic

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// clustered is n documents of one of three clusters each, and which.
func clustered(seed uint64, n, words int) (*corpus.Corpus, []int) {
	r, c, of := rng.New(seed).Named("clusters").Rand(), &corpus.Corpus{Vocabulary: 30}, []int{}
	for range n {
		z, counts := r.IntN(3), make([]int32, 30)
		for range words {
			if r.Float64() < 0.7 {
				counts[10*z+r.IntN(10)]++
			} else {
				counts[r.IntN(30)]++
			}
		}
		var d corpus.Document
		for v, n := range counts {
			if n > 0 {
				d.Terms, d.Counts = append(d.Terms, int32(v)), append(d.Counts, n)
			}
		}
		c.Add(d)
		of = append(of, z)
	}
	return c, of
}

// mixtureEvidence is ln p(w) of a mixture of k categoricals by a sum over all assignments, π and β integrated out.
func mixtureEvidence(docs *corpus.Corpus, k int, alpha, eta float64) float64 {
	z, total := make([]int, docs.Len()), math.Inf(-1)
	for {
		sizes, counts := make([]float64, k), make([]float64, k*docs.Vocabulary)
		for d, j := range z {
			sizes[j]++
			x := docs.Doc(d)
			for i, v := range x.Terms {
				counts[j*docs.Vocabulary+int(v)] += float64(x.Counts[i])
			}
		}
		urn := func(n []float64, a float64) (s float64) {
			for _, x := range n {
				s += lgamma(x+a) - lgamma(a)
			}
			m := float64(len(n)) * a
			return s + lgamma(m) - lgamma(m+sum(n))
		}
		p := urn(sizes, alpha)
		for j := range k {
			p += urn(counts[j*docs.Vocabulary:(j+1)*docs.Vocabulary], eta)
		}
		top := max(total, p)
		total = top + math.Log(math.Exp(total-top)+math.Exp(p-top))
		i := 0
		for i < len(z) && z[i] == k-1 {
			z[i] = 0
			i++
		}
		if i == len(z) {
			return total
		}
		z[i]++
	}
}

func TestTheBoundOfAMixtureRisesAndStaysBelowItsEvidence(t *testing.T) {
	for seed := range uint64(200) {
		docs := small(seed, 1+int(seed%6), 4, 1+int(seed%7))
		c := Default(1 + int(seed%3))
		c.Alpha, c.Eta, c.Seed, c.Sweeps, c.Tolerance = 0.1+0.3*float64(seed%5), 0.05+0.3*float64(seed%4), seed, 40, 0
		exact, last := mixtureEvidence(docs, c.Topics, c.Alpha, c.Eta), math.Inf(-1)
		c.Progress = func(r Record) {
			if !(r.Bound >= last-1e-12*math.Abs(last)) || r.Bound > exact+1e-9 {
				t.Fatalf("seed %d, sweep %d: got bound %.15g after %.15g, want it to rise and stay below %.15g", seed, r.Sweep, r.Bound, last, exact)
			}
			last = r.Bound
		}
		if _, _, err := Cluster(t.Context(), docs, c); err != nil {
			t.Fatal(err)
		}
		if c.Topics == 1 && math.Abs(last-exact) > 1e-9*math.Abs(exact) {
			t.Errorf("seed %d: got bound %.15g of one cluster, want the evidence %.15g", seed, last, exact)
		}
	}
}

func TestTheBoundOfSticksNeverFalls(t *testing.T) {
	for seed := range uint64(300) {
		docs := small(seed, 2+int(seed%20), 3+int(seed%9), 1+int(seed%17))
		c := Default(2 + int(seed%7))
		c.LearnAlpha, c.Gamma, c.Seed, c.Tolerance, c.Sweeps = Hierarchical, 0.2+float64(seed%3), seed, 0, 40
		last := math.Inf(-1)
		c.Progress = func(r Record) {
			if !(r.Bound >= last-1e-12*math.Abs(last)) {
				t.Errorf("seed %d, sweep %d: got bound %.15g after %.15g", seed, r.Sweep, r.Bound, last)
			}
			last = r.Bound
		}
		if _, _, err := Cluster(t.Context(), docs, c); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClustersAreFoundAndSticksLeaveTheRestEmpty(t *testing.T) {
	docs, of := clustered(1, 400, 60)
	for name, how := range map[string]Learning{"Dirichlet": Fixed, "sticks": Hierarchical} {
		c := Default(8)
		c.LearnAlpha, c.Alpha, c.Eta, c.Tolerance = how, 0.01, 0.5, 1e-9
		best, purity, kept := math.Inf(-1), 0.0, 0
		for seed := range uint64(20) {
			c.Seed = seed
			bound := 0.0
			c.Progress = func(r Record) { bound = r.Bound }
			m, r, err := Cluster(t.Context(), docs, c)
			if err != nil {
				t.Fatal(err)
			}
			if bound <= best {
				continue
			}
			best, purity, kept = bound, pure(r, of, 8), 0
			for _, n := range m.Sizes {
				if n > 1 {
					kept++
				}
			}
		}
		t.Logf("%s: purity %.3f with %d clusters", name, purity, kept)
		if purity < 0.97 || kept != 3 {
			t.Errorf("%s: got purity %.3f with %d clusters, want 0.97 with 3 in the best of twenty by the bound", name, purity, kept)
		}
	}
}

// pure is the share of documents whose likeliest cluster is mostly of their own kind.
func pure(r []float64, of []int, k int) float64 {
	table := make([][3]float64, k)
	for d, z := range of {
		best := 0
		for j := range k {
			if r[d*k+j] > r[d*k+best] {
				best = j
			}
		}
		table[best][z]++
	}
	hits := 0.0
	for _, row := range table {
		hits += max(row[0], row[1], row[2])
	}
	return hits / float64(len(of))
}

func TestMixturesThatCannotBeFittedAreRefused(t *testing.T) {
	if _, _, err := Cluster(t.Context(), &corpus.Corpus{Vocabulary: 2}, Default(2)); err == nil {
		t.Error("got no error for an empty corpus")
	}
	if _, _, err := Cluster(t.Context(), small(1, 2, 3, 4), Config{}); err == nil {
		t.Error("got no error for no clusters")
	}
}
