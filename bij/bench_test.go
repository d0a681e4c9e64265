package bij_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// BenchmarkFlows takes a step of training without the optimizer, 256 draws in 16 dimensions in
// float32: a draw, its log-density, and the gradient by all parameters.
func BenchmarkFlows(b *testing.B) {
	const n = 16
	wide := bij.Net{Hidden: []int{64, 64}}
	for _, c := range []struct {
		name string
		make func(s *model.Scope) bij.Bijector
	}{
		{"planar32", func(s *model.Scope) bij.Bijector { return bij.NewPlanar(s, n, 32) }},
		{"radial32", func(s *model.Scope) bij.Bijector { return bij.NewRadial(s, n, 32) }},
		{"sylvester4", func(s *model.Scope) bij.Bijector { return bij.NewOrthogonalSylvester(s, n, 8, 4, nil) }},
		{"realnvp4", stack(n, func(s *model.Scope, last bool) bij.Bijector { return bij.NewRealNVP(s, n, last, wide) })},
		{"iaf4", stack(n, func(s *model.Scope, _ bool) bij.Bijector { return bij.NewIAF(s, n, wide) })},
		{"spline4", stack(n, func(s *model.Scope, last bool) bij.Bijector {
			return bij.NewSplineCoupling(s, n, last, bij.SplineLaw{}, wide)
		})},
	} {
		b.Run(c.name, func(b *testing.B) {
			nodes := 0
			program := model.NewProgram(tk.Params(b, dtypes.Float32), c.name, func(s *model.Scope, in []*g.Node) []*g.Node {
				y, logQ := bij.NewFlow(s, c.make(s), n).RsampleLogProb(s, "noise", 256)
				_, params := s.Trainable()
				grads := g.Gradient(g.Add(g.ReduceAllMean(logQ), g.Mul(in[0], g.ReduceAllMean(g.Square(y)))), params...)
				nodes = len(s.Graph().Nodes())
				return grads
			})
			half := tensors.FromValue(float32(.5))
			tk.Values(b, program, rng.New(1), half)
			for i := 0; b.Loop(); i++ {
				tk.Values(b, program, rng.New(uint64(i)), half)
			}
			b.ReportMetric(float64(nodes), "nodes")
		})
	}
}

// stack returns a chain of four maps with reversals between them.
func stack(n int, layer func(s *model.Scope, last bool) bij.Bijector) func(s *model.Scope) bij.Bijector {
	return func(s *model.Scope) bij.Bijector {
		var c bij.Chain
		for i := range 4 {
			c = append(c, layer(s.In(fmt.Sprint(i)), i%2 == 1), bij.NewReverse(n))
		}
		return c
	}
}
