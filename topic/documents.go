package topic

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/topic/corpus"
)

// local is the part of the posterior that belongs to documents, and what the topics need of it.
// φ itself is never kept: φ_dvk ∝ exp(E ln θ_dk) exp(E ln β_vk), of which the first factor is
// theta, the second beta, and the norm is in ratio.
type local struct {
	docs    *corpus.Corpus
	k       int
	alpha   []float64 // K
	gamma   []float64 // D×K
	theta   []float64 // D×K: exp ψ(γ)
	ratio   []float64 // by entry: n_dv / Σ_k θ_k β_vk
	bound   []float64 // by document
	updates []int64   // by document
	byTerm  index
}

// index lists the entries of a corpus by term, in the order of documents.
type index struct {
	starts []int
	doc    []int32
	entry  []int32
}

// newLocal begins with γ even: α + N_d/K.
func newLocal(docs *corpus.Corpus, alpha []float64) *local {
	n, k := docs.Len(), len(alpha)
	l := &local{docs: docs, k: k, alpha: alpha, gamma: make([]float64, n*k), theta: make([]float64, n*k), ratio: make([]float64, len(docs.Terms)),
		bound: make([]float64, n), updates: make([]int64, n), byTerm: newIndex(docs)}
	l.restart()
	return l
}

// restart makes γ even.
func (l *local) restart() {
	for d := range l.docs.Len() {
		even := float64(l.docs.Doc(d).Tokens()) / float64(l.k)
		for i, a := range l.alpha {
			l.gamma[d*l.k+i] = a + even
		}
	}
}

// newIndex sorts the entries by term, by counting.
func newIndex(docs *corpus.Corpus) index {
	x := index{starts: make([]int, docs.Vocabulary+1), doc: make([]int32, len(docs.Terms)), entry: make([]int32, len(docs.Terms))}
	for _, v := range docs.Terms {
		x.starts[v+1]++
	}
	for v := range docs.Vocabulary {
		x.starts[v+1] += x.starts[v]
	}
	next := append([]int(nil), x.starts...)
	for d := range docs.Len() {
		for i := docs.Starts[d]; i < docs.Starts[d+1]; i++ {
			at := next[docs.Terms[i]]
			x.doc[at], x.entry[at] = int32(d), int32(i)
			next[docs.Terms[i]]++
		}
	}
	return x
}

// parallel calls f(i) for i below n, blocks of them at a time on each thread. Each i writes
// what is its own, so that results do not depend on threads.
func parallel(n, threads, block int, f func(from, to int)) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, (n+block-1)/block)
	if threads <= 1 {
		f(0, n)
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for {
				from := int(next.Add(int64(block))) - block
				if from >= n {
					return
				}
				f(from, min(from+block, n))
			}
		})
	}
	wg.Wait()
}

// infer updates γ of every document given beta = exp(E ln β), V×K.
func (l *local) infer(beta []float64, c Config) {
	norm := lgamma(sum(l.alpha))
	for _, a := range l.alpha {
		norm -= lgamma(a)
	}
	parallel(l.docs.Len(), c.Threads, 16, func(from, to int) {
		next := make([]float64, l.k)
		for d := from; d < to; d++ {
			i, j := l.docs.Starts[d], l.docs.Starts[d+1]
			x := document{alpha: l.alpha, terms: l.docs.Terms[i:j], counts: l.docs.Counts[i:j], gamma: l.gamma[d*l.k : (d+1)*l.k],
				theta: l.theta[d*l.k : (d+1)*l.k], next: next}
			steps := x.infer(beta, c)
			l.bound[d] = norm + x.settle(beta, l.ratio[i:j])
			l.updates[d] += int64(steps * l.docs.Doc(d).Tokens())
		}
	})
}

// document is the inference of one document.
type document struct {
	alpha              []float64 // K
	terms, counts      []int32
	gamma, theta, next []float64 // K
}

// infer repeats γ_k = α + Σ_v n_v φ_vk, φ_vk ∝ exp(E ln θ_k) exp(E ln β_vk) (Blei et al. 2003,
// eq. 6 and 7), and returns how often.
func (x *document) infer(beta []float64, c Config) int {
	k := len(x.gamma)
	for step := 1; ; step++ {
		x.expect()
		clear(x.next)
		for i, v := range x.terms {
			row := beta[int(v)*k : int(v)*k+k]
			axpy(float64(x.counts[i])/dot(x.theta, row), row, x.next)
		}
		change := 0.0
		for i, s := range x.next {
			g := x.alpha[i] + x.theta[i]*s
			change += math.Abs(g - x.gamma[i])
			x.gamma[i] = g
		}
		if step >= c.Inner || change < c.InnerTolerance*float64(k) {
			return step
		}
	}
}

// underflow is where exp(E ln θ) is no longer taken for what it is: below it, times the least
// exp(E ln β), lie numbers that have lost digits or are 0.
const underflow = 1e-120

// expect puts θ = exp(ψ(γ) − shift). φ does not depend on the shift, which is 0 unless all θ of
// the document would underflow: the even start of a few words among very many topics.
func (x *document) expect() (shift float64) {
	top := 0.0
	for i, g := range x.gamma {
		x.theta[i] = expDigamma(g)
		top = max(top, x.theta[i])
	}
	if top < underflow {
		shift = polygamma.Digamma(slices.Max(x.gamma))
		for i, g := range x.gamma {
			x.theta[i] = math.Exp(polygamma.Digamma(g) - shift)
		}
	}
	return shift
}

// settle puts θ = exp ψ(γ) and the ratios at the last γ, and returns the document's part of the
// bound with φ at its optimum,
//
//	Σ_v n_v ln Σ_k exp(E ln θ_k + E ln β_vk) + E ln p(θ) − E ln q(θ),
//
// since Σ φ (E ln θ + E ln β − ln φ) is the logarithm of φ's norm (Hoffman et al. 2010, eq. 3),
// but for the normaliser of p(θ), which all documents share.
func (x *document) settle(beta, ratio []float64) (bound float64) {
	k, total := len(x.gamma), sum(x.gamma)
	shift, psi := x.expect(), math.Log(expDigamma(total))
	for i, v := range x.terms {
		n, norm := float64(x.counts[i]), dot(x.theta, beta[int(v)*k:int(v)*k+k])
		ratio[i] = n / norm
		bound += n * (math.Log(norm) + shift - psi)
	}
	for i, g := range x.gamma {
		logTheta := math.Log(x.theta[i]) + shift
		if x.theta[i] < underflow {
			logTheta = polygamma.Digamma(g)
		}
		bound += (x.alpha[i]-g)*(logTheta-psi) + lgamma(g)
	}
	return bound - lgamma(total)
}

// lgamma is ln Γ(x) for x > 0.
func lgamma(x float64) float64 { y, _ := math.Lgamma(x); return y }
