package conjugate

import (
	"context"
	"fmt"
	"math"
)

// Clutter is the problem of Minka 2001, section 3.2: a point θ seen amid noise,
//
//	p(x|θ) = (1−w) N(x; θ, s) + w N(x; 0, c),  θ ~ N(0, v₀).
//
// Its posterior is a mixture of 2ᴺ normals.
type Clutter struct {
	// Weight is w, the share of noise.
	Weight float64
	// Variance is s, the variance of a sight of θ.
	Variance float64
	// Noise is c, the variance of the noise.
	Noise float64
	// Prior is v₀.
	Prior float64
}

// NewClutter is the problem as Minka poses it: w = ½, s = 1, c = 10, v₀ = 100.
func NewClutter() Clutter { return Clutter{Weight: .5, Variance: 1, Noise: 10, Prior: 100} }

// Estimate is a normal approximation to the posterior of θ, or its exact moments.
type Estimate struct {
	// Mean is E[θ].
	Mean float64 `json:"mean"`
	// Variance is that of θ.
	Variance float64 `json:"variance"`
	// LogZ is ln p(x), its lower bound or the estimate of it.
	LogZ float64 `json:"log_z"`
	// Trace holds LogZ after every sweep, where there are sweeps.
	Trace []float64 `json:"trace,omitempty"`
	// Converged says whether the sweeps ended at a fixed point.
	Converged bool `json:"converged"`
}

func (c Clutter) check(x []float64) error {
	if !(c.Weight > 0 && c.Weight < 1) {
		return fmt.Errorf("conjugate: clutter: weight: got %g, want one in (0, 1)", c.Weight)
	}
	for _, v := range []float64{c.Variance, c.Noise, c.Prior} {
		if !(v > 0) || math.IsInf(v, 1) {
			return fmt.Errorf("conjugate: clutter: variances: got %g, want positive and finite ones", v)
		}
	}
	if !finite(x...) {
		return fmt.Errorf("conjugate: clutter: data: got a value that is not finite")
	}
	return nil
}

// logLik is ln p(x|θ).
func (c Clutter) logLik(x, theta float64) float64 {
	return logAdd(math.Log1p(-c.Weight)+logNormal(x, theta, c.Variance), math.Log(c.Weight)+logNormal(x, 0, c.Noise))
}

// logAdd is ln(eᵃ + eᵇ).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Exact integrates over θ by the trapezoid rule, which converges geometrically here: a step
// is a twentieth of the narrowest width that the posterior can have.
func (c Clutter) Exact(x []float64) (*Estimate, error) {
	if err := c.check(x); err != nil {
		return nil, err
	}
	reach := 12 * math.Sqrt(c.Prior)
	step := math.Sqrt(1/(1/c.Prior+float64(len(x))/c.Variance)) / 20
	n := int(math.Ceil(reach / step))
	if n > 5e6 {
		return nil, fmt.Errorf("conjugate: clutter: exact: got %d points of quadrature, want at most 5000000", 2*n)
	}
	logs := make([]float64, 2*n+1)
	top := math.Inf(-1)
	for i := range logs {
		theta := float64(i-n) * step
		logs[i] = logNormal(theta, 0, c.Prior)
		for _, v := range x {
			logs[i] += c.logLik(v, theta)
		}
		top = max(top, logs[i])
	}
	var z, m, s float64
	for i, l := range logs {
		theta := float64(i-n) * step
		p := math.Exp(l - top)
		z, m = z+p, m+p*theta
	}
	m /= z
	for i, l := range logs {
		d := float64(i-n)*step - m
		s += math.Exp(l-top) * d * d
	}
	return &Estimate{Mean: m, Variance: s / z, LogZ: top + math.Log(z*step), Converged: true}, nil
}

// VB climbs the ELBO of q(θ) Π q(z_n), z_n = 1 where x_n is a sight of θ:
//
//	q(z_n=1) ∝ (1−w) exp E[ln N(x_n; θ, s)],   q(z_n=0) ∝ w N(x_n; 0, c),
//	1/v = 1/v₀ + Σ r_n/s,   m = v Σ r_n x_n/s.
//
// It starts from r_n = 1: all points are sights.
func (c Clutter) VB(ctx context.Context, x []float64, loop Loop) (*Estimate, error) {
	if err := c.check(x); err != nil {
		return nil, err
	}
	r := make([]float64, len(x))
	for i := range r {
		r[i] = 1
	}
	q := &Estimate{}
	var err error
	q.Trace, q.Converged, err = loop.cavi().Climb(ctx, func() (float64, error) {
		precision, sum := 1/c.Prior, 0.
		for i, v := range x {
			precision += r[i] / c.Variance
			sum += r[i] * v / c.Variance
		}
		q.Variance = 1 / precision
		q.Mean = sum / precision
		// With r at its optimum Σ of the terms of x_n is the logarithm of its normaliser.
		bound := .5 * (1 + math.Log(q.Variance/c.Prior) - (q.Mean*q.Mean+q.Variance)/c.Prior)
		for i, v := range x {
			sight := math.Log1p(-c.Weight) + logNormal(v, q.Mean, c.Variance) - q.Variance/(2*c.Variance)
			z := logAdd(sight, math.Log(c.Weight)+logNormal(v, 0, c.Noise))
			r[i] = math.Exp(sight - z)
			bound += z
		}
		return bound, nil
	})
	if err != nil {
		return nil, fmt.Errorf("conjugate: clutter: %w", err)
	}
	q.LogZ = q.Trace[len(q.Trace)-1]
	return q, nil
}

// EP is expectation propagation: every p(x_n|θ) has a site of its own.
func (c Clutter) EP(ctx context.Context, x []float64, cfg EPConfig) (*Estimate, []Site, error) {
	if err := c.check(x); err != nil {
		return nil, nil, err
	}
	return EP(ctx, 0, c.Prior, len(x), func(n int, m, v float64) (logZ, mean, variance float64) {
		return c.tilted(x[n], m, v)
	}, cfg)
}

// tilted is ln Z and the moments of N(θ; m, v) p(x|θ) / Z (Minka 2001, eqs. 3.37–3.43): with
// u = v+s, r the responsibility of the sight and d = v(x−m)/u,
//
//	Z = (1−w)N(x; m, u) + wN(x; 0, c),  E[θ] = m + rd,  Var[θ] = v − rv²/u + r(1−r)d².
func (c Clutter) tilted(x, m, v float64) (logZ, mean, variance float64) {
	u := v + c.Variance
	sight := math.Log1p(-c.Weight) + logNormal(x, m, u)
	logZ = logAdd(sight, math.Log(c.Weight)+logNormal(x, 0, c.Noise))
	r := math.Exp(sight - logZ)
	d := v * (x - m) / u
	return logZ, m + r*d, v - r*v*v/u + r*(1-r)*d*d
}
