package dist_test

import (
	"errors"
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
)

// dense is a normal distribution by its mean and covariance, in plain Go.
type dense struct {
	mu       []float64
	cov, inv *mat.SymDense
	logDet   float64
}

func newDense(mu []float64, cov *mat.SymDense) dense {
	inv, logDet := inverse(cov)
	return dense{mu, cov, inv, logDet}
}

// once remembers what f gave for parameters, which it knows by their place in memory.
func once[T any](f func(p [][]float64) T) func(p [][]float64) T {
	known := map[*[]float64]T{}
	return func(p [][]float64) T {
		v, ok := known[&p[0]]
		if !ok {
			v = f(p)
			known[&p[0]] = v
		}
		return v
	}
}

// tri reads a lower triangular matrix.
func tri(l []float64) *mat.Dense {
	n := int(math.Sqrt(float64(len(l))))
	out := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range i + 1 {
			out.Set(i, j, l[i*n+j])
		}
	}
	return out
}

// gram returns a·aᵀ.
func gram(a mat.Matrix) *mat.SymDense {
	n, _ := a.Dims()
	var full mat.Dense
	full.Mul(a, a.T())
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			out.SetSym(i, j, full.At(i, j))
		}
	}
	return out
}

// inverse returns the inverse and ln|a|.
func inverse(a *mat.SymDense) (*mat.SymDense, float64) {
	var c mat.Cholesky
	if !c.Factorize(a) {
		panic("not positive definite")
	}
	var inv mat.SymDense
	if err := c.InverseTo(&inv); err != nil && !errors.As(err, new(mat.Condition)) { // diagonal ones may be near-singular
		panic(err)
	}
	return &inv, c.LogDet()
}

func fromTril(p [][]float64) dense { return newDense(p[0], gram(tri(p[1]))) }

func fromPrecision(p [][]float64) dense {
	inv, _ := inverse(gram(tri(p[1])))
	return newDense(p[0], inv)
}

func fromFactor(p [][]float64) dense {
	n := len(p[0])
	cov := gram(mat.NewDense(n, len(p[1])/n, p[1]))
	for i, v := range p[2] {
		cov.SetSym(i, i, cov.At(i, i)+math.Exp(v))
	}
	return newDense(p[0], cov)
}

func fromDiagonal(p [][]float64) dense {
	cov := mat.NewSymDense(len(p[0]), nil)
	for i, v := range p[1] {
		cov.SetSym(i, i, math.Exp(2*v))
	}
	return newDense(p[0], cov)
}

// distance returns (x − μ)ᵀΣ⁻¹(x − μ) and ln|Σ|.
func (d dense) distance(x []float64) (quad, logDet float64) {
	z := mat.NewVecDense(len(x), nil)
	z.SubVec(mat.NewVecDense(len(x), x), mat.NewVecDense(len(x), d.mu))
	return mat.Inner(z, d.inv, z), d.logDet
}

func (d dense) logProb(x []float64) float64 {
	quad, logDet := d.distance(x)
	return -.5 * (quad + logDet + float64(len(x))*math.Log(2*math.Pi))
}

// kl is that of q from p.
func (d dense) kl(p dense) float64 {
	var m mat.Dense
	m.Mul(p.inv, d.cov)
	quad, _ := p.distance(d.mu)
	return .5 * (mat.Trace(&m) - float64(len(d.mu)) + quad + p.logDet - d.logDet)
}

// normalVector is the table's line of a normal distribution with a form of its covariance.
func normalVector(name string, n int, form func(p [][]float64) dense, rest ...param) vector {
	form = once(form)
	chi2 := distuv.ChiSquared{K: float64(n)}
	return vector{
		name: name, params: append([]param{{"Loc", []int{n}}}, rest...), event: []int{n},
		logProb: func(x []float64, p [][]float64) float64 { return form(p).logProb(x) },
		points: func(p [][]float64) [][]float64 {
			out := make([][]float64, 8)
			for k := range out {
				for i, m := range p[0] {
					step := []float64{0, .3, 1, 2.5, 6, 20, 100, 1e3}[k]
					out[k] = append(out[k], m+step*math.Sin(float64(1+k+2*i)))
				}
			}
			return out
		},
		entropy: func(p [][]float64) float64 {
			return .5 * (float64(n)*math.Log(2*math.Pi*math.E) + form(p).logDet)
		},
		mean: func(p [][]float64) []float64 { return p[0] },
		cov:  func(p [][]float64, i, j int) float64 { return form(p).cov.At(i, j) },
		stats: []statistic{
			{"Mahalanobis distance", func(x []float64, p [][]float64) float64 {
				quad, _ := form(p).distance(x)
				return quad
			}, func(v float64, _ [][]float64) float64 { return chi2.CDF(v) }},
			{"sum of the elements", func(x []float64, p [][]float64) float64 {
				d, sum := form(p), 0.
				for i := range x {
					sum += x[i] - d.mu[i]
				}
				return sum / math.Sqrt(mat.Sum(d.cov))
			}, func(v float64, _ [][]float64) float64 { return distuv.UnitNormal.CDF(v) }},
		},
	}
}

var (
	trilCases = [][][]float64{
		{{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
		{{1, -2, .5}, {.7, 0, 0, -.4, 1.3, 0, .9, .2, .5}},
		{{-.3, .1, 4}, {2, 0, 0, 1.1, .3, 0, -.6, .8, 1.7}},
	}
	factorCases = [][][]float64{
		{{0, 0, 0, 0}, {1, 0, 0, 1, .5, .5, -.5, 1}, {0, 0, 0, 0}},
		{{1, -2, .5, 3}, {.3, -.8, 1.2, .4, 0, 2, -1, .6}, {-1, .5, -2, .2}},
		{{-.3, .1, 4, 0}, {2, 1, .2, .7, .1, -1.5, .9, .3}, {.3, -.7, 1, -1.5}},
	}
	diagonalCases = [][][]float64{
		{{0, 0, 0}, {0, 0, 0}}, {{1, -2, .5}, {.3, -.7, .1}}, {{-.3, .1, 4}, {-.2, .8, -1.1}},
	}
)

func multivariate(p []*g.Node) dist.Distribution {
	return dist.MultivariateNormal{Loc: p[0], Tril: p[1]}
}

func precise(p []*g.Node) dist.Distribution {
	return dist.MultivariateNormalPrecision{Loc: p[0], PrecisionTril: p[1]}
}

func lowRank(p []*g.Node) dist.Distribution {
	return dist.LowRankNormal{Loc: p[0], Factor: p[1], LogDiag: p[2]}
}

func diagonalNormal(p []*g.Node) dist.Distribution {
	return dist.NewIndependent(dist.Normal{Loc: p[0], LogScale: p[1]}, 1)
}

func init() {
	full := normalVector("MultivariateNormal", 3, fromTril, param{"Tril", []int{3, 3}})
	full.make, full.cases = multivariate, trilCases
	prec := normalVector("MultivariateNormalPrecision", 3, fromPrecision, param{"PrecisionTril", []int{3, 3}})
	prec.make, prec.cases = precise, trilCases
	low := normalVector("LowRankNormal", 4, fromFactor, param{"Factor", []int{4, 2}}, param{"LogDiag", []int{4}})
	low.make, low.cases = lowRank, factorCases
	diag := normalVector("Independent", 3, fromDiagonal, param{"LogScale", []int{3}})
	diag.make, diag.cases = diagonalNormal, diagonalCases
	addVectors(full, prec, low, diag)
}
