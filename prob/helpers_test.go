package prob_test

import (
	"context"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// fitted fits a model and fails the test on an error.
func fitted(t testing.TB, m *prob.Model, o prob.Options) *prob.Fit {
	t.Helper()
	fit, err := prob.ADVI(context.Background(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	return fit
}

// estimates returns the guide's own summary by name.
func estimates(t testing.TB, fit *prob.Fit) map[string]prob.Estimate {
	t.Helper()
	list, err := fit.Unweighted()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]prob.Estimate{}
	for _, e := range list {
		out[e.Name] = e
	}
	return out
}

// normal is N(mean, sd²) with constants.
func normal(p *prob.Trace, mean, sd float64) dist.Normal {
	return dist.NewNormal(p.Const(mean), p.Const(sd))
}

// within fails the test unless |got − want| ≤ tol.
func within(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}

// refused fails the test unless the error's text is the one that is wanted.
func refused(t testing.TB, what string, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: got no error, want %q", what, want)
	case strings.HasSuffix(want, "…"):
		if !strings.HasPrefix(err.Error(), strings.TrimSuffix(want, "…")) {
			t.Errorf("%s:\n got %q\nwant %q", what, err, want)
		}
	case err.Error() != want:
		t.Errorf("%s:\n got %q\nwant %q", what, err, want)
	}
}

// gaussian is the model with the log-density −½(x − m)ᵀΛ(x − m) + c of two numbers, whose
// normaliser is that of a normal distribution with precision [[a, b], [b, d]].
func gaussian(m0, m1, a, b, d, c float64) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		x := p.Flat("x", dist.Support{Set: dist.Real})
		y := p.Flat("y", dist.Support{Set: dist.Real})
		dx, dy := g.AddScalar(x, -m0), g.AddScalar(y, -m1)
		quad := g.Add(g.MulScalar(g.Square(dx), a), g.MulScalar(g.Square(dy), d))
		quad = g.Add(quad, g.MulScalar(g.Mul(dx, dy), 2*b))
		p.Factor("quadratic", g.AddScalar(g.MulScalar(quad, -.5), c))
	}, nil)
}
