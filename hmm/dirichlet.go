package hmm

import "fmt"

// DirichletSymbols is the posterior of a discrete emission: B(k,·) ~ Dirichlet(a_k).
type DirichletSymbols struct {
	// Conc holds the concentrations a, K×V.
	Conc []float64
	// Symbols is V.
	Symbols int
	// Prior is the concentration of the symmetric prior.
	Prior float64
}

// NewDirichletSymbols returns the prior of states rows of symbols.
func NewDirichletSymbols(states, symbols int, prior float64) (*DirichletSymbols, error) {
	if states < 1 || symbols < 1 {
		return nil, fmt.Errorf("hmm: dirichlet symbols: got %d states, %d symbols, want positive numbers", states, symbols)
	}
	e := &DirichletSymbols{Conc: make([]float64, states*symbols), Symbols: symbols, Prior: prior}
	for i := range e.Conc {
		e.Conc[i] = prior
	}
	return e, e.prepare()
}

// prepare checks the parameters.
func (e *DirichletSymbols) prepare() error {
	if e.Symbols < 1 || len(e.Conc) == 0 || len(e.Conc)%e.Symbols != 0 {
		return fmt.Errorf("hmm: dirichlet symbols: got %d concentrations of %d symbols, want a positive multiple", len(e.Conc), e.Symbols)
	}
	return checkPositive("dirichlet symbols", e.Conc, []float64{e.Prior})
}

// States is K.
func (e *DirichletSymbols) States() int { return len(e.Conc) / e.Symbols }

// Dim is 1.
func (e *DirichletSymbols) Dim() int { return 1 }

// Check says what is wrong with a sequence.
func (e *DirichletSymbols) Check(x []float64) error { return checkWhole(x, float64(e.Symbols)) }

// LogLik fills out with E[ln B(k, x_t)].
func (e *DirichletSymbols) LogLik(out, x []float64) {
	log := make([]float64, len(e.Conc))
	for i := 0; i < len(log); i += e.Symbols {
		meanLog(log[i:i+e.Symbols], e.Conc[i:i+e.Symbols])
	}
	lookup(out, x, transposed(log, e.Symbols))
}

// Stats is V·K.
func (e *DirichletSymbols) Stats() int { return len(e.Conc) }

// Accumulate counts symbols, V×K.
func (e *DirichletSymbols) Accumulate(stats, x, weights []float64) { count(stats, x, weights) }

// Update adds the counts to the prior.
func (e *DirichletSymbols) Update(stats []float64) error {
	for i, v := range transposed(stats, e.States()) {
		e.Conc[i] = e.Prior + v
	}
	return nil
}

// LogPrior is −Σ_k KL(q‖p).
func (e *DirichletSymbols) LogPrior() (sum float64) {
	for i := 0; i < len(e.Conc); i += e.Symbols {
		sum -= dirichletKL(e.Conc[i:i+e.Symbols], e.Prior)
	}
	return sum
}
