package factor

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// engine is the state of a climb. Rows are kept about their mean, y_n = x_n − x̄, and ν = μ − x̄.
type engine struct {
	cfg   Config
	n     float64
	d, k  int
	bar   []float64  // x̄
	c     *mat.Dense // Σ y yᵀ, D×D
	w     *mat.Dense // ⟨W⟩, D×K
	wCov  [][]float64
	wLog  []float64 // ln |Cov w_d|
	nu    []float64
	nuVar []float64
	alpha []Gamma
	noise []Gamma

	// Statistics of q(Z): Σ⟨zzᵀ⟩ (K×K), Σ⟨z⟩yᵀ (K×D), Σ⟨z⟩ and ln |Cov z|.
	szz  *mat.Dense
	szy  *mat.Dense
	sz   []float64
	zLog float64
}

func newEngine(x *mat.Dense, cfg Config) (*engine, error) {
	n, d := x.Dims()
	k := cfg.Factors
	e := &engine{cfg: cfg, n: float64(n), d: d, k: k, bar: make([]float64, d), wCov: make([][]float64, d), wLog: make([]float64, d),
		nu: make([]float64, d), nuVar: make([]float64, d), alpha: make([]Gamma, k), noise: make([]Gamma, 1), sz: make([]float64, k)}
	y := mat.DenseCopyOf(x)
	for j := range d {
		col := mat.Col(nil, j, x)
		for _, v := range col {
			e.bar[j] += v / e.n
		}
		for i := range n {
			y.Set(i, j, col[i]-e.bar[j])
		}
		e.wCov[j] = make([]float64, k*k)
	}
	var c mat.SymDense
	c.SymOuterK(1, y.T())
	e.c = mat.DenseCopyOf(&c)
	if cfg.Diagonal {
		e.noise = make([]Gamma, d)
	}
	return e, e.start(&c)
}

// start is the likeliest W of principal components, with the noise that they leave over
// (Tipping & Bishop 1999, eq. 7).
func (e *engine) start(c *mat.SymDense) error {
	var s mat.SymDense
	s.ScaleSym(1/e.n, c)
	var eig mat.EigenSym
	if !eig.Factorize(&s, true) {
		return fmt.Errorf("factor: the eigenvalues of the data's covariance are not found")
	}
	values := eig.Values(nil) // ascending
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	rest, total := 0., 0.
	for i, v := range values {
		total += max(v, 0)
		if i < e.d-e.k {
			rest += max(v, 0) / float64(e.d-e.k)
		}
	}
	if !(total > 0) {
		return fmt.Errorf("factor: data: got rows that are all alike")
	}
	rest = max(rest, 1e-3*total/float64(e.d))
	e.w = mat.NewDense(e.d, e.k, nil)
	for k := range e.k {
		scale := math.Sqrt(max(values[e.d-1-k]-rest, .01*rest))
		norm := 0.
		for d := range e.d {
			v := scale * vectors.At(d, e.d-1-k)
			e.w.Set(d, k, v)
			norm += v * v
		}
		e.alpha[k] = Gamma{Shape: float64(e.d) / 2, Rate: norm / 2}
	}
	for i := range e.noise {
		e.noise[i] = Gamma{Shape: 1, Rate: rest}
	}
	return nil
}

func (e *engine) q(d int) *Gamma      { return &e.noise[min(d, len(e.noise)-1)] }
func (e *engine) tau(d int) float64   { return e.q(d).Mean() }
func (e *engine) row(d int) []float64 { return e.w.RawRowView(d) }
func (e *engine) outer(d, i, j int) float64 {
	return e.w.At(d, i)*e.w.At(d, j) + e.wCov[d][i*e.k+j]
}

// gain is A = diag⟨τ⟩⟨W⟩ Cov z, D×K, with ⟨z⟩ = Aᵀ(x−⟨μ⟩), and Cov z = (I + Σ_d ⟨τ_d⟩⟨w_dw_dᵀ⟩)⁻¹
// with the logarithm of its determinant.
func gain(w *mat.Dense, wCov [][]float64, tau func(d int) float64) (a *mat.Dense, cov *mat.SymDense, logDet float64, err error) {
	d, k := w.Dims()
	p := mat.NewSymDense(k, nil)
	scaled := mat.NewDense(d, k, nil)
	for i := range d {
		t, row, cv := tau(i), w.RawRowView(i), wCov[i]
		for r, v := range row {
			scaled.Set(i, r, t*v)
			for s := r; s < k; s++ {
				p.SetSym(r, s, p.At(r, s)+t*(v*row[s]+cv[r*k+s]))
			}
		}
	}
	for r := range k {
		p.SetSym(r, r, p.At(r, r)+1)
	}
	cov, logDet, err = inverse(p)
	if err != nil {
		return nil, nil, 0, err
	}
	a = mat.NewDense(d, k, nil)
	a.Mul(scaled, cov)
	return a, cov, logDet, nil
}

// inverse of a precision, and the logarithm of its determinant.
func inverse(p *mat.SymDense) (*mat.SymDense, float64, error) {
	var c mat.Cholesky
	if !c.Factorize(p) {
		return nil, 0, fmt.Errorf("factor: a precision is not positive definite: are columns of very unlike sizes?")
	}
	var out mat.SymDense
	if err := c.InverseTo(&out); err != nil {
		if _, rough := err.(mat.Condition); !rough {
			return nil, 0, fmt.Errorf("factor: %w", err)
		}
	}
	return &out, -c.LogDet(), nil
}

// sweep updates q(Z), q(W), q(μ), q(α) and q(τ) in turn and answers with the bound.
func (e *engine) sweep() (float64, error) {
	if err := e.updateZ(); err != nil {
		return 0, err
	}
	if err := e.updateW(); err != nil {
		return 0, err
	}
	e.updateMean()
	e.updateAlpha()
	return e.bound(e.updateNoise()), nil
}

// updateZ: ⟨z_n⟩ = Aᵀ(y_n − ν), so that with Σy = 0
//
//	Σ⟨z⟩ = −N Aᵀν,  Σ⟨z⟩yᵀ = AᵀC,  Σ⟨zzᵀ⟩ = N Cov z + AᵀCA + N AᵀννᵀA.
func (e *engine) updateZ() error {
	a, cov, logDet, err := gain(e.w, e.wCov, e.tau)
	if err != nil {
		return err
	}
	e.zLog = logDet
	var av mat.VecDense
	av.MulVec(a.T(), mat.NewVecDense(e.d, e.nu))
	e.szy = mat.NewDense(e.k, e.d, nil)
	e.szy.Mul(a.T(), e.c)
	e.szz = mat.NewDense(e.k, e.k, nil)
	e.szz.Mul(e.szy, a)
	for i := range e.k {
		e.sz[i] = -e.n * av.AtVec(i)
		for j := range e.k {
			e.szz.Set(i, j, e.szz.At(i, j)+e.n*(cov.At(i, j)+av.AtVec(i)*av.AtVec(j)))
		}
	}
	return nil
}

// updateW: Cov w_d = (diag⟨α⟩ + ⟨τ_d⟩Σ⟨zzᵀ⟩)⁻¹, ⟨w_d⟩ = ⟨τ_d⟩ Cov w_d Σ⟨z⟩(y_d − ν_d). Under one
// noise the covariance is the same in all rows.
func (e *engine) updateW() error {
	var cov *mat.SymDense
	var logDet float64
	b, m := mat.NewVecDense(e.k, nil), mat.NewVecDense(e.k, nil)
	for d := range e.d {
		t := e.tau(d)
		if d == 0 || e.cfg.Diagonal {
			p := mat.NewSymDense(e.k, nil)
			for i := range e.k {
				for j := i; j < e.k; j++ {
					p.SetSym(i, j, t*e.szz.At(i, j))
				}
				p.SetSym(i, i, p.At(i, i)+e.alpha[i].Mean())
			}
			var err error
			if cov, logDet, err = inverse(p); err != nil {
				return err
			}
		}
		e.wLog[d] = logDet
		for i := range e.k {
			b.SetVec(i, t*(e.szy.At(i, d)-e.nu[d]*e.sz[i]))
			for j := range e.k {
				e.wCov[d][i*e.k+j] = cov.At(i, j)
			}
		}
		m.MulVec(cov, b)
		copy(e.row(d), m.RawVector().Data)
	}
	return nil
}

// updateMean: ν_d ~ N((−βx̄_d − ⟨τ_d⟩⟨w_d⟩ᵀΣ⟨z⟩)/r, 1/r), r = β + N⟨τ_d⟩.
func (e *engine) updateMean() {
	for d := range e.d {
		t, sum := e.tau(d), 0.
		for k, w := range e.row(d) {
			sum += w * e.sz[k]
		}
		r := e.cfg.Mean + e.n*t
		e.nu[d], e.nuVar[d] = -(e.cfg.Mean*e.bar[d]+t*sum)/r, 1/r
	}
}

// updateAlpha: q(α_k) = Gamma(a₀ + D/2, b₀ + ½Σ_d⟨w_dk²⟩).
func (e *engine) updateAlpha() {
	for k := range e.alpha {
		q := e.cfg.Alpha
		for d := range e.d {
			q.Shape += .5
			q.Rate += e.outer(d, k, k) / 2
		}
		e.alpha[k] = q
	}
}

// updateNoise: q(τ_d) = Gamma(c₀ + N/2, d₀ + ½E_d), or all of them in one. It returns
//
//	E_d = Σ_n⟨(y_nd − ν_d − w_dᵀz_n)²⟩ = C_dd + N⟨ν_d²⟩ + tr⟨w_dw_dᵀ⟩Σ⟨zzᵀ⟩ − 2⟨w_d⟩ᵀΣ⟨z⟩(y_d − ν_d).
func (e *engine) updateNoise() []float64 {
	squares := make([]float64, e.d)
	for i := range e.noise {
		e.noise[i] = e.cfg.Noise
	}
	for d := range squares {
		s := e.c.At(d, d) + e.n*(e.nu[d]*e.nu[d]+e.nuVar[d])
		for i, w := range e.row(d) {
			s -= 2 * w * (e.szy.At(i, d) - e.nu[d]*e.sz[i])
			for j := range e.k {
				s += e.outer(d, i, j) * e.szz.At(i, j)
			}
		}
		squares[d] = s
		q := e.q(d)
		q.Shape += e.n / 2
		q.Rate += s / 2
	}
	return squares
}

// bound is E[ln p(X|Z,W,μ,τ)] − KL of q(Z), q(W), q(μ), q(α) and q(τ) from their priors.
func (e *engine) bound(squares []float64) (l float64) {
	for d, s := range squares {
		q := e.q(d)
		l += e.n/2*(q.MeanLog()-log2Pi) - q.Mean()/2*s
		mean := e.nu[d] + e.bar[d]
		l += (1 + math.Log(e.cfg.Mean*e.nuVar[d]) - e.cfg.Mean*(mean*mean+e.nuVar[d])) / 2
		l += e.wLog[d] / 2
		for k, a := range e.alpha {
			l += (1 + a.MeanLog() - a.Mean()*e.outer(d, k, k)) / 2
		}
	}
	l += e.n / 2 * (float64(e.k) + e.zLog)
	l -= mat.Trace(e.szz) / 2
	for _, a := range e.alpha {
		l -= a.KL(e.cfg.Alpha)
	}
	for _, q := range e.noise {
		l -= q.KL(e.cfg.Noise)
	}
	return l
}

func (e *engine) model() *Model {
	m := &Model{Version: version, Dims: e.d, Factors: e.k, W: mat.DenseCopyOf(e.w).RawMatrix().Data, WCov: e.wCov, MeanVar: e.nuVar, Alpha: e.alpha, Noise: e.noise}
	for d, v := range e.nu {
		m.Mean = append(m.Mean, v+e.bar[d])
	}
	return m
}
