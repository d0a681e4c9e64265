package prob

// KBefore is the k̂ of the Gaussian that was bent, or the fit's own.
func KBefore(fit *Fit) float64 {
	if fit.before == nil {
		return fit.KHat
	}
	return fit.before.KHat
}

// Gradient returns ln p over the unconstrained reals with its gradient.
func Gradient(m *Model) (n int, f func(u, grad []float64) (float64, error), err error) {
	if err := m.Check(); err != nil {
		return 0, nil, err
	}
	p, err := m.params(0)
	if err != nil {
		return 0, nil, err
	}
	d, err := m.density(p, true)
	if err != nil {
		return 0, nil, err
	}
	return m.dim, d.gradient, nil
}
