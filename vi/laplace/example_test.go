package laplace_test

import (
	"context"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/laplace"
)

// The unnormalised density e^(−2(u−3)²): N(3, ¼), whose integral is √(π/2).
func Example() {
	b, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	target := vi.Target{Dim: 1, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return g.ReduceAllSum(g.MulScalar(g.Square(g.AddScalar(u, -3)), -2))
	}}
	r, err := laplace.Run(context.Background(), target, b, laplace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("N(%.3f, %.3f), ln ∫p = ln 1.2533 = %.4f\n", r.Mode[0], r.Covariance[0][0], r.LogEvidence)
	// Output: N(3.000, 0.250), ln ∫p = ln 1.2533 = 0.2258
}
