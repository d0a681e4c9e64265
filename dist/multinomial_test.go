package dist_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestMultinomialOfManyClasses: the marginal of each class is binomial, and every draw has all
// trials, whether the binary tree is full or not. A right sampler fails with probability 1e-5 a
// class.
func TestMultinomialOfManyClasses(t *testing.T) {
	for _, c := range []int{1, 2, 5, 8} {
		for _, n := range []float64{3, 90} {
			logits := make([]float64, c)
			for i := range logits {
				logits[i] = math.Sin(float64(3 * i))
			}
			flat := tk.Graph(t, uint64(c), func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{dist.Multinomial{Trials: number(s, n), Logits: in[0]}.Sample(s, "x", 4000)}
			}, tk.Vector(logits...))[0]
			columns := make([][]float64, c)
			for i := 0; i < len(flat); i += c {
				sum := 0.
				for k, v := range flat[i : i+c] {
					columns[k], sum = append(columns[k], v), sum+v
				}
				if sum != n {
					t.Fatalf("%d classes: counts %v, want %v in all", c, flat[i:i+c], n)
				}
			}
			for k, xs := range columns {
				if c == 1 {
					continue
				}
				p := math.Exp(logits[k] - logSumExp(logits))
				fitsMass(t, fmt.Sprint("class ", k, " of ", c), xs, 0, n, 20, func(x float64) float64 {
					return math.Exp(logGamma(n+1) - logGamma(x+1) - logGamma(n-x+1) + x*math.Log(p) + (n-x)*math.Log1p(-p))
				})
			}
		}
	}
}

// TestMultinomialIsAChainOfBinomials: ln P(x) is that of successive binomials, for trials up to
// 1e6 with a scalar for each row.
func TestMultinomialIsAChainOfBinomials(t *testing.T) {
	xs := [][]float64{{0, 0, 0, 0}, {3, 0, 1, 2}, {10, 11, 12, 13}, {0, 500, 1, 99}, {2e5, 3e5, 4e5, 1e5}}
	logits := []float64{.2, 1, -.5, -3}
	var trials []float64
	for _, x := range xs {
		trials = append(trials, x[0]+x[1]+x[2]+x[3])
	}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		d := dist.Multinomial{Trials: in[1], Logits: in[2]}
		sum := g.ZerosLike(in[1])
		left := in[1]
		for c := range 3 {
			x := g.Squeeze(g.SliceAxis(in[0], -1, g.AxisElem(c)), -1)
			first, rest := g.SliceAxis(in[2], -1, g.AxisElem(c)), g.SliceAxis(in[2], -1, g.AxisRange(c+1))
			odds := g.Sub(first, g.Log(g.ReduceSum(g.Exp(rest), -1)))
			sum = g.Add(sum, dist.Binomial{Trials: left, Logits: odds}.LogProb(x))
			left = g.Sub(left, x)
		}
		return []*g.Node{d.LogProb(in[0]), sum, d.Mean(), d.Sample(s, "x", 2), d.Variance()}
	}, matrix(xs), tk.Vector(trials...), tk.Vector(logits...))
	for i := range xs {
		tk.Close(t, fmt.Sprint("ln P", xs[i]), out[0][i], out[1][i], 1e-12)
	}
	for i, want := range []int{5, 5, 20, 40, 20} {
		if len(out[i]) != want {
			t.Errorf("output %d: got %d values, want %d", i, len(out[i]), want)
		}
	}
}
