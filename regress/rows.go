package regress

import (
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// The rows are cut into at most parts pieces of at least least rows, whatever the number of
// processors, and the pieces' sums are added in order: the answer does not depend on threads.
// Within a piece, blocks of block rows stay in the cache.
const (
	parts = 16
	least = 1024
	block = 128
)

// rows makes the two passes over the inputs that a sweep needs.
type rows struct {
	x        *mat.Dense
	pieces   [][2]int         // from, to
	scratch  []blas64.General // a block by columns: runs of 128 suit the kernels, runs of D may be short
	grams    []blas64.Symmetric
	mean     []float64
	variance []float64
}

func newRows(x *mat.Dense) *rows {
	n, d := x.Dims()
	r := &rows{x: x, mean: make([]float64, n), variance: make([]float64, n)}
	size := max(least, (n+parts-1)/parts)
	for from := 0; from < n; from += size {
		r.pieces = append(r.pieces, [2]int{from, min(from+size, n)})
		r.scratch = append(r.scratch, blas64.General{Rows: d, Cols: block, Stride: block, Data: make([]float64, block*d)})
		r.grams = append(r.grams, blas64.Symmetric{N: d, Stride: d, Uplo: blas.Upper, Data: make([]float64, d*d)})
	}
	return r
}

// each runs f on every block of every piece; blocks of one piece follow one another.
func (r *rows) each(f func(piece, from, to int)) {
	run := func(p int) {
		for from := r.pieces[p][0]; from < r.pieces[p][1]; from += block {
			f(p, from, min(from+block, r.pieces[p][1]))
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(r.pieces))
	if workers == 1 {
		for p := range r.pieces {
			run(p)
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for p := w; p < len(r.pieces); p += workers {
				run(p)
			}
		})
	}
	wait.Wait()
}

// gram is Σ_n c_n x_n x_nᵀ for c_n ≥ 0.
func (r *rows) gram(c func(i int) float64) *mat.SymDense {
	for _, g := range r.grams {
		clear(g.Data)
	}
	r.each(func(p, from, to int) {
		s := r.scratch[p]
		s.Cols = to - from
		for i := from; i < to; i++ {
			root := math.Sqrt(c(i))
			for j, v := range r.x.RawRowView(i) {
				s.Data[j*block+i-from] = root * v
			}
		}
		blas64.Syrk(blas.NoTrans, 1, s, 1, r.grams[p])
	})
	_, d := r.x.Dims()
	out := mat.NewSymDense(d, nil)
	to := out.RawSymmetric().Data
	for _, g := range r.grams {
		for i, v := range g.Data {
			to[i] += v
		}
	}
	return out
}

// activations are the means xᵀm and the variances xᵀVx of all rows: with V⁻¹ = UᵀU these are
// ‖U⁻ᵀx‖².
func (r *rows) activations(w *Weights) (mean, variance []float64) {
	u := w.chol.RawU().(*mat.TriDense).RawTriangular()
	r.each(func(p, from, to int) {
		s := r.scratch[p]
		s.Cols = to - from
		for i := from; i < to; i++ {
			sum := 0.
			for j, v := range r.x.RawRowView(i) {
				s.Data[j*block+i-from] = v
				sum += v * w.Mean[j]
			}
			r.mean[i] = sum
		}
		blas64.Trsm(blas.Left, blas.Trans, 1, u, s)
		out := r.variance[from:to]
		clear(out)
		for j := range s.Rows {
			for i, v := range s.Data[j*block : j*block+to-from] {
				out[i] += v * v
			}
		}
	})
	return r.mean, r.variance
}
