package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/mixture"
)

// mixtures is scikit-learn's BayesianGaussianMixture beside package mixture, with the same priors.
var mixtures = suite{
	name:   "mixture",
	about:  "100,000 rows, 10 columns, 20 components, full and diagonal covariance, one start by k-means",
	unit:   "a sweep",
	figure: "bound, nats a row",
	start:  startMixtures,
}

// mixtureRows, mixtureColumns and mixtureParts are the size of the task, and sweeps of a fit, of which
// none ends early.
const (
	mixtureRows, mixtureColumns, mixtureParts = 100_000, 10, 20
	mixtureSweeps                             = 20
)

// clusters draws rows from Gaussians with means of deviation 3 and unit covariance.
func clusters(n, d, k int) mixture.Data {
	means, x := make([]float64, k*d), mixture.Data{X: make([]float64, n*d), D: d}
	rng.New(1).Named("means").NormalFloat64(means)
	rng.New(1).Named("rows").NormalFloat64(x.X)
	for i := range x.X {
		x.X[i] += 3 * means[(i/d)%k*d+i%d]
	}
	return x
}

func startMixtures(s settings, dir string) (*contest, error) {
	x := clusters(mixtureRows, mixtureColumns, mixtureParts)
	var rows bytes.Buffer
	if err := binary.Write(&rows, binary.LittleEndian, x.X); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "rows.f64")
	if err := os.WriteFile(file, rows.Bytes(), 0o666); err != nil {
		return nil, err
	}
	return &contest{
		own: func(ctx context.Context) (laps []lap, err error) {
			for _, cov := range []mixture.Covariance{mixture.Full, mixture.Diagonal} {
				l, err := sweepMixture(ctx, x, cov)
				if err != nil {
					return nil, err
				}
				laps = append(laps, l)
			}
			return laps, nil
		},
		script: "sklearn_mixture.py",
		args: []string{"--rows", file, "--columns", fmt.Sprint(mixtureColumns), "--components", fmt.Sprint(mixtureParts),
			"--sweeps", fmt.Sprint(mixtureSweeps), "--out", dir},
		judge: func(l *lap) error { return boundOf(l, x) },
	}, nil
}

// sweepMixture fits a mixture and takes the time between its sweeps.
func sweepMixture(ctx context.Context, x mixture.Data, cov mixture.Covariance) (lap, error) {
	c := mixture.Default()
	c.Components, c.Covariance, c.Restarts, c.Sweeps, c.Tolerance = mixtureParts, cov, 1, mixtureSweeps, 0
	c.Alpha = 1. / mixtureParts
	var first, last time.Time
	sweeps := 0
	c.Progress = func(r mixture.Record) {
		if last = time.Now(); first.IsZero() {
			first = last
		}
		sweeps = r.Sweep
	}
	m, err := mixture.Fit(ctx, x, c)
	if err != nil {
		return lap{}, err
	}
	return lap{Line: "elbo, " + string(cov), Seconds: last.Sub(first).Seconds() / float64(sweeps-1), Figure: m.Bound / mixtureRows}, nil
}

// boundOf computes the bound of a peer's posterior by elbo's formula.
func boundOf(l *lap, x mixture.Data) error {
	text, err := os.ReadFile(l.File)
	if err != nil {
		return err
	}
	var m mixture.Model
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	bound, err := m.ELBO(x)
	l.Figure = bound / mixtureRows
	return err
}
