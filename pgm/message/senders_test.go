package message

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// senderSite draws a site for messages: arguments that have to be known have values.
func senderSite(t testing.TB, r *rand.Rand, f Factor, alpha float64) *Site {
	s := randomSite(t, r, f)
	s.Alpha = alpha
	n, ok := f.(needy)
	for k, slot := range f.Slots() {
		if !ok || n.needs(k) == "" {
			continue
		}
		switch family := slot.Family.(type) {
		case expfam.MultiNormal, expfam.Wishart:
			s.In[k].Value = draw(r, family, s.In[k].Eta)
		default:
			s.In[k].Value = []float64{.3 + r.Float64()}
		}
		s.In[k].Eta = nil
	}
	return s
}

// The derivative of ln ∫ f exp(η·u) by the message η of an argument is ⟨u⟩ of that argument, and the
// factor's message is what brings η there: this is what projection means.
func TestMessagesMoveTheirVariableToTheMomentsOfTheIntegral(t *testing.T) {
	r := rng.New(42).Rand()
	count := 0
	for name, f := range kinds() {
		for _, alpha := range []float64{1, .4} {
			if sends(f, Config{Alpha: alpha}) != "" {
				continue
			}
			count++
			for range 20 {
				s := senderSite(t, r, f, alpha)
				for k, slot := range f.Slots() {
					if s.In[k].Value == nil {
						movesTo(t, name, f.(Sender), k, slot, s)
					}
				}
			}
		}
	}
	if count < 20 {
		t.Errorf("kinds and powers that send: got %d, want at least 20", count)
	}
}

// movesTo compares the moments after a message with the slopes of ln Z.
func movesTo(t *testing.T, name string, f Sender, k int, slot Slot, s *Site) {
	t.Helper()
	eta := s.In[k].Eta
	to, u := make([]float64, len(eta)), make([]float64, len(eta))
	if err := f.Send(to, k, s); err != nil {
		t.Fatalf("%s: slot %s: %v", name, slot.Name, err)
	}
	for i := range to {
		to[i] += eta[i]
	}
	if err := moments(u, slot.Family, to); err != nil {
		t.Fatalf("%s: slot %s: %v", name, slot.Name, err)
	}
	const h = 1e-5
	for _, d := range directions(slot.Family) {
		at := append([]float64(nil), eta...)
		shift := func(by float64) float64 {
			for i, v := range d {
				eta[i] = at[i] + by*v
			}
			z, err := f.LogZ(s)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
		slope := (shift(h) - shift(-h)) / (2 * h)
		copy(eta, at)
		if want := dot(u, d); !(math.Abs(slope-want) <= 2e-7*(1+math.Abs(want))) {
			t.Errorf("%s: slot %s: moments after the message, along %v: got %v, want the slope %v of ln Z", name, slot.Name, d, want, slope)
		}
	}
}

// brute is ln ∫∫ f exp(η·u) over two numbers by the trapezoid rule.
func brute(f func(x, y float64) float64, x, y []float64) float64 {
	const h, reach = .02, 12.
	sum := 0.
	for a := -reach; a <= reach; a += h {
		for b := -reach; b <= reach; b += h {
			sum += h * h * f(a, b) * math.Exp(x[0]*a+x[1]*a*a+y[0]*b+y[1]*b*b)
		}
	}
	return math.Log(sum)
}

func TestIntegralsOfPairsAreThoseByQuadrature(t *testing.T) {
	r := rng.New(43).Rand()
	density := func(d, tau float64) float64 { return math.Exp(-tau*d*d/2) * math.Sqrt(tau/(2*math.Pi)) }
	for range 3 {
		x, y := randomNatural(r, expfam.Normal{}), randomNatural(r, expfam.Normal{})
		for _, alpha := range []float64{1, .3} {
			s := &Site{Alpha: alpha, In: []In{{Eta: x}, {Eta: y}, {Value: []float64{1.4}}}}
			got, err := Normal{Scale: 2}.LogZ(s)
			if err != nil {
				t.Fatal(err)
			}
			want := brute(func(x, y float64) float64 { return math.Pow(density(x-y, 2.8), alpha) }, x, y)
			tk.Close(t, "normal", got, want, 1e-9)
		}
		got, err := Linear{Weights: []float64{2, -1}, Offset: .5}.LogZ(&Site{Alpha: 1, In: []In{{Value: []float64{1.2}}, {Eta: x}, {Eta: y}}})
		if err != nil {
			t.Fatal(err)
		}
		// δ(1.2 − .5 − 2x + y) fixes y = 2x − .7 with unit density.
		want := 0.
		const h = .001
		for a := -12.; a <= 12; a += h {
			b := 2*a - .7
			want += h * math.Exp(x[0]*a+x[1]*a*a+y[0]*b+y[1]*b*b)
		}
		tk.Close(t, "linear", got, math.Log(want), 1e-9)
	}
}

func TestKnownArgumentsAreLimitsOfNarrowOnes(t *testing.T) {
	narrow := expfam.Normal{}.Natural(.7, 1e9)
	norm, err := expfam.Normal{}.Expect(nil, narrow)
	if err != nil {
		t.Fatal(err)
	}
	other, tau := In{Eta: []float64{.4, -.3}}, In{Value: []float64{2}}
	for name, c := range map[string]struct {
		f     Sender
		known []In
		near  []In
	}{
		"normal, x":       {Normal{}, []In{{Value: []float64{.7}}, other, tau}, []In{{Eta: narrow}, other, tau}},
		"normal, mean":    {Normal{}, []In{other, {Value: []float64{.7}}, tau}, []In{other, {Eta: narrow}, tau}},
		"linear, input":   {Linear{Weights: []float64{1, 3}}, []In{other, {Value: []float64{.7}}, other}, []In{other, {Eta: narrow}, other}},
		"linear, output":  {Linear{Weights: []float64{1, 3}}, []In{{Value: []float64{.7}}, other, other}, []In{{Eta: narrow}, other, other}},
		"probit":          {Probit{}, []In{{Eta: []float64{.2, 1}}, {Value: []float64{.7}}}, []In{{Eta: []float64{.2, 1}}, {Eta: narrow}}},
		"logistic":        {Logistic{}, []In{{Eta: []float64{.2, 1}}, {Value: []float64{.7}}}, []In{{Eta: []float64{.2, 1}}, {Eta: narrow}}},
		"prior":           {Prior{Family: expfam.Normal{}, Eta: []float64{1, -1}}, []In{{Value: []float64{.7}}}, []In{{Eta: narrow}}},
		"interval":        {Interval{Low: 0, High: 1}, []In{{Value: []float64{.7}}}, []In{{Eta: narrow}}},
		"likelihood":      {Likelihood{Log: func(_ int, x float64) float64 { return -x * x }, Width: 1}, []In{{Value: []float64{.7}}}, []In{{Eta: narrow}}},
		"both of a table": {Table{Card: []int{2}, Log: []float64{.3, -2}}, []In{{Value: []float64{1}}}, []In{{Eta: []float64{-60, 0}}}},
	} {
		known, err := c.f.LogZ(&Site{Alpha: 1, In: c.known})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		near, err := c.f.LogZ(&Site{Alpha: 1, In: c.near})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "both of a table" {
			near += norm
		}
		tk.Close(t, name, known, near-norm, 1e-6)
		for k := range c.known {
			size := len(c.known[k].Eta)
			if size == 0 {
				continue
			}
			a, b := make([]float64, size), make([]float64, size)
			if c.f.Send(a, k, &Site{Alpha: 1, In: c.known}) != nil || c.f.Send(b, k, &Site{Alpha: 1, In: c.near}) != nil {
				t.Fatalf("%s: slot %d sends nothing", name, k)
			}
			for i := range a {
				if size == 2 && (name == "probit" || name == "logistic") { // labels may differ by a constant
					a[i], b[i] = a[i]-a[1], b[i]-b[1]
				}
				tk.Close(t, name, a[i], b[i], 1e-6)
			}
		}
	}
	if z, err := (Interval{Low: 0, High: 1}).LogZ(&Site{Alpha: 1, In: []In{{Value: []float64{2}}}}); err != nil || !math.IsInf(z, -1) {
		t.Errorf("a value outside the interval: got %v, %v, want −∞", z, err)
	}
}

// momentsBetween are ln Z, mean and variance of N(0, 1) between two ends by panels of quadrature.
func momentsBetween(a, b float64) (logZ, mean, variance float64) {
	a, b = max(a, -40), min(b, max(a, -40)+90)
	top := 0.
	if a > 0 {
		top = a
	} else if b < 0 {
		top = b
	}
	p := func(x float64) float64 { return math.Exp((top - x) * (top + x) / 2) }
	panels := 4000
	z := tk.Integrate(p, a, b, panels)
	near := a
	if top == b {
		near = b
	}
	m := tk.Integrate(func(x float64) float64 { return (x - near) * p(x) }, a, b, panels) / z
	v := tk.Integrate(func(x float64) float64 { return (x - near - m) * (x - near - m) * p(x) }, a, b, panels) / z
	return math.Log(z) - top*top/2 - ln2Pi/2, near + m, v
}

func TestTruncatedNormalsKeepTheirDigitsInTailsAndSlivers(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range [][2]float64{{0, inf}, {-inf, 0}, {-1, 1}, {-3, .5}, {2, 2.5}, {-.01, .02}, {7.9, inf}, {8.1, inf}, {30, inf},
		{-inf, -12}, {-inf, 5}, {9, 9.3}, {-20, -19.5}, {-6, inf}, {1, 1.0001}, {-40, 40}, {.5, 12}, {7.9, 8.95}} {
		logZ, mean, variance := momentsBetween(c[0], c[1])
		q := truncated(0, 1, c[0], c[1])
		tk.Close(t, "ln Z", q.logZ, logZ, 1e-12)
		tk.Close(t, "mean", q.mean, mean, 1e-12)
		tk.Close(t, "variance ratio", q.variance/variance, 1, 2e-11)
		moved := truncated(3, 4, 3+2*c[0], 3+2*c[1])
		tk.Close(t, "ln Z of N(3, 4)", moved.logZ, q.logZ, 1e-11)
		tk.Close(t, "mean of N(3, 4)", moved.mean, 3+2*q.mean, 1e-11)
		tk.Close(t, "variance of N(3, 4)", moved.variance/q.variance, 4, 1e-9)
	}
	if q := truncated(1, 2, -inf, inf); q != (tilted{0, 1, 2}) {
		t.Errorf("no ends: got %v, want the normal itself", q)
	}
}

func TestMessagesWaitForACavityThatIsADensity(t *testing.T) {
	flat := []In{{Eta: []float64{0, 0}}}
	to := make([]float64, 2)
	for name, f := range map[string]Sender{"interval": Interval{Low: 0, High: 1}, "likelihood": Likelihood{Log: func(int, float64) float64 { return 0 }, Width: 1}} {
		if err := f.Send(to, 0, &Site{Alpha: 1, In: flat}); err != ErrWait {
			t.Errorf("%s: send: got %v, want to wait", name, err)
		}
		if _, err := f.LogZ(&Site{Alpha: 1, In: flat}); err != ErrWait {
			t.Errorf("%s: ln Z: got %v, want to wait", name, err)
		}
	}
	label := []In{{Eta: []float64{0, 0}}, {Eta: []float64{0, .2}}}
	for name, f := range map[string]Sender{"probit": Probit{}, "logistic": Logistic{}} {
		if err := f.Send(to, 1, &Site{Alpha: 1, In: label}); err != ErrWait {
			t.Errorf("%s: send: got %v, want to wait", name, err)
		}
	}
	wide := []In{{Eta: []float64{0, 3}}, {Eta: []float64{0, 3}}, {Value: []float64{1}}}
	if err := (Normal{}).Send(to, 0, &Site{Alpha: 1, In: wide}); err != ErrWait {
		t.Errorf("normal: got %v, want to wait", err)
	}
	if err := (Linear{Weights: []float64{1, 1}}).Send(to, 0, &Site{Alpha: 1, In: []In{{Eta: []float64{0, -1}}, flat[0], {Eta: []float64{1, -1}}}}); err != nil || to[0] != 0 || to[1] != 0 {
		t.Errorf("a sum with a flat term: got %v, %v, want a flat message", to, err)
	}
	known := In{Value: []float64{1}}
	if err := (Linear{Weights: []float64{1, 1}}).Send(to, 1, &Site{Alpha: 1, In: []In{known, flat[0], known}}); err == nil {
		t.Error("a term that is determined: got no error")
	}
}
