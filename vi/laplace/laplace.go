// Package laplace approximates a posterior by the Gaussian of its mode (MacKay 2003, chapter 27).
package laplace

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Options of a run; zero values mean the defaults.
type Options struct {
	Start         []float64 // where the search begins; a random point in [−2, 2]ⁿ if nil
	MaxIterations int       // of L-BFGS; 1000
	Draws         int       // draws for the check by importance weights; 1000
	Seed          uint64    // of all random numbers
}

// Result is q = N(û, Σ) with û the mode and Σ⁻¹ = −∇∇ln p(û).
type Result struct {
	Mode       []float64   // û
	Covariance [][]float64 // Σ, n×n
	// LogEvidence is Laplace's estimate of ln ∫p, ln p(û) + n/2 ln 2π + ½ ln det Σ.
	LogEvidence float64
	// Weighted is the importance-sampled ln ∫p from draws of q. The two are equal where p is a
	// Gaussian.
	Weighted   float64
	Draws      [][]float64 // draws of q, which have LogWeights
	LogWeights []float64   // smoothed log-weights of the draws, which sum to 1
	K          float64     // k̂ of the weights: above [vi.TrustLimit] the result is not to be trusted
	Verdict    string      // what K means, in words
	Iterations int         // of L-BFGS
}

// Run finds the mode by L-BFGS, refines it by Newton steps and takes the curvature there from
// differences of gradients.
func Run(ctx context.Context, target vi.Target, b compute.Backend, o Options) (*Result, error) {
	if o.Draws == 0 {
		o.Draws = 1000
	}
	if o.Draws < 0 || o.MaxIterations < 0 {
		return nil, fmt.Errorf("laplace: Draws, MaxIterations: got %d, %d, want at least 1", o.Draws, o.MaxIterations)
	}
	d, err := vi.Compile(target, b)
	if err != nil {
		return nil, err
	}
	key := rng.New(o.Seed).Named("laplace")
	x0 := o.Start
	if x0 == nil {
		x0, err = d.Start(key.Named("start"), 2, 100)
	} else {
		err = d.Finite(x0)
	}
	if err != nil {
		return nil, fmt.Errorf("laplace: start: %w", err)
	}
	res := &Result{}
	logP, err := res.climb(ctx, d, x0, o)
	if err != nil {
		return nil, err
	}
	chol, logP, err := refine(ctx, d, res.Mode, logP)
	if err != nil {
		return nil, err
	}
	if err := res.finish(chol, logP); err != nil {
		return nil, err
	}
	return res, res.check(ctx, d, chol, key.Named("draw"), o.Draws)
}

// climb sets Mode and returns ln p there.
func (r *Result) climb(ctx context.Context, d *vi.Density, x0 []float64, o Options) (float64, error) {
	// Fifty pairs make the method nearly that of full matrices, which scales of 1e4 to 1 need.
	m, err := lbfgs.Minimize(ctx, func(x, grad []float64) (float64, error) {
		v, err := d.Gradient(x, grad)
		for i := range grad {
			grad[i] = -grad[i]
		}
		return -v, err
	}, x0, lbfgs.Options{History: 50, MaxIterations: o.MaxIterations}, nil)
	if err != nil {
		return 0, fmt.Errorf("laplace: mode: %w", err)
	}
	if !m.Converged {
		return 0, fmt.Errorf("laplace: mode: not found: %s; largest slope %.3g", m.Reason, largest(m.Grad))
	}
	r.Mode, r.Iterations = m.X, m.Iterations
	return -m.F, nil
}

// refine takes Newton steps from u, in place, while they shrink the gradient, and returns the
// Cholesky factor of −∇∇ln p and ln p there.
func refine(ctx context.Context, d *vi.Density, u []float64, logP float64) (*mat.Cholesky, float64, error) {
	n := len(u)
	grad := make([]float64, n)
	if _, err := d.Gradient(u, grad); err != nil {
		return nil, 0, err
	}
	for range 3 {
		chol, err := factor(ctx, d, u)
		if err != nil {
			return nil, 0, err
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, mat.NewVecDense(n, append([]float64(nil), grad...))); err != nil {
			return nil, 0, fmt.Errorf("laplace: curvature: %w", err)
		}
		next, slope := make([]float64, n), make([]float64, n)
		for i := range next {
			next[i] = u[i] + step.AtVec(i)
		}
		v, err := d.Gradient(next, slope)
		if err != nil {
			return nil, 0, err
		}
		if !(largest(slope) < .5*largest(grad)) || !(v >= logP-1e-9*math.Max(1, math.Abs(logP))) {
			return chol, logP, nil
		}
		copy(u, next)
		copy(grad, slope)
		logP = v
	}
	chol, err := factor(ctx, d, u)
	return chol, logP, err
}

// finish sets the covariance and the evidence.
func (r *Result) finish(chol *mat.Cholesky, logP float64) error {
	n := len(r.Mode)
	var cov mat.SymDense
	if err := chol.InverseTo(&cov); err != nil {
		return fmt.Errorf("laplace: covariance: %w", err)
	}
	r.Covariance = make([][]float64, n)
	for i := range n {
		r.Covariance[i] = make([]float64, n)
		for j := range n {
			r.Covariance[i][j] = cov.At(i, j)
		}
	}
	r.LogEvidence = logP + .5*float64(n)*math.Log(2*math.Pi) - .5*chol.LogDet()
	return nil
}

// check draws from q and weighs the draws: with −∇∇ln p = LLᵀ a draw is û + L⁻ᵀε.
func (r *Result) check(ctx context.Context, d *vi.Density, chol *mat.Cholesky, key rng.Key, draws int) error {
	n := len(r.Mode)
	var l mat.TriDense
	chol.LTo(&l)
	ratios := make([]float64, draws)
	for i := range ratios {
		if err := ctx.Err(); err != nil {
			return err
		}
		eps := make([]float64, n)
		key.At(uint64(i)).NormalFloat64(eps)
		logQ := -.5*float64(n)*math.Log(2*math.Pi) + .5*chol.LogDet()
		for _, e := range eps {
			logQ -= .5 * e * e
		}
		var v mat.VecDense
		if err := v.SolveVec(l.T(), mat.NewVecDense(n, eps)); err != nil {
			return fmt.Errorf("laplace: draw: %w", err)
		}
		u := make([]float64, n)
		for j := range u {
			u[j] = r.Mode[j] + v.AtVec(j)
		}
		logP, err := d.At(u)
		if err != nil {
			return err
		}
		r.Draws, ratios[i] = append(r.Draws, u), logP-logQ
	}
	r.LogWeights, r.K = vi.PSIS(ratios)
	r.Verdict = vi.Verdict(r.K)
	r.Weighted = vi.LogMeanRatio(ratios, r.LogWeights)
	return nil
}

func largest(x []float64) float64 {
	m := 0.
	for _, v := range x {
		if math.IsNaN(v) {
			return math.Inf(1)
		}
		m = math.Max(m, math.Abs(v))
	}
	return m
}
