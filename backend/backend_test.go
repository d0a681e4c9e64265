package backend_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
)

func TestEmptyNameIsTheDefault(t *testing.T) {
	a, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	b, err := backend.Open(backend.Default)
	if err != nil {
		t.Fatal(err)
	}
	if a != b {
		t.Errorf("got two instances of %s, want one", backend.Default)
	}
	if !slices.Contains(backend.Names(), "go") || !slices.IsSorted(backend.Names()) {
		t.Errorf("names: got %v, want them in order with go", backend.Names())
	}
}

func TestBackendComputes(t *testing.T) {
	for _, name := range backend.Names() {
		if strings.HasPrefix(name, "xla") {
			continue // needs the path of a plug-in
		}
		b, err := backend.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := graph.MustNewExec(b, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(x)) }).Call([]float64{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		if got := tensors.MustCopyFlatData[float64](out[0])[0]; got != 14 {
			t.Errorf("%s: sum of squares: got %v, want 14", name, got)
		}
	}
}

func TestUnknownNamesAreErrors(t *testing.T) {
	for name, want := range map[string]string{
		"cuda":         `backend: got "cuda", want one of elbo, go`,
		"Go":           `backend: got "Go"`,
		":x":           `backend: got ":x"`,
		"go:nonsense":  "backend: go:nonsense:",
		"go:ops=1,,=,": "backend: go:ops=1",
	} {
		b, err := backend.Open(name)
		if err == nil || b != nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got error %v, want one that starts with %q", name, err, want)
		}
	}
	if slices.Contains(backend.Names(), "xla") {
		return
	}
	if _, err := backend.Open("xla:/plugin.so"); err == nil || !strings.Contains(err.Error(), "-tags xla") {
		t.Errorf("xla in a build without it: got error %v, want the hint to its build tag", err)
	}
}

// TestOpeningAtOnceGivesOneInstance is of most use under the race detector.
func TestOpeningAtOnceGivesOneInstance(t *testing.T) {
	got := make([]compute.Backend, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			b, err := backend.Open("go:parallelism=2")
			if err != nil {
				t.Error(err)
			}
			got[i] = b
		})
	}
	wg.Wait()
	for i, b := range got {
		if b == nil || b != got[0] {
			t.Errorf("goroutine %d: got another instance", i)
		}
	}
	if first, err := backend.Open("go"); err != nil || first == got[0] {
		t.Errorf("another configuration: got the same instance, error %v", err)
	}
}
