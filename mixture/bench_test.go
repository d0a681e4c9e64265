package mixture

import (
	"fmt"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// drawn draws n rows of d columns from k Gaussians with means of deviation 3 and unit covariance.
func drawn(n, d, k int, seed uint64) Data {
	means, x := make([]float64, k*d), Data{make([]float64, n*d), d}
	rng.New(seed).Named("means").NormalFloat64(means)
	rng.New(seed).Named("rows").NormalFloat64(x.X)
	for i := range x.X {
		x.X[i] += 3 * means[(i/d)%k*d+i%d]
	}
	return x
}

// sweeper returns a posterior after k-means and one sweep, ready to sweep on.
func sweeper(b testing.TB, x Data, c Config) (*posterior, *prior, *blocks) {
	p, err := newPrior(c, x)
	if err != nil {
		b.Fatal(err)
	}
	q := newPosterior(c.Covariance, p)
	rows := blocked(x)
	if err := q.start(p, rows, x.spread(), rng.New(1), 0); err != nil {
		b.Fatal(err)
	}
	return q, p, rows
}

func BenchmarkSweep(b *testing.B) {
	x := drawn(100_000, 10, 20, 1)
	for _, cov := range []Covariance{Full, Tied, Diagonal, Spherical} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", cov, threads), func(b *testing.B) {
				c := Default()
				c.Components, c.Covariance = 20, cov
				q, p, blocks := sweeper(b, x, c)
				for b.Loop() {
					if err := q.update(p, q.sweep(blocks, threads)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
