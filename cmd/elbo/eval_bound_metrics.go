package main

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// boundMetrics are those of the bound and of what the code carries.
var boundMetrics = []metric{
	{"bound", "bound", "−ELBO of the test rows at β = 1, in nats", hasBound, measureBound},
	{"rate-distortion", "bound", "where the run lies between rate and distortion, in nats", hasBound, measureRate},
	{"nll", "bound", "−ln p(x) by importance sampling, in nats", hasLikelihood, measureNLL},
	{"active", "bound", "latent dimensions whose mean varies over data by more than .01", hasGuide, measureActive},
	{"information", "bound", "mutual information of rows and codes, in nats", hasGuide, measureInformation},
}

// hasBound asks for a bound: of a guide and a prior, or of the point masses that codes of whole numbers are.
func hasBound(s *subject) string {
	if s.run.Net.Kind() != vi.KindLogProb {
		return ""
	}
	return s.able("bound", "has no guide and prior, so no bound")
}

// hasGuide asks for a guide over real numbers.
func hasGuide(s *subject) string {
	if _, _, whole := s.run.Net.Indices(); whole {
		return s.able("bound", "has codes of whole numbers, of which `elbo eval` without --metrics tells the use")
	}
	return hasBound(s)
}

// measureBound is the ELBO with the interval over data.
func measureBound(ctx context.Context, s *subject) ([]figure, error) {
	o, err := s.bound(ctx)
	if err != nil {
		return nil, err
	}
	t := o.Test
	return []figure{figure{Name: "−" + t.Kind, Value: -t.Bound, Note: fmt.Sprintf("%d rows, %d draws each", t.N, t.Samples)}.
		within(-t.Bound-1.96*t.DataStdErr, -t.Bound+1.96*t.DataStdErr)}, nil
}

// measureRate is the point of the run in the plane of Alemi et al. 2018.
func measureRate(ctx context.Context, s *subject) ([]figure, error) {
	o, err := s.bound(ctx)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "rate", Value: o.Test.KL, Note: "KL of q(z|x) from the prior"},
		{Name: "distortion", Value: -o.Test.Reconstruction, Note: "−E ln p(x|z)"},
	}, nil
}

// Of −ln p(x): weights a row, and rows.
const (
	nllWeights = 200
	nllData    = 1000
)

// hasLikelihood asks for a bound on a likelihood.
func hasLikelihood(s *subject) string {
	if no := hasBound(s); no != "" {
		return no
	}
	lik, err := vae.LikelihoodOf(s.run.Config.Likelihood)
	switch {
	case err != nil:
		return err.Error()
	case !s.run.Net.Can()["bound"] && !s.run.Net.HasEvidence():
		return "draws of a guide that is a point mass would not tell it from the bound"
	case lik.Binary && !s.run.Rows.Binary():
		return "the test rows are grey, and a Bernoulli cross-entropy on them is no likelihood"
	}
	return ""
}

// measureNLL is −ln p(x) of test rows with its interval over data.
func measureNLL(ctx context.Context, s *subject) ([]figure, error) {
	x, wide := s.run.Rows.TestX, s.run.Rows.Dim
	sums, err := s.run.Net.LogEvidence(ctx, x[:min(len(x), nllData*wide)], nllWeights, s.stream("nll"))
	if err != nil {
		return nil, err
	}
	r := vi.SummarizeImportance(sums)
	return []figure{figure{Name: "−ln p(x)", Value: r.NLL, Note: fmt.Sprintf("%d weights on %d rows, effective sample size %.1f; larger than the truth by less as weights grow", r.K, r.N, r.ESS)}.
		within(r.NLL-1.96*r.DataStdErr, r.NLL+1.96*r.DataStdErr)}, nil
}

// measureActive counts active units (Burda et al. 2016).
func measureActive(ctx context.Context, s *subject) ([]figure, error) {
	o, err := s.bound(ctx)
	if err != nil {
		return nil, err
	}
	return []figure{{Name: "active units", Value: float64(o.Telemetry.ActiveUnits), Note: fmt.Sprintf("of %d", o.Telemetry.Latent)}}, nil
}

// measureInformation is the estimate by the aggregate of the guides (Hoffman & Johnson 2016).
func measureInformation(ctx context.Context, s *subject) ([]figure, error) {
	o, err := s.bound(ctx)
	if err != nil {
		return nil, err
	}
	t, note := o.Telemetry, ""
	if t.MutualInfo < 0 {
		note = "below 0 by its noise alone; "
	}
	return []figure{
		{Name: "I(x; z)", Value: t.MutualInfo, Note: note + fmt.Sprintf("cannot exceed %.3f, ln of its rows", t.MutualInfoCap)},
		{Name: "marginal KL", Value: t.MarginalKL, Note: "of all codes from the prior; rate less I(x; z)"},
	}, nil
}
