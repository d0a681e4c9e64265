package prob

// KBefore is the k̂ of the Gaussian that was bent, or the fit's own.
func KBefore(fit *Fit) float64 {
	if fit.before == nil {
		return fit.KHat
	}
	return fit.before.KHat
}
