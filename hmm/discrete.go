package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Discrete emits one of V symbols, p(x = v | k) = B(k, v). A row is one whole number from 0
// to below V.
type Discrete struct {
	// Probs holds the K×V probabilities, row after row.
	Probs []float64
	// Symbols is V.
	Symbols int
	// Pseudo is the count added to every possible symbol: a Dirichlet(1 + Pseudo) prior.
	Pseudo float64
}

// NewDiscrete returns a checked discrete emission of rows of symbols.
func NewDiscrete(symbols int, probs []float64) (*Discrete, error) {
	e := &Discrete{Probs: probs, Symbols: symbols}
	return e, e.prepare()
}

// prepare checks the parameters.
func (e *Discrete) prepare() error {
	if e.Symbols < 1 || len(e.Probs) == 0 || len(e.Probs)%e.Symbols != 0 || !(e.Pseudo >= 0) || math.IsInf(e.Pseudo, 0) {
		return fmt.Errorf("hmm: discrete: got %d probabilities of %d symbols, pseudo-count %g, want a positive multiple and a finite number from 0", len(e.Probs), e.Symbols, e.Pseudo)
	}
	for i := 0; i < len(e.Probs); i += e.Symbols {
		if err := checkDistribution(fmt.Sprintf("discrete: state %d", i/e.Symbols), e.Probs[i:i+e.Symbols]); err != nil {
			return err
		}
	}
	return nil
}

// States is K.
func (e *Discrete) States() int { return len(e.Probs) / e.Symbols }

// Dim is 1.
func (e *Discrete) Dim() int { return 1 }

// Check says what is wrong with a sequence.
func (e *Discrete) Check(x []float64) error { return checkWhole(x, float64(e.Symbols)) }

// LogLik fills out with ln B(k, x_t).
func (e *Discrete) LogLik(out, x []float64) { lookup(out, x, transposed(logs(e.Probs), e.Symbols)) }

// transposed turns K×V into V×K, so that the states of a symbol lie side by side.
func transposed(m []float64, v int) []float64 {
	k := len(m) / v
	out := make([]float64, len(m))
	for i, x := range m {
		out[i%v*k+i/v] = x
	}
	return out
}

// lookup copies to each row the values, V×K, of its symbol.
func lookup(out, x, table []float64) {
	k := len(out) / len(x)
	for t, v := range x {
		copy(out[t*k:(t+1)*k], table[int(v)*k:(int(v)+1)*k])
	}
}

// Stats is V·K.
func (e *Discrete) Stats() int { return len(e.Probs) }

// Accumulate counts symbols, V×K.
func (e *Discrete) Accumulate(stats, x, weights []float64) { count(stats, x, weights) }

// count adds the weights of each row to those of its symbol.
func count(stats, x, weights []float64) {
	k := len(weights) / len(x)
	for t, v := range x {
		row := stats[int(v)*k : (int(v)+1)*k]
		for j, g := range weights[t*k : (t+1)*k] {
			row[j] += g
		}
	}
}

// Update sets the shares of the counts.
func (e *Discrete) Update(stats []float64) error {
	k := e.States()
	for s := range k {
		row := e.Probs[s*e.Symbols : (s+1)*e.Symbols]
		counts := make([]float64, e.Symbols)
		for v := range counts {
			counts[v] = stats[v*k+s]
		}
		shares(row, counts, e.Pseudo)
	}
	return nil
}

// shares sets probabilities to shares of counts, with a pseudo-count where a probability is
// positive; without any count they stay.
func shares(p, counts []float64, pseudo float64) {
	total := 0.0
	for i, c := range counts {
		if p[i] > 0 {
			total += c + pseudo
		}
	}
	if total <= 0 {
		return
	}
	for i, c := range counts {
		if p[i] > 0 {
			p[i] = (c + pseudo) / total
		}
	}
}

// logPseudo is Pseudo·Σ ln p over what is possible.
func logPseudo(p []float64, pseudo float64) (sum float64) {
	if pseudo == 0 {
		return 0
	}
	for _, v := range p {
		if v > 0 {
			sum += math.Log(v)
		}
	}
	return pseudo * sum
}

// LogPrior is the Dirichlet prior at the probabilities.
func (e *Discrete) LogPrior() float64 { return logPseudo(e.Probs, e.Pseudo) }

// Draw draws a symbol.
func (e *Discrete) Draw(r *rand.Rand, state int, _, row []float64) {
	row[0] = float64(draw(r, e.Probs[state*e.Symbols:(state+1)*e.Symbols]))
}
