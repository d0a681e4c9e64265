package hmm

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Bayes is a hidden Markov model with a posterior over its parameters: Dirichlet rows and a
// conjugate emission, q(θ) q(z) (MacKay 1997; Beal 2003, section 3.4). Its bound is
//
//	ELBO = Σ ln Z̃ − KL(q(π)‖p(π)) − Σ_i KL(q(A_i)‖p(A_i)) − KL of the emission,
//
// where Z̃ is the normaliser of the passes with the sub-normalised weights exp E[ln π] and
// exp E[ln A].
type Bayes struct {
	// Start holds the K concentrations of q(π).
	Start []float64
	// Trans holds the K×K concentrations of q(A), row after row.
	Trans []float64
	// StartPrior and TransPrior are the concentrations of the symmetric priors. Below one
	// they empty states that the data do not need.
	StartPrior, TransPrior float64
	// Emit is an emission with a posterior: DirichletSymbols, GammaRate, NormalGamma or
	// NormalWishart.
	Emit Emission

	start, trans []float64
}

// NewBayes returns a model with the given priors, whose rows begin with some extra weight on
// staying in a state.
func NewBayes(emit Emission, startPrior, transPrior float64) (*Bayes, error) {
	if emit == nil {
		return nil, fmt.Errorf("hmm: bayes: emission: got none, want one")
	}
	k := emit.States()
	b := &Bayes{Start: make([]float64, k), Trans: make([]float64, k*k), StartPrior: startPrior, TransPrior: transPrior, Emit: emit}
	for i := range b.Start {
		b.Start[i] = startPrior + 1/float64(k)
	}
	for i := range b.Trans {
		b.Trans[i] = transPrior + 1
		if i%(k+1) == 0 {
			b.Trans[i] += float64(k)
		}
	}
	return b, b.prepare()
}

// prepare checks the parameters and sets the weights of the passes.
func (b *Bayes) prepare() error {
	if k := b.Emit.States(); len(b.Start) != k || len(b.Trans) != k*k {
		return fmt.Errorf("hmm: bayes: got %d and %d concentrations, want %d and %d", len(b.Start), len(b.Trans), k, k*k)
	}
	if err := checkPositive("bayes", b.Start, b.Trans, []float64{b.StartPrior, b.TransPrior}); err != nil {
		return err
	}
	b.expect()
	return nil
}

// check says whether the model came from NewBayes.
func (b *Bayes) check() error {
	if b.Emit == nil || len(b.start) != b.Emit.States() {
		return fmt.Errorf("hmm: bayes: got a model with %d weights of the start, want one of NewBayes", len(b.start))
	}
	return nil
}

// expect sets the weights exp E[ln p] of the passes.
func (b *Bayes) expect() {
	k := len(b.Start)
	b.start, b.trans = make([]float64, k), make([]float64, k*k)
	expLog(b.start, b.Start)
	for i := range k {
		expLog(b.trans[i*k:(i+1)*k], b.Trans[i*k:(i+1)*k])
	}
}

// expLog sets w(j) = exp(ψ(a_j) − ψ(Σa)).
func expLog(w, a []float64) {
	meanLog(w, a)
	for j, v := range w {
		w[j] = math.Exp(v)
	}
}

// meanLog sets w(j) = E[ln p_j] = ψ(a_j) − ψ(Σa) under Dirichlet(a).
func meanLog(w, a []float64) {
	total := 0.0
	for _, v := range a {
		total += v
	}
	all := polygamma.Digamma(total)
	for j, v := range a {
		w[j] = polygamma.Digamma(v) - all
	}
}

// dirichletKL is KL(Dirichlet(a)‖Dirichlet(prior, …, prior)).
func dirichletKL(a []float64, prior float64) float64 {
	total, kl, log := 0.0, 0.0, make([]float64, len(a))
	meanLog(log, a)
	for j, v := range a {
		total += v
		kl += lgamma(prior) - lgamma(v) + (v-prior)*log[j]
	}
	return kl + lgamma(total) - lgamma(prior*float64(len(a)))
}

func lgamma(x float64) float64 { v, _ := math.Lgamma(x); return v }

func (b *Bayes) weights() (start, trans []float64) { return b.start, b.trans }

func (b *Bayes) update(start, pairs []float64) {
	for i, v := range start {
		b.Start[i] = b.StartPrior + v
	}
	for i, v := range pairs {
		b.Trans[i] = b.TransPrior + v
	}
	b.expect()
}

func (b *Bayes) logPrior() float64 {
	k, kl := len(b.Start), dirichletKL(b.Start, b.StartPrior)
	for i := range k {
		kl += dirichletKL(b.Trans[i*k:(i+1)*k], b.TransPrior)
	}
	return -kl
}

// Fit improves the posterior in place by variational Bayes; the evidence lower bound of the
// sequences never falls.
func (b *Bayes) Fit(ctx context.Context, seqs [][]float64, c Config) (Result, error) {
	if err := b.check(); err != nil {
		return Result{}, err
	}
	return fit(ctx, b, b.Emit, seqs, c)
}

// Smooth returns the marginals of q(z) for a sequence; LogLik is ln Z̃.
func (b *Bayes) Smooth(x []float64) (*Posterior, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if err := b.Emit.Check(x); err != nil {
		return nil, err
	}
	w := newLattice(b.Emit, true)
	w.load(x, b.start, b.trans)
	return w.posterior()
}

// MeanTrans returns the expected step probabilities, K×K.
func (b *Bayes) MeanTrans() []float64 { return proportions(b.Trans, len(b.Start)) }
