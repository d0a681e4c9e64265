package bench_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/bench"
)

// TestKernelsAreMeasured: every operation of the suite runs, on both engines in Go that need
// nothing, and what it did is counted.
func TestKernelsAreMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("multiplies matrices of 2048×2048 on the plain engine")
	}
	seen := 0
	r, err := bench.Kernels(t.Context(), bench.Options{Backend: "elbo:threads=1", Threads: 1, Budget: time.Millisecond}, func(bench.Result) { seen++ })
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]int{}
	for _, x := range r.Results {
		groups[x.Group]++
		if x.Seconds <= 0 || x.Elements <= 0 || (x.Flops > 0) != (x.Share > 0) || x.Share > 1.5 {
			t.Errorf("%+v: want times, elements and a share of the peak", x)
		}
	}
	if seen != len(r.Results) || groups["product"] != 8 || groups["convolution"] != 8 || groups["elementwise"] != 10 {
		t.Errorf("got %v, want 8 products, 8 convolutions and 10 elementwise operations", groups)
	}
	if r.Core <= 0 || r.Peak <= 0 || !strings.Contains(r.Backend, "1 threads") {
		t.Errorf("got %s with a peak of %g of %g", r.Backend, r.Core, r.Peak)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestMeasuringStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := bench.Kernels(ctx, bench.Options{Backend: "elbo", Threads: 1, Budget: time.Millisecond}, func(bench.Result) { cancel() })
	if err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestUnknownBackendsAreErrors(t *testing.T) {
	if _, err := bench.Kernels(t.Context(), bench.Options{Backend: "abacus"}, nil); err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("got %v, want an error that names the backend", err)
	}
	if _, err := bench.TrainingStep(t.Context(), "abacus", 256); err == nil {
		t.Error("got no error")
	}
}

// TestTheStepsPartsAreNamed: the profile holds the products of the model, and adds up to about
// the time that the program takes.
func TestTheStepsPartsAreNamed(t *testing.T) {
	s, err := bench.TrainingStep(t.Context(), "elbo:threads=1", 512)
	if err != nil {
		t.Fatal(err)
	}
	products := 0
	for _, p := range s.Parts {
		if strings.HasPrefix(p.Name, "gemm 128×784×400") {
			products++
		}
	}
	if s.Seconds <= 0 || s.Engine <= 0 || products == 0 {
		t.Errorf("got %+v, want the time of the step and of its products", s)
	}
}

// TestOtherBackendsAreTimedWithoutProfile: they have no list of steps.
func TestOtherBackendsAreTimedWithoutProfile(t *testing.T) {
	s, err := bench.TrainingStep(t.Context(), "go", 256)
	if err != nil {
		t.Fatal(err)
	}
	if s.Seconds <= 0 || s.Parts != nil {
		t.Errorf("got %+v, want a time alone", s)
	}
}
