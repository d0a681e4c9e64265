package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/elbo-go/elbo/crf"
)

// chunking is CRFsuite beside package crf on the shared task of CoNLL-2000, with the same features, all
// transitions and the same penalty.
var chunking = suite{
	name:   "crf",
	about:  "chunking of CoNLL-2000 by 19 templates, an L2 penalty of 1·|w|², training with its features",
	unit:   "a training",
	figure: "chunk F1 of the test sentences",
	most:   2,
	start:  startChunking,
}

// chunkL2 is λ₂ for CRFsuite's usual penalty, c₂ = 1.
const chunkL2 = 2

// sentences reads a file of the shared task.
func sentences(path string) ([]crf.Sequence, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return crf.ReadColumns(r, true, crf.DefaultLimits())
}

func startChunking(s settings, dir string) (*contest, error) {
	folder := filepath.Join(s.data, "conll2000")
	train, err := sentences(filepath.Join(folder, "train.txt.gz"))
	if err != nil {
		return nil, err
	}
	test, err := sentences(filepath.Join(folder, "test.txt.gz"))
	if err != nil {
		return nil, err
	}
	return &contest{
		own: func(ctx context.Context) (laps []lap, err error) {
			for _, workers := range []int{s.threads, 1} {
				l, err := trainField(ctx, train, test, workers)
				if err != nil {
					return nil, err
				}
				if laps = append(laps, l); s.threads == 1 {
					break
				}
			}
			return laps, nil
		},
		script: "crfsuite_chunking.py",
		args:   []string{"--data", folder, "--out", dir, "--c2", fmt.Sprint(chunkL2 / 2.), "--against", fieldLine(s.threads)},
		judge:  func(l *lap) error { return chunkScore(l, test) },
	}, nil
}

// fieldLine names elbo's line.
func fieldLine(workers int) string { return fmt.Sprintf("elbo, threads %d", workers) }

// trainField trains elbo's field.
func trainField(ctx context.Context, train, test []crf.Sequence, workers int) (lap, error) {
	c := crf.Default()
	c.L2, c.Workers = chunkL2, workers
	began := time.Now()
	m, err := crf.Fit(ctx, train, c)
	if err != nil {
		return lap{}, err
	}
	l := lap{Line: fieldLine(workers), Seconds: time.Since(began).Seconds(), Note: fmt.Sprintf("loss %.1f, %d iterations", m.Loss, m.Iterations)}
	got, err := m.PredictAll(test, workers)
	if err != nil {
		return lap{}, err
	}
	return l, score(&l, test, got)
}

// chunkScore reads the labels that a peer gave, one a line.
func chunkScore(l *lap, test []crf.Sequence) error {
	text, err := os.ReadFile(l.File)
	if err != nil {
		return err
	}
	all := strings.Fields(string(text))
	var got [][]string
	for _, s := range test {
		n := len(s.Rows)
		if n > len(all) {
			return fmt.Errorf("%s: got too few labels", l.File)
		}
		got, all = append(got, all[:n]), all[n:]
	}
	return score(l, test, got)
}

// score sets the figure to 100 F1.
func score(l *lap, test []crf.Sequence, got [][]string) error {
	var gold [][]string
	for _, s := range test {
		gold = append(gold, s.Labels)
	}
	r, err := crf.ScoreChunks(gold, got)
	l.Figure = 100 * r.F1()
	return err
}
