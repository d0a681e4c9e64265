package dist_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// sampled draws n numbers for each row of parameters, in a type.
func sampled(t *testing.T, dtype dtypes.DType, n int, rows [][]float64, make func(p []*g.Node) dist.Distribution) [][]float64 {
	t.Helper()
	p := model.NewProgram(tk.Params(t, dtype), "draws", func(s *model.Scope, in []*g.Node) []*g.Node {
		var typed []*g.Node
		for _, x := range in {
			typed = append(typed, g.ConvertDType(x, dtype))
		}
		return []*g.Node{make(typed).Sample(s, "x", n)}
	})
	flat := tk.Values(t, p, rng.New(31), columns(rows)...)[0]
	out := [][]float64{}
	for i := range rows {
		var xs []float64
		for j := i; j < len(flat); j += len(rows) {
			xs = append(xs, flat[j])
		}
		out = append(out, xs)
	}
	return out
}

// number is a scalar in the model's type.
func number(s *model.Scope, v float64) *g.Node { return g.Scalar(s.Graph(), s.DType(), v) }

// fitsMass compares draws with probabilities of the whole numbers lo … hi, gathered in cells
// that expect 1/cells of the draws; what lies beyond belongs to the end cells.
func fitsMass(t *testing.T, name string, xs []float64, lo, hi float64, cells int, mass func(k float64) float64) {
	t.Helper()
	var bounds, probs []float64
	sum := 0.
	for k := lo; k <= hi; k++ {
		if sum += mass(k); sum >= 1/float64(cells) {
			bounds, probs, sum = append(bounds, k), append(probs, sum), 0
		}
	}
	total := sum
	for _, p := range probs {
		total += p
	}
	tk.Close(t, name+" total", total, 1, 1e-6)
	probs[len(probs)-1] += sum
	counts := make([]int, len(probs))
	for _, x := range xs {
		if x != math.Floor(x) || x < 0 {
			t.Fatalf("%s: draw: got %v, want a whole number", name, x)
		}
		k, _ := slices.BinarySearch(bounds, x)
		counts[min(k, len(counts)-1)]++
	}
	tk.FitsCounts(t, name, counts, probs)
}

// rounded are parameters as they are in a type.
func rounded(dtype dtypes.DType, x float64) float64 {
	if dtype == dtypes.Float32 {
		return float64(float32(x))
	}
	return x
}

// TestPoissonDrawsOfAnyRate fails on a right sampler with probability 1e-5 a case: both sides
// of the switch from inversion to rejection, with cells down to a hundredth of the mass, and
// rates up to 1e7. Above 1e5 float32 no longer has all the numbers.
func TestPoissonDrawsOfAnyRate(t *testing.T) {
	for dtype, rates := range map[dtypes.DType][]float64{
		dtypes.Float64: {.02, 1, 9.9999, 10, 11, 35, 400, 1e4, 1e7},
		dtypes.Float32: {.02, 1, 9.9999, 10.0001, 400, 1e4},
	} {
		var rows [][]float64
		for _, rate := range rates {
			rows = append(rows, []float64{rounded(dtype, math.Log(rate))})
		}
		draws := sampled(t, dtype, 20000, rows, poissonFamily.make)
		for i, rate := range rates {
			lo, hi := math.Floor(math.Max(0, rate-9*math.Sqrt(rate))), math.Ceil(rate+9*math.Sqrt(rate)+9)
			fitsMass(t, fmt.Sprint(dtype, " Poisson ", rate), draws[i], lo, hi, 100, func(k float64) float64 {
				return math.Exp(k*rows[i][0] - math.Exp(rows[i][0]) - logGamma(k+1))
			})
		}
	}
}

// TestBinomialDrawsOfAnySize fails on a right sampler with probability 1e-5 a case: few and
// many expected successes or failures, and means beside the switch at 10.
func TestBinomialDrawsOfAnySize(t *testing.T) {
	cases := []struct{ n, p float64 }{
		{1, .3}, {19, .5}, {20, .5}, {21, .5}, {33, .7}, {100, .0999}, {100, .1001}, {100, .92},
		{1e4, .3}, {1e6, 2e-6}, {1e6, 5e-5}, {1e6, .6}, {1e6, 1 - 3e-5},
	}
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		var rows [][]float64
		for _, c := range cases {
			rows = append(rows, []float64{c.n, rounded(dtype, math.Log(c.p)-math.Log1p(-c.p))})
		}
		draws := sampled(t, dtype, 20000, rows, tabled["Binomial"])
		for i, c := range cases {
			l := rows[i][1]
			mean, sd := c.n*c.p, math.Sqrt(c.n*c.p*(1-c.p))
			lo, hi := math.Floor(math.Max(0, mean-9*sd-9)), math.Min(c.n, math.Ceil(mean+9*sd+9))
			fitsMass(t, fmt.Sprint(dtype, " Binomial ", c), draws[i], lo, hi, 100, func(k float64) float64 {
				return math.Exp(logGamma(c.n+1) - logGamma(k+1) - logGamma(c.n-k+1) + k*l - c.n*softplus(l))
			})
		}
	}
}

// TestBinomialDrawsThatAreCertain: no trials, no successes, no failures.
func TestBinomialDrawsThatAreCertain(t *testing.T) {
	rows, want := [][]float64{{0, 0}, {0, 700}, {5, -700}, {5, 700}, {1e6, -700}, {1e6, 700}}, []float64{0, 0, 0, 5, 0, 1e6}
	for i, xs := range sampled(t, dtypes.Float64, 50, rows, tabled["Binomial"]) {
		for _, x := range xs {
			if x != want[i] {
				t.Fatalf("trials and log-odds %v: draw: got %v, want %v", rows[i], x, want[i])
			}
		}
	}
}

// TestCompoundDrawsOfAnyMean fails on a right sampler with probability 1e-5 a case.
func TestCompoundDrawsOfAnyMean(t *testing.T) {
	rows := [][]float64{{.3, .05}, {3, 1}, {300, 1e4}, {1000, 2.5}, {50, .7}, {4, 1e8}}
	draws := sampled(t, dtypes.Float64, 20000, rows, func(p []*g.Node) dist.Distribution {
		return dist.NegativeBinomial{LogMean: g.Log(p[0]), LogShape: g.Log(p[1])}
	})
	for i, c := range rows {
		mu, theta := c[0], c[1]
		top := math.Ceil(mu + 40*math.Sqrt(mu+mu*mu/theta))
		fitsMass(t, fmt.Sprint("NegativeBinomial ", c), draws[i], 0, top, 50, func(k float64) float64 {
			rise := logGamma(k+theta) - logGamma(theta)
			if theta > 1e6 { // to first order
				rise = k*math.Log(theta) + k*(k-1)/(2*theta)
			}
			return math.Exp(rise - logGamma(k+1) - theta*math.Log1p(mu/theta) - k*math.Log1p(theta/mu))
		})
	}
	rows = [][]float64{{30, .02, .05}, {500, 3, 4}, {500, 900, 100}, {2, 1e6, 1e6}}
	draws = sampled(t, dtypes.Float64, 20000, rows, tabled["BetaBinomial"])
	for i, c := range rows {
		n, a, b := c[0], c[1], c[2]
		beta := func(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }
		fitsMass(t, fmt.Sprint("BetaBinomial ", c), draws[i], 0, n, 50, func(k float64) float64 {
			return math.Exp(logGamma(n+1) - logGamma(k+1) - logGamma(n-k+1) + beta(k+a, n-k+b) - beta(a, b))
		})
	}
}

// TestCategoricalDrawsRareClasses: 2e6 draws hold classes of probability 1e-5 to their share; a
// right sampler fails with probability 1e-5.
func TestCategoricalDrawsRareClasses(t *testing.T) {
	probs := []float64{1e-5, .5, 3e-5, .3, .2 - 7e-5, 3e-5}
	row := make([]float64, len(probs))
	for i, p := range probs {
		row[i] = 5 + math.Log(p)
	}
	counts := make([]int, len(probs))
	for _, x := range sampled(t, dtypes.Float64, 2000000, [][]float64{row}, categoricalFamily.make)[0] {
		counts[int(x)]++
	}
	tk.FitsCounts(t, "Categorical", counts, probs)
}

// TestTrialsOfOtherShapes: trials broadcast against logits, in draws too.
func TestTrialsOfOtherShapes(t *testing.T) {
	out := tk.Graph(t, 3, func(s *model.Scope, in []*g.Node) []*g.Node {
		b := dist.Binomial{Trials: in[0], Logits: in[1]} // 3 and 2×1
		bb := dist.BetaBinomial{Trials: in[0], Alpha: g.Exp(in[1]), Beta: number(s, 2)}
		return []*g.Node{b.Sample(s, "b", 5), b.Mean(), b.LogProb(b.Sample(s, "c", 5)), bb.Sample(s, "bb", 5), bb.LogProb(bb.Sample(s, "bc", 5)), bb.Variance()}
	}, tk.Vector(0, 7, 2000), tk.Matrix([]float64{-1, 2}, 2, 1))
	for i, want := range []int{30, 6, 30, 30, 30, 6} {
		if len(out[i]) != want {
			t.Errorf("output %d: got %d values, want %d", i, len(out[i]), want)
		}
		for j, v := range out[i] {
			if math.IsInf(v, 0) || math.IsNaN(v) || (j%3 == 0 && i != 2 && i != 4 && v != 0) {
				t.Errorf("output %d: got %v, want finite numbers, 0 where there are no trials", i, out[i])
				break
			}
		}
	}
}

// TestFailuresBeforeIsTheCountOfSuccesses: P(x) = C(x + r − 1, x) pˣ (1 − p)^r.
func TestFailuresBeforeIsTheCountOfSuccesses(t *testing.T) {
	for _, r := range []float64{.7, 1, 5} {
		xs := []float64{0, 1, 2, 7, 40}
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			d := dist.FailuresBefore(number(s, r), number(s, .4))
			return []*g.Node{d.LogProb(in[0]), d.Mean()}
		}, tk.Vector(xs...))
		for i, x := range xs {
			want := logGamma(x+r) - logGamma(r) - logGamma(x+1) - x*softplus(-.4) - r*softplus(.4)
			tk.Close(t, fmt.Sprint("ln P(", x, ")"), out[0][i], want, 1e-12)
		}
		tk.Close(t, "mean", out[1][0], r*math.Exp(.4), 1e-14)
	}
}

// tableMountain walks over u and returns the largest p(k) G'(u)/s of Hörmann's (1993) hat,
// G(u) = (2a/(½ − |u|) + b)u + c, which must not exceed 1. The proposals accepted are then 1/s.
func tableMountain(a, b, c, s float64, logP func(k float64) float64) float64 {
	most := 0.
	for i := 1; i < 20000; i++ {
		u := float64(i)/20000 - .5
		edge := .5 - math.Abs(u)
		if k := math.Floor((2*a/edge+b)*u + c); k >= 0 {
			most = math.Max(most, math.Exp(logP(k))*(a/(edge*edge)+b)/s)
		}
	}
	return most
}

// TestRejectionIsExactAndEnds: the hats lie above the probabilities, and none of 18 proposals is
// accepted with probability below 1e-9.
func TestRejectionIsExactAndEnds(t *testing.T) {
	least := 1.
	check := func(name string, a, b, c, s float64, logP func(k float64) float64) {
		if most := tableMountain(a, b, c, s, logP); most > 1 {
			t.Errorf("%s: the hat is %v of the probability", name, 1/most)
		}
		least = math.Min(least, 1/s)
	}
	for _, rate := range []float64{10, 10.5, 11, 12.9, 15, 15.7, 20, 33.3, 60, 200, 1e3, 1e5} {
		b := .931 + 2.53*math.Sqrt(rate)
		check(fmt.Sprint("rate ", rate), -.059+.02483*b, b, rate+.43, 1.01*(1.1239+1.1328/(b-3.4)), func(k float64) float64 {
			return k*math.Log(rate) - rate - logGamma(k+1)
		})
	}
	for _, n := range []float64{20, 21, 25, 40, 100, 1000, 1e5} {
		for _, p := range []float64{10 / n, 10.7 / n, 15 / n, .1, .3, .45, .5} {
			if n*p < 10 || p > .5 {
				continue
			}
			logP := func(k float64) float64 {
				if k > n {
					return math.Inf(-1)
				}
				return logGamma(n+1) - logGamma(k+1) - logGamma(n-k+1) + k*math.Log(p) + (n-k)*math.Log1p(-p)
			}
			sd := math.Sqrt(n * p * (1 - p))
			b := 1.15 + 2.53*sd
			scale := (2.83 + 5.1/b) * sd * math.Exp(logP(math.Floor((n+1)*p)))
			check(fmt.Sprint(n, " trials of ", p), -.0873+.0248*b+.01*p, b, n*p+.5, scale, logP)
		}
	}
	if never := math.Pow(1-least, 18); !(never < 1e-9) {
		t.Errorf("proposals accepted: got %v at the least, none of 18 with probability %v, want below 1e-9", least, never)
	}
	t.Logf("proposals accepted: %.4f at the least", least)
}
