package prob

import (
	"math"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// A climb that stopped early on a ridge, 2 nats below the mode in a soft direction of scale 30: one
// Newton step reaches the mode of a Gaussian, and its Gaussian is the target.
func TestNewtonStepsEndAtTheModeOfAGaussian(t *testing.T) {
	const n = 3
	a := []float64{2, -1.999, .1, -1.999, 2, 0, .1, 0, 1e4}
	mean := []float64{5, -2, .3}
	_, d := quadratic(t, a, mean)
	at, h, ok, err := refine(d, []float64{50, 43, .31})
	if err != nil || !ok {
		t.Fatalf("got ok %v, %v", ok, err)
	}
	f, _ := inverseFactor(a, n)
	for i := range n {
		// A rest of 1e-4 nats is .014 standard deviations.
		sd := math.Sqrt(dot(f[i*n:i*n+n], f[i*n:i*n+n]))
		tk.Close(t, "location in sd", (at.Loc[i]-mean[i])/sd, 0, .02)
		for j := range n {
			tk.Close(t, "curvature", h[i*n+j], a[i*n+j], 1e-5)
		}
	}
}
