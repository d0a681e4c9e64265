package expfam

import "math"

// MultiNormal is N(μ, Λ⁻¹) of D numbers: u = (x, xxᵀ), η = (Λμ, −½Λ), A = ½ μᵀΛμ − ½ ln|Λ| + D/2 ln 2π.
type MultiNormal struct {
	D int // numbers
}

// Name implements Family.
func (MultiNormal) Name() string { return "multivariate normal" }

// Len implements Family.
func (f MultiNormal) Len() int { return f.D + f.D*f.D }

// Natural is η of a mean and a precision matrix, D×D.
func (f MultiNormal) Natural(mean, precision []float64) []float64 {
	return append(times(precision, mean), scaled(precision, -.5)...)
}

// times is M·x.
func times(m, x []float64) []float64 {
	y := make([]float64, len(x), len(x)+len(m))
	for i := range y {
		y[i] = inner(m[i*len(x):(i+1)*len(x)], x)
	}
	return y
}

// Expect implements Family.
func (f MultiNormal) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	d := f.D
	chol, ok := factorised(scaled(eta[d:], -2), d)
	if !ok {
		return 0, bad(f, "got a precision that is not positive definite")
	}
	cov := make([]float64, d*d)
	if err := inverse(cov, chol, 1); err != nil {
		return 0, bad(f, "precision: %v", err)
	}
	mean := times(cov, eta[:d])
	if u != nil {
		copy(u, mean)
		for i, m := range mean {
			for j, v := range mean {
				u[d+i*d+j] = m*v + cov[i*d+j]
			}
		}
	}
	return .5 * (inner(mean, eta[:d]) - chol.LogDet() + float64(d)*ln2Pi), nil
}

// Stats implements Family.
func (f MultiNormal) Stats(u, x []float64) error {
	if len(x) != f.D {
		return value(f, x, "D numbers")
	}
	copy(u, x)
	for i, v := range x {
		for j, w := range x {
			u[f.D+i*f.D+j] = v * w
		}
	}
	return nil
}

// NormalWishart is Λ ~ W(W, ν), μ | Λ ~ N(m, (βΛ)⁻¹) of x = (μ, Λ):
//
//	u = (Λ, ln|Λ|, Λμ, μᵀΛμ),  η = (−½(W⁻¹ + βmmᵀ), (ν − D)/2, βm, −β/2),
//	A = A_Wishart(W, ν) + D/2 ln(2π/β).
type NormalWishart struct {
	D int // numbers
}

// Name implements Family.
func (NormalWishart) Name() string { return "normal-wishart" }

// Len implements Family.
func (f NormalWishart) Len() int { return f.D*f.D + f.D + 2 }

// Natural is η of m, β, W⁻¹ (D×D) and ν.
func (f NormalWishart) Natural(m []float64, beta float64, inverse []float64, nu float64) []float64 {
	eta := scaled(inverse, -.5)
	for i, v := range m {
		for j, w := range m {
			eta[i*f.D+j] -= beta / 2 * v * w
		}
	}
	return append(append(append(eta, (nu-float64(f.D))/2), scaled(m, beta)...), -beta/2)
}

// Expect implements Family.
func (f NormalWishart) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	d, size := f.D, f.D*f.D
	beta := -2 * eta[f.Len()-1]
	if !(beta > 0) {
		return 0, bad(f, "got beta %v, want a positive one", beta)
	}
	m, p := scaled(eta[size+1:size+1+d], 1/beta), scaled(eta[:size], -2)
	for i, v := range m {
		for j, w := range m {
			p[i*d+j] -= beta * v * w
		}
	}
	a, err := wishart(f, u, p, 2*eta[size]+float64(d))
	if err != nil {
		return 0, err
	}
	if u != nil {
		pull := times(u[:size], m)
		copy(u[size+1:], pull[:d])
		u[f.Len()-1] = inner(pull[:d], m) + float64(d)/beta
	}
	return a + float64(d)/2*(ln2Pi-math.Log(beta)), nil
}

// Stats implements Family.
func (f NormalWishart) Stats(u, x []float64) error {
	if len(x) != f.D+f.D*f.D {
		return value(f, x, "a mean and a matrix")
	}
	m, lambda := x[:f.D], x[f.D:]
	if err := Wishart(f).Stats(u[:f.D*f.D+1], lambda); err != nil {
		return err
	}
	pull := times(lambda, m)
	copy(u[f.D*f.D+1:], pull)
	u[f.Len()-1] = inner(pull, m)
	return nil
}
