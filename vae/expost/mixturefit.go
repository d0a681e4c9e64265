package expost

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// mixture is Σ_k w_k N(m_k, T_k T_kᵀ) over vectors of l elements.
type mixture struct {
	l         int
	logWeight []float64 // ln w_k
	mean      []float64 // m_k, K×L
	factor    []float64 // T_k, lower triangular, K×L×L
}

// Of the fit: starts, of which the likeliest ends it, iterations of each, the gain in nats a row that
// ends a start, and the floor that is added to variances, a share of the mean one.
const (
	mixtureStarts = 3
	mixtureSteps  = 200
	mixtureGain   = 1e-4
	mixtureFloor  = 1e-6
	negligible    = 1e-12 // share of a component in a row, of its weight
)

// fitMixture maximises the likelihood of rows x, N×L, by EM (Dempster et al. 1977) from k-means++ starts
// (Arthur & Vassilvitskii 2007), with a floor on the variances.
func fitMixture(ctx context.Context, x []float64, l, k int, key rng.Key) (best mixture, err error) {
	n := len(x) / l
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return best, fmt.Errorf("value %d: got %v, want a finite number", i, v)
		}
	}
	if n < 1 || k < 1 {
		return best, fmt.Errorf("got %d rows for %d components, want at least one of each", n, k)
	}
	floor := mixtureFloor*meanVariance(x, l) + 1e-12
	highest := math.Inf(-1)
	for start := range mixtureStarts {
		share := spreadShares(x, l, k, key.At(uint64(start)))
		last := math.Inf(-1)
		for range mixtureSteps {
			if err := ctx.Err(); err != nil {
				return best, err
			}
			m, err := maximized(x, l, k, share, floor)
			if err != nil {
				return best, err
			}
			now := m.expect(x, share)
			if now > highest {
				highest, best = now, m
			}
			if now-last < mixtureGain {
				break
			}
			last = now
		}
	}
	return best, nil
}

// meanVariance is the mean over elements of the variance of rows.
func meanVariance(x []float64, l int) float64 {
	n, total := float64(len(x)/l), 0.
	for j := range l {
		sum, square := 0., 0.
		for i := j; i < len(x); i += l {
			sum += x[i] / n
			square += x[i] * x[i] / n
		}
		total += max(0, square-sum*sum) / float64(l)
	}
	return total
}

// spreadShares gives every row to the nearest of k rows that are drawn far from each other: each next
// one with a probability in proportion to its squared distance from those that are drawn.
func spreadShares(x []float64, l, k int, key rng.Key) (share []float64) {
	n := len(x) / l
	u := make([]float32, k)
	key.Uniform(u)
	nearest, of := make([]float64, n), make([]int, n)
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	at := min(n-1, int(float64(u[0])*float64(n)))
	for c := range k {
		total := 0.
		for i := range n {
			d := 0.
			for j := range l {
				e := x[i*l+j] - x[at*l+j]
				d += e * e
			}
			if d < nearest[i] {
				nearest[i], of[i] = d, c
			}
			total += nearest[i]
		}
		if c+1 < k {
			at = drawn(nearest, float64(u[c+1])*total)
		}
	}
	share = make([]float64, n*k)
	for i, c := range of {
		share[i*k+c] = 1
	}
	return share
}

// drawn is the first index at which the running sum exceeds a level.
func drawn(w []float64, level float64) int {
	for i, v := range w {
		if level -= v; level < 0 {
			return i
		}
	}
	return len(w) - 1
}

// maximized is the mixture that is likeliest for the shares of rows in components, N×K.
func maximized(x []float64, l, k int, share []float64, floor float64) (mixture, error) {
	n := len(x) / l
	m := mixture{l, make([]float64, k), make([]float64, k*l), make([]float64, k*l*l)}
	d := make([]float64, l)
	for c := range k {
		mean, cov := m.mean[c*l:(c+1)*l], m.factor[c*l*l:(c+1)*l*l]
		weight := 1e-12 // of a component that has lost its rows
		for i := range n {
			weight += share[i*k+c]
		}
		for i := range n {
			if r := share[i*k+c] / weight; r >= negligible {
				for j := range l {
					mean[j] += r * x[i*l+j]
				}
			}
		}
		for i := range n {
			r := share[i*k+c] / weight
			if r < negligible {
				continue
			}
			for j := range l {
				d[j] = x[i*l+j] - mean[j]
				for h := range j + 1 {
					cov[j*l+h] += r * d[j] * d[h]
				}
			}
		}
		m.logWeight[c] = math.Log(weight / float64(n))
		for j := range l {
			cov[j*l+j] += floor
		}
		if err := choleskyInPlace(cov, l); err != nil {
			return m, fmt.Errorf("component %d: %w", c, err)
		}
	}
	return m, nil
}

// choleskyInPlace replaces the lower triangle of a matrix by its factor T, a = TTᵀ.
func choleskyInPlace(a []float64, l int) error {
	for j := range l {
		for i := j; i < l; i++ {
			v := a[i*l+j]
			for h := range j {
				v -= a[i*l+h] * a[j*l+h]
			}
			switch {
			case i > j:
				a[i*l+j] = v / a[j*l+j]
			case v > 0:
				a[j*l+j] = math.Sqrt(v)
			default:
				return fmt.Errorf("covariance: got the pivot %v at %d, want one above 0", v, j)
			}
		}
	}
	return nil
}

// expect writes the posterior shares of the components in each row and returns the mean
// log-likelihood of the rows.
func (m mixture) expect(x, share []float64) float64 {
	l, k := m.l, len(m.logWeight)
	n, total := len(x)/l, 0.
	y, logp := make([]float64, l), make([]float64, k)
	for i := range n {
		top := math.Inf(-1)
		for c := range k {
			logp[c] = m.logWeight[c] + m.component(c, x[i*l:(i+1)*l], y)
			top = math.Max(top, logp[c])
		}
		sum := 0.
		for c := range k {
			share[i*k+c] = math.Exp(logp[c] - top)
			sum += share[i*k+c]
		}
		for c := range k {
			share[i*k+c] /= sum
		}
		total += (top + math.Log(sum)) / float64(n)
	}
	return total
}

// component is ln N(x; m_c, T_c T_cᵀ); y is room for l values.
func (m mixture) component(c int, x, y []float64) float64 {
	l := m.l
	mean, t := m.mean[c*l:(c+1)*l], m.factor[c*l*l:(c+1)*l*l]
	v := -.5 * float64(l) * math.Log(2*math.Pi)
	for j := range l {
		y[j] = x[j] - mean[j]
		for h := range j {
			y[j] -= t[j*l+h] * y[h]
		}
		y[j] /= t[j*l+j]
		v -= .5*y[j]*y[j] + math.Log(t[j*l+j])
	}
	return v
}
