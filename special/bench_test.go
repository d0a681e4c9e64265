package special

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// benchmark runs f and its gradient at 100,000 values between .1 and 1,000 in float32.
func benchmark(b *testing.B, f func(x *g.Node) *g.Node) {
	const n = 100_000
	p := model.NewProgram(tk.Params(b, dtypes.Float32), "benchmark", func(s *model.Scope, _ []*g.Node) []*g.Node {
		x := g.MulScalar(g.Exp(g.MulScalar(s.Uniform("x", n), 9.2)), .1)
		return []*g.Node{g.ReduceAllSum(g.Gradient(g.ReduceAllSum(f(x)), x)[0])}
	})
	key := rng.New(1)
	for b.Loop() {
		tk.Values(b, p, key)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
}

func BenchmarkNothing(b *testing.B) { benchmark(b, g.Exp) }
func BenchmarkLgamma(b *testing.B)  { benchmark(b, Lgamma) }
func BenchmarkDigamma(b *testing.B) { benchmark(b, Digamma) }
func BenchmarkLogNdtr(b *testing.B) { benchmark(b, LogNdtr) }
func BenchmarkImplicitGamma(b *testing.B) {
	benchmark(b, func(x *g.Node) *g.Node { return ImplicitGamma(x, x) })
}
func BenchmarkLogBesselI0(b *testing.B) { benchmark(b, LogBesselI0) }
