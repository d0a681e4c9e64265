package hmm

import "fmt"

// Chain runs both passes over a table of log-densities ln p(x_t|k), T×K, under a chain whose
// weights need not add to one; Posterior.LogLik is the logarithm of the sum over all paths.
func Chain(start, trans, logDensity []float64) (*Posterior, error) {
	k := len(start)
	if k < 1 || len(trans) != k*k || len(logDensity) == 0 || len(logDensity)%k != 0 {
		return nil, fmt.Errorf("hmm: chain: got %d start and %d step weights and %d log-densities, want K, K×K and T×K", k, len(trans), len(logDensity))
	}
	w := newLattice(table(k), true)
	w.load(logDensity, start, trans)
	return w.posterior()
}

// table is an emission whose rows are the log-densities of its K states.
type table int

func (k table) States() int                          { return int(k) }
func (k table) Dim() int                             { return int(k) }
func (table) Check([]float64) error                  { return nil }
func (table) LogLik(out, x []float64)                { copy(out, x) }
func (table) Stats() int                             { return 0 }
func (table) Accumulate(stats, x, weights []float64) {}
func (table) Update([]float64) error                 { return nil }
func (table) LogPrior() float64                      { return 0 }
