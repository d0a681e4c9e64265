package query

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/pgm/exact"
)

func init() {
	register(Method{
		Name: "jt", Summary: "junction tree: all marginals in two passes", Paper: "Lauritzen & Spiegelhalter 1988", Worth: Exact,
		Measured:  "1,000 random networks and 500 factor graphs within 1e-10 of enumeration; 650 stored marginals of six networks within 5e-13; 11 of 11 instances of UAI 2014 solved",
		Test:      "pgm/exact/random_test.go, pgm/exact/exact_test.go, pgm/exact/uai_test.go",
		Marginals: tree, Joint: eliminate, Best: best,
	})
	register(Method{
		Name: "ve", Summary: "variable elimination, once for each target", Paper: "Zhang & Poole 1994", Worth: Exact,
		Measured:  "1,000 random networks and 500 factor graphs within 1e-10 of enumeration, 200 trees within 1e-12 of the junction tree",
		Test:      "pgm/exact/random_test.go, pgm/exact/evidence_test.go",
		Marginals: elimination, Joint: eliminate, Best: best,
	})
	register(Method{
		Name: "enumerate", Summary: "every assignment in turn, at most 2^24 of them", Paper: "Koller & Friedman 2009, 9.1", Worth: Exact,
		Measured: "the definition that the others are proved against", Test: "pgm/exact/random_test.go",
		Marginals: enumeration,
	})
}

// config is what exact methods read.
func (c Config) config() exact.Config { return exact.Config{Memory: c.Memory} }

func tree(ctx context.Context, p Problem, targets []int, c Config) (*Answer, error) {
	return within(ctx, func() (*Answer, error) {
		t, err := exact.NewTree(p.Graph, p.Evidence, c.config())
		if err != nil {
			return nil, err
		}
		return &Answer{LogZ: t.LogZ, Marginals: only(targets, t.Marginals), Plan: &t.Plan}, nil
	})
}

// elimination eliminates all but one target after the other.
func elimination(ctx context.Context, p Problem, targets []int, c Config) (*Answer, error) {
	return within(ctx, func() (*Answer, error) {
		a := &Answer{Marginals: make([][]float64, len(p.Graph.Vars))}
		if len(targets) == 0 {
			r, err := exact.Eliminate(p.Graph, p.Evidence, nil, c.config())
			if err != nil {
				return nil, err
			}
			a.LogZ, a.Plan = r.LogZ, &r.Plan
		}
		for _, v := range targets {
			r, err := exact.Eliminate(p.Graph, p.Evidence, []int{v}, c.config())
			if err != nil {
				return nil, err
			}
			for _, x := range r.Joint.Log {
				a.Marginals[v] = append(a.Marginals[v], math.Exp(x))
			}
			if a.LogZ = r.LogZ; a.Plan == nil || r.Plan.Cells > a.Plan.Cells {
				a.Plan = &r.Plan
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		return a, nil
	})
}

func enumeration(ctx context.Context, p Problem, targets []int, _ Config) (*Answer, error) {
	return within(ctx, func() (*Answer, error) {
		t, err := exact.Enumerate(p.Graph, p.Evidence)
		if err != nil {
			return nil, err
		}
		return &Answer{LogZ: t.LogZ, Marginals: only(targets, t.Marginals)}, nil
	})
}

func eliminate(ctx context.Context, p Problem, targets []int, c Config) (*exact.Result, error) {
	return within(ctx, func() (*exact.Result, error) { return exact.Eliminate(p.Graph, p.Evidence, targets, c.config()) })
}

func best(ctx context.Context, p Problem, targets []int, c Config) (*exact.Best, error) {
	return within(ctx, func() (*exact.Best, error) { return exact.MAP(p.Graph, p.Evidence, targets, c.config()) })
}

// only keeps the marginals of the targets.
func only(targets []int, marginals [][]float64) [][]float64 {
	out := make([][]float64, len(marginals))
	for _, v := range targets {
		out[v] = marginals[v]
	}
	return out
}
