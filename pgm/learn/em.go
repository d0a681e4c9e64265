package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/cavi"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// FallError says that a sweep lowered the bound.
type FallError = cavi.FallError

// EMConfig says how tables are fitted to data with missing cells.
type EMConfig struct {
	// Prior is the Dirichlet prior of the rows. EM adds its counts: the mode under
	// Dir(α + 1). Bayes needs one above 0.
	Prior Prior
	// Bayes keeps a posterior of the tables instead of a point (variational Bayes).
	Bayes bool
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep raises the bound by less than this share of it; 0
	// means 1e-10.
	Tolerance float64
	// Progress, where set, hears of every sweep, counted from 1, and of the bound.
	Progress func(sweep int, bound float64)
	// Resume, where set, is the posterior of an earlier result that Bayes goes on from.
	Resume *Posterior
	// Exact is how each row is inferred.
	Exact exact.Config
}

// EMResult is what a climb ended with.
type EMResult struct {
	// Network has the tables found: of the mode, or the posterior means.
	Network *pgm.Network
	// Posterior is the prior and the expected counts of the last sweep.
	Posterior *Posterior
	// Bounds holds, for each sweep, the bound before its update: ln p(D | θ) + ln p(θ) up to
	// a constant, or the evidence lower bound.
	Bounds []float64
	// LogLik is ln p(D | θ) before the last update, without the prior; 0 under Bayes.
	LogLik float64
	// Converged says whether the bound stood still before the sweeps ran out.
	Converged bool
}

// EM climbs the likelihood of what was seen from the tables of start (Dempster et al. 1977;
// Lauritzen 1995), or with c.Bayes the bound of variational Bayes (Beal & Ghahramani 2003),
//
//	L = Σ_n ln Z_n(E_q[ln θ]) − KL(q(θ) ‖ p(θ)),
//
// whose rows are inferred with exp E_q[ln θ] in place of θ. The columns of d belong to
// start's variables; those without a cell seen are hidden. A bound that falls is a *FallError.
func EM(ctx context.Context, start *pgm.Network, d *Data, c EMConfig) (*EMResult, error) {
	if !slices.Equal(d.card(), start.Graph().Card()) {
		return nil, fmt.Errorf("pgm: learn: EM: got %d columns, want those of the network's %d variables", len(d.Vars), len(start.Vars))
	}
	e, err := newClimb(ctx, start, d, c)
	if err != nil {
		return nil, err
	}
	loop := cavi.Loop{Sweeps: c.Sweeps, Tolerance: c.Tolerance, Progress: c.Progress}
	res := &EMResult{}
	res.Bounds, res.Converged, err = loop.Climb(ctx, e.sweep)
	if err != nil && !(errors.Is(err, context.Canceled) && len(res.Bounds) > 0) {
		return nil, err
	}
	res.Network, res.Posterior, res.LogLik = e.net, e.post, e.logLik
	return res, err
}

// climb is the state of EM: tables to infer with, and what the last sweep counted.
type climb struct {
	ctx    context.Context
	c      EMConfig
	rows   split
	base   [][]float64 // counts of the rows without missing cells
	net    *pgm.Network
	tables []*pgm.Factor
	post   *Posterior
	kl     float64 // KL(q ‖ p) of the tables to infer with
	logLik float64
}

func newClimb(ctx context.Context, start *pgm.Network, d *Data, c EMConfig) (*climb, error) {
	post, err := noCounts(start.Vars, start.Parents, c.Prior)
	if err != nil {
		return nil, err
	}
	e := &climb{ctx: ctx, c: c, rows: newSplit(d), net: start, tables: start.Tables, post: post}
	for v := range start.Vars {
		n := make([]float64, len(start.Tables[v].Log))
		e.rows.whole.tally(v, start.Parents[v], n)
		e.base = append(e.base, n)
	}
	if !c.Bayes {
		return e, nil
	}
	if c.Resume != nil {
		e.post = c.Resume
		return e, e.adopt()
	}
	// The first posterior is that of one row drawn from start under each configuration.
	for v := range start.Vars {
		for i, l := range start.Tables[v].Log {
			post.Counts[v][i] = math.Exp(l)
		}
	}
	return e, e.adopt()
}

// sweep infers every row, which gives the bound of the tables as they are, and then sets the
// tables to what was counted.
func (e *climb) sweep() (bound float64, err error) {
	got, err := e.rows.expect(e.ctx, e.net.Parents, e.tables, e.base, e.c.Exact)
	if err != nil {
		return 0, err
	}
	bound = got.logLik - e.kl
	if !e.c.Bayes {
		e.logLik = got.logLik
		bound += e.penalty()
	}
	next := *e.post
	next.Counts = got.counts
	e.post = &next
	return bound, e.adopt()
}

// penalty is Σ α ln θ, the prior of the mode up to a constant.
func (e *climb) penalty() (sum float64) {
	for v, a := range e.post.Prior {
		if a == 0 {
			continue
		}
		for _, l := range e.tables[v].Log {
			sum += a * l
		}
	}
	return sum
}

// adopt makes the tables of the counts.
func (e *climb) adopt() (err error) {
	if e.net, err = e.post.Mean(); err != nil {
		return err
	}
	if e.tables = e.net.Tables; !e.c.Bayes {
		return nil
	}
	if e.tables, err = e.post.ExpectedLog(); err != nil {
		return err
	}
	e.kl = e.post.divergence(e.tables)
	return nil
}

// LogLikelihood is Σ ln p of what was seen in each row; missing cells are summed out.
func LogLikelihood(ctx context.Context, n *pgm.Network, d *Data, c exact.Config) (float64, error) {
	e, err := newClimb(ctx, n, d, EMConfig{Exact: c})
	if err != nil {
		return 0, err
	}
	got, err := e.rows.expect(ctx, n.Parents, n.Tables, e.base, c)
	if err != nil {
		return 0, err
	}
	return got.logLik, nil
}
