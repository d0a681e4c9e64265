package cpu_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
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

// number reads a number from the environment, or gives a default.
func number(t testing.TB, name string, otherwise int) int {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRandomGraphsAgree builds each graph on this engine with 1 to 4 threads, with and without
// assembly, and unfused, and compares all results with those of GoMLX's own Go engine, by way of
// the mode "stock" where that engine lacks an operation. It ends the process on some arrays
// without elements: for graphs that hold one the unfused mode is the reference. It overwrites
// values that closures capture: it gets loops and branches written out.
//
// All numbers of threads must give the same bits, and the engine must compile every graph itself. ELBO_GRAPHS is the number of graphs,
// ELBO_SEED the first seed.
func TestRandomGraphsAgree(t *testing.T) {
	c := newComparison(t)
	count, first := number(t, "ELBO_GRAPHS", 300), number(t, "ELBO_SEED", 0)
	for i := range count {
		c.check(uint64(first + i))
		if c.bad >= 5 {
			t.Fatalf("stopped at seed %d", first+i)
		}
	}
	for _, b := range append(c.engines, c.unfused) {
		compiledAll(t, b)
	}
	t.Logf("%d graphs from seed %d, %d of them also on GoMLX's engine, %d in the mode that spells out what it lacks", count, first, c.plain, c.spelled)
}

// comparison holds the engines that are compared.
type comparison struct {
	t              *testing.T
	unfused        compute.Backend
	gomlx, stock   compute.Backend
	engines        []compute.Backend
	plain, spelled int // graphs that were compared with either
	bad            int
}

func newComparison(t *testing.T) *comparison {
	t.Helper()
	gomlx, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{t: t, unfused: open(t, "unfused"), gomlx: gomlx, stock: open(t, "stock")}
	for _, config := range []string{"threads=1", "threads=2", "threads=4", "threads=3,isa=go"} {
		c.engines = append(c.engines, open(t, config))
	}
	if b, err := cpu.New("threads=2,isa=avx2"); err == nil { // an instruction set that the machine may lack
		t.Cleanup(b.Finalize)
		c.engines = append(c.engines, b)
	}
	return c
}

// check compares all engines on the graph of a seed.
func (c *comparison) check(seed uint64) {
	want, g, err := runRandom(c.unfused, seed, false, false)
	if err != nil {
		c.fail(seed, "unfused", g, err)
		return
	}
	compare := func(name string, b compute.Backend, donate, unroll bool) []randomResult {
		got, _, err := runRandom(b, seed, donate, unroll)
		if err == nil {
			err = g.compare(got, want)
		}
		if err != nil {
			c.fail(seed, name, g, err)
		}
		return got
	}
	switch {
	case g.empty() || raced:
	case g.lacking:
		compare("the mode stock against the unfused mode", c.stock, false, true)
		c.spelled++
	default:
		compare("GoMLX's engine against the unfused mode", c.gomlx, false, true)
		c.plain++
	}
	var first []randomResult
	for i, engine := range c.engines {
		got := compare(engine.Description(), engine, i%2 == 1, false)
		if i == 0 {
			first = got
		} else if i < 3 && first != nil && got != nil {
			if err := sameBits(got, first); err != nil {
				c.fail(seed, engine.Description()+" against one thread", g, err)
			}
		}
	}
}

func (c *comparison) fail(seed uint64, name string, g *randomGraph, err error) {
	c.t.Helper()
	if c.bad++; c.bad <= 5 {
		c.t.Errorf("seed %d, %s: %v\n%s", seed, name, err, strings.Join(*g.log, "\n"))
	}
}

// sameBits compares results bit by bit.
func sameBits(got, want []randomResult) error {
	for i := range want {
		if !bytes.Equal(dtypes.UnsafeByteSliceFromAny(got[i].flat), dtypes.UnsafeByteSliceFromAny(want[i].flat)) {
			return fmt.Errorf("result %d has other bits", i)
		}
	}
	return nil
}

// empty reports whether some value of the graph has no elements.
func (g *randomGraph) empty() bool {
	return g.alone || slices.ContainsFunc(g.vals, func(v randomValue) bool { return v.shape.Size() == 0 })
}

// runRandom runs the graph of a seed on inputs of that seed, and returns its results. With
// donate set, about half of the inputs are given away, and all is done twice: the second
// execution finds used memory, and must give the same bits.
func runRandom(b compute.Backend, seed uint64, donate, unroll bool) (out []randomResult, g *randomGraph, err error) {
	ex, g, err := randomProgram(b, seed, unroll)
	if err != nil {
		return nil, g, err
	}
	defer ex.Finalize()
	if out, err = g.execute(b, ex, seed, donate); err != nil || !donate {
		return out, g, err
	}
	again, err := g.execute(b, ex, seed, donate)
	if err == nil {
		err = sameBits(again, out)
	}
	if err != nil {
		err = fmt.Errorf("second execution: %w", err)
	}
	return out, g, err
}

// execute runs a compiled graph once. Some parameters of one shape get one buffer together. What
// is not given away must stay as it was.
func (g *randomGraph) execute(b compute.Backend, ex compute.Executable, seed uint64, donate bool) (out []randomResult, err error) {
	in := newRandomInputs(g, b, seed, donate)
	if in.err != nil {
		return nil, in.err
	}
	results, err := recovered(func() ([]compute.Buffer, error) { return ex.Execute(in.buffers, in.give, 0) })
	if err != nil {
		return nil, err
	}
	for i, buf := range results {
		s, err := buf.Shape()
		if err != nil {
			return nil, err
		}
		flat := dtypes.MakeAnySlice(s.DType, s.Size())
		if err := buf.ToFlatData(flat); err != nil {
			return nil, err
		}
		out = append(out, randomResult{s.DType, s.Dimensions, flat, numbers(flat), g.exact[i]})
		if err := buf.Finalize(); err != nil {
			return nil, err
		}
	}
	return out, in.finish()
}

// recovered turns a panic of a backend into an error.
func recovered(do func() ([]compute.Buffer, error)) (_ []compute.Buffer, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return do()
}

// randomInputs are the buffers of one execution.
type randomInputs struct {
	buffers []compute.Buffer
	flat    []any
	give    []bool
	own     []int // the parameter that the buffer was made for
	err     error
}

func newRandomInputs(g *randomGraph, b compute.Backend, seed uint64, donate bool) *randomInputs {
	in, r := &randomInputs{}, rand.New(rand.NewPCG(seed, 2))
	for i, s := range g.params {
		j := r.IntN(i + 1)
		in.give = append(in.give, r.IntN(2) == 0 && donate)
		if !g.params[j].Equal(s) || r.IntN(4) > 0 {
			j = i
		}
		if j < i {
			in.buffers, in.flat, in.own = append(in.buffers, in.buffers[j]), append(in.flat, in.flat[j]), append(in.own, in.own[j])
			continue
		}
		flat := inputs(r, s)
		buf, err := b.BufferFromFlatData(0, flat, s)
		if err != nil {
			in.err = err
			return in
		}
		in.buffers, in.flat, in.own = append(in.buffers, buf), append(in.flat, flat), append(in.own, i)
	}
	return in
}

// finish checks the buffers that were not given away, and ends their use.
func (in *randomInputs) finish() error {
	gone := map[int]bool{}
	for i, give := range in.give {
		if give {
			gone[in.own[i]] = true
		}
	}
	for i, buf := range in.buffers {
		if gone[in.own[i]] || in.own[i] != i {
			continue
		}
		s, err := buf.Shape()
		if err != nil {
			return err
		}
		now := dtypes.MakeAnySlice(s.DType, s.Size())
		if err := buf.ToFlatData(now); err != nil {
			return err
		}
		if !bytes.Equal(dtypes.UnsafeByteSliceFromAny(now), dtypes.UnsafeByteSliceFromAny(in.flat[i])) {
			return fmt.Errorf("parameter %d was not given away and has changed", i)
		}
		if err := buf.Finalize(); err != nil {
			return err
		}
	}
	return nil
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
	dims  []int
	flat  any
	x     []float64
	exact bool
}

// compare checks all results of a graph: exact ones are equal.
//
// Tolerance: a chain of at most 26 operations whose derivatives are bounded by about 2, and
// sums of at most 16,900 terms, stay within 2e-4 in float32 and 1e-12 in float64. Half precision
// is rounded once or twice, to 8 or 11 bits; GoMLX's engine takes float16 below the normal
// numbers, 6.1e-5, for 0.
func (g *randomGraph) compare(got, want []randomResult) error {
	tolerance := map[dtypes.DType]float64{dtypes.Float32: 2e-4, dtypes.Float64: 1e-12, dtypes.BFloat16: 2e-2, dtypes.Float16: 2e-3}
	for i := range want {
		if !slices.Equal(got[i].dims, want[i].dims) || got[i].dtype != want[i].dtype {
			return fmt.Errorf("result %d: got %v of %v, want %v of %v", i, got[i].dtype, got[i].dims, want[i].dtype, want[i].dims)
		}
		most := tolerance[want[i].dtype]
		if want[i].exact {
			most = 0
		}
		if want[i].dtype == dtypes.Float16 {
			most = max(most, 6.2e-5)
		}
		if d, at := distance(got[i].x, want[i].x); d > most {
			return fmt.Errorf("result %d (exact: %v): element %d: got %v, want %v", i, want[i].exact, at, got[i].x[at], want[i].x[at])
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
