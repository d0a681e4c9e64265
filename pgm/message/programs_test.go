package message

import (
	"context"
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/factor"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/regress"
)

// gaussianMixture is z ~ Cat(π), x | z=k ~ N(μ_k, Λ_k⁻¹), π ~ Dir(α₀), (μ_k, Λ_k) ~ NW.
type gaussianMixture struct {
	m        *Model
	z, pi, k Var
}

func mixtureProgram(x mixture.Data, c mixture.Config) gaussianMixture {
	p := gaussianMixture{m: New()}
	d, n := x.D, x.N()
	of, prior := expfam.NormalWishart{D: d}, expfam.Dirichlet{K: c.Components}
	p.z = p.m.Random("z", expfam.Categorical{K: c.Components}, n)
	p.pi = p.m.Random("pi", prior, 1)
	p.k = p.m.Random("component", of, c.Components)
	alpha := make([]float64, c.Components)
	for i := range alpha {
		alpha[i] = c.Alpha
	}
	p.m.Add("weights", Prior{Family: prior, Eta: prior.Natural(alpha)}, p.pi)
	p.m.Add("components", Prior{Family: of, Eta: of.Natural(c.Mean, c.Beta, c.Scale, c.Nu)}, p.k)
	p.m.Add("classes", Categorical{K: c.Components}, p.z, p.pi)
	data := p.m.Known("x", expfam.MultiNormal{D: d}, n, x.X)
	vars := []Var{p.z, data}
	for k := range c.Components {
		vars = append(vars, p.k.At(k))
	}
	p.m.Add("rows", Gate{Of: Joint{D: d}, K: c.Components, Shared: []bool{true, false}}, vars...)
	return p
}

// from starts q(π) and q(μ, Λ) at those of a fitted mixture.
func (p gaussianMixture) from(t testing.TB, a *Ascent, m *mixture.Model) {
	alpha := make([]float64, len(m.Components))
	for k, c := range m.Components {
		alpha[k] = c.A
		start(t, a, p.k, k, expfam.NormalWishart{D: m.Columns}.Natural(c.Mean, c.Beta, c.Scale, c.Nu))
	}
	start(t, a, p.pi, 0, expfam.Dirichlet{K: len(alpha)}.Natural(alpha))
}

// faithful is Old Faithful, standardised by population deviations.
func faithful(t testing.TB) mixture.Data {
	t.Helper()
	rows, err := csv.NewReader(tk.DataFile(t, "small-tables", "faithful.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x, n := mixture.Data{D: 2, X: make([]float64, 2*(len(rows)-1))}, float64(len(rows)-1)
	for j := range 2 {
		sum, square := 0., 0.
		for i, row := range rows[1:] {
			v, err := strconv.ParseFloat(row[j+1], 64)
			if err != nil {
				t.Fatal(err)
			}
			x.X[2*i+j] = v
			sum, square = sum+v, square+v*v
		}
		for i := j; i < len(x.X); i += 2 {
			x.X[i] = (x.X[i] - sum/n) / math.Sqrt(square/n-sum*sum/n/n)
		}
	}
	return x
}

func faithfulConfig() mixture.Config {
	c := mixture.Default()
	c.Components, c.Nu, c.Mean, c.Scale = 6, 2, []float64{0, 0}, []float64{1, 0, 0, 1}
	return c
}

func TestTheMixtureProgramOfOldFaithfulReachesTheBoundsOfTheSpecification(t *testing.T) {
	x := faithful(t)
	for _, prior := range []struct{ alpha, beta, bound, tol float64 }{{1e-3, 1, -443.297873, 5e-7}, {1, 1, -453.5011, 5e-5}} {
		c := faithfulConfig()
		c.Alpha, c.Beta = prior.alpha, prior.beta
		p := mixtureProgram(x, c)
		a := ascent(t, p.m, AscentConfig{Tolerance: 1e-13, Order: []Var{p.pi, p.k, p.z}})
		for n := range x.N() { // the two modes of the waiting times, and four classes that are empty
			eta := []float64{0, -1, -40, -40, -40, -40}
			if x.Row(n)[1] > 0 {
				eta[0], eta[1] = -1, 0
			}
			start(t, a, p.z, n, eta)
		}
		trace := climb(t, a)
		tk.Close(t, "bound", trace[len(trace)-1], prior.bound, prior.tol/443)
	}
}

func TestTheMixtureProgramIsTheHandWrittenEngineSweepBySweep(t *testing.T) {
	x, c := faithful(t), faithfulConfig()
	c.Restarts, c.Sweeps, c.Alpha, c.Beta = 1, 1, 1, .5
	first, err := mixture.Fit(context.Background(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Sweeps = 41
	want, err := mixture.Fit(context.Background(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	p := mixtureProgram(x, c)
	a := ascent(t, p.m, AscentConfig{Order: []Var{p.pi, p.k, p.z}})
	p.from(t, a, first)
	for n := range x.N() { // the engine's bound is that of optimal classes for the components of the sweep before
		if err := a.update(p.z.b, n, make([]float64, c.Components)); err != nil {
			t.Fatal(err)
		}
	}
	for sweep, bound := range want.History {
		got, err := a.Bound()
		if sweep > 0 {
			got, err = a.Sweep()
		}
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "bound", got, bound, 1e-12)
	}
}

// regressionRows draws inputs of D columns.
func regressionRows(n, d int, seed uint64) (*mat.Dense, []float64, []float64) {
	key := rng.New(seed)
	x, noise, w := make([]float64, n*d), make([]float64, n), make([]float64, d)
	key.Named("x").NormalFloat64(x)
	key.Named("noise").NormalFloat64(noise)
	for j := range min(d, 3) {
		w[j] = float64(j+1) / 2
	}
	design, y := mat.NewDense(n, d, x), make([]float64, n)
	for i := range y {
		y[i] = dot(design.RawRowView(i), w) + .5*noise[i]
	}
	return design, y, noise
}

// weights declares w ~ N(0, diag(α)⁻¹), α ~ Gamma, and the activations wᵀx.
func weights(m *Model, x *mat.Dense, prior regress.Gamma) (w, alpha, a Var) {
	n, d := x.Dims()
	w, alpha = m.Random("w", expfam.MultiNormal{D: d}, 1), m.Random("alpha", expfam.Gamma{}, d)
	group, vars := make([]int, d), []Var{w}
	for j := range group {
		group[j] = j
		vars = append(vars, alpha.At(j))
	}
	m.Add("alphas", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(prior.Shape, prior.Rate)}, alpha)
	m.Add("weights", Relevance{Group: group}, vars...)
	a = m.Derive("activation", expfam.Normal{}, Dot{D: d}, w, m.Known("inputs", expfam.MultiNormal{D: d}, n, x.RawMatrix().Data))
	return w, alpha, a
}

func TestTheProgramOfLinearRegressionIsTheHandWrittenEngine(t *testing.T) {
	x, y, _ := regressionRows(60, 6, 3)
	cfg := regress.Config{ARD: true, Alpha: regress.Gamma{Shape: .5, Rate: .1}, Noise: regress.Gamma{Shape: .5, Rate: .2}}
	want, err := regress.FitLinear(context.Background(), x, y, cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := New()
	w, alpha, activation := weights(m, x, cfg.Alpha)
	tau := m.Random("tau", expfam.Gamma{}, 1)
	m.Add("noise", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(.5, .2)}, tau)
	m.Add("targets", Normal{}, m.Known("y", expfam.Normal{}, len(y), y), activation, tau)
	a := ascent(t, m, AscentConfig{Order: []Var{w, alpha, tau}})
	sum := 0.
	for _, v := range y {
		sum += v * v
	}
	start(t, a, tau, 0, expfam.Gamma{}.Natural(float64(len(y))/2, sum/2))
	sameTrace(t, climb(t, a), want.Bound, 1e-10)
	for j, v := range want.Mean {
		tk.Close(t, "weight", a.Moments(w, 0)[j], v, 1e-8)
		tk.Close(t, "relevance", a.Moments(alpha, j)[1], want.Alpha[j].Mean(), 1e-5)
	}
}

// factorProgram is x_nd ~ N(w_dᵀz_n + μ_d, 1/τ), as declared in package factor.
func factorProgram(x *mat.Dense, cfg factor.Config) (m *Model, z, w, mu, alpha, tau Var) {
	n, d := x.Dims()
	k := cfg.Factors
	m = New()
	z, w = m.Random("z", expfam.MultiNormal{D: k}, n), m.Random("w", expfam.MultiNormal{D: k}, d)
	mu, alpha, tau = m.Random("mu", expfam.Normal{}, d), m.Random("alpha", expfam.Gamma{}, k), m.Random("tau", expfam.Gamma{}, 1)
	unit := expfam.MultiNormal{D: k}.Natural(make([]float64, k), identity(k))
	m.Add("codes", Prior{Family: expfam.MultiNormal{D: k}, Eta: unit}, z)
	m.Add("means", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, cfg.Mean)}, mu)
	m.Add("alphas", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(cfg.Alpha.Shape, cfg.Alpha.Rate)}, alpha)
	m.Add("noise", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(cfg.Noise.Shape, cfg.Noise.Rate)}, tau)
	group, vars := make([]int, k), []Var{w}
	for j := range group {
		group[j] = j
		vars = append(vars, alpha.At(j))
	}
	m.Add("loadings", Relevance{Group: group}, vars...)
	product := m.Derive("product", expfam.Normal{}, Dot{D: k}, w.Cycle(n), z.Each(d))
	mean := m.Derive("mean", expfam.Normal{}, Linear{Weights: []float64{1, 1}}, product, mu.Cycle(n))
	m.Add("rows", Normal{}, m.Known("x", expfam.Normal{}, n*d, x.RawMatrix().Data), mean, tau)
	return m, z, w, mu, alpha, tau
}

func TestTheProgramOfPrincipalComponentsIsTheHandWrittenEngine(t *testing.T) {
	noisy, _, _ := regressionRows(40, 4, 5)
	x := mat.NewDense(40, 4, nil)
	x.Mul(noisy, mat.NewDense(4, 4, []float64{3, 2, 1, 0, 0, 1, 1, 1, 0, 0, .2, 0, .1, 0, 0, .3}))
	cfg := factor.Default()
	cfg.Factors, cfg.Tolerance, cfg.Sweeps = 2, 1e-14, 20000
	want, err := factor.Fit(context.Background(), x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	m, z, w, mu, alpha, tau := factorProgram(x, cfg)
	a := ascent(t, m, AscentConfig{Order: []Var{z, w, mu, alpha, tau}, Tolerance: 1e-12})
	for d := range 4 { // at the hand-written engine's fixed point, where one sweep moves nothing
		cov := mat.NewSymDense(2, want.WCov[d])
		var chol mat.Cholesky
		var inverse mat.SymDense
		if !chol.Factorize(cov) || chol.InverseTo(&inverse) != nil {
			t.Fatal("no inverse")
		}
		start(t, a, w, d, expfam.MultiNormal{D: 2}.Natural(want.W[2*d:2*d+2], []float64{inverse.At(0, 0), inverse.At(0, 1), inverse.At(0, 1), inverse.At(1, 1)}))
		start(t, a, mu, d, expfam.Normal{}.Natural(want.Mean[d], 1/want.MeanVar[d]))
	}
	for k, q := range want.Alpha {
		start(t, a, alpha, k, expfam.Gamma{}.Natural(q.Shape, q.Rate))
	}
	start(t, a, tau, 0, expfam.Gamma{}.Natural(want.Noise[0].Shape, want.Noise[0].Rate))
	trace := climb(t, a)
	tk.Close(t, "bound", trace[0], want.Bound[len(want.Bound)-1], 1e-10)
	for d := range 4 {
		tk.Close(t, "mean", a.Moments(mu, d)[0], want.Mean[d], 1e-6)
	}
}
