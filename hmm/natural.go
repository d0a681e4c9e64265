package hmm

// natural is an emission with a posterior in an exponential family: η is linear in the
// expected statistics, which is what a step of stochastic variational inference mixes.
type natural interface {
	Emission
	// natural returns η of all states.
	natural() []float64
	// setNatural sets the posterior from η.
	setNatural(eta []float64) error
}

// natural is the concentrations.
func (e *DirichletSymbols) natural() []float64 { return append([]float64(nil), e.Conc...) }

func (e *DirichletSymbols) setNatural(eta []float64) error {
	copy(e.Conc, eta)
	return e.prepare()
}

// natural is a and then b.
func (e *GammaRate) natural() []float64 { return append(append([]float64(nil), e.A...), e.B...) }

func (e *GammaRate) setNatural(eta []float64) error {
	copy(e.A, eta)
	copy(e.B, eta[len(e.A):])
	return e.prepare()
}

// natural is, for each state, a, β, β(m − m0) and b + ½β(m − m0)²: taken about the prior's
// mean, the last loses no digits where data lie far from zero.
func (e *NormalGamma) natural() (eta []float64) {
	d := len(e.M0)
	for s, a := range e.A {
		beta := e.Beta[s]
		eta = append(eta, a, beta)
		for j := range d {
			gap := e.M[s*d+j] - e.M0[j]
			eta = append(eta, beta*gap, e.B[s*d+j]+0.5*beta*gap*gap)
		}
	}
	return eta
}

func (e *NormalGamma) setNatural(eta []float64) error {
	d := len(e.M0)
	for s := range e.A {
		row := eta[s*(2+2*d) : (s+1)*(2+2*d)]
		e.A[s], e.Beta[s] = row[0], row[1]
		for j := range d {
			gap := row[2+2*j] / row[1]
			e.M[s*d+j] = e.M0[j] + gap
			e.B[s*d+j] = row[3+2*j] - 0.5*row[1]*gap*gap
		}
	}
	return e.prepare()
}

// natural is, for each state, ν, β, β(m − m0) and V + β(m − m0)(m − m0)ᵀ.
func (e *NormalWishart) natural() (eta []float64) {
	d := len(e.M0)
	for s, nu := range e.Nu {
		beta, gap := e.Beta[s], make([]float64, d)
		eta = append(eta, nu, beta)
		for j := range d {
			gap[j] = e.M[s*d+j] - e.M0[j]
			eta = append(eta, beta*gap[j])
		}
		v := append([]float64(nil), e.V[s*d*d:(s+1)*d*d]...)
		outer(v, beta, gap, gap)
		eta = append(eta, v...)
	}
	return eta
}

func (e *NormalWishart) setNatural(eta []float64) error {
	d := len(e.M0)
	size := 2 + d + d*d
	for s := range e.Nu {
		row, gap := eta[s*size:(s+1)*size], make([]float64, d)
		e.Nu[s], e.Beta[s] = row[0], row[1]
		for j := range d {
			gap[j] = row[2+j] / row[1]
			e.M[s*d+j] = e.M0[j] + gap[j]
		}
		v := e.V[s*d*d : (s+1)*d*d]
		copy(v, row[2+d:])
		outer(v, -row[1], gap, gap)
	}
	return e.prepare()
}
