package message

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/link"
)

// Interval is 1 where low < x < high and 0 elsewhere, for EP: the moments are those of a truncated
// normal. One end may be infinite; a comparison x₁ > x₂ is the interval (0, ∞) of their difference.
type Interval struct {
	// Low is the lower end.
	Low float64
	// High is the upper end.
	High float64
}

// Slots implements Factor.
func (Interval) Slots() []Slot { return []Slot{{Name: "x", Family: expfam.Normal{}}} }

func (f Interval) check(int) string {
	if !(f.Low < f.High) || math.IsInf(f.Low, 1) || math.IsInf(f.High, -1) {
		return fmt.Sprintf("got the interval (%v, %v), want one from low to high", f.Low, f.High)
	}
	return ""
}

// Powers implements Powered: the powers of 0 and 1 are themselves.
func (Interval) Powers() bool { return true }

// Send implements Sender.
func (f Interval) Send(to []float64, _ int, s *Site) error {
	m, v, ok := cavityOf(&s.In[0])
	if !ok {
		return ErrWait
	}
	return truncated(m, v, f.Low, f.High).project(to, &s.In[0])
}

// LogZ implements Sender.
func (f Interval) LogZ(s *Site) (float64, error) {
	if x := s.In[0].Value; x != nil {
		if x[0] > f.Low && x[0] < f.High {
			return 0, nil
		}
		return math.Inf(-1), nil
	}
	m, v, ok := cavityOf(&s.In[0])
	if !ok {
		return 0, ErrWait
	}
	return truncated(m, v, f.Low, f.High).whole(&s.In[0])
}

// truncated is the law of N(m, v) between two ends. With a and b the ends in deviations from the
// mean, and the side turned so that the nearer end is a (Johnson, Kotz & Balakrishnan 1994, 13.10):
//
//	Z = Φ(b) − Φ(a),  mean  m + √v (φ(a) − φ(b))/Z,  variance  v(1 + (aφ(a) − bφ(b))/Z − (…)²).
//
// It is by ratios to the tail above a, so that ends far out keep their digits. In narrow intervals
// and far tails the variance would cancel; there the integrals are by quadrature.
func truncated(m, v, low, high float64) tilted {
	sd := math.Sqrt(v)
	a, b, side := (low-m)/sd, (high-m)/sd, 1.
	if math.IsInf(a, -1) || a < 0 && b < -a { // the mass lies below: turn it over
		a, b, side = -b, -a, -1
	}
	if math.IsInf(a, -1) {
		return tilted{0, m, v}
	}
	if a > 8 || b-a < 1 {
		q := between(a, b)
		return tilted{q.logZ, m + side*sd*q.mean, v * q.variance}
	}
	logTail, up := link.LogNormalCDF(-a), link.InverseMills(-a) // ln of the mass above a, and φ(a) by that mass
	rest, down, end := 0., 0., 0.
	if !math.IsInf(b, 1) {
		rest = math.Exp(link.LogNormalCDF(-b) - logTail)
		down = up * math.Exp((a-b)*(a+b)/2)
		end = b * down
	}
	z := 1 - rest
	first := (up - down) / z
	return tilted{logTail + math.Log(z), m + side*sd*first, v * (1 + (a*up-end)/z - first*first)}
}

// nodes are those of a Gauss–Legendre rule on [0, 1].
var nodes, nodeWeights = func() (x, w []float64) {
	x, w = make([]float64, 64), make([]float64, 64)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return x, w
}()

// between is the law of a standard normal between a and b, an interval in which its density is
// close to an exponential. Past a + 40/a a far tail holds e⁻⁴⁰ of its mass.
func between(a, b float64) (q tilted) {
	if a > 8 {
		b = min(b, a+40/a)
	}
	w := b - a
	var z, first, second float64
	for i, t := range nodes { // φ(a + wt)/φ(a)
		p := nodeWeights[i] * math.Exp(-w*t*(a+w*t/2))
		z, first = z+p, first+p*t
	}
	first /= z
	for i, t := range nodes {
		second += nodeWeights[i] * math.Exp(-w*t*(a+w*t/2)) * (t - first) * (t - first)
	}
	return tilted{math.Log(z*w) - (a*a+ln2Pi)/2, a + w*first, w * w * second / z}
}
