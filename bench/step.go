package bench

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/cpu"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// Step is where the time of a step of the 784-400-20 VAE goes: batch 128, binary rows, Adam.
type Step struct {
	Seconds float64        `json:"seconds"`         // of a step of the training loop, its gathering and its metrics included
	Engine  float64        `json:"engine"`          // of that in the backend's program, timed step by step; 0 if it keeps no profile
	Parts   []cpu.StepTime `json:"parts,omitempty"` // the steps of the program, longest first
}

// TrainingStep trains on so many random rows of 784 bits, twice for the time and, on the
// backend elbo, once more for the profile. Its files go to a temporary folder.
func TrainingStep(ctx context.Context, name string, rows int) (*Step, error) {
	dir, err := os.MkdirTemp("", "elbo-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	rate, err := trainOnce(ctx, filepath.Join(dir, "timed"), name, rows, 2)
	if err != nil {
		return nil, err
	}
	c := train.Default()
	s := &Step{Seconds: float64(c.Batch) / rate}
	kind, config, _ := strings.Cut(name, ":")
	if kind != "elbo" {
		return s, nil
	}
	profiled := "elbo:" + strings.TrimPrefix(config+",profile", ",")
	b, err := backend.Open(profiled)
	if err != nil {
		return nil, err
	}
	if _, err := trainOnce(ctx, filepath.Join(dir, "profiled"), profiled, rows, 1); err != nil {
		return nil, err
	}
	return s, s.read(b.(*cpu.Backend), rows/c.Batch)
}

// read takes the profile of the training program, per step.
func (s *Step) read(b *cpu.Backend, steps int) error {
	for _, p := range b.Profile() {
		if p.Program != "step" {
			continue
		}
		p.Total /= time.Duration(max(1, steps))
		s.Engine += p.Total.Seconds()
		s.Parts = append(s.Parts, p)
	}
	return nil
}

// trainOnce trains and returns the examples a second of the last epoch.
func trainOnce(ctx context.Context, dir, name string, rows, epochs int) (rate float64, err error) {
	c := train.Default()
	c.Backend, c.Epochs, c.Binarize = name, epochs, string(data.BinarizeNone)
	part := func(n int, name string) *data.Set {
		s := &data.Set{Name: "bits", Shape: []int{28, 28}, X: make([]float32, n*784)}
		rng.New(1).Named(name).Uniform(s.X)
		for i, u := range s.X {
			s.X[i] = 0
			if u < .13 {
				s.X[i] = 1
			}
		}
		return s
	}
	splits := &data.Splits{Train: part(rows, "train"), Valid: part(128, "valid"), Test: part(128, "test")}
	_, err = train.Start(ctx, c, splits, dir, "bench", train.Observer{Epoch: func(e vi.Epoch, _ bool) { rate = e.ExamplesPerSecond }})
	return rate, err
}
