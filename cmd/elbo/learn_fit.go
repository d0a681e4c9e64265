package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/exact"
	"github.com/elbo-go/elbo/pgm/learn"
)

// search finds the edges and then the tables of a table without missing cells.
func (f *learnFlags) search(ctx context.Context, d *learn.Data, l *learned) (*pgm.Network, error) {
	if !d.Complete() {
		return nil, errors.New("got missing cells, want none where edges are searched for; --structure FILE.bif fits the tables of known edges, --drop leaves columns out")
	}
	s, err := learn.SearchNamed(f.structure)
	if err != nil {
		return nil, err
	}
	c := learn.SearchConfig{PC: learn.PCConfig{Level: f.level, MaxGiven: f.maxGiven},
		Hill: learn.HillConfig{MaxParents: f.maxParents, Tabu: f.tabu, Restarts: f.restarts, Key: f.key()}}
	if c.Score, err = f.scoring(); err != nil {
		return nil, err
	}
	if c.Statistic, err = learn.StatisticNamed(f.test); err != nil {
		return nil, err
	}
	got, err := s.Find(ctx, d, c)
	if err != nil {
		return nil, err
	}
	l.Score, l.Value, l.Tests, l.Moves, l.Doubtful = f.score, got.Score, got.Tests, got.Moves, !got.Consistent
	n, err := learn.Fit(got.Parents, d, f.prior())
	if err != nil {
		return nil, err
	}
	l.LogLik, err = learn.LogLikelihood(ctx, n, d, exact.Config{})
	return n, err
}

// fit finds the tables of the edges of a file, with hidden variables and missing cells.
func (f *learnFlags) fit(ctx context.Context, table *learn.Data, l *learned) (*pgm.Network, error) {
	n, err := readBIF(f.structure)
	if err != nil {
		return nil, err
	}
	d, err := table.For(n.Vars)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, v := range table.Vars {
		known[v.Name] = true
	}
	for _, v := range n.Vars {
		if !known[v.Name] {
			l.Hidden = append(l.Hidden, v.Name)
		}
	}
	if len(l.Hidden) == len(n.Vars) {
		return nil, fmt.Errorf("got no column of a variable of %s, want some", f.structure)
	}
	if d.Complete() {
		fitted, err := learn.Fit(n.Parents, d, f.prior())
		if err != nil {
			return nil, err
		}
		l.LogLik, err = learn.LogLikelihood(ctx, fitted, d, exact.Config{})
		return fitted, err
	}
	return f.climb(ctx, n, d, l)
}

// climb keeps the best of several random starts.
func (f *learnFlags) climb(ctx context.Context, n *pgm.Network, d *learn.Data, l *learned) (*pgm.Network, error) {
	c := learn.EMConfig{Prior: f.prior(), Bayes: f.bayes, Sweeps: f.sweeps, Tolerance: f.tolerance}
	var best *learn.EMResult
	last := func(r *learn.EMResult) float64 { return r.Bounds[len(r.Bounds)-1] }
	for i := range f.starts {
		start, err := learn.Random(n.Vars, n.Parents, f.key().Named("start").At(uint64(i)))
		if err != nil {
			return nil, err
		}
		res, err := learn.EM(ctx, start, d, c)
		if err != nil {
			return nil, err
		}
		if best == nil || last(res) > last(best) {
			best = res
		}
	}
	l.Bounds, l.Converged = best.Bounds, &best.Converged
	var err error
	l.LogLik, err = learn.LogLikelihood(ctx, best.Network, d, exact.Config{})
	return best.Network, err
}

// compare holds the edges to those of a known network.
func (f *learnFlags) compare(n *pgm.Network, d *learn.Data, l *learned) (*truthFigure, error) {
	truth, err := readBIF(f.truth)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for v, x := range n.Vars {
		place[x.Name] = v
	}
	parents := make([][]int, len(n.Vars))
	for v, ps := range truth.Parents {
		for _, u := range append([]int{v}, ps...) {
			if _, ok := place[truth.Vars[u].Name]; !ok {
				return nil, fmt.Errorf("learn: --truth: %s: got variable %q, want those of the table", f.truth, truth.Vars[u].Name)
			}
		}
		for _, u := range ps {
			v := place[truth.Vars[v].Name]
			parents[v] = append(parents[v], place[truth.Vars[u].Name])
		}
	}
	got, want := learn.PatternOf(n.Parents), learn.PatternOf(parents)
	t := &truthFigure{File: f.truth, Distance: got.Distance(want)}
	t.Lacking, t.Extra = got.Skeleton(want)
	if l.Score == "" {
		return t, nil
	}
	s, err := f.scoring()
	if err != nil {
		return nil, err
	}
	c, err := learn.NewCounted(d, s)
	if err != nil {
		return nil, err
	}
	t.Value = learn.Structure(c, parents)
	return t, nil
}

// readBIF reads a network from a file, which may be packed by gzip.
func readBIF(path string) (*pgm.Network, error) { return readWith(nil, path, bif.Read) }
