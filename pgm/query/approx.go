package query

import (
	"context"
	"errors"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
)

func init() {
	register(Method{
		Name: "bp", Summary: "loopy belief propagation with Bethe's value of ln Z", Paper: "Pearl 1988; Yedidia et al. 2005", Worth: Estimate,
		Measured:  "of a 4×4 Ising grid the known magnetisations and ln Z 13.4357 (exact 13.5572); exact on trees",
		Test:      "pgm/approx/approx_test.go, pgm/approx/law_test.go",
		Marginals: passing(approx.Belief),
	})
	register(Method{
		Name: "mf", Summary: "naive mean field by coordinate ascent", Paper: "Wainwright & Jordan 2008", Worth: Lower,
		Measured:  "of a 4×4 Ising grid ln Z above 12.8085 (exact 13.5572); below the exact value on random models",
		Test:      "pgm/approx/approx_test.go, pgm/approx/law_test.go",
		Marginals: passing(approx.MeanField),
	})
	register(Method{
		Name: "trw", Summary: "tree-reweighted belief propagation on pairwise models", Paper: "Wainwright et al. 2005", Worth: Upper,
		Measured:  "of a 4×4 Ising grid ln Z below 14.2465 (exact 13.5572); above the exact value on random models",
		Test:      "pgm/approx/approx_test.go, pgm/approx/law_test.go",
		Marginals: passing(approx.Reweighted),
	})
}

// passing makes a method of one that sweeps until its messages stand still. Where they do not,
// the answer is what they were last, and says so.
func passing(run func(context.Context, *pgm.Graph, pgm.Evidence, approx.Config) (*approx.Result, error)) func(context.Context, Problem, []int, Config) (*Answer, error) {
	return func(ctx context.Context, p Problem, targets []int, c Config) (*Answer, error) {
		settings := approx.Default()
		settings.Damping = c.Damping
		if c.Sweeps > 0 {
			settings.Sweeps = c.Sweeps
		}
		if c.Tolerance > 0 {
			settings.Tolerance = c.Tolerance
		}
		r, err := run(ctx, p.Graph, p.Evidence, settings)
		moving := errors.Is(err, approx.ErrNotConverged)
		if err != nil && !moving {
			return nil, err
		}
		return &Answer{LogZ: r.LogZ, Marginals: only(targets, r.Marginals), Sweeps: r.Sweeps, Moving: moving}, nil
	}
}
