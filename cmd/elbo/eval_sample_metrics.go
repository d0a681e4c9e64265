package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval/quality"
	"github.com/elbo-go/elbo/judge"
)

// sampleMetrics are those of rows drawn from the model beside test rows, in the features of the fixed
// classifier of digits.
var sampleMetrics = []metric{
	{"own-fid", "samples", "Fréchet distance of samples and data in features of the own judge of digits, no FID of papers", hasSamples, measureOwnFID},
	{"own-kid", "samples", "kernel distance of the same features, without bias", hasSamples, measureOwnKID},
	{"prdc", "samples", "precision, recall, density, coverage of samples by the same features", hasSamples, measureNeighbourhoods},
}

// drawnRows is the largest number of rows that are drawn, and of test rows that they stand beside.
const drawnRows = 2000

// hasSamples asks for a prior, and for digits that the judge knows.
func hasSamples(s *subject) string {
	if no := s.able("sample", "has no prior to draw from"); no != "" {
		return no
	}
	set := s.run.Rows.Splits.Test
	digits := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	if !slices.Equal(set.Shape, []int{judge.Side, judge.Side}) || !slices.Equal(set.Classes, digits) {
		return fmt.Sprintf("the judge of samples knows digits of %d×%d alone, data %s are others", judge.Side, judge.Side, s.run.Config.Data)
	}
	if data.IsBinary(set.X) {
		return fmt.Sprintf("data %s are 0 and 1, and samples are means in between", s.run.Config.Data)
	}
	if set.Len() < 20 {
		return fmt.Sprintf("got %d test rows, want at least 20", set.Len())
	}
	return ""
}

// quality measures the samples once for all of the metrics.
func (s *subject) quality(ctx context.Context) (*quality.Report, error) {
	if s.samples != nil {
		return s.samples, nil
	}
	j, err := judge.Load(judge.Digits)
	if err != nil {
		return nil, err
	}
	real := firstRows(s.run.Rows.Splits.Test, drawnRows)
	drawn, err := s.run.Net.Sample(ctx, real.Len(), s.stream("samples"))
	if err != nil {
		return nil, err
	}
	r, err := quality.SampleQuality(ctx, j, real.X, drawn)
	if err != nil {
		return nil, err
	}
	s.samples = &r
	return s.samples, nil
}

// judged says whose figures they are, of how many rows.
func judged(r *quality.Report) string {
	return fmt.Sprintf("judge %s, %d test rows, %d draws", r.Judge, r.N, r.M)
}

func measureOwnFID(ctx context.Context, s *subject) ([]figure, error) {
	r, err := s.quality(ctx)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "own FID", Value: r.OwnFID, Note: judged(r)},
		{Name: "of halves of the data", Value: r.Halves, Note: fmt.Sprintf("what %d rows have without any difference", r.N/2)},
	}, nil
}

func measureOwnKID(ctx context.Context, s *subject) ([]figure, error) {
	r, err := s.quality(ctx)
	if err != nil {
		return nil, err
	}
	k := r.OwnKID
	return []figure{figure{Name: "own KID", Value: k.Mean, Note: fmt.Sprintf("blocks of %d; %s", r.Block, judged(r))}.within(k.Mean-1.96*k.SE, k.Mean+1.96*k.SE)}, nil
}

func measureNeighbourhoods(ctx context.Context, s *subject) ([]figure, error) {
	r, err := s.quality(ctx)
	if err != nil {
		return nil, err
	}
	m := r.Neighbourhoods
	return []figure{
		{Name: "precision", Value: m.Precision, Note: fmt.Sprintf("%d neighbours; %s", m.K, judged(r))},
		{Name: "recall", Value: m.Recall},
		{Name: "density", Value: m.Density},
		{Name: "coverage", Value: m.Coverage},
	}, nil
}
