package anomaly

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	register(Score{
		Name: "mahalanobis", Summary: "distance of the code from the mean of the codes of training",
		Formula: "(μ(x) − m)ᵀ S⁻¹ (μ(x) − m), m and S the moments of the aggregated posterior", Paper: "Denouden et al. 2018",
		Needs: []Need{NeedsEncoder, NeedsReference},
		fit:   fitMahalanobis,
	})
	register(Score{
		Name: "aggregate", Summary: "negative log-density of the aggregated posterior at the code, nats",
		Formula: "−ln (1/N) Σ_n q(μ(x)|x_n)", Paper: "Hoffman & Johnson 2016",
		Needs: []Need{NeedsGuide, NeedsReference},
		fit:   fitAggregate,
	})
	register(Score{
		Name: "neighbour", Summary: "distance of the code to the fifth nearest code of training",
		Formula: "‖μ(x) − μ(x_(5))‖, each dimension over its standard deviation", Paper: "Ramaswamy et al. 2000; Sun et al. 2022",
		Needs: []Need{NeedsEncoder, NeedsReference},
		fit:   fitNeighbour,
	})
}

// codes are the codes of rows.
func (s Subject) codes(ctx context.Context, x []float32) (vi.Posterior, error) {
	return s.Net.Posterior(ctx, x)
}

// byCode is a score of the mean of a row's code.
func byCode(s Subject, of func(mean []float64) float64) Function {
	return func(ctx context.Context, x []float32, _ rng.Key) ([]float64, error) {
		q, err := s.codes(ctx, x)
		if err != nil {
			return nil, err
		}
		out := make([]float64, q.N)
		for i := range out {
			out[i] = of(q.Mean[i*q.L : (i+1)*q.L])
		}
		return out, nil
	}
}

// moments are mean and covariance of the mixture of q(z|x_n) over n.
func moments(q vi.Posterior) (mean []float64, cov *mat.SymDense) {
	mean, cov = make([]float64, q.L), mat.NewSymDense(q.L, nil)
	for i, v := range q.Mean {
		mean[i%q.L] += v / float64(q.N)
	}
	for n := range q.N {
		for j := range q.L {
			dj := q.Mean[n*q.L+j] - mean[j]
			cov.SetSym(j, j, cov.At(j, j)+(dj*dj+q.Variance[n*q.L+j])/float64(q.N))
			for k := range j {
				cov.SetSym(j, k, cov.At(j, k)+dj*(q.Mean[n*q.L+k]-mean[k])/float64(q.N))
			}
		}
	}
	return mean, cov
}

// ridge is what is added to the diagonal of a covariance, as a share of its mean, so that a
// dimension without spread has no infinite weight.
const ridge = 1e-6

// fitMahalanobis prepares the score mahalanobis.
func fitMahalanobis(ctx context.Context, s Subject, _ rng.Key) (Function, error) {
	q, err := s.codes(ctx, s.Reference)
	if err != nil {
		return nil, err
	}
	mean, cov := moments(q)
	for j := range q.L {
		cov.SetSym(j, j, cov.At(j, j)+ridge*mat.Trace(cov)/float64(q.L))
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, fmt.Errorf("codes of %d rows: got a covariance of less than full rank, want codes that differ", q.N)
	}
	return byCode(s, func(z []float64) float64 {
		d := mat.NewVecDense(q.L, nil)
		d.SubVec(mat.NewVecDense(q.L, slices.Clone(z)), mat.NewVecDense(q.L, mean))
		var w mat.VecDense
		_ = chol.SolveVecTo(&w, d) // the factorisation has succeeded
		return mat.Dot(d, &w)
	}), nil
}

// maxMixture bounds the components of the aggregated posterior.
const maxMixture = 2000

// fitAggregate prepares the score aggregate.
func fitAggregate(ctx context.Context, s Subject, _ rng.Key) (Function, error) {
	q, err := s.codes(ctx, s.Reference[:min(len(s.Reference), maxMixture*s.Net.Width())])
	if err != nil {
		return nil, err
	}
	// ln N(z; μ, σ²) = c_n − ½ Σ_j (z_j − μ_j)² / σ_j²
	c, precision := make([]float64, q.N), make([]float64, len(q.Variance))
	for i, v := range q.Variance {
		precision[i] = 1 / v
		c[i/q.L] -= .5 * math.Log(2*math.Pi*v)
	}
	terms := make([]float64, q.N)
	return byCode(s, func(z []float64) float64 {
		top := math.Inf(-1)
		for n := range terms {
			t := c[n]
			for j, v := range z {
				d := v - q.Mean[n*q.L+j]
				t -= .5 * d * d * precision[n*q.L+j]
			}
			terms[n], top = t, max(top, t)
		}
		sum := 0.
		for _, t := range terms {
			sum += math.Exp(t - top)
		}
		return math.Log(float64(q.N)) - top - math.Log(sum)
	}), nil
}

// kNearest is the number of the neighbour whose distance counts.
const kNearest = 5

// fitNeighbour prepares the score neighbour.
func fitNeighbour(ctx context.Context, s Subject, _ rng.Key) (Function, error) {
	q, err := s.codes(ctx, s.Reference)
	if err != nil {
		return nil, err
	}
	if q.N < kNearest {
		return nil, fmt.Errorf("rows that were trained on: got %d, want at least %d", q.N, kNearest)
	}
	_, cov := moments(vi.Posterior{Mean: q.Mean, Variance: make([]float64, len(q.Mean)), N: q.N, L: q.L})
	scale := make([]float64, q.L)
	for j := range scale {
		scale[j] = 1 / math.Sqrt(cov.At(j, j)+ridge*mat.Trace(cov)/float64(q.L))
	}
	return byCode(s, func(z []float64) float64 {
		var nearest [kNearest]float64
		for i := range nearest {
			nearest[i] = math.Inf(1)
		}
		for n := range q.N {
			sum := 0.
			for j, v := range z {
				d := (v - q.Mean[n*q.L+j]) * scale[j]
				sum += d * d
				if sum >= nearest[kNearest-1] {
					break
				}
			}
			for i := kNearest - 1; i >= 0 && sum < nearest[i]; i-- {
				if i < kNearest-1 {
					nearest[i+1] = nearest[i]
				}
				nearest[i] = sum
			}
		}
		return math.Sqrt(nearest[kNearest-1])
	}), nil
}
