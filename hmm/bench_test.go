package hmm

import (
	"context"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// benchModel is a chain of five Gaussians of three values with 100,000 rows.
func benchModel(b *testing.B, kind Kind) (*Model, []float64) {
	r := rng.New(81).Named("bench").Rand()
	cov := positives(r, 15)
	if kind == Full {
		cov = many(5, func() []float64 { return spd(r, 3) })
	}
	m := must(Uniform(must(NewGaussian(kind, 3, normals(r, 15, 3), cov))(b), .8))(b)
	x, _, err := m.Simulate(rng.New(82), 100_000)
	if err != nil {
		b.Fatal(err)
	}
	return m, x
}

func BenchmarkPassesAndPath(b *testing.B) {
	m, x := benchModel(b, Diagonal)
	b.Run("likelihood", func(b *testing.B) {
		for b.Loop() {
			must(m.LogLik(x))(b)
		}
	})
	b.Run("smooth", func(b *testing.B) {
		for b.Loop() {
			must(m.Smooth(x))(b)
		}
	})
	b.Run("viterbi", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := m.Viterbi(x); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A fit that has converged ends early, so every turn begins again from moved parameters, and
// the ten sweeps are counted.
func BenchmarkTenSweeps(b *testing.B) {
	for _, kind := range []Kind{Diagonal, Full} {
		truth, x := benchModel(b, kind)
		g := truth.Emit.(*Gaussian)
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				mean := append([]float64(nil), g.Mean...)
				for i := range mean {
					mean[i] += .3
				}
				e := must(NewGaussian(kind, 3, mean, append([]float64(nil), g.Cov...)))(b)
				m := must(Uniform(e, .8))(b)
				res := must(m.Fit(context.Background(), [][]float64{x}, Config{Sweeps: 10}))(b)
				if res.Sweep != 9 {
					b.Fatalf("sweeps: got %d, want 10", res.Sweep+1)
				}
			}
		})
	}
}
