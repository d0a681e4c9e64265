package hmm

import (
	"math"
	"runtime"
	"sync"
)

// Sizes of the work on one sequence. They depend on the sequence alone, so that its results
// do not depend on the number of cores.
const (
	blockRows = 2048    // rows whose densities are made at a time
	wideCells = 1 << 14 // rows times states from which a second core is worth its wait
)

// lattice is the workspace of the two passes over one sequence; it is used again for others.
type lattice struct {
	e    Emission
	x    []float64
	k, t int
	wide bool // use all cores

	start, trans, back []float64 // weights of the chain: π, A and Aᵀ; they need not add to one
	sparse             bool      // A has entries that are nearly or exactly zero

	b     []float64 // T×K: p(x_t|k), in logarithms or scaled; after smooth the smoothed marginals
	side  []float64 // T×K: α in the first half and β in the second; after smooth the filtered marginals
	pairs []float64 // K×K: after smooth the expected numbers of steps
	tops  []float64 // for each block, Σ_t of the largest log-densities
	edge  edge
}

// newLattice makes room for sequences of an emission.
func newLattice(e Emission, wide bool) *lattice {
	k := e.States()
	return &lattice{e: e, k: k, wide: wide && runtime.GOMAXPROCS(0) > 1, back: make([]float64, k*k), pairs: make([]float64, k*k), edge: newEdge(k)}
}

// load takes a sequence and the weights of the chain.
func (w *lattice) load(x, start, trans []float64) {
	w.x, w.t = x, len(x)/w.e.Dim()
	w.b, w.side = room(w.b, w.t*w.k), room(w.side, w.t*w.k)
	w.start, w.trans, w.sparse = start, trans, false
	for i, v := range trans {
		w.back[i%w.k*w.k+i/w.k] = v
		w.sparse = w.sparse || v < scant
	}
}

// spare holds slices of lattices that are done with: fresh memory costs as much as a pass.
var spare sync.Pool

// room returns n values of v, or of a slice that is free.
func room(v []float64, n int) []float64 {
	if cap(v) >= n {
		return v[:n]
	}
	if old, ok := spare.Get().(*[]float64); ok && cap(*old) >= n {
		return (*old)[:n]
	}
	return make([]float64, n)
}

// release gives the slices of the lattice back.
func (w *lattice) release() {
	b, side := w.b, w.side
	w.b, w.side = nil, nil
	spare.Put(&b)
	spare.Put(&side)
}

// row is the part of a T×K slice that belongs to row t.
func (w *lattice) row(v []float64, t int) []float64 { return v[t*w.k : (t+1)*w.k : (t+1)*w.k] }

// both calls f and g, at the same time if the sequence is long.
func (w *lattice) both(f, g func()) {
	if !w.wide || w.t*w.k < wideCells {
		f()
		g()
		return
	}
	var wait sync.WaitGroup
	wait.Go(g)
	f()
	wait.Wait()
}

// blocks calls f for each of n pieces of work, on all cores if the sequence is long.
func (w *lattice) blocks(n int, f func(i int)) {
	if !w.wide || w.t*w.k < wideCells {
		for i := range n {
			f(i)
		}
		return
	}
	workers := min(n, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for first := range workers {
		wait.Go(func() {
			for i := first; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}

// window is the part of a sequence that an emission needs for rows from to below to, and the
// number of rows before them that it looks back at.
func (w *lattice) window(from, to int) (x []float64, before int) {
	before = min(orderOf(w.e), from)
	d := w.e.Dim()
	return w.x[(from-before)*d : to*d], before
}

// density fills rows of b with log-densities.
func (w *lattice) density(from, to int) {
	x, before := w.window(from, to)
	out := w.b[from*w.k : to*w.k]
	if before == 0 {
		w.e.LogLik(out, x)
		return
	}
	all := make([]float64, len(out)+before*w.k)
	w.e.LogLik(all, x)
	copy(out, all[before*w.k:])
}

// logDensities fills b with ln p(x_t|k).
func (w *lattice) logDensities() {
	w.blocks((w.t+blockRows-1)/blockRows, func(i int) { w.density(i*blockRows, min((i+1)*blockRows, w.t)) })
}

// likelihoods fills b with p(x_t|k) over the largest of its row, and returns the sum of the
// logarithms of these largest.
func (w *lattice) likelihoods() (sum float64) {
	n := (w.t + blockRows - 1) / blockRows
	w.tops = append(w.tops[:0], make([]float64, n)...)
	w.blocks(n, func(i int) {
		from, to := i*blockRows, min((i+1)*blockRows, w.t)
		w.density(from, to)
		w.tops[i] = expRows(w.b[from*w.k:to*w.k], w.k)
	})
	for _, v := range w.tops {
		sum += v
	}
	return sum
}

// evidence returns ln Z, the sum over all paths, with the scaled passes if they are safe, else
// in logarithms.
func (w *lattice) evidence() (float64, error) {
	if logZ, ok := w.meet(); ok {
		return logZ, nil
	}
	return w.logEvidence()
}

// logEvidence is evidence in logarithms.
func (w *lattice) logEvidence() (float64, error) {
	w.logDensities()
	logZ := w.logForward()
	if math.IsInf(logZ, -1) {
		return logZ, ErrImpossible
	}
	return logZ, nil
}

// smooth returns ln Z and leaves the smoothed marginals in b, the expected steps in pairs and,
// if they are to be kept, the filtered marginals in side.
func (w *lattice) smooth(keep bool) (float64, error) {
	if logZ, ok := w.meet(); ok && w.part(keep) {
		return logZ, nil
	}
	logZ, err := w.logEvidence()
	if err == nil {
		w.logBackward(logZ)
	}
	return logZ, err
}

// accumulate adds the statistics of the smoothed sequence.
func (w *lattice) accumulate(stats []float64) {
	n := min(8, w.t/(4*blockRows))
	if n < 2 || len(stats) > 1<<16 {
		w.e.Accumulate(stats, w.x, w.b)
		return
	}
	sums := make([]float64, n*len(stats))
	w.blocks(n, func(i int) {
		from, to := i*w.t/n, (i+1)*w.t/n
		x, before := w.window(from, to)
		w.e.Accumulate(sums[i*len(stats):(i+1)*len(stats)], x, w.b[(from-before)*w.k:to*w.k])
	})
	for i := range n {
		plus(stats, sums[i*len(stats):(i+1)*len(stats)])
	}
}
