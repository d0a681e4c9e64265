package dist_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// besselRatio is I_ν(x)/I_{ν−1}(x) by the recurrence of ratios from far up, where they are 0.
func besselRatio(nu, x float64) (r float64) {
	for k := int(x) + 60; k >= 0; k-- {
		r = 1 / (2*(nu+float64(k))/x + r)
	}
	return r
}

// logBessel is ln I_ν(x) by its power series, whose terms are all positive.
func logBessel(nu, x float64) float64 {
	most, logs := math.Inf(-1), make([]float64, int(x)+60)
	for k := range logs {
		logs[k] = (2*float64(k)+nu)*math.Log(x/2) - lnGamma(float64(k+1)) - lnGamma(float64(k+1)+nu)
		most = math.Max(most, logs[k])
	}
	sum := 0.
	for _, l := range logs {
		sum += math.Exp(l - most)
	}
	return most + math.Log(sum)
}

// vmfNorm is the constant of the log-density.
func vmfNorm(n int, kappa float64) float64 {
	nu := float64(n)/2 - 1
	return nu*math.Log(kappa) - (nu+1)*math.Log(2*math.Pi) - logBessel(nu, kappa)
}

// cosine is the angle's cosine of x to the mean.
func cosine(x []float64, p [][]float64) (w float64) {
	for i, v := range x {
		w += v * p[0][i]
	}
	return w
}

// cosineCDF is the distribution function of the cosine by quadrature over the angle, once a case.
func cosineCDF(n int) func(w float64, p [][]float64) float64 {
	nodes, weights := nodesOn(40, 0, 1)
	totals := map[float64]float64{}
	return func(w float64, p [][]float64) float64 {
		kappa := p[1][0]
		mass := func(from float64) (sum float64) {
			const panels = 6
			h := (math.Pi - from) / panels
			for k := range panels {
				for i, x := range nodes {
					theta := from + h*(float64(k)+x)
					sum += h * weights[i] * math.Pow(math.Sin(theta), float64(n-2)) * math.Exp(kappa*(math.Cos(theta)-1))
				}
			}
			return sum
		}
		if totals[kappa] == 0 {
			totals[kappa] = mass(0)
		}
		return mass(math.Acos(math.Min(1, math.Max(-1, w)))) / totals[kappa]
	}
}

// sideways is the element of a direction at right angles to the mean, of x's part at right angles.
func sideways(x []float64, p [][]float64) float64 {
	mu, w := p[0], cosine(x, p)
	length := math.Hypot(mu[0], mu[1])
	a, b := -mu[1]/length, mu[0]/length
	return (1 + (a*x[0]+b*x[1])/math.Sqrt(1-w*w)) / 2
}

// vonMisesFisher has means that are made unit vectors, for derivatives by those are the ones along
// the sphere.
func vonMisesFisher(n int) vector {
	half := float64(n-2) / 2
	units := sphereData(n)
	norm := once(func(p [][]float64) float64 { return vmfNorm(n, p[1][0]) })
	v := vector{
		name: "VonMisesFisher", params: []param{{"Loc", []int{n}}, {"Concentration", nil}}, event: []int{n}, accept: true,
		cases: [][][]float64{{units[3], {.05}}, {units[5], {1.7}}, {units[1], {40}}, {units[2], {6}}},
		make: func(p []*g.Node) dist.Distribution {
			length := g.Sqrt(g.ReduceAndKeep(g.Square(p[0]), g.ReduceSum, -1))
			return dist.VonMisesFisher{Loc: g.Div(p[0], length), Concentration: p[1]}
		},
		logProb: func(x []float64, p [][]float64) float64 { return norm(p) + p[1][0]*cosine(x, p) },
		points: func(p [][]float64) [][]float64 {
			opposite := make([]float64, n)
			for i, m := range p[0] {
				opposite[i] = -m
			}
			return append(sphereData(n)[6:], p[0], opposite)
		},
		entropy: func(p [][]float64) float64 {
			return -vmfNorm(n, p[1][0]) - p[1][0]*besselRatio(float64(n)/2, p[1][0])
		},
		mean: func(p [][]float64) (out []float64) {
			for _, m := range p[0] {
				out = append(out, m*besselRatio(float64(n)/2, p[1][0]))
			}
			return out
		},
		cov: func(p [][]float64, i, j int) float64 { // Mardia & Jupp 2000, section 9.3.2
			a, kappa := besselRatio(float64(n)/2, p[1][0]), p[1][0]
			v := (1 - float64(n)*a/kappa - a*a) * p[0][i] * p[0][j]
			if i == j {
				v += a / kappa
			}
			return v
		},
		stats: []statistic{{"cosine", cosine, cosineCDF(n)}},
	}
	if n > 2 {
		v.stats = append(v.stats, statistic{"direction", sideways, func(z float64, _ [][]float64) float64 {
			return distuv.Beta{Alpha: half, Beta: half}.CDF(z)
		}})
	}
	return v
}

func init() {
	addVectors(vonMisesFisher(2), vonMisesFisher(3), vonMisesFisher(6))
	for _, n := range []int{2, 3, 6} {
		klVectors = append(klVectors, vectorPair{"VonMisesFisher ‖ UniformSphere", vonMisesFisher(n), uniformSphere(n), func(q, _ [][]float64) float64 {
			kappa := q[1][0]
			return kappa*besselRatio(float64(n)/2, kappa) + vmfNorm(n, kappa) + logArea(float64(n))
		}})
	}
	for _, n := range []int{2, 3, 6} {
		klVectors = append(klVectors, vectorPair{"VonMisesFisher ‖ VonMisesFisher", vonMisesFisher(n), vonMisesFisher(n), func(q, p [][]float64) float64 {
			kappa, a := q[1][0], besselRatio(float64(n)/2, q[1][0])
			return vmfNorm(n, kappa) - vmfNorm(n, p[1][0]) + a*(kappa-p[1][0]*cosine(q[0], p))
		}})
	}
	elsewhere = append(elsewhere, "VonMisesFisher ‖ UniformSphere", "VonMisesFisher ‖ VonMisesFisher")
}

// TestVonMisesFisherTable compares with mpmath, on both sides of the switch to series.
func TestVonMisesFisherTable(t *testing.T) {
	raw, err := os.ReadFile("testdata/vmf.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]float64
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		n, kappa := int(row[0]), row[1]
		out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			axis := make([]float64, n)
			axis[0] = 1
			loc := constOf(s, axis...)
			d := dist.VonMisesFisher{Loc: loc, Concentration: g.Scalar(s.Graph(), dtypes.Float64, kappa)}
			cosines := g.ExpandAxes(constOf(s, -1, -.3, .5, 1), -1)
			return []*g.Node{d.LogProb(g.Mul(cosines, g.ExpandAxes(loc, 0))), d.Mean(), d.Entropy()}
		})
		got := append(append(out[0], out[1][0]), out[2][0])
		for i, want := range row[2:] {
			tol := 1e-12
			if math.Abs(want) > 50 {
				tol = 1e-9
			}
			tk.Close(t, fmt.Sprint("n = ", n, ", κ = ", kappa, ", figure ", i), got[i], want, tol)
		}
	}
}

// TestVonMisesFisherWithoutConcentration is uniform, and its derivatives are finite.
func TestVonMisesFisherWithoutConcentration(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
		kappa := s.Param("kappa", model.Constant(0), 2)
		d := dist.VonMisesFisher{Loc: constOf(s, 1, 0, 0, 0), Concentration: kappa}
		x := d.Rsample(s, "x", 5)
		all := g.Add(g.ReduceAllSum(d.LogProb(x)), g.Add(g.ReduceAllSum(d.Entropy()), g.ReduceAllSum(x)))
		return []*g.Node{d.LogProb(x), d.Entropy(), d.Variance(), g.Gradient(all, kappa)[0]}
	})
	tk.Close(t, "ln p", out[0][0], -logArea(4), 1e-14)
	tk.Close(t, "entropy", out[1][1], logArea(4), 1e-14)
	tk.Close(t, "variance", out[2][0], .25, 1e-14)
	if v := out[3][0] + out[3][1]; math.IsNaN(v) || math.IsInf(v, 0) {
		t.Errorf("derivative at κ = 0: got %v, want a number", v)
	}
}

// TestVonMisesFisherIsNormalised integrates the graph's own density over the circle and the sphere.
func TestVonMisesFisherIsNormalised(t *testing.T) {
	var two, w2, three, w3 []float64
	for i := range 400 { // the rule of rectangles is exact for periodic functions of low frequency
		s, c := math.Sincos(2 * math.Pi * float64(i) / 400)
		two, w2 = append(two, c, s), append(w2, 2*math.Pi/400)
	}
	zs, wz := nodesOn(60, -1, 1)
	for i, z := range zs {
		for k := range 60 {
			s, c := math.Sincos(2 * math.Pi * float64(k) / 60)
			r := math.Sqrt(1 - z*z)
			three, w3 = append(three, r*c, r*s, z), append(w3, wz[i]*2*math.Pi/60)
		}
	}
	for _, kappa := range []float64{.01, .5, 3, 20} {
		of := func(mu ...float64) func(s *model.Scope) dist.Distribution {
			return func(s *model.Scope) dist.Distribution {
				return dist.VonMisesFisher{Loc: constOf(s, mu...), Concentration: g.Scalar(s.Graph(), dtypes.Float64, kappa)}
			}
		}
		tk.Close(t, fmt.Sprint("total on the circle, κ = ", kappa), integral(t, of(.6, -.8), two, w2, 2), 1, 1e-11)
		tk.Close(t, fmt.Sprint("total on the sphere, κ = ", kappa), integral(t, of(.48, -.6, .64), three, w3, 3), 1, 1e-11)
	}
}
