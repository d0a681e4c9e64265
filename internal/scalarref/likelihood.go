package scalarref

import "math"

// Likelihoods lists the names that Config.Likelihood accepts.
var Likelihoods = []string{
	"bernoulli", "gaussian", "gaussian-learned", "laplace", "continuous-bernoulli", "discretized-logistic",
}

// pixel is a likelihood of one data dimension; a datum's is the product over D.
type pixel struct {
	// nll is −ln p(x) given the decoder's output o and s = ln scale, with ∂/∂o and ∂/∂s.
	nll func(x, o, s float64) (v, do, ds float64)
	// learned says that s is the parameter decoder/logscale and not a constant.
	learned bool
}

var pixels = map[string]pixel{
	"bernoulli":            {nll: bernoulli},
	"gaussian":             {nll: gaussian},
	"gaussian-learned":     {nll: gaussian, learned: true},
	"laplace":              {nll: laplace},
	"continuous-bernoulli": {nll: continuousBernoulli},
	"discretized-logistic": {nll: discretizedLogistic, learned: true},
}

// softplus is ln(1 + e^a); the naive form overflows for a > 709.
func softplus(a float64) float64 {
	return math.Max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
}

// sigmoid is 1/(1 + e^−a).
func sigmoid(a float64) float64 { return 1 / (1 + math.Exp(-a)) }

// bernoulli has logit o: −ln p = softplus(o) − x·o.
func bernoulli(x, o, _ float64) (v, do, ds float64) {
	return softplus(o) - x*o, sigmoid(o) - x, 0
}

// gaussian is N(o, σ²), s = ln σ: −ln p = ½ ln 2π + s + ½((x − o)/σ)².
func gaussian(x, o, s float64) (v, do, ds float64) {
	u := (x - o) * math.Exp(-s)
	return 0.5*math.Log(2*math.Pi) + s + 0.5*u*u, -u * math.Exp(-s), 1 - u*u
}

// laplace has location o and scale b, s = ln b: −ln p = ln 2 + s + |x − o|/b. The derivative
// at x = o is taken as zero.
func laplace(x, o, s float64) (v, do, ds float64) {
	u := (x - o) * math.Exp(-s)
	sign := 0.0
	switch {
	case u > 0:
		sign = 1
	case u < 0:
		sign = -1
	}
	return math.Ln2 + s + math.Abs(u), -sign * math.Exp(-s), 1 - math.Abs(u)
}

// continuousBernoulli has logit o on [0, 1] (Loaiza-Ganem and Cunningham 2019):
//
//	−ln p = softplus(o) − x·o − ln C(o)
func continuousBernoulli(x, o, _ float64) (v, do, ds float64) {
	c, dc := logNormalizer(o)
	return softplus(o) - x*o - c, sigmoid(o) - x - dc, 0
}

// logNormalizer is ln C with C = 2·artanh(1 − 2λ)/(1 − 2λ), λ = sigmoid(o), and its
// derivative. In the logit, C = o/tanh(o/2) and ∂ ln C = 1/o − 1/sinh o. Near o = 0, that
// is λ = ½, both are 0/0 or a difference of large numbers, so there the series
//
//	ln C = ln 2 + o²/12 − 7o⁴/1440 + 31o⁶/90720
//
// takes over; at |o| = 0.05 its next term is below 1e-15.
func logNormalizer(o float64) (c, dc float64) {
	if math.Abs(o) < 0.05 {
		q := o * o
		return math.Ln2 + q*(1./12+q*(-7./1440+q*31./90720)), o * (1./6 + q*(-7./360+q*31./15120))
	}
	return math.Log(o / math.Tanh(o/2)), 1/o - 1/math.Sinh(o)
}

// discretizedLogistic has location o and scale e^s, and gives x = j/255 the mass of the bin
// of width 1/255 around it; bin 0 reaches to −∞ and bin 255 to +∞ (Salimans et al. 2017,
// eq. 2, on [0, 1]). With a and b the standardised upper and lower edges,
//
//	ln(sigmoid(a) − sigmoid(b)) = −softplus(−a) − softplus(b) + ln(1 − e^{b−a})
//
// which stays finite where the difference itself cancels to zero.
func discretizedLogistic(x, o, s float64) (v, do, ds float64) {
	const half = 1. / 510
	inv := math.Exp(-s)
	a, b := (x+half-o)*inv, (x-half-o)*inv
	j := math.Round(255 * x)
	if j < 255 { // a finite upper edge
		v += softplus(-a)
		do += sigmoid(-a) * inv
		ds += sigmoid(-a) * a
	}
	if j > 0 { // a finite lower edge
		v += softplus(b)
		do -= sigmoid(b) * inv
		ds -= sigmoid(b) * b
	}
	if j > 0 && j < 255 {
		w := 2 * half * inv // a − b
		v -= math.Log(-math.Expm1(-w))
		ds += w / math.Expm1(w)
	}
	return v, do, ds
}
