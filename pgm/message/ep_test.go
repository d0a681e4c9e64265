package message

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/conjugate"
	"github.com/elbo-go/elbo/expfam"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// clutterData are the points of the specification.
var clutterData = []float64{2.1, 1.4, 3.0, -4.2, 2.6, 1.7, 2.3, .9, 5.5, 2.8, -1.1, 1.9, 3.4, 2.2, -6.3, 1.2, 2.5, 7.1, 1.6, 2.0}

// clutterGate is the clutter problem with its classes: x ~ N(θ, 1) or N(0, 10).
func clutterGate(c conjugate.Clutter, x []float64) (m *Model, theta, z Var) {
	m = New()
	theta, z = m.Random("theta", expfam.Normal{}, 1), m.Random("z", expfam.Categorical{K: 2}, len(x))
	m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1/c.Prior)}, theta)
	m.Add("classes", Prior{Family: expfam.Categorical{K: 2}, Eta: []float64{math.Log(1 - c.Weight), math.Log(c.Weight)}}, z)
	data := m.Known("x", expfam.Normal{}, len(x), x)
	sight, noise := m.Constant(expfam.Gamma{}, 1/c.Variance), m.Constant(expfam.Gamma{}, 1/c.Noise)
	m.Add("data", Gate{Of: Normal{}, K: 2, Shared: []bool{true, false, false}}, z, data, theta, sight, m.Constant(expfam.Normal{}, 0), noise)
	return m, theta, z
}

// clutterLikelihood is the problem without classes, each point's mixture by quadrature.
func clutterLikelihood(c conjugate.Clutter, x []float64) (m *Model, theta Var) {
	m = New()
	theta = m.Random("theta", expfam.Normal{}, 1)
	m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1/c.Prior)}, theta)
	normal := func(d, v float64) float64 { return math.Exp(-d*d/v/2) / math.Sqrt(2*math.Pi*v) }
	m.Add("data", Likelihood{Width: math.Sqrt(c.Variance), Log: func(i int, t float64) float64 {
		return math.Log((1-c.Weight)*normal(x[i]-t, c.Variance) + c.Weight*normal(x[i], c.Noise))
	}}, theta.At(make([]int, len(x))...))
	return m, theta
}

func TestClutterHasTheExactValuesOfTheSpecificationAndEPBeatsVB(t *testing.T) {
	c := conjugate.NewClutter()
	want, sites, err := c.EP(context.Background(), clutterData, conjugate.EPConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m, theta, _ := clutterGate(c, clutterData)
	p := messages(t, m, Config{})
	run(t, p)
	u, err := p.Moments(theta, 0)
	if err != nil {
		t.Fatal(err)
	}
	mean, variance := u[0], u[1]-u[0]*u[0]
	tk.Close(t, "mean", mean, 2.147870, 5e-7)
	tk.Close(t, "variance", variance, .115127, 5e-7)
	tk.Close(t, "ln Z", logZ(t, p), -47.500395, 5e-7)
	tk.Close(t, "mean of the hand-written engine", mean, want.Mean, 1e-10)
	tk.Close(t, "variance of the hand-written engine", variance, want.Variance, 1e-10)
	tk.Close(t, "ln Z of the hand-written engine", logZ(t, p), want.LogZ, 1e-10)
	least := math.Inf(1)
	for i, s := range sites {
		eta := p.Message("data", 2, i)
		tk.Close(t, "site", -2*eta[1], s.Precision, 1e-9)
		least = min(least, -2*eta[1])
	}
	tk.Close(t, "least precision of a site", least, -.534, 5e-4)
	if p.Message("data", 1, 0) != nil || p.Message("data", 2, 20) != nil || p.Message("nothing", 0, 0) != nil {
		t.Error("messages to known variables, of no factor and outside the plate: got some")
	}

	a := ascent(t, m, AscentConfig{Tolerance: 1e-14})
	trace := climb(t, a)
	eta := a.Natural(theta, 0)
	vbMean, vbVariance := eta[0]/(-2*eta[1]), -.5/eta[1]
	tk.Close(t, "mean field's mean", vbMean, 2.140649, 5e-7)
	tk.Close(t, "mean field's variance", vbVariance, .088039, 5e-7)
	tk.Close(t, "bound", trace[len(trace)-1], -47.616134, 5e-7)
	const exactMean, exactVariance = 2.148296, .115450
	if math.Abs(mean-exactMean) >= math.Abs(vbMean-exactMean) || math.Abs(variance-exactVariance) >= math.Abs(vbVariance-exactVariance) {
		t.Error("EP does not beat mean field")
	}
}

func TestTheGateAndTheQuadratureAgreeOnClutter(t *testing.T) {
	c := conjugate.NewClutter()
	m, theta := clutterLikelihood(c, clutterData)
	p := messages(t, m, Config{})
	run(t, p)
	u, err := p.Moments(theta, 0)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := c.EP(context.Background(), clutterData, conjugate.EPConfig{})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "mean", u[0], want.Mean, 1e-10)
	tk.Close(t, "ln Z", logZ(t, p), want.LogZ, 1e-10)
}
