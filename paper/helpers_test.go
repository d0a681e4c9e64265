package paper

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// long skips a test unless ELBO_PAPER is set.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("ELBO_PAPER") == "" {
		t.Skip("takes minutes: set ELBO_PAPER=1, or run `make paper`")
	}
}

// knob is a number of the environment, such as a smaller one for a quick look.
func knob(t *testing.T, name string, usual int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s: got %q, want a number above 0", name, v)
	}
	return n
}

// fit trains a model and logs how it went. With ELBO_PAPER_RUNS set, the run directory stays
// there, with its report.
func fit(t *testing.T, name string, c elbo.Config, s *data.Splits) *elbo.Model {
	t.Helper()
	begin := time.Now()
	opts := []elbo.TrainOption{elbo.Observed(train.Observer{
		Epoch: func(e vi.Epoch, best bool) {
			if e.Epoch%5 == 0 || e.Epoch == 1 {
				t.Logf("%s: epoch %d: train %.2f, valid %.2f, %.0f examples/s", name, e.Epoch, -e.Train.Bound, -e.Valid.Bound, e.ExamplesPerSecond)
			}
		},
		Warn: func(n, d string) { t.Logf("%s: warning: %s: %s", name, n, d) },
	})}
	if root := os.Getenv("ELBO_PAPER_RUNS"); root != "" {
		opts = append(opts, elbo.InDir(filepath.Join(root, name)), elbo.WithReport())
	}
	m, err := elbo.Train(context.Background(), c, s, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v, %d active units, %.0f s", name, m.Run().Outcome.Test, m.Run().Outcome.Telemetry.ActiveUnits, time.Since(begin).Seconds())
	return m
}

// open opens a named data set and skips the test where it is absent.
func open(t *testing.T, name string) *data.Splits {
	t.Helper()
	if os.Getenv("ELBO_DATA") == "" {
		t.Setenv("ELBO_DATA", filepath.Join("..", "..", "shared", "data"))
	}
	s, err := data.Open(context.Background(), data.Spec{Name: name})
	if err != nil {
		if name != "digits" && name != "phantoms" { // which are generated
			tk.DataPath(t, name) // skips where the set is absent
		}
		t.Fatalf("%s: %v", name, err)
	}
	return s
}
