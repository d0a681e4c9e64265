package prob_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/special"
)

// written is a model with its log-density over unconstrained reals in plain Go.
type written struct {
	name  string
	model *prob.Model
	want  func(u []float64) float64
	dim   int
}

func lgamma(x float64) float64 { v, _ := math.Lgamma(x); return v }

func logGamma(x, a, b float64) float64 {
	return a*math.Log(b) - lgamma(a) + (a-1)*math.Log(x) - b*x
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logStudent(x, nu float64) float64 {
	return lgamma((nu+1)/2) - lgamma(nu/2) - .5*math.Log(nu*math.Pi) - (nu+1)/2*math.Log1p(x*x/nu)
}

var counts = []float64{3, 0, 5, 2}

// writtenModels cover every support of numbers, plates, bounds that depend on unknowns, vectors
// and terms of one's own.
func writtenModels() []written {
	return []written{
		{"gamma rate of counts", prob.New(func(p *prob.Trace) {
			rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(2), Rate: p.Const(.5)})
			p.Plate("n", 4, func(p *prob.Trace) { p.Observe("y", dist.Poisson{LogRate: g.Log(rate)}, p.Data("y")) })
		}, prob.Data{"y": counts}), func(u []float64) float64 {
			lp := logGamma(math.Exp(u[0]), 2, .5) + u[0]
			for _, y := range counts {
				lp += y*u[0] - math.Exp(u[0]) - lgamma(y+1)
			}
			return lp
		}, 1},
		{"beta with odds", prob.New(func(p *prob.Trace) {
			w := p.Sample("w", dist.Beta{Alpha: p.Const(3), Beta: p.Const(.7)})
			p.Observe("y", dist.Bernoulli{Logits: g.Log(g.Div(w, g.OneMinus(w)))}, p.Const(1))
		}, nil), func(u []float64) float64 {
			lw, lv := -softplus(-u[0]), -softplus(u[0])
			return 2*lw - .3*lv - logBeta(3, .7) + lw + lv + lw
		}, 1},
		{"uniform below an unknown", prob.New(func(p *prob.Trace) {
			top := p.Sample("top", dist.Exponential{Rate: p.Const(.3)})
			x := p.Sample("x", dist.Uniform{Low: g.Neg(top), High: top})
			p.Observe("y", dist.NewNormal(x, p.Const(1)), p.Const(.4))
		}, nil), func(u []float64) float64 {
			top := math.Exp(u[0])
			x := -top + 2*top*sigmoid(u[1])
			jac := math.Log(2*top) - softplus(-u[1]) - softplus(u[1])
			return math.Log(.3) - .3*top + u[0] - math.Log(2*top) + jac + logNormal(.4, x, 1)
		}, 2},
		{"half-Cauchy scale of Student data", prob.New(func(p *prob.Trace) {
			s := p.Sample("s", dist.HalfCauchy{Scale: p.Const(2)})
			p.Plate("n", 4, func(p *prob.Trace) {
				z := p.Sample("z", dist.NewNormal(p.Const(0), s))
				p.Factor("student", student(g.Sub(p.Data("y"), z), 4))
			})
		}, prob.Data{"y": counts}), func(u []float64) float64 {
			s := math.Exp(u[0])
			lp := math.Log(2/(math.Pi*2)) - math.Log1p(s*s/4) + u[0]
			for i, y := range counts {
				lp += logNormal(u[1+i], 0, s) + logStudent(y-u[1+i], 4)
			}
			return lp
		}, 5},
		{"simplex of category weights", prob.New(func(p *prob.Trace) {
			w := p.Sample("w", dist.Dirichlet{Concentration: g.Const(p.Const(0).Graph(), []float64{1, 2, 3})})
			p.Plate("n", 4, func(p *prob.Trace) {
				p.Observe("y", dist.Categorical{Logits: g.ExpandAxes(g.Log(w), 0)}, p.Data("y"))
			})
		}, prob.Data{"y": {0, 2, 2, 1}}), func(u []float64) float64 {
			z1, z2 := sigmoid(u[0]-math.Log(2)), sigmoid(u[1])
			w := []float64{z1, (1 - z1) * z2, (1 - z1) * (1 - z2)}
			lp := lgamma(6) - lgamma(1) - lgamma(2) - lgamma(3) + math.Log(w[1]) + 2*math.Log(w[2])
			lp += math.Log(z1*(1-z1)) + math.Log(z2*(1-z2)) + math.Log(1-z1)
			return lp + math.Log(w[0]) + 2*math.Log(w[2]) + math.Log(w[1])
		}, 2},
		{"ordered cuts", prob.New(func(p *prob.Trace) {
			c := p.Flat("c", dist.Support{Set: dist.Ordered}, 3)
			p.Factor("prior", g.MulScalar(g.ReduceAllSum(g.Square(c)), -.5))
		}, nil), func(u []float64) float64 {
			a := u[0]
			b := a + math.Exp(u[1])
			c := b + math.Exp(u[2])
			return -.5*(a*a+b*b+c*c) + u[1] + u[2]
		}, 3},
		{"covariance from a factor", prob.New(func(p *prob.Trace) {
			l := p.Flat("l", dist.Support{Set: dist.LowerCholesky}, 2, 2)
			p.Factor("prior", g.MulScalar(g.ReduceAllSum(g.Square(l)), -.5))
			p.Observe("y", dist.MultivariateNormal{Loc: p.Const(0, 2), Tril: l}, p.Data("y"))
		}, prob.Data{"y": {.3, -1.1}}), func(u []float64) float64 {
			a, b, c := math.Exp(u[0]), u[1], math.Exp(u[2])
			z1 := .3 / a
			z2 := (-1.1 - b*z1) / c
			return -.5*(a*a+b*b+c*c) + u[0] + u[2] - math.Log(2*math.Pi) - u[0] - u[2] - .5*(z1*z1+z2*z2)
		}, 3},
		{"two plates in a row", prob.New(func(p *prob.Trace) {
			var a *g.Node
			p.Plate("groups", 3, func(p *prob.Trace) { a = p.Sample("a", normal(p, 1, 2)) })
			p.Plate("n", 4, func(p *prob.Trace) {
				p.Observe("y", dist.NewNormal(prob.Select(a, p.Data("group")), p.Const(.5)), p.Data("y"))
			})
		}, prob.Data{"y": counts, "group": {0, 2, 2, 1}}), func(u []float64) float64 {
			lp := 0.
			for _, v := range u {
				lp += logNormal(v, 1, 2)
			}
			for i, k := range []int{0, 2, 2, 1} {
				lp += logNormal(counts[i], u[k], .5)
			}
			return lp
		}, 3},
		{"crossed plates", prob.New(func(p *prob.Trace) {
			item := p.Sample("item", dist.NewNormal(p.Const(0, 2), p.Const(1)))
			p.Plate("persons", 2, func(p *prob.Trace) {
				able := p.Sample("able", normal(p, 0, 1))
				p.Plate("items", 2, func(p *prob.Trace) {
					logits := g.Sub(g.ExpandAxes(able, 0), g.ExpandAxes(item, 1))
					p.Observe("y", dist.Bernoulli{Logits: logits}, p.Data("y"))
				})
			})
		}, prob.Data{"y": {1, 0, 0, 0}}), func(u []float64) float64 {
			lp := 0.
			for _, v := range u {
				lp += logNormal(v, 0, 1)
			}
			for i := range 2 {
				for j := range 2 {
					l := u[2+j] - u[i]
					lp += []float64{1, 0, 0, 0}[i*2+j]*l - softplus(l)
				}
			}
			return lp
		}, 4},
	}
}

// student is the log-density of Student's t with ν degrees of freedom.
func student(x *g.Node, nu float64) *g.Node {
	c := lgamma((nu+1)/2) - lgamma(nu/2) - .5*math.Log(nu*math.Pi)
	return g.AddScalar(g.MulScalar(g.Log1p(g.MulScalar(g.Square(x), 1/nu)), -(nu+1)/2), c)
}

func TestLogDensitiesAreThoseWrittenOut(t *testing.T) {
	for _, w := range writtenModels() {
		n, err := w.model.Dim()
		if err != nil {
			t.Errorf("%s: %v", w.name, err)
			continue
		}
		if n != w.dim {
			t.Fatalf("%s: got %d reals, want %d", w.name, n, w.dim)
		}
		for k := range uint64(6) {
			u := make([]float64, n)
			rng.New(k).NormalFloat64(u)
			tk.Close(t, fmt.Sprint(w.name, " at ", u), logDensity(t, w.model, u...), w.want(u), 1e-11)
		}
	}
}

// The evidence by quadrature over one unknown, against importance sampling from the fit: within 4
// standard errors, the bound below it.
func TestEvidenceOfOneUnknownMatchesQuadrature(t *testing.T) {
	for _, w := range writtenModels() {
		if w.dim != 1 {
			continue
		}
		want := math.Log(tk.Integrate(func(u float64) float64 { return math.Exp(w.want([]float64{u})) }, -12, 12, 200))
		fit := fitted(t, w.model, prob.Options{Seed: 6, Check: 4000})
		got, se := fit.LogEvidence()
		within(t, w.name+": log-evidence", got, want, math.Max(4*se, 1e-3))
		if fit.ELBO > want+4*fit.ELBOStdErr {
			t.Errorf("%s: bound %v above the evidence %v", w.name, fit.ELBO, want)
		}
	}
}

// Posterior moments by quadrature over two unknowns, against the importance-weighted draws.
func TestWeightedMomentsMatchQuadrature(t *testing.T) {
	w := writtenModels()[2] // x ~ U(−top, top)
	const low, high, steps = -9., 6., 300
	h := (high - low) / steps
	var mass, top, x, xx float64
	for i := range steps {
		for j := range steps {
			u := []float64{low + (float64(i)+.5)*h, -8 + (float64(j)+.5)*16/steps}
			p := math.Exp(w.want(u))
			b := math.Exp(u[0])
			v := -b + 2*b*sigmoid(u[1])
			mass, top, x, xx = mass+p, top+p*b, x+p*v, xx+p*v*v
		}
	}
	fit := fitted(t, w.model, prob.Options{Seed: 2, Check: 10000})
	e := corrected(t, fit)
	sd := math.Sqrt(xx/mass - x*x/mass/mass)
	// k̂ and the effective size say how far 10,000 weighted draws reach: a tenth of a sd is ample.
	within(t, "mean of x in sd", (e["x"].Mean-x/mass)/sd, 0, .1)
	within(t, "sd of x", e["x"].SD/sd, 1, .1)
	within(t, "mean of the top", e["top"].Mean/(top/mass), 1, .1)
	if _, err := fit.Corrected(); err != nil {
		t.Error(err)
	}
}

// A linear regression with known noise has a Gaussian posterior: mean and covariance from the
// normal equations, and the evidence from the determinant.
func TestLinearRegressionMatchesTheNormalEquations(t *testing.T) {
	const n, d, noise, prior = 12, 3, .6, 2.
	x, y := make([]float64, n*d), make([]float64, n)
	rng.New(8).NormalFloat64(x)
	rng.New(9).NormalFloat64(y)
	for i := range y {
		x[i*d] = 1
		y[i] = noise*y[i] + 1 + 2*x[i*d+1] - x[i*d+2]
	}
	m := prob.New(func(p *prob.Trace) {
		beta := p.Sample("beta", dist.NewNormal(p.Const(0, d), p.Const(prior)))
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Dot(p.Data("x", n, d), beta).Product(), p.Const(noise)), p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
	var a [d * d]float64
	var b [d]float64
	for i := range d {
		a[i*d+i] = 1 / prior / prior
		for r := range n {
			b[i] += x[r*d+i] * y[r] / noise / noise
			for j := range d {
				a[i*d+j] += x[r*d+i] * x[r*d+j] / noise / noise
			}
		}
	}
	inv, mean := solve3(a, b)
	fit := fitted(t, m, prob.Options{Seed: 1, Check: 4000})
	e := estimates(t, fit)
	for i := range d {
		sd := math.Sqrt(inv[i*d+i])
		got := e[fmt.Sprintf("beta[%d]", i)]
		within(t, "mean in sd", (got.Mean-mean[i])/sd, 0, 4/math.Sqrt(4000)+.02)
		within(t, "sd", got.SD/sd, 1, 4/math.Sqrt(8000)+.02)
	}
	// The log-density at the mean, plus that of the Gaussian there, is the evidence.
	peak := logDensity(t, m, mean[:]...)
	evidence := peak + .5*d*math.Log(2*math.Pi) + .5*math.Log(det3(inv))
	within(t, "bound", fit.ELBO, evidence, .01)
	z, _ := fit.LogEvidence()
	within(t, "log-evidence", z, evidence, .01)
}

// det3 is the determinant of a 3×3 matrix.
func det3(a [9]float64) float64 {
	return a[0]*(a[4]*a[8]-a[5]*a[7]) - a[1]*(a[3]*a[8]-a[5]*a[6]) + a[2]*(a[3]*a[7]-a[4]*a[6])
}

// solve3 returns the inverse of a symmetric matrix and its product with b.
func solve3(a [9]float64, b [3]float64) (inv [9]float64, x [3]float64) {
	d := det3(a)
	for i := range 3 {
		for j := range 3 {
			r, s := (j+1)%3, (j+2)%3
			p, q := (i+1)%3, (i+2)%3
			inv[i*3+j] = (a[r*3+p]*a[s*3+q] - a[r*3+q]*a[s*3+p]) / d
		}
	}
	for i := range 3 {
		for j := range 3 {
			x[i] += inv[i*3+j] * b[j]
		}
	}
	return inv, x
}

// A Gaussian process with known kernel: the marginal likelihood through [special.Cholesky].
func TestMultivariateObservationsUseTheirFactor(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		s := p.Sample("s", dist.HalfNormal{Scale: p.Const(1)})
		k := g.Add(g.Mul(s, p.Data("k", 2, 2)), p.Data("eye", 2, 2))
		p.Observe("y", dist.MultivariateNormal{Loc: p.Const(0, 2), Tril: special.Cholesky(k)}, p.Data("y"))
	}, prob.Data{"k": {1, .5, .5, 1}, "eye": {1, 0, 0, 1}, "y": {.7, -.2}})
	for _, u := range []float64{-2, 0, 1.3} {
		s := math.Exp(u)
		a, b := s+1, .5*s
		det := a*a - b*b
		quad := (a*.49 + a*.04 + 2*b*.14) / det
		want := math.Log(2) - .5*math.Log(2*math.Pi) - s*s/2 + u - math.Log(2*math.Pi) - .5*math.Log(det) - quad/2
		within(t, "ln p", logDensity(t, m, u), want, 1e-11)
	}
}

// Models are asked for a point of their size.
func TestPointsHaveTheModelsSize(t *testing.T) {
	m := gaussian(0, 0, 1, 0, 1, 0)
	_, err := m.LogDensity([]float64{1})
	refused(t, "one number", err, "prob: log-density: got a point of 1 numbers, want 2")
	_, err = m.Summarize([][]float64{{1, 2}})
	refused(t, "one draw", err, "prob: summary: got 1 draws, want at least 2")
	list, err := m.Summarize([][]float64{{1, 2}, {3, 6}})
	if err != nil || len(list) != 2 || list[0].Name != "x" || list[0].Mean != 2 || list[1].Mean != 4 {
		t.Errorf("got %v, %v, want means 2 and 4", list, err)
	}
	bad := prob.New(func(*prob.Trace) {}, nil)
	for what, call := range map[string]func() error{
		"target":    func() error { _, err := bad.Target(); return err },
		"constrain": func() error { _, err := bad.Constrain(nil); return err },
		"summarize": func() error { _, err := bad.Summarize(nil); return err },
		"density":   func() error { _, err := bad.LogDensity(nil); return err },
		"prior":     func() error { _, err := bad.Prior(1, 1); return err },
		"dim":       func() error { _, err := bad.Dim(); return err },
	} {
		refused(t, what, call(), "prob: the model has no unknown (Trace.Sample)")
	}
}
