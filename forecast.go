package elbo

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/report/forecast"
	"github.com/elbo-go/elbo/train/supervised"
)

// Forecast draws the pictures of a run that predicts a target and writes its report.html, and
// returns the names of the pictures. Data that the run does not hold yet are opened.
func Forecast(ctx context.Context, run *supervised.Run) ([]string, error) {
	if run.Table == nil {
		if err := run.WithData(ctx); err != nil {
			return nil, err
		}
	}
	_, predictions, err := run.Evaluate(ctx)
	if err != nil {
		return nil, err
	}
	config, err := settings(run.Config)
	if err != nil {
		return nil, err
	}
	in := forecast.Input{
		Title: run.Config.Model + " of " + run.Config.Data, Target: run.Info.Target,
		X: run.Table.Test.X, Y: run.Table.Test.Y, Predictions: predictions, At: run.Net.Predict, Classes: run.Table.Classes,
		History: run.History, Figures: keyFigures(run.Outcome), Warnings: run.Outcome.Warnings, Config: config,
		Environment: [][2]string{
			{"elbo", run.Info.Version}, {"Go", run.Info.Go}, {"backend", run.Info.Backend},
			{"data", fmt.Sprintf("%s, %d + %d + %d rows", run.Info.Data, run.Info.Train, run.Info.Valid, run.Info.Test)},
			{"fingerprint", run.Info.Fingerprint}, {"weights", fmt.Sprint(run.Info.Params)},
		},
		Command: run.Info.Command, Temperature: run.Calibration.Temperature, Seed: run.Config.Seed,
	}
	for _, c := range run.Info.Columns {
		in.Columns = append(in.Columns, c.Name)
	}
	return forecast.Write(ctx, run.Dir, in)
}

// keyFigures names the figures of test rows, the most important first.
func keyFigures(o supervised.Outcome) (out [][2]string) {
	add := func(name, format string, args ...any) {
		out = append(out, [2]string{name, fmt.Sprintf(format, args...)})
	}
	if n := o.Numbers; n != nil {
		add("RMSE", "%.4g", n.RMSE)
		add("MAE", "%.4g", n.MAE)
		add("log-likelihood", "%.4f nats a row", n.LogLik)
		add("CRPS", "%.4g", n.CRPS)
		for _, c := range n.Coverage {
			add(fmt.Sprintf("coverage at %.0f %%", 100*c.Level), "%.1f %%", 100*c.Predicted.Share)
			if c.Conformal != nil {
				add(fmt.Sprintf("coverage at %.0f %%, scaled by the validation rows", 100*c.Level), "%.1f %%", 100*c.Conformal.Share)
			}
		}
	}
	if c := o.Classes; c != nil {
		add("error", "%.2f %%", 100*c.Error)
		add("NLL", "%.4f nats a row", c.NLL)
		add("Brier score", "%.4f", c.Brier)
		add("ECE", "%.4f", c.ECE)
		add("temperature", "%.3f", c.Temperature)
		add("NLL at the temperature", "%.4f nats a row", c.NLLAfter)
		add("ECE at the temperature", "%.4f", c.ECEAfter)
	}
	return out
}
