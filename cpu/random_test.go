package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu"
)

// graphs is the number of random graphs: ELBO_GRAPHS, or a few hundred.
func graphs(t testing.TB) int {
	if s := os.Getenv("ELBO_GRAPHS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 300
}

// TestRandomGraphsAgree builds each graph on this engine with 1 to 4 threads, with and without
// assembly, and unfused, and compares all results with those of GoMLX's own Go engine. That
// engine ends the process on some arrays without elements: for graphs that hold one the unfused
// mode is the reference.
func TestRandomGraphsAgree(t *testing.T) {
	stock, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	unfused := open(t, "unfused")
	var engines []compute.Backend
	for _, config := range []string{"threads=1", "threads=2", "threads=3,isa=go", "threads=4"} {
		engines = append(engines, open(t, config))
	}
	compared, bad := 0, 0
	for seed := range uint64(graphs(t)) {
		want, g, err := runRandom(unfused, seed, false)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, strings.Join(g.log, "\n"))
		}
		check := func(name string, b compute.Backend, donate bool) {
			got, _, err := runRandom(b, seed, donate)
			if err == nil {
				err = g.compare(got, want)
			}
			if err != nil && bad < 5 {
				t.Errorf("seed %d, %s: %v\n%s", seed, name, err, strings.Join(g.log, "\n"))
				bad++
			}
		}
		if !g.empty() {
			check("GoMLX's engine against the unfused mode", stock, false)
			compared++
		}
		for i, engine := range engines {
			check(engine.Description(), engine, i%2 == 1)
		}
	}
	t.Logf("%d graphs, %d of them also on GoMLX's engine", graphs(t), compared)
}

// empty reports whether some value of the graph has no elements.
func (g *randomGraph) empty() bool {
	return slices.ContainsFunc(g.vals, func(v randomValue) bool { return v.shape.Size() == 0 })
}

// runRandom runs the graph of a seed on inputs of that seed, and returns its results. With
// donate set, about half of the inputs are given away.
func runRandom(b compute.Backend, seed uint64, donate bool) (out []randomResult, g *randomGraph, err error) {
	ex, g, err := randomProgram(b, seed)
	if err != nil {
		return nil, g, err
	}
	defer ex.Finalize()
	r := rand.New(rand.NewPCG(seed, 2))
	var in []compute.Buffer
	give := make([]bool, len(g.params))
	for i, s := range g.params {
		buf, err := b.BufferFromFlatData(0, inputs(r, s), s)
		if err != nil {
			return nil, g, err
		}
		give[i] = r.IntN(2) == 0 && donate
		in = append(in, buf)
	}
	results, err := ex.Execute(in, give, 0)
	if err != nil {
		return nil, g, err
	}
	for _, buf := range results {
		s, err := buf.Shape()
		if err != nil {
			return nil, g, err
		}
		flat := dtypes.MakeAnySlice(s.DType, s.Size())
		if err := buf.ToFlatData(flat); err != nil {
			return nil, g, err
		}
		out = append(out, randomResult{s.DType, numbers(flat)})
		if err := buf.Finalize(); err != nil {
			return nil, g, err
		}
	}
	for i, buf := range in {
		if !give[i] {
			if err := buf.Finalize(); err != nil {
				return nil, g, err
			}
		}
	}
	return out, g, nil
}

// inputs draws the elements of a parameter, within ±4, with some zeros and repetitions.
func inputs(r *rand.Rand, s shapes.Shape) any {
	x := make([]float64, s.Size())
	for i := range x {
		x[i] = float64(float32(8*r.Float64() - 4))
		if r.IntN(8) == 0 {
			x[i] = float64(r.IntN(5) - 2)
		}
	}
	return flatSlice(s.DType, x)
}

// randomResult is the value of one result.
type randomResult struct {
	dtype dtypes.DType
	x     []float64
}

// compare checks all results of a graph.
//
// Tolerance: a chain of at most 26 operations whose derivatives are bounded by about 2, and
// sums of at most 16,900 terms, stay within 2e-4 in float32 and 1e-12 in float64.
func (g *randomGraph) compare(got, want []randomResult) error {
	for i := range want {
		if len(got[i].x) != len(want[i].x) || got[i].dtype != want[i].dtype {
			return fmt.Errorf("result %d: got %d elements of %v, want %d of %v", i, len(got[i].x), got[i].dtype, len(want[i].x), want[i].dtype)
		}
		most := 2e-4
		if want[i].dtype == dtypes.Float64 {
			most = 1e-12
		}
		if d := distance(got[i].x, want[i].x); d > most {
			return fmt.Errorf("result %d differs by %g", i, d)
		}
	}
	return nil
}

// open makes an engine with a configuration, which ends with the test.
func open(t testing.TB, config string) compute.Backend {
	t.Helper()
	b, err := cpu.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}
