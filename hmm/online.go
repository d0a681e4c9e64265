package hmm

import (
	"fmt"
	"math"
)

// Online follows a sequence row by row: the filtered belief after each row, and the belief
// about the state a fixed number of rows ago.
type Online struct {
	m     *Model
	lag   int
	order int
	past  []float64 // the last order rows
	ring  []moment  // the last lag+1 rows, the newest at (rows−1) mod (lag+1)
	rows  int
	r     []float64
}

// moment is what the filter knew at one row.
type moment struct{ alpha, pred []float64 }

// NewOnline begins a sequence; lag is the number of rows that Lagged looks back.
func NewOnline(m *Model, lag int) (*Online, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if lag < 0 {
		return nil, fmt.Errorf("hmm: online: lag: got %d, want 0 or more", lag)
	}
	k := m.Emit.States()
	o := &Online{m: m, lag: lag, order: orderOf(m.Emit), ring: make([]moment, lag+1), r: make([]float64, k)}
	for i := range o.ring {
		o.ring[i] = moment{make([]float64, k), make([]float64, k)}
	}
	return o, nil
}

// at is the moment of a number of rows ago.
func (o *Online) at(ago int) moment { return o.ring[(o.rows-1-ago)%len(o.ring)] }

// Step takes one row and returns ln p(row | rows before it). After an error the belief is
// what it was.
func (o *Online) Step(row []float64) (logProb float64, err error) {
	k, d := len(o.r), o.m.Emit.Dim()
	if len(row) != d {
		return 0, fmt.Errorf("hmm: online: row: got %d values, want %d", len(row), d)
	}
	if err := o.m.Emit.Check(row); err != nil {
		return 0, err
	}
	window := append(append([]float64(nil), o.past...), row...)
	all := make([]float64, len(window)/d*k)
	o.m.Emit.LogLik(all, window)
	b := all[len(all)-k:]
	pred := append([]float64(nil), o.m.Start...)
	if o.rows > 0 {
		product(pred, o.at(0).alpha, o.m.Trans)
	}
	for j, p := range pred { // in logarithms, so that a surprising row cannot underflow
		b[j] += math.Log(p)
	}
	if logProb = logSumExp(b); math.IsInf(logProb, -1) {
		return logProb, ErrImpossible
	}
	o.rows++
	now := o.at(0)
	copy(now.pred, pred)
	for j, v := range b {
		now.alpha[j] = math.Exp(v - logProb)
	}
	o.past = window[max(0, len(window)-o.order*d):]
	return logProb, nil
}

// Belief is p(z_t | x_1 … x_t) after the last row t, or the start before any.
func (o *Online) Belief() []float64 {
	if o.rows == 0 {
		return append([]float64(nil), o.m.Start...)
	}
	return append([]float64(nil), o.at(0).alpha...)
}

// Lagged is p(z_{t−lag} | x_1 … x_t); nil while fewer than lag+1 rows were seen.
func (o *Online) Lagged() []float64 {
	if o.rows <= o.lag {
		return nil
	}
	k, g := len(o.r), append([]float64(nil), o.at(0).alpha...)
	for ago := 1; ago <= o.lag; ago++ {
		for j, v := range o.at(ago - 1).pred {
			o.r[j] = 0
			if g[j] > 0 {
				o.r[j] = g[j] / v
			}
		}
		for i, a := range o.at(ago).alpha {
			g[i] = 0
			for j, v := range o.r {
				g[i] += a * o.m.Trans[i*k+j] * v
			}
		}
	}
	return g
}
