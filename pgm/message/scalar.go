package message

import (
	"math"

	"github.com/elbo-go/elbo/expfam"
)

// tilted is what EP needs of a likelihood t(x) of one number under the cavity N(m, v): ln Z and
// the mean and variance of N(x; m, v)t(x)/Z.
type tilted struct{ logZ, mean, variance float64 }

// cavityOf is the mean and variance of a message that is a density.
func cavityOf(in *In) (m, v float64, ok bool) {
	tau := -2 * in.Eta[1]
	if !(tau > 0) || math.IsInf(tau, 1) {
		return 0, 0, false
	}
	return in.Eta[0] / tau, 1 / tau, true
}

// project sets to to the message of moments: N(mean, variance) over the cavity.
func (q tilted) project(to []float64, in *In) error {
	if !(q.variance > 0) || math.IsNaN(q.mean) {
		return ErrWait
	}
	tau := 1 / q.variance
	to[0], to[1] = tau*q.mean-in.Eta[0], -tau/2-in.Eta[1]
	return nil
}

// logZ is ln ∫ exp(η·u) t, of the cavity's normaliser and Z.
func (q tilted) whole(in *In) (float64, error) {
	a, err := expfam.Normal{}.Expect(nil, in.Eta)
	return a + q.logZ, err
}

// mixed is the tilted law of a mixture of likelihoods by their log weights.
func mixed(logs []float64, parts []tilted) tilted {
	q := tilted{logZ: logSum(logs)}
	for k, p := range parts {
		q.mean += math.Exp(logs[k]-q.logZ) * p.mean
	}
	for k, p := range parts {
		d := p.mean - q.mean
		q.variance += math.Exp(logs[k]-q.logZ) * (p.variance + d*d)
	}
	return q
}

// Likelihood is a function t(x) > 0 of one number, whose moments are found by quadrature:
// for EP and power EP.
type Likelihood struct {
	// Log is ln t(x) for the factor at place i of its plate.
	Log func(i int, x float64) float64
	// Width is a length within which ln t bends little: the step of the quadrature is a part of it.
	Width float64
}

// Slots implements Factor.
func (Likelihood) Slots() []Slot { return []Slot{{Name: "x", Family: expfam.Normal{}}} }

func (f Likelihood) check(int) string {
	if f.Log == nil || !(f.Width > 0) {
		return "got no function or a width that is not positive"
	}
	return ""
}

// Powers implements Powered.
func (Likelihood) Powers() bool { return true }

// Send implements Sender.
func (f Likelihood) Send(to []float64, _ int, s *Site) error {
	m, v, ok := cavityOf(&s.In[0])
	if !ok {
		return ErrWait
	}
	return quadrature(func(x float64) float64 { return s.Alpha * f.Log(s.I, x) }, m, v, f.Width).project(to, &s.In[0])
}

// LogZ implements Sender.
func (f Likelihood) LogZ(s *Site) (float64, error) {
	if x := s.In[0].Value; x != nil {
		return s.Alpha * f.Log(s.I, x[0]), nil
	}
	m, v, ok := cavityOf(&s.In[0])
	if !ok {
		return 0, ErrWait
	}
	return quadrature(func(x float64) float64 { return s.Alpha * f.Log(s.I, x) }, m, v, f.Width).whole(&s.In[0])
}

// quadrature is the tilted law by the trapezoid rule, which converges geometrically on analytic
// functions (Trefethen & Weideman 2014): over ±12 deviations of the cavity, with a step of a
// third of its deviation or a sixth of the likelihood's width, and at most 2·10⁵ of them a side.
func quadrature(log func(x float64) float64, m, v, width float64) tilted {
	sd := math.Sqrt(v)
	step := min(sd/3, width/6)
	side := int(min(math.Ceil(12*sd/step), 2e5))
	step = 12 * sd / float64(side)
	logs, top := make([]float64, 2*side+1), math.Inf(-1)
	for i := range logs {
		x := float64(i-side) * step
		logs[i] = log(m+x) - x*x/v/2
		top = max(top, logs[i])
	}
	var z, mean, square float64
	for i, l := range logs {
		p := math.Exp(l - top)
		z, mean = z+p, mean+p*float64(i-side)*step
	}
	mean /= z
	for i, l := range logs {
		d := float64(i-side)*step - mean
		square += math.Exp(l-top) * d * d
	}
	return tilted{top + math.Log(z*step/sd) - ln2Pi/2, m + mean, square / z}
}
