package vae_test

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestParametersDoNotDependOnThreads trains a small net for five steps, ten times with each
// of four numbers of threads: all forty results are the same bits.
func TestParametersDoNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x := zoo.Binary(128 * 64)
	distinct := map[[32]byte]int{}
	for _, threads := range []int{1, 2, 4, 8} {
		runtime.GOMAXPROCS(threads)
		for range 10 {
			p := tk.Params(t, dtypes.Float32)
			m := zoo.New(t, "vae", vae.Config{Dim: 64, Hidden: []int{100}, Latent: 8, Likelihood: "bernoulli", Sigma: 1})
			prog, adam := step(m, p, vi.Estimator{})
			for i := range 5 {
				update(t, prog, adam, rng.New(1).At(uint64(i)), i, 1e-3, 1, dtypes.Float32, model.Tensor(dtypes.Float32, x, 128, 64))
			}
			h := sha256.New()
			for _, a := range tk.Export(t, p) {
				if err := binary.Write(h, binary.LittleEndian, a.Data); err != nil {
					t.Fatal(err)
				}
			}
			distinct[[32]byte(h.Sum(nil))]++
		}
	}
	if len(distinct) != 1 {
		t.Errorf("40 runs: got %d different sets of parameters, want 1", len(distinct))
	}
}

// BenchmarkStep is one Adam step of the tutorial net 784-400-20 on 128 binary images.
func BenchmarkStep(b *testing.B) {
	p := tk.Params(b, dtypes.Float32)
	m := zoo.New(b, "vae", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 20, Likelihood: "bernoulli", Sigma: 1})
	prog, adam := step(m, p, vi.Estimator{})
	x := zoo.Binary(128 * 784)
	n := 0
	for b.Loop() {
		update(b, prog, adam, rng.New(1).At(uint64(n)), n, 1e-3, 1, dtypes.Float32, model.Tensor(dtypes.Float32, x, 128, 784))
		n++
	}
	b.ReportMetric(float64(b.N)*128/b.Elapsed().Seconds(), "images/s")
}
