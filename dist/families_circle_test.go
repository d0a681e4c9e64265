package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func init() {
	families = append(families, vonMisesFamily)
	klCases = append(klCases, klCase{q: "VonMises", p: "VonMises"})
}

// besselI0 caches scaledI0.
var besselI0 = map[float64]float64{}

// scaledI0 is I₀(κ) by quadrature of e^(κ(cos t − 1)), with e^κ left out.
func scaledI0(k float64) float64 {
	if v, ok := besselI0[k]; ok {
		return v
	}
	end := math.Min(math.Pi, 14/math.Sqrt(k))
	besselI0[k] = tk.Integrate(func(t float64) float64 { return math.Exp(-2 * k * math.Pow(math.Sin(t/2), 2)) }, 0, end, 8) / math.Pi
	return besselI0[k]
}

func vonMisesLogProb(x float64, p []float64) float64 {
	return -2*p[1]*math.Pow(math.Sin((x-p[0])/2), 2) - math.Log(2*math.Pi*scaledI0(p[1]))
}

// vonMisesFamily has circular moments, of which only the mean is that of the angle, and only at
// μ = 0: they are tested in TestVonMisesCircularMoments.
var vonMisesFamily = family{
	name:    "VonMises",
	make:    ofShape(func(m, k *g.Node) dist.Distribution { return dist.VonMises{Loc: m, Concentration: k} }),
	logProb: vonMisesLogProb,
	params:  [][]float64{{0, 1}, {1, .3}, {-2, 5}, {.5, 40}, {3, 101}, {0, 1e-3}, {0, 3000}},
	smooth:  [][]float64{{0, 1}, {1, .3}, {-2, 5}, {.5, 40}, {3, 130}},
	xs:      func([]float64) []float64 { return []float64{-3.1, -2, -.5, 0, .01, 1, 3} },
	datum:   func(p []float64, i int) float64 { return p[0] + (.4-.3*float64(i))/math.Sqrt(1+p[1]) },
	cdf: func(x float64, p []float64) float64 {
		lo := -math.Pi // the peak is inside, or has no mass outside these ends
		if near := p[0] - 14/math.Sqrt(p[1]); near > lo && p[0]+14/math.Sqrt(p[1]) < math.Pi {
			lo, x = near, math.Min(x, p[0]+14/math.Sqrt(p[1]))
		}
		return tk.Integrate(func(t float64) float64 { return math.Exp(vonMisesLogProb(t, p)) }, lo, math.Max(lo, x), 4)
	},
	lo: constant(-math.Pi), hi: constant(math.Pi), implicit: true, circular: true,
}
