package prob

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/guide"
)

// Place is where the fits of one or more starts ended.
type Place struct {
	// Starts is the number of random points whose climb led here.
	Starts int
	// ELBO is the bound of the fit there, nats.
	ELBO float64
	// LogEvidence is its importance-weighted estimate of ln p(x): of the mass that the fit sees.
	LogEvidence float64
	// KHat is the k̂ of its weights.
	KHat float64
	// Mean and SD are those of the guide's draws of the unconstrained reals.
	Mean, SD []float64
}

// near is the log-ratio of masses within which another place counts beside the best, e⁻⁵ = .7 %.
const near = 5

// apart is the R̂ of the draws of two fits above which they are of two places: with two fits it is
// reached where the means are .9 standard deviations apart.
const apart = 1.1

// search is a fit from several starts.
type search struct {
	m     *Model
	o     Options
	d     *density
	key   rng.Key
	begun time.Time
	bend  bool // the guide was not asked for
	last  []float64
}

// origin is a start with the number of climbs that ended at it.
type origin struct {
	at     guide.Start
	mode   bool // it is a maximum
	starts int
}

// all fits from every start that differs and returns the best.
func (r *search) all(ctx context.Context) (*Fit, error) {
	first, err := r.origin(ctx, 0)
	if err != nil {
		return nil, err
	}
	fit, err := r.fit(ctx, first.at)
	if err != nil {
		return nil, err
	}
	fit.Elapsed = time.Since(r.begun) - fit.checked // the climb as well
	places := []*Fit{fit}
	origins, err := r.others(ctx, first)
	if err != nil {
		return nil, err
	}
	r.o.Progress = nil
	for _, b := range origins[1:] {
		other, err := r.fit(ctx, b.at)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil { // a start that leads nowhere says nothing of the fit
			other.starts = b.starts
			places = join(places, other)
		}
	}
	best := places[0]
	for _, q := range places[1:] {
		if q.ELBO > best.ELBO+2*math.Hypot(q.ELBOStdErr, best.ELBOStdErr) {
			best = q
		}
	}
	best.tell(places, origins[0].starts)
	return best, nil
}

// origin finds start i. Starts come in pairs u, −u, which two modes on two sides of 0, or two labels
// that can be swapped, do not miss both.
func (r *search) origin(ctx context.Context, i int) (origin, error) {
	key := r.key.Named("start")
	if i > 0 {
		key = key.Named("other").At(uint64(i))
	}
	u, err := r.opposite(i)
	if err != nil {
		return origin{}, err
	}
	if u == nil {
		if u, err = initial(r.d, key); err != nil {
			return origin{}, err
		}
	}
	r.last = u
	if r.o.Plain {
		at := guide.Start{Loc: u, Scale: make([]float64, len(u))}
		for i := range at.Scale {
			at.Scale[i] = .1
		}
		return origin{at, false, 1}, nil
	}
	at, mode, err := r.m.findStart(ctx, r.d, u, key)
	return origin{at, mode, 1}, err
}

// opposite returns the point opposite the last one for the second of a pair, or nil where the density
// is no number there.
func (r *search) opposite(i int) ([]float64, error) {
	if i%2 == 0 || len(r.last) != r.m.dim {
		return nil, nil
	}
	u, grad := make([]float64, r.m.dim), make([]float64, r.m.dim)
	for j, v := range r.last {
		u[j] = -v
	}
	lp, err := r.d.gradient(u, grad)
	if err != nil || !finite(lp) || !finite(grad...) {
		return nil, err
	}
	return u, nil
}

// others returns the starts that differ, the first one first.
func (r *search) others(ctx context.Context, first origin) ([]origin, error) {
	all := []origin{first}
	for i := 1; i < r.o.Starts; i++ {
		b, err := r.origin(ctx, i)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			continue // a start that leads nowhere says nothing of the fit
		}
		known := false
		for k := range all {
			if known = all[k].same(b); known {
				all[k].starts++
				break
			}
		}
		if !known {
			all = append(all, b)
		}
	}
	return all, nil
}

// same tells whether two climbs ended at one maximum, to a tenth of its scales.
func (a origin) same(b origin) bool {
	if !a.mode || !b.mode {
		return false
	}
	for j, v := range a.at.Loc {
		if !(math.Abs(v-b.at.Loc[j]) < .1*a.at.Scale[j]) {
			return false
		}
	}
	return true
}

// fit fits from one start: a guide of the family and, where none was asked for and the weights say
// so, a bent one after it.
func (r *search) fit(ctx context.Context, at guide.Start) (*Fit, error) {
	f, err := newFitter(r.m, r.o, r.d, at)
	if err != nil {
		return nil, err
	}
	fit, err := f.run(ctx)
	if err != nil || !r.bend || r.m.dim > dimBent || !fit.Converged || !(fit.KHat > bendAbove) {
		return fit, err
	}
	gaussian, err := f.gaussian()
	if err != nil {
		return nil, err
	}
	o := r.o
	o.Guide, o.Score = guide.IAF(0), true
	if r.m.dim == 1 {
		o.Guide = guide.Copula
	}
	o.Window *= bentWindow
	b, err := newFitter(r.m, o, r.d, gaussian)
	if err != nil {
		return nil, err
	}
	b.done, b.trail, b.o.Steps = f.done, fit.Trail, o.Steps+f.done
	bent, err := b.run(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return fit, nil // the Gaussian stands
	}
	if noise := 2 * math.Hypot(bent.ELBOStdErr, fit.ELBOStdErr); bent.ELBO > fit.ELBO+noise ||
		bent.ELBO > fit.ELBO-noise && bent.KHat < fit.KHat-math.Hypot(bent.KHatStdErr, fit.KHatStdErr) {
		bent.Elapsed += fit.Elapsed
		bent.checked += fit.checked
		bent.Bent, bent.before = true, fit
		return bent, nil
	}
	return fit, nil
}

// The figures of bending.
const (
	dimBent    = 50 // most dimensions
	bendAbove  = .5 // k̂
	bentWindow = 4  // times the window, for bends rise slowly from none
)

// run makes the steps and the final draws.
func (f *fitter) run(ctx context.Context) (*Fit, error) {
	if err := f.ascend(ctx); err != nil {
		return nil, err
	}
	return f.fit(ctx)
}

// gaussian returns the full-rank Gaussian that was fitted as a start.
func (f *fitter) gaussian() (at guide.Start, err error) {
	arrays, err := f.p.Export()
	if err != nil {
		return at, plain(err)
	}
	v := map[string][]float64{}
	for _, a := range arrays {
		v[a.Name] = a.Data
	}
	n := f.m.dim
	mean, omega, below := v["guide/mean"], v["guide/logscale"], v["guide/below"]
	if len(mean) != n || len(omega) != n || len(below) != n*n {
		return at, fmt.Errorf("prob: the guide is no full-rank Gaussian")
	}
	white := func(i, j int) float64 { // F
		switch {
		case f.at.Factor != nil:
			return f.at.Factor[i*n+j]
		case i == j:
			return f.at.Scale[i]
		}
		return 0
	}
	at = guide.Start{Loc: append([]float64(nil), f.at.Loc...), Scale: make([]float64, n), Factor: make([]float64, n*n)}
	for i := range n {
		for j := range i + 1 {
			at.Loc[i] += white(i, j) * mean[j]
			sum := white(i, j) * math.Exp(omega[j])
			for k := j + 1; k <= i; k++ {
				sum += white(i, k) * below[k*n+j]
			}
			at.Factor[i*n+j] = sum
			at.Scale[i] = math.Hypot(at.Scale[i], sum)
		}
	}
	return at, nil
}

// join adds a fit to the places, or to the starts of one whose draws its own cannot be told from.
func join(places []*Fit, fit *Fit) []*Fit {
	for _, q := range places {
		if shift(q, fit) < apart {
			q.starts += fit.starts
			return places
		}
	}
	return append(places, fit)
}

// shift is the largest R̂ of the draws of fits over the unconstrained reals.
func shift(fits ...*Fit) float64 {
	least := len(fits[0].points)
	for _, q := range fits {
		least = min(least, len(q.points))
	}
	worst := 1.
	for j := range fits[0].points[0] {
		chains := make([][]float64, len(fits))
		for c, q := range fits {
			for _, u := range q.points[:least] {
				chains[c] = append(chains[c], u[j])
			}
		}
		worst = math.Max(worst, vi.SplitRHat(chains...))
	}
	return worst
}

// tell writes to the fit what the others found.
func (fit *Fit) tell(places []*Fit, first int) {
	places[0].starts += first
	fit.StartRHat = 1
	if len(places) > 1 {
		fit.StartRHat = shift(places...)
	}
	for _, q := range places {
		z, _ := q.LogEvidence()
		at := Place{Starts: q.starts, ELBO: q.ELBO, LogEvidence: z, KHat: q.KHat}
		n := float64(len(q.points))
		for j := range q.points[0] {
			mean, sq := 0., 0.
			for _, u := range q.points {
				mean += u[j] / n
			}
			for _, u := range q.points {
				sq += (u[j] - mean) * (u[j] - mean) / (n - 1)
			}
			at.Mean, at.SD = append(at.Mean, mean), append(at.SD, math.Sqrt(sq))
		}
		if q == fit {
			fit.Places = append([]Place{at}, fit.Places...)
		} else {
			fit.Places = append(fit.Places, at)
		}
	}
}
