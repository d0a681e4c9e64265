package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// benchmark runs a benchmark of this module and takes its time.
func (r runner) benchmark(name, pkg, which string) contestant {
	return contestant{name, func(ctx context.Context) ([]float64, error) {
		cmd := exec.CommandContext(ctx, "go", "test", pkg, "-run", "^$", "-bench", which+"$", "-benchtime", "10x")
		cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", r.threads))
		text, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, lastLine(text))
		}
		return perOperation(text)
	}}
}

// trains runs `elbo train` on MNIST and reads from its record, for every epoch, how long so many
// rows took.
func (r runner) trains(ctx context.Context, backend string, rows float64, model string, args ...string) ([]float64, error) {
	out := filepath.Join(r.dir, "run")
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	args = append([]string{"train", model, "--data", "mnist", "--binarize", "threshold", "--no-report", "-q",
		"--epochs", fmt.Sprint(r.epochs + 1), "--backend", backend, "-o", out}, args...)
	cmd := exec.CommandContext(ctx, r.binary, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", r.threads))
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(text))
	}
	return rates(filepath.Join(out, "metrics.jsonl"), rows)
}

// peers runs a script of bench/peers, whose last line is a record of its times.
func peers(ctx context.Context, s settings, script string, args ...string) ([]float64, error) {
	args = append([]string{filepath.Join("bench", "peers", script), "--threads", fmt.Sprint(s.threads)}, args...)
	cmd := exec.CommandContext(ctx, s.python, args...)
	cmd.Stderr = nil
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(text))
	}
	var record struct{ Seconds []float64 }
	if err := json.Unmarshal([]byte(lastLine(text)), &record); err != nil {
		return nil, fmt.Errorf("%s", lastLine(text))
	}
	return record.Seconds, nil
}
