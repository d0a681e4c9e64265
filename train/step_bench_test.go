package train

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// clocked is a backend that notes how long its executables run.
type clocked struct {
	compute.Backend
	spent time.Duration
}

type clockedBuilder struct {
	compute.Builder
	clock *clocked
}

type clockedExecutable struct {
	compute.Executable
	clock *clocked
}

// Builder begins a computation.
func (c *clocked) Builder(name string) compute.Builder {
	return &clockedBuilder{c.Backend.Builder(name), c}
}

// Compile compiles it.
func (b *clockedBuilder) Compile() (compute.Executable, error) {
	e, err := b.Builder.Compile()
	return &clockedExecutable{e, b.clock}, err
}

// ExecuteInto runs it, on a backend that has the method as on one that lacks it.
func (e *clockedExecutable) ExecuteInto(results, inputs []compute.Buffer, donate []bool) error {
	start := time.Now()
	defer func() { e.clock.spent += time.Since(start) }()
	if fast, ok := e.Executable.(interface {
		ExecuteInto(results, inputs []compute.Buffer, donate []bool) error
	}); ok {
		return fast.ExecuteInto(results, inputs, donate)
	}
	out, err := e.Execute(inputs, donate, 0)
	copy(results, out)
	return err
}

// stepping prepares a run of the tutorials' VAE 784-400-20, binarised afresh at every step, on
// grey rows that do not fit the cache, and returns a function that makes a step of 128 rows.
func stepping(tb testing.TB, name string) (clock *clocked, one func()) {
	tb.Helper()
	b, err := backend.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	clock = &clocked{Backend: b}
	s := &data.Set{Name: "noise", Shape: []int{28, 28}, X: make([]float32, 16_384*784)}
	rng.New(1).Uniform(s.X)
	few := s.Select([]int{0, 1, 2})
	c := Default().Resolve(s)
	rows, err := prepare(c, &data.Splits{Train: s, Valid: few, Test: few})
	if err != nil {
		tb.Fatal(err)
	}
	net, err := vae.NewNetwork(c.Model, c.Network(FactsOf(s)), model.NewParams(clock, dtypes.Float32, rng.New(1)))
	if err != nil {
		tb.Fatal(err)
	}
	t := &trainer{cfg: c, net: net, rows: rows, key: rng.New(1), step: newStep(net, c, 0), total: 1}
	t.kl, t.lr = c.kl(1), c.rate(1)
	order := rng.New(2).Perm(s.Len())
	at := 0
	one = func() {
		if err := t.one(order[at : at+c.Batch]); err != nil {
			tb.Fatal(err)
		}
		at = (at + c.Batch) % len(order)
	}
	one() // compiles
	return clock, one
}

// BenchmarkStep is a whole step of training. host-µs is the mean time that it spends outside the
// backend's executables, least-host-µs that of the quickest step.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"elbo", "go"} {
		b.Run(name, func(b *testing.B) {
			clock, one := stepping(b, name)
			clock.spent = 0
			least := time.Duration(math.MaxInt64)
			b.ReportAllocs()
			for b.Loop() {
				start, before := time.Now(), clock.spent
				one()
				least = min(least, time.Since(start)-(clock.spent-before))
			}
			b.ReportMetric(float64(b.Elapsed()-clock.spent)/float64(b.N)/1e3, "host-µs/op")
			b.ReportMetric(float64(least)/1e3, "least-host-µs/op")
		})
	}
}

// The running means of an epoch, the noise's buffer and its shape are all that a step leaves to
// the garbage collector on the engine; what GoMLX's buffers allocate is within the bound.
func TestAStepLeavesLittleGarbage(t *testing.T) {
	if raced {
		t.Skip("under the race detector pools forget on purpose")
	}
	const steps, most = 50, 1024
	_, one := stepping(t, "elbo")
	for range 3 {
		one()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range steps {
		one()
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / steps; got > most {
		t.Errorf("got %s a step, want at most %d", fmt.Sprint(got), most)
	}
}
