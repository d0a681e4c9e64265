package mixture

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

var shapes = []Covariance{Full, Tied, Diagonal, Spherical}

// naive is a mixture with full matrices and Dirichlet weights, written down as in Bishop 2006, section 10.2,
// with dense inverses and determinants.
type naive struct {
	k, d                  int
	alpha0, beta0, nu0    float64
	m0                    *mat.VecDense
	inv0                  *mat.Dense // W₀⁻¹
	alpha, beta, nu       []float64
	m                     []*mat.VecDense
	w                     []*mat.Dense
	r                     [][]float64 // N×K
	logPi, logDet, counts []float64
	means                 []*mat.VecDense // x̄_k
	scatter               []*mat.Dense    // S_k
}

func newNaive(p *prior) *naive {
	return &naive{k: p.k, d: p.d, alpha0: p.alpha, beta0: p.beta, nu0: p.nu,
		m0: mat.NewVecDense(p.d, slices.Clone(p.mean)), inv0: mat.NewDense(p.d, p.d, slices.Clone(p.scale))}
}

// minus is x − m.
func minus(x []float64, m *mat.VecDense) *mat.VecDense {
	z := mat.NewVecDense(len(x), slices.Clone(x))
	z.SubVec(z, m)
	return z
}

// moments sets N_k, x̄_k, S_k (eqs 10.51–10.53).
func (v *naive) moments(x Data) {
	v.counts, v.means, v.scatter = make([]float64, v.k), nil, nil
	for k := range v.k {
		mean, s := mat.NewVecDense(v.d, nil), mat.NewDense(v.d, v.d, nil)
		for n := range x.N() {
			v.counts[k] += v.r[n][k]
			mean.AddScaledVec(mean, v.r[n][k], mat.NewVecDense(v.d, slices.Clone(x.Row(n))))
		}
		mean.ScaleVec(1/v.counts[k], mean)
		for n := range x.N() {
			z := minus(x.Row(n), mean)
			s.RankOne(s, v.r[n][k]/v.counts[k], z, z)
		}
		v.means, v.scatter = append(v.means, mean), append(v.scatter, s)
	}
}

// maximise is eqs 10.58–10.63.
func (v *naive) maximise(t *testing.T) {
	v.alpha, v.beta, v.nu, v.m, v.w = nil, nil, nil, nil, nil
	for k, n := range v.counts {
		v.alpha, v.beta, v.nu = append(v.alpha, v.alpha0+n), append(v.beta, v.beta0+n), append(v.nu, v.nu0+n)
		m := mat.NewVecDense(v.d, nil)
		m.AddScaledVec(m, v.beta0/v.beta[k], v.m0)
		m.AddScaledVec(m, n/v.beta[k], v.means[k])
		inv := mat.DenseCopyOf(v.inv0)
		s := mat.DenseCopyOf(v.scatter[k])
		s.Scale(n, s)
		inv.Add(inv, s)
		z := minus(v.means[k].RawVector().Data, v.m0)
		inv.RankOne(inv, v.beta0*n/v.beta[k], z, z)
		w := mat.NewDense(v.d, v.d, nil)
		if err := w.Inverse(inv); err != nil {
			t.Fatal(err)
		}
		v.m, v.w = append(v.m, m), append(v.w, w)
	}
}

// expect is eqs 10.64–10.67 and 10.49.
func (v *naive) expect(x Data) {
	v.logPi, v.logDet = make([]float64, v.k), make([]float64, v.k)
	sum := 0.
	for _, a := range v.alpha {
		sum += a
	}
	for k := range v.k {
		v.logPi[k] = mathext.Digamma(v.alpha[k]) - mathext.Digamma(sum)
		v.logDet[k] = float64(v.d)*math.Ln2 + math.Log(mat.Det(v.w[k]))
		for i := 1; i <= v.d; i++ {
			v.logDet[k] += mathext.Digamma((v.nu[k] + 1 - float64(i)) / 2)
		}
	}
	v.r = nil
	for n := range x.N() {
		r, sum := make([]float64, v.k), 0.
		for k := range r {
			z := minus(x.Row(n), v.m[k])
			q := float64(v.d)/v.beta[k] + v.nu[k]*mat.Inner(z, v.w[k], z)
			r[k] = math.Exp(v.logPi[k] + v.logDet[k]/2 - float64(v.d)/2*math.Log(2*math.Pi) - q/2)
			sum += r[k]
		}
		for k := range r {
			r[k] /= sum
		}
		v.r = append(v.r, r)
	}
}

// trace is tr(ab).
func trace(a, b mat.Matrix) float64 {
	var c mat.Dense
	c.Mul(a, b)
	return mat.Trace(&c)
}

// lnC is the logarithm of a Dirichlet density's constant (eq. B.23).
func lnC(alpha []float64) (c float64) {
	sum := 0.
	for _, a := range alpha {
		sum += a
		c -= lgamma(a)
	}
	return c + lgamma(sum)
}

// lnWishart is ln B(W, ν) (eq. B.79).
func lnWishart(det, nu float64, d int) float64 {
	b := -nu/2*math.Log(det) - nu*float64(d)/2*math.Ln2 - float64(d*(d-1))/4*math.Log(math.Pi)
	for i := 1; i <= d; i++ {
		b -= lgamma((nu + 1 - float64(i)) / 2)
	}
	return b
}

// data is E ln p(X | Z, μ, Λ) + E ln p(Z | π) − E ln q(Z) (eqs 10.71, 10.72, 10.75).
func (v *naive) data() (l float64) {
	d := float64(v.d)
	for k, n := range v.counts {
		z := minus(v.means[k].RawVector().Data, v.m[k])
		l += .5 * n * (v.logDet[k] - d/v.beta[k] - v.nu[k]*trace(v.scatter[k], v.w[k]) - v.nu[k]*mat.Inner(z, v.w[k], z) - d*math.Log(2*math.Pi))
		l += n * v.logPi[k]
	}
	for _, r := range v.r {
		for _, p := range r {
			if p > 0 {
				l -= p * math.Log(p)
			}
		}
	}
	return l
}

// parameters is E ln p(π) + E ln p(μ, Λ) − E ln q(π) − E ln q(μ, Λ) (eqs 10.73, 10.74, 10.76, 10.77).
func (v *naive) parameters() (l float64) {
	d := float64(v.d)
	l = lnC(slices.Repeat([]float64{v.alpha0}, v.k)) - lnC(v.alpha)
	for k := range v.k {
		z := minus(v.m[k].RawVector().Data, v.m0)
		l += (v.alpha0 - v.alpha[k]) * v.logPi[k]
		l += .5 * (d*math.Log(v.beta0/(2*math.Pi)) + v.logDet[k] - d*v.beta0/v.beta[k] - v.beta0*v.nu[k]*mat.Inner(z, v.w[k], z))
		l += lnWishart(1/mat.Det(v.inv0), v.nu0, v.d) + (v.nu0-d-1)/2*v.logDet[k] - .5*v.nu[k]*trace(v.inv0, v.w[k])
		entropy := -lnWishart(mat.Det(v.w[k]), v.nu[k], v.d) - (v.nu[k]-d-1)/2*v.logDet[k] + v.nu[k]*d/2
		l -= .5*v.logDet[k] + d/2*math.Log(v.beta[k]/(2*math.Pi)) - d/2 - entropy
	}
	return l
}

func TestSweepsAgreeWithTheEquationsOfTheBook(t *testing.T) {
	for seed, size := range []struct{ n, d, k int }{{40, 1, 2}, {60, 2, 3}, {300, 3, 4}, {80, 5, 2}} {
		x := drawn(size.n, size.d, size.k, uint64(seed))
		c := Default()
		c.Components, c.Alpha, c.Beta, c.Nu = size.k, .3, .7, float64(size.d)+.5
		p, err := newPrior(c, x)
		if err != nil {
			t.Fatal(err)
		}
		q, v, b := newPosterior(Full, p), newNaive(p), blocked(x)
		if err := q.start(p, b, x.spread(), rng.New(1), 0); err != nil {
			t.Fatal(err)
		}
		labels := labelled(x, size.k, 1)
		for _, k := range labels {
			r := make([]float64, size.k)
			r[k] = 1
			v.r = append(v.r, r)
		}
		for sweep := range 6 {
			v.moments(x)
			v.maximise(t)
			if sweep > 0 {
				if err := q.update(p, q.sweep(b, 2)); err != nil {
					t.Fatal(err)
				}
			}
			for k := range size.k {
				tk.Close(t, "beta", q.beta[k], v.beta[k], 1e-11)
				tk.Close(t, "nu", q.nu[k], v.nu[k], 1e-11)
				for j := range size.d {
					tk.Close(t, "mean", q.mean[k*size.d+j], v.m[k].AtVec(j), 1e-10)
				}
			}
			v.expect(x)
			v.moments(x)
			got, want := q.sweep(b, 1).logs-q.kl(p), v.data()+v.parameters()
			tk.Close(t, "bound", got, want, 1e-10)
		}
	}
}

func TestAllShapesAreTheSameInOneColumn(t *testing.T) {
	x, want := drawn(200, 1, 3, 4), 0.
	for _, cov := range shapes {
		if cov == Tied {
			continue
		}
		c := Default()
		c.Components, c.Covariance, c.Restarts, c.Nu = 3, cov, 2, 1.5
		m, err := Fit(t.Context(), x, c)
		if err != nil {
			t.Fatal(err)
		}
		if cov == Full {
			want = m.Bound
		}
		tk.Close(t, string(cov), m.Bound, want, 1e-12)
	}
}

func TestAllShapesAreTheSameOfOneComponentInOneColumn(t *testing.T) {
	x, want := drawn(50, 1, 1, 4), 0.
	for i, cov := range shapes {
		c := Default()
		c.Components, c.Covariance, c.Restarts = 1, cov, 1
		m, err := Fit(t.Context(), x, c)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = m.Bound
		}
		tk.Close(t, string(cov), m.Bound, want, 1e-12)
	}
}

// evidence is ln p(x) of one Gaussian with a Normal-Wishart prior (Murphy 2007, eq. 266, by differences of normalisers).
func evidence(x Data, c Config) float64 {
	p, _ := newPrior(c, x)
	s, d, n := newSums(1, x.D), x.D, float64(x.N())
	q := newPosterior(Full, p)
	s.count[0] = n
	for i := range x.N() {
		for j, v := range x.Row(i) {
			s.first[j] += v
			for l, u := range x.Row(i)[:j+1] {
				s.second[j*d+l] += u * v
			}
		}
	}
	if err := q.update(p, s); err != nil {
		return math.NaN()
	}
	return -n*float64(d)/2*math.Log(2*math.Pi) + float64(d)/2*math.Log(p.beta/q.beta[0]) +
		lnWishart(math.Exp(-p.logDet), p.nu, d) - lnWishart(math.Exp(-q.logP[0]), q.nu[0], d)
}

func TestTheBoundOfOneComponentIsTheEvidence(t *testing.T) {
	for _, cov := range []Covariance{Full, Tied} {
		for d := 1; d <= 4; d++ {
			x := drawn(30, d, 2, 9)
			c := Default()
			c.Components, c.Covariance, c.Restarts, c.Nu, c.Beta = 1, cov, 1, float64(d)+1.25, .4
			m, err := Fit(t.Context(), x, c)
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, "bound", m.Bound, evidence(x, c), 1e-11)
		}
	}
}
