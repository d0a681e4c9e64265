// Package factor holds Bayesian factor analysis and principal component analysis with
// automatic relevance determination of the number of factors.
package factor

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/cavi"
)

// Gamma is the density of a precision.
type Gamma = cavi.Gamma

// FallError is the error of a sweep that lowered the bound.
type FallError = cavi.FallError

var log2Pi = math.Log(2 * math.Pi)

// Config is how factors are fitted.
type Config struct {
	// Factors is K, the most factors; 0 means one fewer than there are columns.
	Factors int
	// Diagonal gives every column a noise of its own: factor analysis. Otherwise the noise is
	// the same in all: principal components.
	Diagonal bool
	// Alpha is the prior of the precisions of the columns of W.
	Alpha Gamma
	// Noise is the prior of the noise precisions.
	Noise Gamma
	// Mean is the prior precision of μ.
	Mean float64
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep raises the bound L by less than Tolerance·|L|;
	// 0 means 1e-10.
	Tolerance float64
	// Progress, where set, hears of every sweep, counted from 1.
	Progress func(sweep int, bound float64)
}

// Default has the broad priors of Bishop 1999.
func Default() Config {
	broad := Gamma{Shape: 1e-3, Rate: 1e-3}
	return Config{Alpha: broad, Noise: broad, Mean: 1e-3}
}

// Model is the posterior q(Z)q(W)q(μ)q(α)q(τ) of
//
//	x_n = W z_n + μ + ε_n,  z_n ~ N(0, I_K),  ε_nd ~ N(0, 1/τ_d),
//	W_dk ~ N(0, 1/α_k),  μ ~ N(0, I/β),  α_k and τ_d ~ Gamma   (Bishop 1999)
type Model struct {
	// Version is that of the stored form.
	Version int `json:"version"`
	// Dims is D.
	Dims int `json:"dims"`
	// Factors is K.
	Factors int `json:"factors"`
	// W is E[W], D×K by rows.
	W []float64 `json:"w"`
	// WCov holds the covariance of every row of W, K×K by rows, D of them.
	WCov [][]float64 `json:"w_cov"`
	// Mean is E[μ].
	Mean []float64 `json:"mean"`
	// MeanVar holds the variances of μ.
	MeanVar []float64 `json:"mean_var"`
	// Alpha holds q(α_k).
	Alpha []Gamma `json:"alpha"`
	// Noise holds q(τ_d), D of them, or one for all.
	Noise []Gamma `json:"noise"`
	// Bound is the evidence lower bound after every sweep, in nats.
	Bound []float64 `json:"bound"`
	// Converged says whether the bound stood still.
	Converged bool `json:"converged"`
}

func (c Config) filled(x *mat.Dense) (Config, error) {
	if x == nil || x.IsEmpty() {
		return c, fmt.Errorf("factor: data: got none")
	}
	n, d := x.Dims()
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if !(math.Abs(v) < 1e100) {
				return c, fmt.Errorf("factor: row %d, column %d: got %g, want a number within ±1e100", i, j, v)
			}
		}
	}
	if c.Factors == 0 {
		c.Factors = max(d-1, 1)
	}
	if c.Factors < 1 || c.Factors > d {
		return c, fmt.Errorf("factor: factors: got %d, want 1 to %d", c.Factors, d)
	}
	if !(c.Mean > 0) || math.IsInf(c.Mean, 1) {
		return c, fmt.Errorf("factor: prior precision of the mean: got %g, want a positive one", c.Mean)
	}
	if err := c.Alpha.Check("factor: prior of the columns' precision"); err != nil {
		return c, err
	}
	return c, c.Noise.Check("factor: prior of the noise precision")
}

// Fit climbs the bound from the principal components of the data. A sweep costs O(D²K + DK³)
// whatever the number of rows: q(Z) meets the rows only in their scatter about their mean.
func Fit(ctx context.Context, x *mat.Dense, cfg Config) (*Model, error) {
	cfg, err := cfg.filled(x)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(x, cfg)
	if err != nil {
		return nil, err
	}
	loop := cavi.Loop{Sweeps: cfg.Sweeps, Tolerance: cfg.Tolerance, Progress: cfg.Progress}
	bound, converged, err := loop.Climb(ctx, e.sweep)
	if err != nil {
		return nil, fmt.Errorf("factor: %w", err)
	}
	m := e.model()
	m.Bound, m.Converged = bound, converged
	return m, nil
}

// Relevant is the number of factors that explain at least the share of the variance that the
// strongest one explains; a factor's strength is ‖w_k‖².
func (m *Model) Relevant(share float64) (count int) {
	strength, top := make([]float64, m.Factors), 0.
	for i, v := range m.W {
		strength[i%m.Factors] += v * v
	}
	for _, s := range strength {
		top = max(top, s)
	}
	for _, s := range strength {
		if s > 0 && s >= share*top {
			count++
		}
	}
	return count
}

// tau is E[τ_d].
func (m *Model) tau(d int) float64 { return m.Noise[min(d, len(m.Noise)-1)].Mean() }

// Covariance is E[W]E[W]ᵀ + diag 1/E[τ], that of the data under the means of the posterior.
func (m *Model) Covariance() *mat.SymDense {
	w := mat.NewDense(m.Dims, m.Factors, m.W)
	c := mat.NewSymDense(m.Dims, nil)
	c.SymOuterK(1, w)
	for d := range m.Dims {
		c.SetSym(d, d, c.At(d, d)+1/m.tau(d))
	}
	return c
}

// Infer is q(z) = N(mean, cov) of a new row, cov K×K.
func (m *Model) Infer(x []float64) (mean []float64, cov *mat.SymDense, err error) {
	if len(x) != m.Dims {
		return nil, nil, fmt.Errorf("factor: row: got %d columns, want %d", len(x), m.Dims)
	}
	a, cov, _, err := gain(mat.NewDense(m.Dims, m.Factors, m.W), m.WCov, m.tau)
	if err != nil {
		return nil, nil, err
	}
	mean = make([]float64, m.Factors)
	for d, v := range x {
		for k := range mean {
			mean[k] += a.At(d, k) * (v - m.Mean[d])
		}
	}
	return mean, cov, nil
}

// Reconstruct is the mean and the variances of a row seen again through its factors,
//
//	E[x_d] = ⟨w_d⟩ᵀ⟨z⟩ + ⟨μ_d⟩,  Var[x_d] = E[1/τ_d] + ⟨w_d⟩ᵀ Cov z ⟨w_d⟩ + tr(Cov w_d ⟨zzᵀ⟩) + Var μ_d.
func (m *Model) Reconstruct(x []float64) (mean, variance []float64, err error) {
	z, cov, err := m.Infer(x)
	if err != nil {
		return nil, nil, err
	}
	mean, variance = make([]float64, m.Dims), make([]float64, m.Dims)
	for d := range mean {
		w := m.W[d*m.Factors : (d+1)*m.Factors]
		mean[d] = m.Mean[d]
		variance[d] = m.Noise[min(d, len(m.Noise)-1)].MeanInverse() + m.MeanVar[d]
		for i, wi := range w {
			mean[d] += wi * z[i]
			for j, wj := range w {
				variance[d] += wi*wj*cov.At(i, j) + m.WCov[d][i*m.Factors+j]*(cov.At(i, j)+z[i]*z[j])
			}
		}
	}
	return mean, variance, nil
}
