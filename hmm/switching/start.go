package switching

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// tries is the number of random starts of the chain that Start fits.
const tries = 8

// Start makes a model of k regimes and l hidden values to begin a fit with, and the shares of
// the regimes. C holds the principal directions of the rows (the identity where l is D); the
// dynamics are those of a hidden Markov model with autoregressive emissions fitted to Cᵀy, the
// best of some starts from blocks of rows dealt to regimes at random.
func Start(ctx context.Context, y []float64, d, k, l int, key rng.Key) (*Model, []float64, error) {
	if d < 1 || k < 1 || l < 1 || l > d || len(y)%d != 0 || len(y)/d < 4*k {
		return nil, nil, fmt.Errorf("switching: start: got %d values of width %d, %d regimes, %d hidden values, want 4 rows a regime and hidden values from 1 to the width", len(y), d, k, l)
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil, fmt.Errorf("switching: start: row %d: got %g, want a finite number", i/d, v)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	rows := mat.NewDense(len(y)/d, d, append([]float64(nil), y...))
	c, err := directions(rows, l)
	if err != nil {
		return nil, nil, err
	}
	var z mat.Dense
	z.Mul(rows, c)
	zs := z.RawMatrix().Data
	chain, err := startChain(ctx, zs, l, k, key)
	if err != nil {
		return nil, nil, err
	}
	post, err := chain.Smooth(zs)
	if err != nil {
		return nil, nil, err
	}
	return fromChain(chain, c, zs, variance(y)), post.Smoothed, nil
}

// variance is the mean square of the values.
func variance(y []float64) (sum float64) {
	for _, v := range y {
		sum += v * v
	}
	return sum / float64(len(y))
}

// directions returns the D×L principal directions of the rows about zero.
func directions(rows *mat.Dense, l int) (*mat.Dense, error) {
	_, d := rows.Dims()
	c := mat.NewDense(d, l, nil)
	if l == d {
		for i := range d {
			c.Set(i, i, 1)
		}
		return c, nil
	}
	var square mat.SymDense
	square.SymOuterK(1, rows.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&square, true) {
		return nil, fmt.Errorf("switching: start: the directions of the rows could not be found")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	for i := range d {
		for j := range l { // eigenvalues rise
			c.Set(i, j, v.At(i, d-1-j))
		}
	}
	return c, nil
}

// startChain fits the autoregressive chain.
func startChain(ctx context.Context, z []float64, l, k int, key rng.Key) (best *hmm.Model, err error) {
	bound := math.Inf(-1)
	for try := range uint64(tries) {
		e, err := startEmission(z, l, k, key.Named("switching start").At(try))
		if err != nil {
			return nil, err
		}
		m, err := hmm.Uniform(e, 0.9)
		if err != nil {
			return nil, err
		}
		m.Pseudo = 1
		c := hmm.Default()
		c.Sweeps, c.Tol = 100, 1e-6
		res, err := m.Fit(ctx, [][]float64{z}, c)
		if err != nil {
			return nil, err
		}
		if res.Bound > bound {
			best, bound = m, res.Bound
		}
	}
	return best, nil
}

// startEmission deals about five blocks a regime at random.
func startEmission(z []float64, l, k int, key rng.Key) (*hmm.Autoregressive, error) {
	n := len(z) / l
	coef, cov := make([]float64, k*l*(1+l)), make([]float64, k*l*l)
	for s := range k {
		for i := range l {
			cov[(s*l+i)*l+i] = 1
		}
	}
	e, err := hmm.NewAutoregressive(l, 1, coef, cov)
	if err != nil {
		return nil, err
	}
	e.Count, e.Scale, e.Ridge = 1, 1e-3*variance(z), 1e-3
	r, length := key.Rand(), max(2, n/(5*k))
	weights, stats, s := make([]float64, n*k), make([]float64, e.Stats()), 0
	for t := range n {
		if t%length == 0 {
			s = r.IntN(k)
			if t/length < k {
				s = t / length // every regime has a block
			}
		}
		weights[t*k+s] = 1
	}
	e.Accumulate(stats, z, weights)
	return e, e.Update(stats)
}

// fromChain takes the dynamics of a chain, without its constants, and gives the rows a noise
// of a hundredth of their variance.
func fromChain(chain *hmm.Model, c *mat.Dense, z []float64, size float64) *Model {
	e := chain.Emit.(*hmm.Autoregressive)
	l, k := e.Width, e.States()
	d, _ := c.Dims()
	m := &Model{Start: chain.Start, Steps: chain.Trans, Mean: mat.NewVecDense(l, append([]float64(nil), z[:l]...)),
		Cov: mat.NewSymDense(l, nil), Emit: mat.DenseCopyOf(c), EmitCov: mat.NewSymDense(d, nil)}
	for i := range l {
		m.Cov.SetSym(i, i, size)
	}
	for i := range d {
		m.EmitCov.SetSym(i, i, 0.01*size)
	}
	for s := range k {
		a := mat.NewDense(l, l, nil)
		for i := range l {
			for j := range l {
				a.Set(i, j, e.Coef[(s*l+i)*(1+l)+1+j])
			}
		}
		m.Trans = append(m.Trans, a)
		m.TransCov = append(m.TransCov, symmetric(mat.NewDense(l, l, append([]float64(nil), e.Cov[s*l*l:(s+1)*l*l]...))))
	}
	return m
}
