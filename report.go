package elbo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/report"
	"github.com/elbo-go/elbo/train"
)

// Report draws the pictures of a run and writes its report.html, and returns the names of
// the pictures. Data that the run does not hold yet are opened (see [train.Run.WithData]).
func Report(ctx context.Context, run *train.Run) ([]string, error) {
	if run.Rows == nil {
		if err := run.WithData(ctx); err != nil {
			return nil, err
		}
	}
	config, err := settings(run.Config)
	if err != nil {
		return nil, err
	}
	figs, err := report.Write(ctx, run.Dir, report.Input{
		Net: run.Net, Show: run.Rows.Splits.Test, TestX: run.Rows.TestX, History: run.History,
		ErrorRate: run.Outcome.ErrorRate, Record: run.Outcome.Test, Telemetry: run.Outcome.Telemetry, Warnings: run.Outcome.Warnings,
		Seed: run.Config.Seed, Binarization: run.Config.Binarize, Config: config,
		Environment: [][2]string{
			{"elbo", run.Info.Version}, {"Go", run.Info.Go}, {"backend", run.Info.Backend},
			{"data", fmt.Sprintf("%s, %d + %d + %d rows", run.Info.Data, run.Info.Train, run.Info.Valid, run.Info.Test)},
			{"fingerprint", run.Info.Fingerprint}, {"parameters", fmt.Sprint(run.Info.Params)},
		},
		Command: run.Info.Command,
	})
	names := make([]string, len(figs))
	for i, f := range figs {
		names[i] = f.File
	}
	return names, err
}

// settings lists a config as rows of name and value, sorted by name.
func settings(c any) ([][2]string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("elbo: config: %w", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("elbo: config: %w", err)
	}
	var out [][2]string
	for name, v := range fields {
		out = append(out, [2]string{name, fmt.Sprint(v)})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return out, nil
}
