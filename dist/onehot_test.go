package dist_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func init() {
	elsewhere = append(elsewhere, "OneHotCategorical", "Multinomial", "GumbelSoftmax", "Delta",
		"OneHotCategorical ‖ OneHotCategorical", "Multinomial ‖ Multinomial")
}

// countFamily is a distribution of vectors of counts, with p the logits.
type countFamily struct {
	name   string
	make   func(logits *g.Node) dist.Distribution
	trials int
	params [][]float64
	smooth [][]float64
}

func trialsOf(n float64) func(logits *g.Node) dist.Distribution {
	return func(l *g.Node) dist.Distribution {
		return dist.Multinomial{Trials: g.Scalar(l.Graph(), l.DType(), n), Logits: l}
	}
}

var (
	classRows  = [][]float64{{0, 0, 0}, {1, -2, .5}, {700, -700, 0}, {-700, -700, -699}, {-40, 0, 40}, {1e3, 1e3 + 1, 1e3 - 1}, {-9, 3, 3}}
	smoothRows = [][]float64{{0, 0, 0}, {1, -2, .5}, {-.3, .2, .1}, {2, 1.5, -1}, {101, 99, 100}}
)

var countFamilies = []countFamily{
	{"OneHotCategorical", func(l *g.Node) dist.Distribution { return dist.OneHotCategorical{Logits: l} }, 1, classRows, smoothRows},
	{"GumbelSoftmax", func(l *g.Node) dist.Distribution {
		return dist.GumbelSoftmax{Logits: l, Temperature: g.Scalar(l.Graph(), l.DType(), .5), Hard: true}
	}, 1, classRows, smoothRows},
	{"Multinomial of 1", trialsOf(1), 1, classRows, smoothRows},
	{"Multinomial of 5", trialsOf(5), 5, classRows, smoothRows},
	{"Multinomial of 12", trialsOf(12), 12, classRows, smoothRows},
}

// outcomes lists the vectors of three counts that sum to n.
func outcomes(n int) [][]float64 {
	var out [][]float64
	for a := n; a >= 0; a-- {
		for b := n - a; b >= 0; b-- {
			out = append(out, []float64{float64(a), float64(b), float64(n - a - b)})
		}
	}
	return out
}

// logProb is ln n!/Π x! + Σ x ln p, by products.
func (f countFamily) logProb(x, logits []float64) float64 {
	sum, norm, n := 0., logSumExp(logits), 0.
	for c, k := range x {
		for i := 1.; i <= k; i++ {
			n++
			sum += math.Log(n/i) + logits[c] - norm
		}
	}
	return sum
}

// expect is E[h(x)] by enumeration.
func (f countFamily) expect(p []float64, h func(x []float64) float64) float64 {
	sum := 0.
	for _, x := range outcomes(f.trials) {
		if lp := f.logProb(x, p); lp > -700 {
			sum += math.Exp(lp) * h(x)
		}
	}
	return sum
}

// table evaluates fn at every outcome beside every row of parameters.
func (f countFamily) table(t *testing.T, rows, outs [][]float64, fn func(d dist.Distribution, x *g.Node) *g.Node) []float64 {
	t.Helper()
	var xs, ps []float64
	for _, p := range rows {
		for _, x := range outs {
			xs, ps = append(xs, x...), append(ps, p...)
		}
	}
	n := len(rows) * len(outs)
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.Neg(g.Neg(fn(f.make(in[1]), in[0])))}
	}, tk.Matrix(xs, n, 3), tk.Matrix(ps, n, 3))[0]
}

func TestCountVectorsFollowTheFormula(t *testing.T) {
	for _, f := range countFamilies {
		outs := outcomes(f.trials)
		got := f.table(t, f.params, outs, logProbOf)
		if len(got) < 20 {
			t.Errorf("%s: got %d points, want at least 20", f.name, len(got))
		}
		for i, v := range got {
			p, x := f.params[i/len(outs)], outs[i%len(outs)]
			want := f.logProb(x, p)
			tol := 1e-12
			if math.Abs(want) > 50 {
				tol = 1e-9
			}
			tk.Close(t, fmt.Sprint(f.name, p, " ln P", x), v, want, tol)
		}
	}
}

func TestCountVectorsOutsideTheSupport(t *testing.T) {
	for _, f := range countFamilies {
		n := float64(f.trials)
		outs := [][]float64{{n, 1, 0}, {0, 0, 0}, {n + 1, -1, 0}, {n - .5, .5, 0}, {n / 3, n / 3, n / 3}}
		if f.trials%3 == 0 {
			outs = outs[:4]
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y := f.make(in[1]).LogProb(in[0])
			return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
		}, matrix(outs), tk.Matrix([]float64{.3, -1, 700}, 1, 3))
		for i, v := range out[0] {
			if !math.IsInf(v, -1) {
				t.Errorf("%s: ln P(%v): got %v, want −∞", f.name, outs[i], v)
			}
		}
		for _, d := range append(out[1], out[2]...) {
			if math.IsNaN(d) {
				t.Errorf("%s: derivatives outside the support: got %v, %v", f.name, out[1], out[2])
				break
			}
		}
	}
}

// matrix is rows as a tensor.
func matrix(rows [][]float64) *tensors.Tensor {
	var flat []float64
	for _, r := range rows {
		flat = append(flat, r...)
	}
	return tk.Matrix(flat, len(rows), len(rows[0]))
}

func TestCountVectorsGradients(t *testing.T) {
	for _, f := range countFamilies {
		outs := outcomes(f.trials)
		for name, of := range map[string]func(d dist.Distribution, x *g.Node) *g.Node{
			"LogProb": logProbOf, "Mean": meanOf, "Variance": varianceOf,
			"Entropy": func(d dist.Distribution, x *g.Node) *g.Node {
				if e, ok := d.(dist.Entropic); ok {
					return e.Entropy()
				}
				return d.LogProb(x)
			},
			"KL": func(d dist.Distribution, x *g.Node) *g.Node {
				other := f.make(g.ConvertDType(g.Const(x.Graph(), []float64{.4, -1, .3}), x.DType()))
				if kl, ok := dist.KL(d, other); ok {
					return g.Add(kl, dist.MustKL(other, d))
				}
				return d.LogProb(x)
			},
		} {
			d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, in []*g.Node) []*g.Node {
				l := s.Param("l", flatInit(f.smooth), len(f.smooth), 3)
				y := of(f.make(l), in[0])
				return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
			}, matrix([][]float64{outs[0], outs[1], outs[len(outs)/2], outs[len(outs)-1], outs[1]}))
			if t.Failed() {
				t.Fatalf("%s.%s: %v", f.name, name, d)
			}
		}
	}
}

// flatInit initialises a parameter with rows.
func flatInit(rows [][]float64) model.Init {
	return func(_ key, dims []int) []float64 {
		var flat []float64
		for _, r := range rows {
			flat = append(flat, r...)
		}
		return flat
	}
}

// draws samples n vectors for each of the smooth rows.
func (f countFamily) draws(t *testing.T, n int, seed uint64) [][][]float64 {
	t.Helper()
	flat := tk.Graph(t, seed, func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{f.make(in[0]).Sample(s, "x", n)}
	}, matrix(f.smooth))[0]
	out := make([][][]float64, len(f.smooth))
	for i := 0; i < len(flat); i += 3 {
		row := i / 3 % len(out)
		out[row] = append(out[row], flat[i:i+3])
	}
	return out
}

// TestCountVectorsDraws fails on a right sampler with probability 1e-5 a case. Vectors of small
// probability share a cell.
func TestCountVectorsDraws(t *testing.T) {
	for _, f := range countFamilies {
		draws := f.draws(t, 6000, 20)
		for i, p := range f.smooth {
			cell, probs := map[[3]float64]int{}, []float64{0}
			for _, x := range outcomes(f.trials) {
				if mass := math.Exp(f.logProb(x, p)); mass < 2e-3 {
					cell[[3]float64(x)], probs[0] = 0, probs[0]+mass
				} else {
					cell[[3]float64(x)], probs = len(probs), append(probs, mass)
				}
			}
			counts := make([]int, len(probs))
			for _, x := range draws[i] {
				k, ok := cell[[3]float64(x)]
				if !ok {
					t.Fatalf("%s: draw: got %v, want counts that sum to %d", f.name, x, f.trials)
				}
				counts[k]++
			}
			if probs[0] < 2e-3 { // too rare for a cell
				probs[1], counts[1] = probs[1]+probs[0], counts[1]+counts[0]
				probs, counts = probs[1:], counts[1:]
			}
			tk.FitsCounts(t, fmt.Sprint(f.name, p), counts, probs)
		}
	}
}

// TestCountVectorsMoments holds mean, variance and entropy to enumeration.
func TestCountVectorsMoments(t *testing.T) {
	for _, f := range countFamilies {
		one := outcomes(f.trials)[:1]
		means, variances := f.table(t, f.smooth, one, meanOf), f.table(t, f.smooth, one, varianceOf)
		for i, p := range f.smooth {
			for c := range 3 {
				mean := f.expect(p, func(x []float64) float64 { return x[c] })
				tk.Close(t, f.name+" mean", means[3*i+c], mean, 1e-12)
				tk.Close(t, f.name+" variance", variances[3*i+c], f.expect(p, func(x []float64) float64 { return (x[c] - mean) * (x[c] - mean) }), 1e-12)
			}
		}
		if f.name == "OneHotCategorical" {
			for i, v := range f.table(t, f.smooth, one, entropyOf) {
				tk.Close(t, f.name+" entropy", v, f.expect(f.smooth[i], func(x []float64) float64 { return -f.logProb(x, f.smooth[i]) }), 1e-12)
			}
		}
	}
}

// TestCountVectorsKL holds divergences to enumeration and to draws, which fail with probability
// 6e-5 a case.
func TestCountVectorsKL(t *testing.T) {
	for _, f := range countFamilies {
		if f.name == "GumbelSoftmax" {
			continue
		}
		draws := f.draws(t, 4000, 60)
		for i, q := range f.smooth {
			p := f.smooth[(i+2)%len(f.smooth)]
			got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{dist.MustKL(f.make(in[0]), f.make(in[1])), dist.MustKL(f.make(in[0]), f.make(in[0]))}
			}, tk.Vector(q...), tk.Vector(p...))
			ratio := func(x []float64) float64 { return f.logProb(x, q) - f.logProb(x, p) }
			tk.Close(t, f.name+" KL", got[0][0], f.expect(q, ratio), 1e-12)
			if got[1][0] != 0 {
				t.Errorf("%s: KL(q ‖ q): got %v, want 0", f.name, got[1][0])
			}
			var ratios []float64
			for _, x := range draws[i] {
				ratios = append(ratios, ratio(x))
			}
			tk.MeanWithin(t, f.name+" KL", ratios, got[0][0], 4)
		}
	}
}
