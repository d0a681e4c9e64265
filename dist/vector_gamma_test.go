package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
)

func lnGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// digamma is ψ(x) by its recurrence and, from 20 on, its asymptotic series, whose first term left
// out is below 1e-18 there.
func digamma(x float64) float64 {
	sum := 0.
	for ; x < 20; x++ {
		sum -= 1 / x
	}
	w := 1 / (x * x)
	series := w * (1./12 - w*(1./120-w*(1./252-w*(1./240-w*(1./132-w*691./32760)))))
	return sum + math.Log(x) - .5/x - series
}

// logMultiGamma is ln Γₙ(x).
func logMultiGamma(x float64, n int) float64 {
	sum := float64(n*(n-1)) / 4 * math.Log(math.Pi)
	for j := range n {
		sum += lnGamma(x - float64(j)/2)
	}
	return sum
}

// multiDigamma is its derivative.
func multiDigamma(x float64, n int) (sum float64) {
	for j := range n {
		sum += digamma(x - float64(j)/2)
	}
	return sum
}

// logBeta is ln of the normaliser of a Dirichlet distribution.
func logBeta(a []float64) float64 {
	sum, total := 0., 0.
	for _, v := range a {
		sum, total = sum+lnGamma(v), total+v
	}
	return sum - lnGamma(total)
}

func dirichletKL(a, b []float64) float64 {
	sum, total := logBeta(b)-logBeta(a), 0.
	for _, v := range a {
		total += v
	}
	for i := range a {
		sum += (a[i] - b[i]) * (digamma(a[i]) - digamma(total))
	}
	return sum
}

var dirichlet = vector{
	name: "Dirichlet", params: []param{{"Concentration", []int{4}}}, event: []int{4}, accept: true,
	cases: [][][]float64{{{1.5, .8, 2, 3}}, {{.4, .3, .6, .2}}, {{30, 12, 7, 55}}},
	make:  func(p []*g.Node) dist.Distribution { return dist.Dirichlet{Concentration: p[0]} },
	logProb: func(x []float64, p [][]float64) float64 {
		sum := -logBeta(p[0])
		for i, v := range x {
			sum += (p[0][i] - 1) * math.Log(v)
		}
		return sum
	},
	points: func([][]float64) [][]float64 {
		return [][]float64{
			{.25, .25, .25, .25}, {.1, .2, .3, .4}, {.7, .1, .1, .1}, {.01, .01, .97, .01}, {.5, .4999, 1e-4, 9e-1 - .8},
			{1e-8, .3, .3, .4 - 1e-8}, {1e-30, 1e-20, .5, .5}, {.2, 1e-100, .3, .5},
		}
	},
	entropy: func(p [][]float64) float64 {
		ones := []float64{1, 1, 1, 1} // whose density is 3!
		return math.Log(1./6) - dirichletKL(p[0], ones)
	},
	mean: func(p [][]float64) []float64 {
		out, total := make([]float64, 4), 0.
		for _, v := range p[0] {
			total += v
		}
		for i, v := range p[0] {
			out[i] = v / total
		}
		return out
	},
	cov: func(p [][]float64, i, j int) float64 {
		total := p[0][0] + p[0][1] + p[0][2] + p[0][3]
		v := -p[0][i] * p[0][j]
		if i == j {
			v += p[0][i] * total
		}
		return v / (total * total * (total + 1))
	},
	stats: []statistic{
		{"first element", func(x []float64, _ [][]float64) float64 { return x[0] }, func(v float64, p [][]float64) float64 {
			return distuv.Beta{Alpha: p[0][0], Beta: p[0][1] + p[0][2] + p[0][3]}.CDF(v)
		}},
		{"last element", func(x []float64, _ [][]float64) float64 { return x[3] }, func(v float64, p [][]float64) float64 {
			return distuv.Beta{Alpha: p[0][3], Beta: p[0][0] + p[0][1] + p[0][2]}.CDF(v)
		}},
		{"share of the second in two", func(x []float64, _ [][]float64) float64 { return x[1] / (x[1] + x[2]) }, func(v float64, p [][]float64) float64 {
			return distuv.Beta{Alpha: p[0][1], Beta: p[0][2]}.CDF(v)
		}},
	},
}

// gammaKL is KL(Gamma(a, b) ‖ Gamma(c, d)).
func gammaKL(a, b, c, d float64) float64 {
	return (a-c)*digamma(a) - lnGamma(a) + lnGamma(c) + c*math.Log(b/d) + a*(d/b-1)
}

func normalGammaKL(q, p [][]float64) float64 {
	m, l, a, b := q[0][0], q[1][0], q[2][0], q[3][0]
	k, n, c, d := p[0][0], p[1][0], p[2][0], p[3][0]
	return .5*(n/l-1-math.Log(n/l)+n*(m-k)*(m-k)*a/b) + gammaKL(a, b, c, d)
}

var normalGamma = vector{
	name: "NormalGamma", event: []int{2}, accept: true,
	params: []param{{"Loc", nil}, {"Count", nil}, {"Concentration", nil}, {"Rate", nil}},
	cases:  [][][]float64{{{0}, {1}, {3}, {1}}, {{-2}, {.3}, {6.5}, {4}}, {{5}, {20}, {12}, {.3}}},
	make: func(p []*g.Node) dist.Distribution {
		return dist.NormalGamma{Loc: p[0], Count: p[1], Concentration: p[2], Rate: p[3]}
	},
	logProb: func(x []float64, p [][]float64) float64 {
		m, l, a, b := p[0][0], p[1][0], p[2][0], p[3][0]
		z := (x[0] - m) * math.Sqrt(l*x[1])
		return .5*math.Log(l*x[1]/(2*math.Pi)) - z*z/2 + a*math.Log(b) - lnGamma(a) + (a-1)*math.Log(x[1]) - b*x[1]
	},
	points: func(p [][]float64) [][]float64 {
		var out [][]float64
		for _, z := range []float64{.1, -30, -2, 4} {
			for _, t := range []float64{1, .3, 4, 1e-6, 40} {
				out = append(out, []float64{p[0][0] + z, t * p[2][0] / p[3][0]})
			}
		}
		return out
	},
	entropy: func(p [][]float64) float64 {
		l, a, b := p[1][0], p[2][0], p[3][0]
		meanLog := digamma(a) - math.Log(b)
		return .5*(1+math.Log(2*math.Pi/l)-meanLog) + a - math.Log(b) + lnGamma(a) + (1-a)*digamma(a)
	},
	mean: func(p [][]float64) []float64 { return []float64{p[0][0], p[2][0] / p[3][0]} },
	cov: func(p [][]float64, i, j int) float64 {
		switch {
		case i != j:
			return 0
		case i == 0:
			return p[3][0] / (p[1][0] * (p[2][0] - 1))
		}
		return p[2][0] / (p[3][0] * p[3][0])
	},
	stats: []statistic{
		{"precision", func(x []float64, _ [][]float64) float64 { return x[1] }, func(v float64, p [][]float64) float64 {
			return distuv.Gamma{Alpha: p[2][0], Beta: p[3][0]}.CDF(v)
		}},
		{"standardised mean", func(x []float64, p [][]float64) float64 {
			return (x[0] - p[0][0]) * math.Sqrt(p[1][0]*x[1])
		}, func(v float64, _ [][]float64) float64 { return distuv.UnitNormal.CDF(v) }},
		{"mean", func(x []float64, _ [][]float64) float64 { return x[0] }, func(v float64, p [][]float64) float64 {
			scale := math.Sqrt(p[3][0] / (p[1][0] * p[2][0]))
			return distuv.StudentsT{Mu: p[0][0], Sigma: scale, Nu: 2 * p[2][0]}.CDF(v)
		}},
	},
}

// wishartData are symmetric positive definite matrices, some near the edge.
func wishartData([][]float64) (out [][]float64) {
	for _, l := range [][]float64{
		{1, 0, 0, 0, 1, 0, 0, 0, 1}, {2, 0, 0, -1, .5, 0, .3, .2, 1.1}, {.3, 0, 0, .1, .4, 0, -.2, .5, .6}, {5, 0, 0, 2, 7, 0, -3, 1, 4},
		{1, 0, 0, .9, .1, 0, .9, .05, .1}, {.02, 0, 0, .01, .03, 0, -.02, 0, .01}, {30, 0, 0, 10, 20, 0, -9, 3, 12},
	} {
		out = append(out, gram(tri(l)).RawSymmetric().Data)
	}
	for _, x := range out {
		for i := range 3 {
			for j := range i {
				x[3*i+j] = x[3*j+i]
			}
		}
	}
	return out
}

func symmetric(x []float64) *mat.SymDense { return mat.NewSymDense(3, x) }

// traceOf is tr ab.
func traceOf(a, b *mat.SymDense) float64 {
	var m mat.Dense
	m.Mul(a, b)
	return mat.Trace(&m)
}

func wishartLogProb(x *mat.SymDense, nu float64, v dense) float64 {
	_, own := inverse(x)
	inv, logDet := v.inv, v.logDet
	return .5*(nu-4)*own - .5*traceOf(inv, x) - 1.5*nu*math.Ln2 - .5*nu*logDet - logMultiGamma(nu/2, 3)
}

func wishartEntropy(nu float64, v *mat.SymDense) float64 {
	_, logDet := inverse(v)
	return 2*logDet + 6*math.Ln2 + logMultiGamma(nu/2, 3) - .5*(nu-4)*multiDigamma(nu/2, 3) + 1.5*nu
}

func wishartKL(nu float64, v *mat.SymDense, kappa float64, u *mat.SymDense) float64 {
	inv, logU := inverse(u)
	_, logV := inverse(v)
	return .5*(nu-kappa)*multiDigamma(nu/2, 3) + .5*nu*(traceOf(inv, v)-3) + .5*kappa*(logU-logV) + logMultiGamma(kappa/2, 3) - logMultiGamma(nu/2, 3)
}

// chiSquared is the distribution function of a number with ν + k degrees of freedom.
func chiSquared(k float64) func(v float64, p [][]float64) float64 {
	return func(v float64, p [][]float64) float64 { return distuv.ChiSquared{K: p[0][0] + k}.CDF(v) }
}

// undoing returns the inverse of the Cholesky factor of a matrix.
func undoing(v *mat.SymDense) *mat.Dense {
	var c mat.Cholesky
	if !c.Factorize(v) {
		panic("not positive definite")
	}
	var l mat.TriDense
	c.LTo(&l)
	var inv mat.Dense
	if err := inv.Inverse(&l); err != nil {
		panic(err)
	}
	return &inv
}

// factor returns element i, i of Bartlett's factor, squared: that of TXTᵀ.
func factor(x *mat.SymDense, t *mat.Dense, i int) float64 {
	var w mat.Dense
	w.Product(t, x, t.T())
	s := mat.NewSymDense(3, nil)
	for i := range 3 {
		for j := range i + 1 {
			s.SetSym(i, j, (w.At(i, j)+w.At(j, i))/2)
		}
	}
	var c mat.Cholesky
	if !c.Factorize(s) {
		panic("not positive definite")
	}
	var l mat.TriDense
	c.LTo(&l)
	return l.At(i, i) * l.At(i, i)
}

var wishartCases = [][][]float64{
	{{6}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}, {{2.7}, {.7, 0, 0, -.4, 1.3, 0, .9, .2, .5}}, {{25.5}, {2, 0, 0, 1.1, .3, 0, -.6, .8, 1.7}},
}

func wishartVector() vector {
	known := once(func(p [][]float64) dense { return newDense(nil, gram(tri(p[1]))) })
	scale := func(p [][]float64) *mat.SymDense { return known(p).cov }
	v := vector{
		name: "Wishart", params: []param{{"DF", nil}, {"ScaleTril", []int{3, 3}}}, event: []int{3, 3}, accept: true, sym: true, cases: wishartCases,
		make: func(p []*g.Node) dist.Distribution { return dist.Wishart{DF: p[0], ScaleTril: p[1]} },
		logProb: func(x []float64, p [][]float64) float64 {
			return wishartLogProb(symmetric(x), p[0][0], known(p))
		},
		points:  wishartData,
		entropy: func(p [][]float64) float64 { return wishartEntropy(p[0][0], scale(p)) },
		mean: func(p [][]float64) (out []float64) {
			for i := range 9 {
				out = append(out, p[0][0]*scale(p).At(i/3, i%3))
			}
			return out
		},
		cov: func(p [][]float64, a, b int) float64 {
			v, i, j, k, l := scale(p), a/3, a%3, b/3, b%3
			return p[0][0] * (v.At(i, k)*v.At(j, l) + v.At(i, l)*v.At(j, k))
		},
	}
	undo := once(func(p [][]float64) *mat.Dense { return undoing(known(p).cov) })
	for i := range 3 {
		v.stats = append(v.stats, statistic{"Bartlett diagonal", func(x []float64, p [][]float64) float64 {
			return factor(symmetric(x), undo(p), i)
		}, chiSquared(-float64(i))})
	}
	v.stats = append(v.stats, statistic{"sum of all elements", func(x []float64, p [][]float64) float64 {
		one := mat.NewVecDense(3, []float64{1, 1, 1})
		return mat.Inner(one, symmetric(x), one) / mat.Inner(one, scale(p), one)
	}, chiSquared(0)})
	return v
}

func inverseWishartVector() vector {
	known := once(func(p [][]float64) dense {
		v, _ := inverse(gram(tri(p[1])))
		return newDense(nil, v)
	})
	scale := func(p [][]float64) *mat.SymDense { return known(p).inv } // Ψ, inverted twice
	v := vector{
		name: "InverseWishart", params: []param{{"DF", nil}, {"ScaleTril", []int{3, 3}}}, event: []int{3, 3}, accept: true, sym: true,
		cases: [][][]float64{{{16}, wishartCases[0][1]}, {{18.7}, wishartCases[1][1]}, {{35.5}, wishartCases[2][1]}},
		make:  func(p []*g.Node) dist.Distribution { return dist.InverseWishart{DF: p[0], ScaleTril: p[1]} },
		logProb: func(x []float64, p [][]float64) float64 { // of the inverse, with the volume |X|^−4
			w, logDet := inverse(symmetric(x))
			return wishartLogProb(w, p[0][0], known(p)) - 4*logDet
		},
		points: wishartData,
		entropy: func(p [][]float64) float64 {
			v, logDet := inverse(scale(p))
			return wishartEntropy(p[0][0], v) + 4*(logDet-multiDigamma(p[0][0]/2, 3)-3*math.Ln2)
		},
		mean: func(p [][]float64) (out []float64) {
			for i := range 9 {
				out = append(out, scale(p).At(i/3, i%3)/(p[0][0]-4))
			}
			return out
		},
		cov: func(p [][]float64, a, b int) float64 { // Press 1982, section 5.2
			v, e, i, j, k, l := scale(p), p[0][0]-4, a/3, a%3, b/3, b%3
			num := 2*v.At(i, j)*v.At(k, l) + e*(v.At(i, k)*v.At(j, l)+v.At(i, l)*v.At(k, j))
			return num / ((e + 1) * e * e * (e - 2))
		},
	}
	undo := once(func(p [][]float64) *mat.Dense { return undoing(known(p).cov) })
	for i := range 3 {
		v.stats = append(v.stats, statistic{"Bartlett diagonal of the inverse", func(x []float64, p [][]float64) float64 {
			w, _ := inverse(symmetric(x))
			return factor(w, undo(p), i)
		}, chiSquared(-float64(i))})
	}
	return v
}

func init() { addVectors(dirichlet, normalGamma, wishartVector(), inverseWishartVector()) }
