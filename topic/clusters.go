package topic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/topic/corpus"
)

// Clusters is the posterior of a mixture of categoricals: each document, not each word, has one
// topic,
//
//	z_d ∼ Cat(π),  w_di ∼ Cat(β_{z_d}),  β_k ∼ Dir(η),
//
// with π ∼ Dir(α) or the sticks π_k = v_k Π_{j<k} (1−v_j), v_k ∼ Beta(1, γ), of a Dirichlet process
// cut off at K (Blei & Jordan 2006). Nigam et al. 2000 cluster texts by it.
type Clusters struct {
	// Model has the words of the clusters; its Alpha is that of π.
	Model
	// Gamma is γ of the sticks, or 0 for π ∼ Dir(α).
	Gamma float64
	// Sizes are Σ_d r_dk, K of them.
	Sizes []float64
	// LogShares are E ln π, K of them.
	LogShares []float64
}

// Cluster fits a mixture of categoricals by batch variational Bayes, with sticks where
// c.LearnAlpha is Hierarchical. It uses Topics, Alpha, Gamma, Eta, Seeds, Sweeps, Tolerance, Seed,
// Threads and Progress of the configuration. It returns the responsibilities as well, D×K. The
// bound never falls; it is that of the words in their order, with no multinomial coefficients.
func Cluster(ctx context.Context, docs *corpus.Corpus, c Config) (*Clusters, []float64, error) {
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	if err := usable(docs); err != nil {
		return nil, nil, err
	}
	m := &Clusters{Model: *newModel(c, docs.Vocabulary), Sizes: make([]float64, c.Topics), LogShares: make([]float64, c.Topics)}
	if err := m.Seed(docs, c); err != nil {
		return nil, nil, err
	}
	if c.LearnAlpha == Hierarchical {
		m.Gamma = c.Gamma
	}
	m.shares()
	r, beta, last := make([]float64, docs.Len()*c.Topics), make([]float64, len(m.Lambda)), math.Inf(-1)
	for sweep := 1; sweep <= c.Sweeps; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		m.expectations(beta, nil, c.Threads)
		bound := m.topicBound(beta, c.Threads) + m.sharesBound() + m.assign(docs, beta, r, c.Threads)
		if fell := last - bound; math.IsNaN(bound) || fell > 1e-9*math.Abs(last) {
			return nil, nil, fmt.Errorf("topic: clusters: sweep %d: bound: got %.12g after %.12g, want it never to fall", sweep, bound, last)
		}
		m.absorb(docs, r)
		if c.Progress != nil {
			c.Progress(Record{Sweep: sweep, Bound: bound, Updates: int64(sweep * docs.Tokens())})
		}
		if bound-last < c.Tolerance*math.Abs(bound) {
			break
		}
		last = bound
	}
	return m, r, nil
}

// assign fills in r_dk ∝ exp(E ln π_k + Σ_v n_dv E ln β_vk) and returns the sum over documents of
// the logarithm of its norm, which is their part of the bound.
func (m *Clusters) assign(docs *corpus.Corpus, beta, r []float64, threads int) float64 {
	logs, k := make([]float64, len(beta)), m.Topics
	parallel(len(beta), threads, 4096, func(from, to int) {
		for i := from; i < to; i++ {
			logs[i] = math.Log(beta[i])
		}
	})
	norms := make([]float64, docs.Len())
	parallel(docs.Len(), threads, 16, func(from, to int) {
		for d := from; d < to; d++ {
			row, x := r[d*k:(d+1)*k], docs.Doc(d)
			copy(row, m.LogShares)
			for i, v := range x.Terms {
				axpy(float64(x.Counts[i]), logs[int(v)*k:(int(v)+1)*k], row)
			}
			norms[d] = softmax(row)
		}
	})
	return sum(norms)
}

// softmax turns logarithms into shares of 1 and returns the logarithm of what they summed to.
func softmax(x []float64) float64 {
	top, all := slices.Max(x), 0.0
	for k, l := range x {
		x[k] = math.Exp(l - top)
		all += x[k]
	}
	for k := range x {
		x[k] /= all
	}
	return top + math.Log(all)
}

// absorb is λ_vk = η + Σ_d r_dk n_dv and the sizes of the clusters.
func (m *Clusters) absorb(docs *corpus.Corpus, r []float64) {
	k := m.Topics
	for i := range m.Lambda {
		m.Lambda[i] = m.Eta
	}
	clear(m.Sizes)
	for d := range docs.Len() {
		row, x := r[d*k:(d+1)*k], docs.Doc(d)
		axpy(1, row, m.Sizes)
		for i, v := range x.Terms {
			axpy(float64(x.Counts[i]), row, m.row(int(v)))
		}
	}
	m.shares()
}

// shares is E ln π given the sizes: of Dir(α + N), or of sticks with v_k ∼ Beta(1 + N_k, γ + Σ_{j>k} N_j).
func (m *Clusters) shares() {
	if m.Gamma == 0 {
		all := polygamma.Digamma(sum(m.Sizes) + m.Alpha*float64(m.Topics))
		for k, n := range m.Sizes {
			m.LogShares[k] = polygamma.Digamma(m.Alpha+n) - all
		}
		return
	}
	rest, before := sum(m.Sizes), 0.0
	for k, n := range m.Sizes {
		rest = max(rest-n, 0)
		a, b := 1+n, m.Gamma+rest
		if k == m.Topics-1 {
			m.LogShares[k] = before // the last takes what is left
			break
		}
		all := polygamma.Digamma(a + b)
		m.LogShares[k] = before + polygamma.Digamma(a) - all
		before += polygamma.Digamma(b) - all
	}
}

// sharesBound is −KL(q(π) ‖ p(π)), or that of the sticks.
func (m *Clusters) sharesBound() (bound float64) {
	if m.Gamma == 0 {
		total := sum(m.Sizes)
		k := float64(m.Topics)
		bound = lgamma(k*m.Alpha) - k*lgamma(m.Alpha) - lgamma(k*m.Alpha+total)
		for i, n := range m.Sizes {
			bound += lgamma(m.Alpha+n) - n*m.LogShares[i]
		}
		return bound
	}
	rest := sum(m.Sizes)
	for _, n := range m.Sizes[:m.Topics-1] {
		rest = max(rest-n, 0)
		a, b := 1+n, m.Gamma+rest
		all := polygamma.Digamma(a + b)
		bound += math.Log(m.Gamma) + lgamma(a) + lgamma(b) - lgamma(a+b) - n*(polygamma.Digamma(a)-all) - rest*(polygamma.Digamma(b)-all)
	}
	return bound
}
