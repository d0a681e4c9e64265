package dist_test

import (
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
)

// logArea is the logarithm of the area of the unit sphere in n dimensions.
func logArea(n float64) float64 { return math.Ln2 + n/2*math.Log(math.Pi) - lnGamma(n/2) }

// sphereData are unit vectors of n numbers.
func sphereData(n int) (out [][]float64) {
	for k := range 12 {
		x, norm := make([]float64, n), 0.
		for i := range x {
			x[i] = math.Sin(1 + 2.7*float64(k) + 1.3*float64(i*i))
			norm += x[i] * x[i]
		}
		for i := range x {
			x[i] /= math.Sqrt(norm)
		}
		out = append(out, x)
	}
	return out
}

func uniformSphere(n int) vector {
	half := float64(n-1) / 2
	v := vector{
		name: "UniformSphere", params: []param{{"Like", []int{n}}}, event: []int{n},
		cases:   slices.Repeat([][][]float64{{make([]float64, n)}}, 4),
		make:    func(p []*g.Node) dist.Distribution { return dist.UniformSphere{Like: p[0]} },
		logProb: func([]float64, [][]float64) float64 { return -logArea(float64(n)) },
		points:  func([][]float64) [][]float64 { return sphereData(n) },
		entropy: func([][]float64) float64 { return logArea(float64(n)) },
		mean:    func([][]float64) []float64 { return make([]float64, n) },
		cov: func(_ [][]float64, i, j int) float64 {
			if i == j {
				return 1 / float64(n)
			}
			return 0
		},
	}
	for i := range n {
		v.stats = append(v.stats, statistic{"element", func(x []float64, _ [][]float64) float64 { return (1 + x[i]) / 2 }, func(z float64, _ [][]float64) float64 {
			return distuv.Beta{Alpha: half, Beta: half}.CDF(z)
		}})
	}
	return v
}

// lkjNorm is the volume of |R|^(η−1) (Lewandowski, Kurowicka & Joe 2009, eq. 16) in logarithms.
func lkjNorm(n int, eta float64) (sum float64) {
	for k := 1; k < n; k++ {
		rest := float64(n - k)
		b := eta + (rest-1)/2
		sum += (2*eta-2+rest)*rest*math.Ln2 + rest*(2*lnGamma(b)-lnGamma(2*b))
	}
	return sum
}

// lkjData are Cholesky factors of correlation matrices of size n.
func lkjData(n int) (out [][]float64) {
	for k := range 12 {
		l := make([]float64, n*n)
		for i := range n {
			norm := 0.
			for j := range i + 1 {
				l[i*n+j] = math.Sin(1 + 2.7*float64(k) + 1.3*float64(i*i+3*j))
				if i == j {
					l[i*n+j] = math.Abs(l[i*n+j]) * math.Pow(10, -float64(k/2)) // the tail: nearly singular
				}
				norm += l[i*n+j] * l[i*n+j]
			}
			for j := range i + 1 {
				l[i*n+j] /= math.Sqrt(norm)
			}
		}
		out = append(out, l)
	}
	return out
}

func lkj(n int) vector {
	beta := func(p [][]float64, i int) distuv.Beta { // of Lᵢᵢ², i from 0
		return distuv.Beta{Alpha: p[0][0] + float64(n-1-i)/2, Beta: float64(i) / 2}
	}
	diag := func(p [][]float64, i int) float64 { // E[Lᵢᵢ]
		if i == 0 {
			return 1
		}
		b := beta(p, i)
		return math.Exp(lnGamma(b.Alpha+.5) + lnGamma(b.Alpha+b.Beta) - lnGamma(b.Alpha) - lnGamma(b.Alpha+b.Beta+.5))
	}
	power := func(p [][]float64, i int) float64 { return 2*p[0][0] - 2 + float64(n-1-i) }
	v := vector{
		name: "LKJCholesky", params: []param{{"Concentration", nil}}, event: []int{n, n}, accept: true,
		cases: [][][]float64{{{1}}, {{.3}}, {{7.5}}},
		make:  func(p []*g.Node) dist.Distribution { return dist.LKJCholesky{Size: n, Concentration: p[0]} },
		logProb: func(l []float64, p [][]float64) float64 { // |R|^(η−1) and the volume ∏ Lⱼⱼ^(n−j) of L ↦ R
			sum := -lkjNorm(n, p[0][0])
			for j := range n {
				sum += power(p, j) * math.Log(l[j*n+j])
			}
			return sum
		},
		points: func([][]float64) [][]float64 { return lkjData(n) },
		entropy: func(p [][]float64) float64 {
			sum := lkjNorm(n, p[0][0])
			for i := 1; i < n; i++ {
				b := beta(p, i)
				sum -= power(p, i) * .5 * (digamma(b.Alpha) - digamma(b.Alpha+b.Beta))
			}
			return sum
		},
		mean: func(p [][]float64) []float64 {
			out := make([]float64, n*n)
			for i := range n {
				out[i*n+i] = diag(p, i)
			}
			return out
		},
		cov: func(p [][]float64, a, b int) float64 {
			i, j := a/n, a%n
			switch {
			case a != b || j > i || i == 0:
				return 0
			case i == j:
				return beta(p, i).Mean() - diag(p, i)*diag(p, i)
			}
			return (1 - beta(p, i).Mean()) / float64(i)
		},
	}
	for i := range n {
		for j := range i {
			v.stats = append(v.stats, statistic{"correlation", func(l []float64, _ [][]float64) (r float64) {
				for k := range n {
					r += l[i*n+k] * l[j*n+k]
				}
				return (1 + r) / 2
			}, func(z float64, p [][]float64) float64 {
				half := p[0][0] - 1 + float64(n)/2
				return distuv.Beta{Alpha: half, Beta: half}.CDF(z)
			}})
		}
	}
	return v
}

func init() { addVectors(uniformSphere(4), lkj(3), lkj(2)) }
