package bnn

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// posterior returns mean and precision of the weights of a linear model with the last one its
// bias: Λ = XᵀX/σ² + diag(1/s²), Λm = Xᵀy/σ², on standardised columns.
func posterior(tab *table, sd, sigma float64) (mean []float64, precision *mat.SymDense) {
	d := tab.d + 1
	precision = mat.NewSymDense(d, nil)
	right := mat.NewVecDense(d, nil)
	for i := range tab.n {
		row := mat.NewVecDense(d, nil)
		for j := range tab.d {
			row.SetVec(j, float64(tab.x[i*tab.d+j]))
		}
		row.SetVec(tab.d, 1)
		precision.SymRankOne(precision, 1/(sigma*sigma), row)
		right.AddScaledVec(right, float64(tab.y[i])/(sigma*sigma), row)
	}
	for j := range d {
		s := sd
		if j < tab.d {
			s /= math.Sqrt(float64(tab.d))
		}
		precision.SetSym(j, j, precision.At(j, j)+1/(s*s))
	}
	var m mat.VecDense
	if err := m.SolveVec(precision, right); err != nil {
		panic(err)
	}
	return m.RawVector().Data, precision
}

// The table twice, with noise +1 for the first copy and −1 for the second, makes the loss of
// local reparameterisation its own expectation, for it is quadratic in the noise. What Adam then
// finds is the mean-field optimum: the mean is that of the exact posterior, the variance 1/Λ_jj.
func TestMeanFieldOfALinearModelHasTheExactMeanAndTheInverseOfThePrecision(t *testing.T) {
	x, y := linearTable(40, 3, .5, 1)
	x, y = append(x, x...), append(y, y...)
	c := Config{
		Hidden: []int{}, Noise: .7, Prior: Prior{Kind: "gaussian", SD: .8}, Epochs: 6000, LR: .02, Draws: 1,
		dtype: dtypes.Float64,
		noise: func(_ string, dims []int) []float64 {
			e := make([]float64, dims[0]*dims[1])
			for i := range e {
				e[i] = 1 - 2*float64(2*i/len(e))
			}
			return e
		},
	}
	q, tab := meanFieldOf(t, x, y, c)
	want, precision := posterior(tab, .8, .7/tab.target.SD)
	for j := range want {
		name := "weight"
		k := j
		if j == tab.d {
			name, k = "bias", 0
		}
		near(t, name+" mean", q["layer0/"+name+"/mean"].Data[k], want[j], 1e-5)
		sd := softplus(q["layer0/"+name+"/rho"].Data[k])
		near(t, name+" variance relative to 1/Λ", sd*sd*precision.At(j, j), 1, 1e-4)
	}
	if full := invert(t, precision); full.At(0, 0) < 1.1/precision.At(0, 0) {
		t.Errorf("variance of the exact posterior: got %v, want it clearly above 1/Λ = %v", full.At(0, 0), 1/precision.At(0, 0))
	}
}

// invert returns Λ⁻¹.
func invert(t *testing.T, a *mat.SymDense) *mat.SymDense {
	t.Helper()
	var c mat.Cholesky
	if !c.Factorize(a) {
		t.Fatal("not positive definite")
	}
	var inv mat.SymDense
	if err := c.InverseTo(&inv); err != nil {
		t.Fatal(err)
	}
	return &inv
}

// Every estimator ends there too when its noise is left to chance: means within 3 % of a
// posterior deviation times √(a rate of averaging), deviations within 5 %.
func TestEveryEstimatorFindsTheMeanFieldOptimum(t *testing.T) {
	x, y := linearTable(60, 2, .5, 2)
	for _, e := range Estimators {
		q, tab := meanFieldOf(t, x, y, Config{
			Estimator: e, Hidden: []int{}, Noise: .5, Prior: Prior{Kind: "gaussian"}, Epochs: 4000, Draws: 1,
		})
		want, precision := posterior(tab, 2, .5/tab.target.SD)
		for j := range tab.d {
			sd := 1 / math.Sqrt(precision.At(j, j))
			near(t, e+" mean in deviations", (q["layer0/weight/mean"].Data[j]-want[j])/sd, 0, .1)
			near(t, e+" deviation", softplus(q["layer0/weight/rho"].Data[j])/sd, 1, .05)
		}
	}
}

// Without hidden layer the last one is all there is, and its posterior is exact: the epistemic
// deviation at a row x is √(xᵀΛ⁻¹x). Of 4,000 draws a deviation has a standard error of 1.1 %.
func TestTheLastLayerHasItsExactPosterior(t *testing.T) {
	x, y := linearTable(40, 3, .5, 3)
	n := fit(t, x, y, Config{Method: "last-layer", Hidden: []int{}, Noise: .5, Epochs: 50, Draws: 4000})
	tab, err := newTable(x, y, Config{})
	if err != nil {
		t.Fatal(err)
	}
	want, precision := posterior(tab, 2, .5/tab.target.SD)
	for j := range tab.d {
		near(t, "mean", n.mean[0].W[j], want[j], 1e-6)
	}
	near(t, "bias", n.mean[0].B[0], want[tab.d], 1e-6)
	cov := invert(t, precision)
	for i, p := range predict(t, n, x[:5]) {
		row := mat.NewVecDense(tab.d+1, nil)
		for j := range tab.d {
			row.SetVec(j, float64(tab.x[i*tab.d+j]))
		}
		row.SetVec(tab.d, 1)
		near(t, "epistemic", p.Epistemic/tab.target.SD/math.Sqrt(mat.Inner(row, cov, row)), 1, .05)
		near(t, "aleatoric", p.Aleatoric, .5, 1e-6)
	}
}

// Of a linear model the diagonal Laplace approximation has the variance 1/Λ_jj, and its mean is
// the mode that Adam has found. The standard error of a variance is 2.2 % with 4,000 draws.
func TestLaplaceOfALinearModelHasTheInverseOfThePrecision(t *testing.T) {
	x, y := linearTable(40, 3, .5, 4)
	n := fit(t, x, y, Config{Method: "laplace", Hidden: []int{}, Noise: .5, Batch: 16, Epochs: 1500, Draws: 4000})
	tab, _ := newTable(x, y, Config{})
	want, precision := posterior(tab, 2, .5/tab.target.SD)
	for j := range tab.d {
		near(t, "mode", n.mean[0].W[j], want[j], 1e-3)
		v := 0.
		for _, w := range n.draws {
			v += math.Pow(w[0].W[j]-n.mean[0].W[j], 2) / float64(len(n.draws))
		}
		near(t, "variance relative to 1/Λ", v*precision.At(j, j), 1, .1)
	}
}

// Langevin dynamics visits the exact posterior of a linear model, correlations and all: means
// within .35 and variances within 35 % for 2,000 draws of a path of 40,000 steps, whose
// correlation leaves about 200 independent ones.
func TestLangevinDrawsOfALinearModelHaveTheExactMoments(t *testing.T) {
	x, y := linearTable(40, 2, .5, 5)
	n := fit(t, x, y, Config{Method: "sgld", Hidden: []int{}, Noise: .5, Epochs: 40000, Draws: 2000})
	if n.Draws() != 2000 {
		t.Errorf("draws: got %d, want 2000", n.Draws())
	}
	tab, _ := newTable(x, y, Config{})
	want, precision := posterior(tab, 2, .5/tab.target.SD)
	cov := invert(t, precision)
	for j := range tab.d {
		mean, v := 0., 0.
		for _, w := range n.draws {
			mean += w[0].W[j] / float64(len(n.draws))
		}
		for _, w := range n.draws {
			v += math.Pow(w[0].W[j]-mean, 2) / float64(len(n.draws))
		}
		near(t, "mean in deviations", (mean-want[j])/math.Sqrt(cov.At(j, j)), 0, .35)
		near(t, "variance relative to Λ⁻¹", v/cov.At(j, j), 1, .35)
	}
}

// SWAG's draws have the moments that its collector holds: half the diagonal, half the low-rank
// part. Of 4,000 draws variances have a standard error of 2.2 %.
func TestSWAGDrawsHaveTheMomentsOfThePath(t *testing.T) {
	c := &collector{}
	path := make([]float64, 2*400)
	rng.New(6).NormalFloat64(path)
	for i := range 400 {
		a, b := path[2*i], path[2*i+1]
		c.see([]float64{1 + a, 2 + .8*a + .6*b})
	}
	near(t, "rank", float64(len(c.deviations)), swagRank, 0)
	const draws = 4000
	var mean, square [2]float64
	for i := range draws {
		w := c.draw(rng.New(7).At(uint64(i)))
		for j := range w {
			mean[j] += w[j] / draws
			square[j] += math.Pow(w[j]-c.mean[j], 2) / draws
		}
	}
	for j := range 2 {
		low := 0.
		for _, d := range c.deviations {
			low += d[j] * d[j] / (2 * (swagRank - 1))
		}
		want := (c.second[j]-c.mean[j]*c.mean[j])/2 + low
		near(t, "mean", mean[j], c.mean[j], 5*math.Sqrt(want/draws))
		near(t, "variance", square[j]/want, 1, .12)
	}
}
