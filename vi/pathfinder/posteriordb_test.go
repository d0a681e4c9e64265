package pathfinder_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/pathfinder"
)

// posterior is a file of posteriordb: data, and moments of 10,000 reference draws.
type posterior struct {
	Reference map[string]struct{ Mean, SD float64 }
	Data      map[string]json.RawMessage
}

func readPosterior(t *testing.T, name string) posterior {
	t.Helper()
	raw, err := os.ReadFile(tk.DataPath(t, "posteriordb", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var p posterior
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// list returns an array of the data.
func (p posterior) list(t *testing.T, name string) []float64 {
	t.Helper()
	var out []float64
	if err := json.Unmarshal(p.Data[name], &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// holds compares draws of a named parameter with the reference: the means to within a share of its
// standard deviation, the ratio of standard deviations to [.6, 1.4].
func (p posterior) holds(t *testing.T, name string, draws []float64, share float64) {
	t.Helper()
	want := p.Reference[name]
	mean, variance, _ := tk.Moments(draws)
	ratio := math.Sqrt(variance) / want.SD
	t.Logf("%s: mean off by %.3f sd, sd ratio %.2f", name, (mean-want.Mean)/want.SD, ratio)
	if math.Abs(mean-want.Mean) > share*want.SD || ratio < .6 || ratio > 1.4 {
		t.Errorf("%s: got mean %.4f and sd %.4f, want %.4f within %.2f of %.4f", name, mean, math.Sqrt(variance), want.Mean, share, want.SD)
	}
}

// normal is Σ ln N(x; mean, sd) without its constant.
func normal(x, mean, sd *g.Node) *g.Node {
	z := g.Div(g.Sub(x, mean), sd)
	return g.ReduceAllSum(g.Sub(g.MulScalar(g.Square(z), -.5), g.Log(g.Mul(sd, g.OnesLike(z)))))
}

// halfCauchy is ln of a half-Cauchy density of e^v at scale s, with the Jacobian v, without constants.
func halfCauchy(v *g.Node, s float64) *g.Node {
	return g.Sub(v, g.Log1p(g.Square(g.DivScalar(g.Exp(v), s))))
}

// schools is the model of eight schools in u = (θ or θ′, μ, ln τ).
func schools(y, sigma []float64, centred bool) vi.Target {
	return vi.Target{Dim: 10, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		theta := g.Slice(u, g.AxisRange(0, 8))
		at := func(i int) *g.Node { return g.Squeeze(g.Slice(u, g.AxisElem(i))) }
		mu, logTau := at(8), at(9)
		tau, zero, one := g.Exp(logTau), g.ScalarZero(u.Graph(), u.DType()), g.ScalarOne(u.Graph(), u.DType())
		sum := g.Add(normal(mu, zero, g.MulScalar(one, 5)), halfCauchy(logTau, 5))
		effect := theta
		if centred {
			sum = g.Add(sum, normal(theta, mu, tau))
		} else {
			sum = g.Add(sum, normal(theta, zero, one))
			effect = g.Add(mu, g.Mul(tau, theta))
		}
		return g.Add(sum, normal(g.Const(u.Graph(), y), effect, g.Const(u.Graph(), sigma)))
	}}
}

// TestEightSchoolsAreNotTrusted: the centred form is a funnel, and the joint mode of the other, at
// τ = 29, lies far from the mass at τ = 4. Draws that miss the reference by more than .15 standard
// deviations have to come with a k̂ above .7.
func TestEightSchoolsAreNotTrusted(t *testing.T) {
	p := readPosterior(t, "eight_schools-eight_schools_noncentered")
	y, sigma := p.list(t, "y"), p.list(t, "sigma")
	for _, centred := range []bool{true, false} {
		for seed := range uint64(3) {
			r := run(t, schools(y, sigma, centred), pathfinder.Options{Seed: seed, Draws: 4000})
			mu := make([]float64, len(r.Draws))
			for i, u := range r.Draws {
				mu[i] = u[8]
			}
			mean, _, _ := tk.Moments(mu)
			want := p.Reference["mu"]
			off := math.Abs(mean-want.Mean) / want.SD
			t.Logf("centred %v: mean of μ off by %.2f sd; %s", centred, off, r.Verdict)
			if off > .15 && !(r.K > vi.TrustLimit) {
				t.Errorf("centred %v: mean of μ is off by %.2f sd with k̂ %.2f, want it above .7", centred, off, r.K)
			}
			if centred && !(r.K > vi.TrustLimit) {
				t.Errorf("centred: got k̂ %.2f, want above .7", r.K)
			}
		}
	}
}

// TestManyCoefficientsOnRealData: five regression coefficients with standard deviations of a
// thousandth, far from the random starts in units of those.
func TestManyCoefficientsOnRealData(t *testing.T) {
	p := readPosterior(t, "sblri-blr")
	y := p.list(t, "y")
	var x [][]float64
	if err := json.Unmarshal(p.Data["X"], &x); err != nil {
		t.Fatal(err)
	}
	target := vi.Target{Dim: 6, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		beta, logSigma := g.Slice(u, g.AxisRange(0, 5)), g.Squeeze(g.Slice(u, g.AxisElem(5)))
		sigma, zero := g.Exp(logSigma), g.ScalarZero(u.Graph(), u.DType())
		ten := g.AddScalar(zero, 10)
		prior := g.Add(normal(beta, zero, ten), g.Add(logSigma, g.MulScalar(g.Square(sigma), -.005)))
		mean := g.Squeeze(g.MatMul(g.Const(u.Graph(), x), g.ExpandAxes(beta, -1)), -1)
		return g.Add(prior, normal(g.Const(u.Graph(), y), mean, sigma))
	}}
	r := run(t, target, pathfinder.Options{Seed: 1, Draws: 4000})
	t.Log(r.Verdict)
	if !(r.K < vi.TrustLimit) {
		t.Errorf("got k̂ %.2f, want below .7", r.K)
	}
	for i, name := range []string{"beta[1]", "beta[2]", "beta[3]", "beta[4]", "beta[5]", "sigma"} {
		draws := make([]float64, len(r.Draws))
		for k, u := range r.Draws {
			if draws[k] = u[i]; i == 5 {
				draws[k] = math.Exp(u[i])
			}
		}
		p.holds(t, name, draws, .15)
	}
}

// TestRegressionOnRealData: scores of children on the mothers', whose two coefficients have
// correlation −.99 and scales a hundredfold apart.
func TestRegressionOnRealData(t *testing.T) {
	p := readPosterior(t, "kidiq-kidscore_momiq")
	y, x := p.list(t, "kid_score"), p.list(t, "mom_iq")
	target := vi.Target{Dim: 3, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		at := func(i int) *g.Node { return g.Squeeze(g.Slice(u, g.AxisElem(i))) }
		mean := g.Add(at(0), g.Mul(at(1), g.Const(u.Graph(), x)))
		return g.Add(halfCauchy(at(2), 2.5), normal(g.Const(u.Graph(), y), mean, g.Exp(at(2))))
	}}
	r := run(t, target, pathfinder.Options{Seed: 1, Draws: 4000})
	t.Log(r.Verdict)
	if !(r.K < vi.TrustLimit) {
		t.Errorf("got k̂ %.2f, want below .7", r.K)
	}
	for i, name := range []string{"beta[1]", "beta[2]", "sigma"} {
		draws := make([]float64, len(r.Draws))
		for k, u := range r.Draws {
			if draws[k] = u[i]; i == 2 {
				draws[k] = math.Exp(u[i])
			}
		}
		p.holds(t, name, draws, .15)
	}
}
