package field

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/internal/rng"
)

// descend follows the statistics of data less those of chains, which start at the data at every
// step or go on where they are.
func (l *learner) descend(ctx context.Context, persist bool) error {
	key, chains := rng.New(l.Seed).Named("divergence"), make([][]int, l.Batch)
	for i := range chains {
		chains[i] = randomState(l.Potts, key.Named("start").At(uint64(i)).Rand())
	}
	w, prob := 1/float64(l.Batch), make([]float64, l.States)
	slope, average := make([]float64, l.size()), make([]float64, l.size())
	half := l.Iterations / 2
	for t := range l.Iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := key.At(uint64(t)).Rand()
		clear(slope)
		if persist {
			copy(slope, l.mean)
		}
		for _, x := range chains {
			if !persist {
				copy(x, l.data[r.IntN(len(l.data))])
				l.count(x, w, slope)
			}
			for range l.Sweeps {
				l.sweep(l.Potts, x, r, prob)
			}
			l.count(x, -w, slope)
		}
		floats.AddScaled(slope, -l.Ridge, l.theta)
		rate := l.Rate / (1 + 10*float64(t)/float64(l.Iterations))
		floats.AddScaled(l.theta, rate/l.scale(), slope)
		l.set(l.theta)
		if t >= half {
			floats.AddScaled(average, 1/float64(l.Iterations-half), l.theta)
		}
		if l.Progress != nil {
			l.Progress(Record{Step: t + 1, Slope: max(floats.Max(slope), -floats.Min(slope))})
		}
	}
	l.theta = average
	return nil
}

// scale is how many terms of the exponent share a parameter, which the rate is divided by.
func (l *learner) scale() float64 {
	if l.Tied {
		return float64(max(len(l.Edges), len(l.H)))
	}
	return 1
}
