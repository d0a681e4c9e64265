package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/eval"
)

// factorMetrics are those of codes against the factors that rows were made from.
var factorMetrics = []metric{
	{"mig", "factors", "mutual information gap (Chen et al. 2018): 1 if one dimension alone knows each factor", hasFactors(1), measureMIG},
	{"modularity", "factors", "whether each dimension knows one factor alone (Ridgeway & Mozer 2018)", hasFactors(2), measureModularity},
	{"factorvae", "factors", "votes of the dimension that varies least (Kim & Mnih 2018)", hasFactors(2), measureFactorScore},
	{"betavae", "factors", "a line through differences of pairs (Higgins et al. 2017)", hasFactors(2), measureBetaScore},
	{"dci", "factors", "disentanglement, completeness, informativeness (Eastwood & Williams 2018), by trees", hasFactors(2), measureDCI},
	{"sap", "factors", "separated attribute predictability (Kumar et al. 2018)", hasFactors(1), measureSAP},
	{"irs", "factors", "how little a dimension moves by all factors but one (Suter et al. 2019)", hasFactors(2), measureIRS},
}

// hasFactors asks for so many generating factors.
func hasFactors(n int) func(*subject) string {
	return func(s *subject) string {
		if no := s.able("encode", "has no codes"); no != "" {
			return no
		}
		f, err := s.factors()
		switch {
		case err != nil:
			return err.Error()
		case len(f) == 0:
			return fmt.Sprintf("data %s name no factors that their rows were made from", s.run.Config.Data)
		case len(f) < n:
			return fmt.Sprintf("data %s name %d factor, want %d to tell apart", s.run.Config.Data, len(f), n)
		case n > 1 && s.run.Net.Config.Latent < 2:
			return "the code has one dimension, want 2 to tell apart"
		}
		return ""
	}
}

// coded returns codes and factors of the test rows.
func (s *subject) coded(ctx context.Context) ([][]float64, []eval.Factor, error) {
	z, err := s.testCodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.factors()
	return z, f, err
}

// errorGroups is the number of groups that standard errors leave out one of.
const errorGroups = 20

// jackknifed gives a figure an interval by leaving out groups of rows.
func (s *subject) jackknifed(ctx context.Context, name string, value float64, of func(z [][]float64, f []eval.Factor) (float64, error)) (figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return figure{}, err
	}
	out := figure{Name: name, Value: value}
	if len(z) < 10*errorGroups {
		return out, nil // groups of a few rows say little
	}
	se, err := eval.Jackknife(ctx, len(z), errorGroups, s.stream(name).Named("groups"), func(rows []int) (float64, error) {
		part := make([]eval.Factor, len(f))
		for k, factor := range f {
			part[k] = eval.Factor{Name: factor.Name, Ordered: factor.Ordered, Level: chosen(factor.Level, rows)}
		}
		return of(chosen(z, rows), part)
	})
	return out.within(value-1.96*se, value+1.96*se), err
}

// chosen gathers elements.
func chosen[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for i, j := range at {
		out[i] = all[j]
	}
	return out
}

// listed prints values by factor.
func listed(f []eval.Factor, values []float64) string {
	parts := make([]string, len(f))
	for k := range f {
		parts[k] = fmt.Sprintf("%s %.3f", f[k].Name, values[k])
	}
	return strings.Join(parts, ", ")
}

func measureMIG(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	mig, gaps, err := eval.MIG(z, f, eval.DefaultBins)
	if err != nil {
		return nil, err
	}
	fig, err := s.jackknifed(ctx, "MIG", mig, func(z [][]float64, f []eval.Factor) (float64, error) {
		v, _, err := eval.MIG(z, f, eval.DefaultBins)
		return v, err
	})
	fig.Note = fmt.Sprintf("%d bins; %s", eval.DefaultBins, listed(f, gaps))
	return []figure{fig}, err
}

func measureModularity(ctx context.Context, s *subject) ([]figure, error) {
	of := func(z [][]float64, f []eval.Factor) (float64, error) { return eval.Modularity(z, f, eval.DefaultBins) }
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	v, err := of(z, f)
	if err != nil {
		return nil, err
	}
	fig, err := s.jackknifed(ctx, "modularity", v, of)
	fig.Note = fmt.Sprintf("%d bins", eval.DefaultBins)
	return []figure{fig}, err
}

func measureFactorScore(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	v, err := eval.FactorScore(z, f, eval.DefaultVotes(), s.stream("factorvae"))
	return []figure{voted("FactorVAE", v, len(z[0]), len(f))}, err
}

func measureBetaScore(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	v, err := eval.BetaScore(ctx, z, f, eval.DefaultVotes(), s.stream("betavae"))
	return []figure{voted("β-VAE", v, len(z[0]), len(f))}, err
}

// voted is the figure of a vote.
func voted(name string, v eval.VoteScore, latent, factors int) figure {
	return figure{Name: name, Value: v.Score, Note: fmt.Sprintf("%d groups, %d of %d dimensions vote; a blind guess has %.2f", v.Groups, v.Elements, latent, 1/float64(factors))}.
		within(v.Lo, v.Hi)
}

func measureDCI(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	d, err := eval.DCI(z, f, eval.DefaultForest(), s.stream("dci"))
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "disentanglement", Value: d.Disentanglement},
		{Name: "completeness", Value: d.Completeness},
		{Name: "informativeness", Value: d.Informativeness, Note: "accuracy on rows held out; " + listed(f, d.Accuracy)},
	}, nil
}

func measureSAP(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	of := func(z [][]float64, f []eval.Factor) (float64, error) {
		v, _, err := eval.SAP(z, f, s.stream("sap"))
		return v, err
	}
	v, err := of(z, f)
	if err != nil {
		return nil, err
	}
	fig, err := s.jackknifed(ctx, "SAP", v, of)
	return []figure{fig}, err
}

func measureIRS(ctx context.Context, s *subject) ([]figure, error) {
	z, f, err := s.coded(ctx)
	if err != nil {
		return nil, err
	}
	v, err := eval.IRS(z, f)
	if err != nil {
		return nil, err
	}
	fig, err := s.jackknifed(ctx, "IRS", v, eval.IRS)
	return []figure{fig}, err
}
