package bnn

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/model"
)

// laplaceEvidence is Laplace's approximation of ln p(y|X) = ln ∫p(y|X, w)p(w)dw about a mode w*,
// as a function of how much more precise than at w* the prior is, τ times, and the rows are, ρ
// times (MacKay 1992; Immer et al. 2021b):
//
//	ln p(y|X, w*, ρ) − ½ τQ − ½ Σ ln(1 + ρλ/τ),  Q = Σ (w*_j/s_j)²,
//
// with λ the eigenvalues of the Fisher matrix times the prior's variances; what else depends on
// the prior's deviations s cancels. Of N normal rows ln p(y|X, w*, ρ) is ln p(y|X, w*) + ½N ln ρ −
// ½(ρ − 1)R, R the sum of their squared residuals in σ. The function is concave in (ln τ, ln ρ).
type laplaceEvidence struct {
	logLik, Q, N, R float64 // R is 0 unless ρ is free
	lambda          []float64
}

// at returns the evidence.
func (e laplaceEvidence) at(tau, rho float64) float64 {
	sum := e.logLik + .5*e.N*math.Log(rho) - .5*(rho-1)*e.R - .5*tau*e.Q
	for _, v := range e.lambda {
		sum -= .5 * math.Log1p(rho/tau*v)
	}
	return sum
}

// known is γ = Σ ρλ/(τ + ρλ), the number of parameters that the rows determine.
func (e laplaceEvidence) known(tau, rho float64) (sum float64) {
	for _, v := range e.lambda {
		sum += rho * v / (tau + rho*v)
	}
	return sum
}

// best returns τ and ρ of the highest evidence. Where the derivative is 0, τQ = γ and
// ρR = N − γ; each side is found in turn with the other fixed, which ends at the maximum of a
// concave function. Both stay within e^±20.
func (e laplaceEvidence) best() (tau, rho float64) {
	tau, rho = 1, 1
	for range 500 {
		was, wasRho := tau, rho
		tau = root(func(v float64) float64 { return e.known(v, rho) - v*e.Q })
		if e.R > 0 {
			rho = root(func(v float64) float64 { return e.N - e.known(tau, v) - v*e.R })
		}
		if math.Abs(math.Log(tau/was))+math.Abs(math.Log(rho/wasRho)) < 1e-10 {
			break
		}
	}
	return tau, rho
}

// root returns where a falling function of a positive number is 0, or the end of the range.
func root(f func(v float64) float64) float64 {
	lo, hi := -20., 20.
	for range 60 {
		if mid := (lo + hi) / 2; f(math.Exp(mid)) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp((lo + hi) / 2)
}

// evidence returns the evidence about the mode that the network holds, with the eigenvalues of the
// whole Fisher matrix where rows or weights are few enough, else those of its Kronecker factors:
// they lack what layers have to do with each other and may take more weights for known than there
// are rows (357 with 308 rows of the yachts, where it is 251), and noise for more than it is. A
// learned σ of all rows leaves ρ free.
func (r *trainer) evidence(ctx context.Context, n *Net, posterior []*kronecker, logLik float64, arrays map[string]model.Array) (e laplaceEvidence, err error) {
	e.logLik = logLik
	if _, ok := arrays[logScale]; ok {
		e.N = float64(r.t.n)
		e.R = -2*logLik - e.N*math.Log(2*math.Pi*math.Pow(r.sigma(arrays), 2))
	}
	for l := range posterior {
		sds := n.shape.priorSDs(l, r.c.Prior.SD)
		for i, w := range n.mean[l : l+1].flat() {
			e.Q += math.Pow(w/sds[i/n.shape[l+1]], 2)
		}
	}
	lambda, ok, err := r.spectrum(ctx, n)
	if e.lambda = lambda; !ok {
		e.lambda = products(posterior)
	}
	return e, err
}

// products returns the eigenvalues of (N A⊗G)P⁻¹ of all layers.
func products(posterior []*kronecker) (out []float64) {
	for _, k := range posterior {
		for _, a := range k.lambda {
			for _, b := range k.gamma {
				out = append(out, a*b)
			}
		}
	}
	return out
}

// raiseEvidence returns how much more precise than configured the prior is, τ times, and the rows
// are, ρ times, at the highest evidence about the mode, if the configuration asks for it. A learned
// σ changes with ρ.
func (r *trainer) raiseEvidence(ctx context.Context, n *Net, arrays map[string]model.Array) (tau, rho float64, err error) {
	if !r.c.Evidence {
		return 1, 1, nil
	}
	posterior, logLik, err := r.kroneckers(ctx, n.shape)
	if err != nil {
		return 0, 0, err
	}
	e, err := r.evidence(ctx, n, posterior, logLik, arrays)
	if err != nil {
		return 0, 0, err
	}
	tau, rho = e.best()
	if a, ok := arrays[logScale]; ok {
		a.Data[0] -= .5 * math.Log(rho)
	}
	return tau, rho, nil
}
