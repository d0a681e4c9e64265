// Package pathfinder approximates a posterior by Gaussians along the path of an optimiser (Zhang,
// Carpenter, Gelman & Vehtari 2022): L-BFGS climbs ln p from a random start, the inverse Hessian
// that it gathers gives a Gaussian at every iterate, and the one with the largest bound is kept.
// The draws of several paths are pooled by Pareto-smoothed importance weights with respect to the
// mixture of the paths' Gaussians, which counts two modes found by different paths as two.
package pathfinder

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// Options of a run; zero values mean the defaults.
type Options struct {
	Paths         int         // independent starts; 4
	Draws         int         // draws returned; 1000
	PathDraws     int         // draws of each path's Gaussian, which are resampled; 1000
	ELBODraws     int         // draws behind the bound of an iterate; 50
	History       int         // pairs kept by L-BFGS; 6
	MaxIterations int         // of L-BFGS; 1000
	Tolerance     float64     // relative rise of ln p at which L-BFGS stops; 1e-12
	Radius        float64     // random starts are uniform in [−Radius, Radius]ⁿ; 2
	Tries         int         // random points tried for each start; 100
	Starts        [][]float64 // starts, in place of random ones
	Seed          uint64      // of all random numbers
}

func (o Options) filled() Options {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.Paths, 4)
	set(&o.Draws, 1000)
	set(&o.PathDraws, 1000)
	set(&o.ELBODraws, 50)
	set(&o.History, 6)
	set(&o.MaxIterations, 1000)
	set(&o.Tries, 100)
	if o.Tolerance == 0 {
		o.Tolerance = 1e-12
	}
	if o.Radius == 0 {
		o.Radius = 2
	}
	if o.Starts != nil {
		o.Paths = len(o.Starts)
	}
	return o
}

func (o Options) validate() error {
	for _, c := range []struct {
		name string
		v    int
	}{{"Paths", o.Paths}, {"Draws", o.Draws}, {"PathDraws", o.PathDraws}, {"ELBODraws", o.ELBODraws}, {"History", o.History}, {"MaxIterations", o.MaxIterations}, {"Tries", o.Tries}} {
		if c.v < 1 {
			return fmt.Errorf("pathfinder: %s: got %d, want at least 1", c.name, c.v)
		}
	}
	if !(o.Tolerance > 0) || !(o.Radius > 0) {
		return fmt.Errorf("pathfinder: Tolerance, Radius: got %v, %v, want them above 0", o.Tolerance, o.Radius)
	}
	return nil
}

// Result of a run.
type Result struct {
	// Draws are resampled from all paths in proportion to their smoothed weights, Draws×n.
	Draws [][]float64
	// Raw are the draws of the paths' Gaussians before resampling, with their log-weights, which
	// are smoothed and sum to 1.
	Raw        [][]float64
	LogWeights []float64 // of Raw
	// ELBO is the largest bound of a path.
	ELBO float64
	// LogEvidence is the importance-sampled ln ∫p, from the smoothed weights.
	LogEvidence float64
	// K is k̂ of the importance weights: above [vi.TrustLimit] the result is not to be trusted.
	K       float64
	Verdict string // what K means, in words
	Paths   []Path // in the order of their starts

	logP []float64   // of Raw
	mix  []*gaussian // of the paths that gave one
}

// Run approximates a target. Paths that fail are told in the result; if all do it is an error.
func Run(ctx context.Context, target vi.Target, b compute.Backend, o Options) (*Result, error) {
	o = o.filled()
	if err := o.validate(); err != nil {
		return nil, err
	}
	d, err := vi.Compile(target, b)
	if err != nil {
		return nil, err
	}
	key := rng.New(o.Seed).Named("pathfinder")
	res := &Result{ELBO: math.Inf(-1)}
	for i := range o.Paths {
		if err := res.path(ctx, d, key, o, i); err != nil {
			return nil, err
		}
	}
	if len(res.Raw) == 0 {
		return nil, fmt.Errorf("pathfinder: none of %d paths gave an approximation; the first: %w", o.Paths, res.Paths[0].Err)
	}
	res.weigh()
	res.resample(key.Named("resample"), o.Draws)
	return res, nil
}

// path follows path i and draws from its Gaussian.
func (r *Result) path(ctx context.Context, d *vi.Density, key rng.Key, o Options, i int) error {
	x0, err := start(d, key.Named("start").At(uint64(i)), o, i)
	if err != nil {
		return err
	}
	p, q := follow(ctx, d, x0, key.Named("bound").At(uint64(i)), o)
	if err := ctx.Err(); err != nil {
		return err
	}
	r.Paths = append(r.Paths, p)
	if q == nil {
		return nil
	}
	r.ELBO, r.mix = math.Max(r.ELBO, p.ELBO), append(r.mix, q)
	return sample(ctx, d, q, key.Named("draw").At(uint64(i)), o.PathDraws, func(u []float64, lp, _ float64) {
		r.Raw, r.logP = append(r.Raw, u), append(r.logP, lp)
	})
}

// weigh smooths the importance ratios p/q, q the mixture of the Gaussians in equal parts.
func (r *Result) weigh() {
	ratios := make([]float64, len(r.logP))
	for i, u := range r.Raw {
		var q vi.ImportanceSum
		for _, part := range r.mix {
			q.Add(part.logDensity(u))
		}
		ratios[i] = r.logP[i] - q.LogEvidence()
	}
	r.LogWeights, r.K = vi.PSIS(ratios)
	r.Verdict = vi.Verdict(r.K)
	r.LogEvidence = vi.LogMeanRatio(ratios, r.LogWeights)
}

// resample draws with replacement by systematic sampling, which repeats a draw of weight w between
// ⌊nw⌋ and ⌈nw⌉ times (Kitagawa 1996), and mixes the order.
func (r *Result) resample(key rng.Key, n int) {
	gen := key.Rand()
	shift, sum, i := gen.Float64(), 0., 0
	for j, lw := range r.LogWeights {
		for sum += math.Exp(lw) * float64(n); i < n && shift+float64(i) < sum; i++ {
			r.Draws = append(r.Draws, r.Raw[j])
		}
	}
	for ; i < n; i++ { // the rounding of Σw
		r.Draws = append(r.Draws, r.Raw[len(r.Raw)-1])
	}
	gen.Shuffle(n, func(a, b int) { r.Draws[a], r.Draws[b] = r.Draws[b], r.Draws[a] })
}

// start returns the given start i, or a random one.
func start(d *vi.Density, key rng.Key, o Options, i int) (u []float64, err error) {
	if o.Starts == nil {
		u, err = d.Start(key, o.Radius, o.Tries)
	} else {
		u = o.Starts[i]
		err = d.Finite(u)
	}
	if err != nil {
		return nil, fmt.Errorf("pathfinder: start %d: %w", i, err)
	}
	return u, nil
}
