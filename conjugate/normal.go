package conjugate

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/cavi"
)

// Gamma is the density of a precision.
type Gamma = cavi.Gamma

// NormalPrior is the prior of the mean μ and the precision τ of a univariate normal:
// τ ~ Gamma(a₀, b₀) and, in the two conventions of the textbooks,
//
//	scaled       μ|τ ~ N(μ₀, 1/(λ₀τ))   (Bishop 2006, eq. 10.22: conjugate)
//	independent  μ   ~ N(μ₀, 1/λ₀)
//
// They differ in the flat limit: λ₀, a₀, b₀ → 0 leads to 1/E[τ] = S/N under the scaled prior,
// which adds a half to the shape, and to the unbiased S/(N−1) under the independent one.
type NormalPrior struct {
	// Mean is μ₀.
	Mean float64
	// Precision is λ₀.
	Precision float64
	// Tau is the prior of τ.
	Tau Gamma
	// Independent says that the prior of μ does not know τ.
	Independent bool
}

// NormalPosterior is q(μ)q(τ) = N(μ; m, 1/ρ) Gamma(τ; a, b).
type NormalPosterior struct {
	// Mean is m.
	Mean float64 `json:"mean"`
	// Precision is ρ.
	Precision float64 `json:"precision"`
	// Tau is q(τ).
	Tau Gamma `json:"tau"`
	// Bound is the ELBO of every sweep.
	Bound []float64 `json:"bound"`
	// Converged says whether the bound stood still.
	Converged bool `json:"converged"`
}

// check refuses priors without a density and data that are no numbers.
func (p NormalPrior) check(x []float64) error {
	if err := p.Tau.Check("conjugate: normal: prior of τ"); err != nil {
		return err
	}
	if !(p.Precision > 0) || !finite(p.Mean, p.Precision) {
		return fmt.Errorf("conjugate: normal: prior: got mean %g and precision %g, want a finite mean and a positive precision", p.Mean, p.Precision)
	}
	if len(x) == 0 {
		return fmt.Errorf("conjugate: normal: data: got none, want one or more")
	}
	if !finite(x...) {
		return fmt.Errorf("conjugate: normal: data: got a value that is not finite")
	}
	return nil
}

// moments are N, the mean and the sum of squares about it.
func moments(x []float64) (n, mean, s float64) {
	n = float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	return n, mean, s
}

// Fit climbs the ELBO of q(μ)q(τ) (Bishop 2006, eqs. 10.26–10.30).
func (p NormalPrior) Fit(ctx context.Context, x []float64, loop Loop) (*NormalPosterior, error) {
	if err := p.check(x); err != nil {
		return nil, err
	}
	n, mean, s := moments(x)
	q := &NormalPosterior{Tau: p.Tau}
	var err error
	q.Bound, q.Converged, err = loop.cavi().Climb(ctx, func() (float64, error) {
		tau := q.Tau.Mean()
		scale := 1. // of λ₀ in the prior of μ
		if !p.Independent {
			scale = tau
		}
		q.Precision = p.Precision*scale + n*tau
		q.Mean = (p.Precision*scale*p.Mean + n*tau*mean) / q.Precision
		prior, data := p.squares(q, n, mean, s)
		q.Tau = Gamma{Shape: p.Tau.Shape + n/2, Rate: p.Tau.Rate + data/2}
		if !p.Independent {
			q.Tau.Shape += .5
			q.Tau.Rate += p.Precision * prior / 2
		}
		return p.bound(q, n, mean, s), nil
	})
	if err != nil {
		return nil, fmt.Errorf("conjugate: normal: %w", err)
	}
	return q, nil
}

// squares are E[(μ−μ₀)²] and E[Σ(x−μ)²].
func (p NormalPrior) squares(q *NormalPosterior, n, mean, s float64) (prior, data float64) {
	v := 1 / q.Precision
	return (q.Mean-p.Mean)*(q.Mean-p.Mean) + v, s + n*((mean-q.Mean)*(mean-q.Mean)+v)
}

// bound is E[ln p(x|μ,τ)] + E[ln p(μ|τ)] + H[q(μ)] − KL(q(τ)‖p(τ)).
func (p NormalPrior) bound(q *NormalPosterior, n, mean, s float64) float64 {
	prior, data := p.squares(q, n, mean, s)
	tau, logTau := q.Tau.Mean(), q.Tau.MeanLog()
	l := n/2*(logTau-log2Pi) - tau/2*data
	if p.Independent {
		tau, logTau = 1, 0
	}
	l += (math.Log(p.Precision)+logTau-log2Pi)/2 - p.Precision*tau/2*prior
	l += (1 + log2Pi - math.Log(q.Precision)) / 2
	return l - q.Tau.KL(p.Tau)
}

// LogEvidence is ln p(x) under the scaled prior, whose posterior is Normal-Gamma,
//
//	ln p(x) = ln Γ(a) − ln Γ(a₀) + a₀ ln b₀ − a ln b + ½ ln(λ₀/λ) − N/2 ln 2π,
//	λ = λ₀+N, a = a₀+N/2, b = b₀ + ½(S + λ₀N(x̄−μ₀)²/λ)   (Murphy 2007, eq. 95)
func (p NormalPrior) LogEvidence(x []float64) (float64, error) {
	if err := p.check(x); err != nil {
		return 0, err
	}
	if p.Independent {
		return 0, fmt.Errorf("conjugate: normal: evidence: got an independent prior, want the scaled one, which is conjugate")
	}
	n, mean, s := moments(x)
	l0 := p.Precision
	l, a := l0+n, p.Tau.Shape+n/2
	b := p.Tau.Rate + (s+l0*n*(mean-p.Mean)*(mean-p.Mean)/l)/2
	ga, _ := math.Lgamma(a)
	ga0, _ := math.Lgamma(p.Tau.Shape)
	return ga - ga0 + p.Tau.Shape*math.Log(p.Tau.Rate) - a*math.Log(b) + math.Log(l0/l)/2 - n/2*log2Pi, nil
}
