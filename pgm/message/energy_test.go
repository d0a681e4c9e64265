package message

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
)

// draw draws a value of a family at natural parameters, by another library's samplers.
func draw(r *rand.Rand, f expfam.Family, eta []float64) []float64 {
	switch f := f.(type) {
	case expfam.Normal:
		tau := -2 * eta[1]
		return []float64{distuv.Normal{Mu: eta[0] / tau, Sigma: 1 / math.Sqrt(tau), Src: r}.Rand()}
	case expfam.Gamma:
		return []float64{distuv.Gamma{Alpha: eta[0] + 1, Beta: -eta[1], Src: r}.Rand()}
	case expfam.Beta:
		return []float64{distuv.Beta{Alpha: eta[0] + 1, Beta: eta[1] + 1, Src: r}.Rand()}
	case expfam.Dirichlet:
		alpha := make([]float64, f.K)
		for k := range alpha {
			alpha[k] = eta[k] + 1
		}
		return drawShares(r, alpha)
	case expfam.Categorical:
		w := make([]float64, f.K)
		for k := range w {
			w[k] = math.Exp(eta[k])
		}
		return []float64{distuv.NewCategorical(w, r).Rand()}
	case PathFamily:
		var all [][]float64
		var w []float64
		paths(f.T, f.K, func(x []float64) {
			u := make([]float64, f.Len())
			if err := f.Stats(u, x); err != nil {
				panic(err)
			}
			all, w = append(all, append([]float64(nil), x...)), append(w, math.Exp(dot(eta, u)))
		})
		return all[int(distuv.NewCategorical(w, r).Rand())]
	case expfam.MultiNormal:
		return drawVector(r, f.D, eta[:f.D], scaled(eta[f.D:], -2))
	case expfam.Wishart:
		return drawMatrix(r, f.D, scaled(eta[:f.D*f.D], -2), 2*eta[f.D*f.D]+float64(f.D)+1)
	case expfam.NormalWishart:
		return drawJoint(r, f.D, eta)
	}
	panic(fmt.Sprintf("no draws of %T", f))
}

func scaled(x []float64, c float64) (out []float64) {
	for _, v := range x {
		out = append(out, c*v)
	}
	return out
}

// drawVector draws from the normal distribution of shift h and precision P.
func drawVector(r *rand.Rand, d int, h, p []float64) []float64 {
	var c mat.Cholesky
	if !c.Factorize(mat.NewSymDense(d, p)) {
		panic("not positive definite")
	}
	mean := mat.NewVecDense(d, nil)
	if err := c.SolveVecTo(mean, mat.NewVecDense(d, h)); err != nil {
		panic(err)
	}
	var cov mat.SymDense
	if err := c.InverseTo(&cov); err != nil {
		panic(err)
	}
	var root mat.Cholesky
	if !root.Factorize(&cov) {
		panic("not positive definite")
	}
	var lower mat.TriDense
	root.LTo(&lower)
	z := mat.NewVecDense(d, nil)
	for i := range d {
		z.SetVec(i, r.NormFloat64())
	}
	z.MulVec(&lower, z)
	z.AddVec(z, mean)
	return z.RawVector().Data
}

// drawShares draws from a Dirichlet distribution by Gamma draws.
func drawShares(r *rand.Rand, alpha []float64) []float64 {
	x, sum := make([]float64, len(alpha)), 0.
	for k, a := range alpha {
		x[k] = distuv.Gamma{Alpha: a, Beta: 1, Src: r}.Rand()
		sum += x[k]
	}
	return scaled(x, 1/sum)
}

// drawMatrix draws from the Wishart distribution of the inverse scale P and ν.
func drawMatrix(r *rand.Rand, d int, p []float64, nu float64) []float64 {
	var c mat.Cholesky
	if !c.Factorize(mat.NewSymDense(d, p)) {
		panic("not positive definite")
	}
	var scale mat.SymDense
	if err := c.InverseTo(&scale); err != nil {
		panic(err)
	}
	w, ok := distmat.NewWishart(&scale, nu, r)
	if !ok {
		panic("no Wishart distribution")
	}
	var out mat.SymDense
	w.RandSymTo(&out)
	return mat.DenseCopyOf(&out).RawMatrix().Data
}

// drawJoint draws a mean and a precision matrix.
func drawJoint(r *rand.Rand, d int, eta []float64) []float64 {
	size := d * d
	beta := -2 * eta[size+1+d]
	p := scaled(eta[:size], -2)
	m := scaled(eta[size+1:size+1+d], 1/beta)
	for i := range d {
		for j := range d {
			p[i*d+j] -= beta * m[i] * m[j]
		}
	}
	lambda := drawMatrix(r, d, p, 2*eta[size]+float64(d))
	precision := scaled(lambda, beta)
	h := make([]float64, d)
	for i := range d {
		h[i] = dot(precision[i*d:(i+1)*d], m)
	}
	return append(drawVector(r, d, h, append([]float64(nil), precision...)), lambda...)
}

// normalLog and vectorLog are log densities by precisions, the first another library's.
func normalLog(x, mean, tau float64) float64 {
	return distuv.Normal{Mu: mean, Sigma: 1 / math.Sqrt(tau)}.LogProb(x)
}

func vectorLog(x, mean, precision []float64) float64 {
	d := len(x)
	p := mat.NewSymDense(d, append([]float64(nil), precision...))
	delta := mat.NewVecDense(d, nil)
	delta.SubVec(mat.NewVecDense(d, x), mat.NewVecDense(d, mean))
	return .5*math.Log(mat.Det(p)) - float64(d)/2*ln2Pi - mat.Inner(delta, p, delta)/2
}

// logDensities are ln f of the kinds, in the words of another library or of the textbook.
func logDensities() map[string]func(v [][]float64) float64 {
	table := kinds()["table"].(Table)
	return map[string]func(v [][]float64) float64{
		"prior of a normal": func(v [][]float64) float64 { return normalLog(v[0][0], .4, 2) },
		"prior of a gamma":  func(v [][]float64) float64 { return distuv.Gamma{Alpha: 3, Beta: 2}.LogProb(v[0][0]) },
		"prior of shares": func(v [][]float64) float64 {
			return math.Log(math.Gamma(4.5)/math.Gamma(2)/math.Gamma(1.5)*v[0][0]) + .5*math.Log(v[0][2])
		},
		"prior of a class": func(v [][]float64) float64 {
			logs := []float64{.1, -2, 1}
			return logs[int(v[0][0])] - logSum(logs)
		},
		"raw":           func(v [][]float64) float64 { return .2 * v[0][0] },
		"normal":        func(v [][]float64) float64 { return normalLog(v[0][0], v[1][0], v[2][0]) },
		"scaled normal": func(v [][]float64) float64 { return normalLog(v[0][0], v[1][0], 2.5*v[2][0]) },
		"gamma": func(v [][]float64) float64 {
			return distuv.Gamma{Alpha: 1.7, Beta: v[1][0]}.LogProb(v[0][0])
		},
		"multivariate normal": func(v [][]float64) float64 { return vectorLog(v[0], v[1], v[2]) },
		"transition": func(v [][]float64) float64 {
			a, mu := kinds()["transition"].(Transition).Matrix, v[1]
			return vectorLog(v[0], []float64{dot(a[:3], mu), dot(a[3:], mu)}, v[2])
		},
		"relevance": func(v [][]float64) float64 {
			return normalLog(v[0][0], 0, v[1][0]) + normalLog(v[0][1], 0, v[2][0]) + normalLog(v[0][2], 0, v[1][0])
		},
		"joint":       func(v [][]float64) float64 { return vectorLog(v[0], v[1][:2], v[1][2:]) },
		"categorical": func(v [][]float64) float64 { return math.Log(v[1][int(v[0][0])]) },
		"bernoulli": func(v [][]float64) float64 {
			return distuv.Bernoulli{P: v[1][0]}.LogProb(v[0][0])
		},
		"sticks": func(v [][]float64) float64 {
			k, log := int(v[0][0]), 0.
			for j := range k {
				log += math.Log1p(-v[j+1][0])
			}
			if k < 3 {
				log += math.Log(v[k+1][0])
			}
			return log
		},
		"table": func(v [][]float64) float64 { return table.Log[int(v[0][0])*3+int(v[1][0])] },
		"gate of normals": func(v [][]float64) float64 {
			k := int(v[0][0])
			return normalLog(v[1][0], v[2+2*k][0], v[3+2*k][0])
		},
		"gate of joints": func(v [][]float64) float64 {
			k := int(v[0][0])
			return vectorLog(v[1], v[2+k][:2], v[2+k][2:])
		},
		"gate of categoricals": func(v [][]float64) float64 {
			return math.Log(v[2+int(v[0][0])][int(v[1][0])])
		},
		"walk": func(v [][]float64) float64 {
			z := v[0]
			return math.Log(v[1][int(z[0])]) + math.Log(v[2+int(z[0])][int(z[1])]) + math.Log(v[2+int(z[1])][int(z[2])])
		},
		"along": func(v [][]float64) float64 { return math.Log(v[2+int(v[0][0])][int(v[1][0])]) },
		"probit": func(v [][]float64) float64 {
			return math.Log(distuv.UnitNormal.CDF(sign(int(v[0][0])) * v[1][0]))
		},
		"logistic": func(v [][]float64) float64 { return -math.Log1p(math.Exp(-sign(int(v[0][0])) * v[1][0])) },
		"softmax": func(v [][]float64) float64 {
			a := []float64{v[1][0], v[2][0], v[3][0]}
			return a[int(v[0][0])] - logSum(a)
		},
	}
}

// Five standard errors of 4,000 draws: a false alarm in a million, of 60 comparisons.
func TestEnergiesAreExpectationsOfLogDensitiesOrBoundsOfThem(t *testing.T) {
	r := rng.New(44).Rand()
	logs := logDensities()
	for name, f := range kinds() {
		a, ok := f.(Averager)
		if !ok {
			continue
		}
		log := logs[name]
		if log == nil {
			t.Errorf("%s: no log density to compare with", name)
			continue
		}
		bound := name == "probit" || name == "logistic" || name == "softmax"
		for range 3 {
			s := randomSite(t, r, f)
			const n = 4000
			sum, square := 0., 0.
			for range n {
				v := make([][]float64, len(s.In))
				for k, slot := range f.Slots() {
					v[k] = draw(r, slot.Family, s.In[k].Eta)
				}
				l := log(v)
				sum += l
				square += l * l
			}
			mean := sum / n
			se := math.Sqrt(max(square/n-mean*mean, 0) / n)
			got := a.Energy(s)
			if d := got - mean; d > 5*se+1e-9 || !bound && d < -5*se-1e-9 {
				t.Errorf("%s: energy: got %v, want %v ± %v (a bound: %v)", name, got, mean, se, bound)
			}
		}
	}
}

// Links against draws: the statistics of y are those of the function of independent draws.
func TestLinksPushTheMomentsOfTheirFunction(t *testing.T) {
	r := rng.New(45).Rand()
	for name, c := range map[string]struct {
		f Link
		y func(v [][]float64) float64
	}{
		"linear": {Linear{Weights: []float64{1, -2, .5}, Offset: .3}, func(v [][]float64) float64 { return .3 + v[1][0] - 2*v[2][0] + .5*v[3][0] }},
		"dot":    {Dot{D: 2}, func(v [][]float64) float64 { return v[1][0]*v[2][0] + v[1][1]*v[2][1] }},
	} {
		for range 5 {
			s := randomSite(t, r, c.f)
			u := make([]float64, 2)
			c.f.Push(u, s)
			const n = 4000
			var sum, square, fourth float64
			for range n {
				v := make([][]float64, len(s.In))
				for k, slot := range c.f.Slots() {
					v[k] = draw(r, slot.Family, s.In[k].Eta)
				}
				y := c.y(v)
				sum, square, fourth = sum+y, square+y*y, fourth+y*y*y*y
			}
			mean, second := sum/n, square/n
			if d := math.Abs(u[0] - mean); d > 5*math.Sqrt((second-mean*mean)/n) {
				t.Errorf("%s: mean: got %v, want %v", name, u[0], mean)
			}
			if d := math.Abs(u[1] - second); d > 5*math.Sqrt((fourth/n-second*second)/n) {
				t.Errorf("%s: square: got %v, want %v", name, u[1], second)
			}
		}
	}
}

// A link's message to an input is the slope of η·⟨u(y)⟩ by the statistics of the input.
func TestLinksPullTheSlopesOfWhatTheyPush(t *testing.T) {
	r := rng.New(46).Rand()
	for name, f := range map[string]Link{"linear": Linear{Weights: []float64{1, -2, .5}, Offset: .3}, "dot": Dot{D: 2}} {
		for range 20 {
			s := randomSite(t, r, f)
			eta, u := []float64{r.NormFloat64(), -1 - r.Float64()}, make([]float64, 2)
			for k, slot := range f.Slots() {
				if k == 0 {
					continue
				}
				to := make([]float64, slot.Family.Len())
				f.Pull(to, k, eta, s)
				slopesOf(t, name, slot, to, s.In[k].U, func() float64 {
					f.Push(u, s)
					return dot(eta, u)
				})
			}
		}
	}
}
