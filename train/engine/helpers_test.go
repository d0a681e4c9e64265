package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/rundir"
)

func init() { Register(newton) }

// newton is an engine for tests: it finds the square root of the number in a file by the method of
// Heron, from several starts.
var newton = Spec{
	Name: "test-root", Summary: "square root of a number", Paper: "Heron", Sections: "none", Measured: "nothing", Test: "none",
	Data: "two", DataHelp: "`file` of a number", Objective: "minus error", HeldOut: "error", Sweep: "step",
	Options: option.Set{
		{Name: "steps", Usage: "steps of a start", Default: "6", Kind: option.Whole, Min: 1, Max: 1000},
		{Name: "starts", Usage: "starts", Default: "2", Kind: option.Whole, Min: 1, Max: 10},
		{Name: "note", Usage: "a text", Kind: option.Text},
		{Name: "side", Usage: "a file", Kind: option.Path},
		{Name: "on", Usage: "a switch", Default: "true", Kind: option.Switch},
		{Name: "scale", Usage: "a number", Default: "1.5", Kind: option.Number, Max: 2},
	},
	Open: openRoot,
	Load: func(text []byte) (Model, error) {
		var r root
		if err := json.Unmarshal(text, &r.plain); err != nil {
			return nil, err
		}
		if r.X <= 0 {
			return nil, errors.New("root: got none")
		}
		return &r, nil
	},
}

// root is the model of newton.
type root struct{ plain }

type plain struct{ X float64 }

func (r *root) MarshalJSON() ([]byte, error) { return json.Marshal(r.plain) }

func openRoot(_ context.Context, c Config) (*Task, error) {
	y := 2.
	if c.Data != "two" {
		text, err := os.ReadFile(c.Data)
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Sscan(string(text), &y); err != nil {
			return nil, fmt.Errorf("root: %s: %w", c.Data, err)
		}
	}
	return &Task{
		Facts: []Fact{{"data", "a number"}}, Fingerprint: fmt.Sprintf("sha-of-%v", y), Train: 1,
		Fit: func(ctx context.Context, from *Snapshot, step Step) (Model, error) {
			return fitRoot(ctx, c, y, from, step)
		},
		Judge: func(_ context.Context, m Model) (Outcome, error) {
			return Outcome{Verdict: "a root", Figures: []Figure{{"root", m.(*root).X, "", "of the number"}},
				Warnings: []Warning{{"irrational", "It has no end.", "None."}}}, nil
		},
		Draw: func(m Model, history []Record) ([]Picture, error) {
			return []Picture{{File: "root.png", Section: "Roots", Caption: "One root.", Draw: func(w io.Writer) error {
				return plot.Curves(w, plot.CurvesSpec{Series: []plot.Series{{Y: []float64{1, m.(*root).X}}}})
			}}}, nil
		},
	}, nil
}

func fitRoot(ctx context.Context, c Config, y float64, from *Snapshot, step Step) (Model, error) {
	x, at, n := []float64{y}, 0, c.Whole("steps")
	if from != nil {
		x = from.Arrays["x"]
		if err := json.Unmarshal(from.State, &at); err != nil || len(x) != 1 {
			return nil, fmt.Errorf("root: snapshot: got %q and %d values", from.State, len(x))
		}
	}
	for ; at < n*c.Whole("starts"); at++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if at%n == 0 {
			x[0] = y + float64(at)
		}
		x[0] = (x[0] + y/x[0]) / 2
		bound, miss := -(x[0]*x[0]-y)*(x[0]*x[0]-y), x[0]*x[0]-y
		r := Record{Phase: fmt.Sprintf("start %d", at/n+1), Sweep: at%n + 1, Sweeps: n, Bound: &bound}
		if at%2 == 0 {
			r.HeldOut = &miss
		}
		next := at + 1
		if err := step(r, func() (Snapshot, error) {
			state, err := json.Marshal(next)
			return Snapshot{state, map[string][]float64{"x": {x[0]}}}, err
		}); err != nil {
			return nil, err
		}
	}
	return &root{plain{x[0]}}, nil
}

// number writes a file that holds a number.
func number(t *testing.T, v float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "number.txt")
	if err := os.WriteFile(path, []byte(fmt.Sprint(v)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// rootConfig is a config of newton that saves when it is interrupted.
func rootConfig(path string) Config {
	c := newton.Default()
	c.Data, c.SaveEvery = path, 1e6
	return c
}

// opened opens the data of a config or fails the test.
func opened(t *testing.T, c Config) *Task {
	t.Helper()
	task, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// start fits a run in a directory of its own, or fails the test.
func start(t *testing.T, c Config) *Run {
	t.Helper()
	r, err := Start(context.Background(), c, opened(t, c), filepath.Join(t.TempDir(), "run"), "test", Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// interruptedRun starts a run that is stopped after so many steps, and returns its directory.
func interruptedRun(t *testing.T, c Config, after int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := 0
	obs := Observer{Sweep: func(Record) {
		if made++; made == after {
			cancel()
		}
	}}
	if _, err := Start(ctx, c, opened(t, c), dir, "test", obs); !errors.Is(err, rundir.ErrInterrupted) {
		t.Fatalf("got %v, want that it was interrupted", err)
	}
	return dir
}

// says fails unless err has every part.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("got %q, want it to say %q", err, p)
		}
	}
}

// file reads a file of a run.
func file(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
