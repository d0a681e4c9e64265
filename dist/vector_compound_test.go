package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
)

// mixed are the weights, means and deviations of a mixture's components in one dimension.
func mixed(p [][]float64, dims, i int) (w, m, s []float64) {
	total := 0.
	for _, l := range p[0] {
		total += math.Exp(l)
	}
	for k, l := range p[0] {
		w = append(w, math.Exp(l)/total)
		m = append(m, p[1][k*dims+i])
		s = append(s, math.Exp(p[2][k*dims+i]))
	}
	return w, m, s
}

// mixtureVector is a mixture of three products of normals.
func mixtureVector(name string, dims int, event []int) vector {
	shape := append([]int{3}, event...)
	first := func(v ...float64) []float64 { return v[:3*dims] }
	moment := func(p [][]float64, f func(k int) float64) (sum float64) {
		w, _, _ := mixed(p, dims, 0)
		for k := range w {
			sum += w[k] * f(k)
		}
		return sum
	}
	mean := func(p [][]float64, i int) float64 {
		_, m, _ := mixed(p, dims, i)
		return moment(p, func(k int) float64 { return m[k] })
	}
	v := vector{
		name: name, typ: "Mixture", event: event, noPath: true,
		params: []param{{"Logits", []int{3}}, {"Loc", shape}, {"LogScale", shape}},
		cases: [][][]float64{
			{{0, 0, 0}, first(-1, 2, 0, 1, 3, -2), first(0, 0, 0, 0, 0, 0)},
			{{1, -2, .5}, first(4, -3, .1, 1, 0, 2), first(-.7, .3, -1, 0, .6, -.2)},
		},
		logProb: func(x []float64, p [][]float64) float64 {
			logs, most := make([]float64, 3), math.Inf(-1)
			w, _, _ := mixed(p, dims, 0)
			for k := range logs {
				logs[k] = math.Log(w[k])
				for i := range dims {
					_, m, s := mixed(p, dims, i)
					z := (x[i] - m[k]) / s[k]
					logs[k] -= z*z/2 + math.Log(s[k]*math.Sqrt(2*math.Pi))
				}
				most = math.Max(most, logs[k])
			}
			sum := 0.
			for _, l := range logs {
				sum += math.Exp(l - most)
			}
			return most + math.Log(sum)
		},
		points: func([][]float64) (out [][]float64) {
			for k := range 12 {
				step := []float64{0, .3, 1, 2, 3, 5, 8, 12, 30, 60, 120, 500}[k]
				out = append(out, []float64{step * math.Sin(float64(k+1)), step * math.Cos(float64(k+1))}[:dims])
			}
			return out
		},
		mean: func(p [][]float64) (out []float64) {
			for i := range dims {
				out = append(out, mean(p, i))
			}
			return out
		},
		cov: func(p [][]float64, i, j int) float64 {
			_, mi, si := mixed(p, dims, i)
			_, mj, _ := mixed(p, dims, j)
			return moment(p, func(k int) float64 {
				v := (mi[k] - mean(p, i)) * (mj[k] - mean(p, j))
				if i == j {
					v += si[k] * si[k]
				}
				return v
			})
		},
	}
	for i := range dims {
		v.stats = append(v.stats, statistic{"element", func(x []float64, _ [][]float64) float64 { return x[i] }, func(x float64, p [][]float64) float64 {
			_, m, s := mixed(p, dims, i)
			return moment(p, func(k int) float64 { return distuv.Normal{Mu: m[k], Sigma: s[k]}.CDF(x) })
		}})
	}
	return v
}

// exponential is y = eˣ for numbers.
type exponential struct{}

func (exponential) Forward(x *g.Node) (y, logDet *g.Node) { return g.Exp(x), x }
func (exponential) Inverse(y *g.Node) (x, logDet *g.Node) {
	x = g.Log(y)
	return x, g.Neg(x)
}

// shear is y = (e^½ x₀, x₁ + x₀²) for vectors of two numbers, of which ln|det| = ½.
type shear struct{}

func pair(x *g.Node) (a, b *g.Node) {
	return g.SliceAxis(x, -1, g.AxisRange(0, 1)), g.SliceAxis(x, -1, g.AxisRange(1, 2))
}

func (shear) Forward(x *g.Node) (y, logDet *g.Node) {
	a, b := pair(x)
	y = g.Concatenate([]*g.Node{g.MulScalar(a, math.Exp(.5)), g.Add(b, g.Square(a))}, -1)
	return y, g.AddScalar(g.ReduceSum(g.ZerosLike(x), -1), .5)
}

func (shear) Inverse(y *g.Node) (x, logDet *g.Node) {
	a, b := pair(y)
	a = g.MulScalar(a, math.Exp(-.5))
	return g.Concatenate([]*g.Node{a, g.Sub(b, g.Square(a))}, -1), g.AddScalar(g.ReduceSum(g.ZerosLike(y), -1), -.5)
}

// transformedVector is a transformed product of two normals, by the inverse of the map.
func transformedVector(name string, d func(n dist.Normal) dist.Distribution, inverse func(y []float64) (x []float64, logDet float64), points [][]float64) vector {
	v := vector{
		name: name, typ: "Transformed", event: []int{2}, params: []param{{"Loc", []int{2}}, {"LogScale", []int{2}}},
		cases: [][][]float64{{{0, 0}, {0, 0}}, {{1, -.5}, {.3, -.7}}, {{-2, .4}, {-1, -.4}}},
		make:  func(p []*g.Node) dist.Distribution { return d(dist.Normal{Loc: p[0], LogScale: p[1]}) },
		logProb: func(y []float64, p [][]float64) float64 {
			x, logDet := inverse(y)
			for i := range x {
				z := (x[i] - p[0][i]) / math.Exp(p[1][i])
				logDet -= z*z/2 + p[1][i] + .5*math.Log(2*math.Pi)
			}
			return logDet
		},
		points: func([][]float64) [][]float64 { return points },
	}
	for i := range 2 {
		v.stats = append(v.stats, statistic{"element undone", func(y []float64, p [][]float64) float64 {
			x, _ := inverse(y)
			return (x[i] - p[0][i]) / math.Exp(p[1][i])
		}, func(z float64, _ [][]float64) float64 { return distuv.UnitNormal.CDF(z) }})
	}
	return v
}

func init() {
	two := mixtureVector("Mixture of vectors", 2, []int{2})
	two.make = func(p []*g.Node) dist.Distribution {
		return dist.Mixture{Logits: p[0], Components: dist.NewIndependent(dist.Normal{Loc: p[1], LogScale: p[2]}, 1)}
	}
	one := mixtureVector("Mixture of numbers", 1, nil)
	one.make = func(p []*g.Node) dist.Distribution {
		return dist.Mixture{Logits: p[0], Components: dist.Normal{Loc: p[1], LogScale: p[2]}}
	}
	logNormal := transformedVector("Transformed by eˣ", func(n dist.Normal) dist.Distribution {
		return dist.NewTransformed(dist.NewIndependent(n, 1), exponential{}, dist.Support{Set: dist.Positive})
	}, func(y []float64) ([]float64, float64) {
		x := []float64{math.Log(y[0]), math.Log(y[1])}
		return x, -x[0] - x[1]
	}, [][]float64{{1, 1}, {.3, 2}, {4, .1}, {1e-3, 5}, {20, 30}, {1e-12, 1}, {1e9, 1e-9}})
	sheared := transformedVector("Transformed by a shear", func(n dist.Normal) dist.Distribution {
		return dist.NewTransformed(n, shear{}, dist.Support{Set: dist.Vector})
	}, func(y []float64) ([]float64, float64) {
		a := y[0] * math.Exp(-.5)
		return []float64{a, y[1] - a*a}, -.5
	}, [][]float64{{0, 0}, {.3, 2}, {4, .1}, {-1, 5}, {-3, -2}, {1e2, 1}, {1e-5, -40}})
	addVectors(two, one, logNormal, sheared)
}
