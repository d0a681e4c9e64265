package expost

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// three is a mixture of three components in the plane, two of which overlap a little, with n draws.
func three(n int) (mixture, []float64) {
	m := mixture{2, []float64{math.Log(.5), math.Log(.3), math.Log(.2)}, []float64{0, 0, 4, 1, -3, 5},
		[]float64{1, 0, .8, .6, .5, 0, 0, .5, 1, 0, -.9, 1.2}}
	u, e := make([]float32, n), make([]float64, 2*n)
	rng.New(7).Uniform(u)
	rng.New(8).NormalFloat64(e)
	x := make([]float64, 2*n)
	for i, v := range u {
		c := 0
		if v > .5 {
			c = 1
		}
		if v > .8 {
			c = 2
		}
		t := m.factor[c*4 : c*4+4]
		x[2*i] = m.mean[2*c] + t[0]*e[2*i]
		x[2*i+1] = m.mean[2*c+1] + t[2]*e[2*i] + t[3]*e[2*i+1]
	}
	return m, x
}

// Means are within four standard errors of 6,000 draws, which the share of each component has; factors
// and weights within those of their own.
func TestEMRecoversAKnownMixture(t *testing.T) {
	want, x := three(6000)
	got, err := fitMixture(t.Context(), x, 2, 3, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		at := 0
		for k := range 3 { // the component next to it
			if math.Hypot(got.mean[2*k]-want.mean[2*c], got.mean[2*k+1]-want.mean[2*c+1]) <
				math.Hypot(got.mean[2*at]-want.mean[2*c], got.mean[2*at+1]-want.mean[2*c+1]) {
				at = k
			}
		}
		rows := 6000 * math.Exp(want.logWeight[c])
		tk.Close(t, "weight", math.Exp(got.logWeight[at]), math.Exp(want.logWeight[c]), 4*math.Sqrt(.25/6000))
		for j := range 2 {
			f := want.factor[c*4+2*j : c*4+2*j+2]
			tk.Close(t, "mean", got.mean[2*at+j], want.mean[2*c+j], 5*math.Hypot(f[0], f[1])/math.Sqrt(rows)) // some rows are in doubt
		}
		for j := range 4 {
			tk.Close(t, "factor", got.factor[at*4+j], want.factor[c*4+j], 6*1.5/math.Sqrt(2*rows))
		}
	}
	share := make([]float64, 6000*3)
	if a, b := got.expect(x, share), want.expect(x, share); a < b {
		t.Errorf("likelihood: got %v nats a row, want at least %v of the mixture that drew them", a, b)
	}
}

// EM never lowers the likelihood (Dempster et al. 1977, theorem 1).
func TestEMNeverLowersTheLikelihood(t *testing.T) {
	_, x := three(500)
	for k := 1; k <= 6; k++ {
		share := spreadShares(x, 2, k, rng.New(uint64(k)))
		last := math.Inf(-1)
		for step := range 40 {
			m, err := maximized(x, 2, k, share, 1e-9)
			if err != nil {
				t.Fatal(err)
			}
			now := m.expect(x, share)
			if now < last-1e-6 { // the floor on variances costs up to its share
				t.Errorf("%d components, step %d: got %v after %v", k, step, now, last)
			}
			last = now
		}
	}
}

// The density of the fitted mixture on the host is that of the prior in a graph.
func TestTheMixtureIsThePriorOfTheModel(t *testing.T) {
	m, x := three(40)
	p := tk.Params(t, dtypes.Float64)
	c := vae.Config{Latent: 2, Options: map[string]string{"components": "5"}}.Resolved("rae-l2")
	tk.Import(t, p, m.padded(5).arrays("prior")...)
	out := tk.Values(t, model.NewProgram(p, "prior", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{mixturePrior(c, s, 40).LogProb(in[0])}
	}), rng.New(1), tk.Matrix(x, 40, 2))
	share, mean := make([]float64, 40*3), 0.
	for _, v := range out[0] {
		mean += v / 40
	}
	tk.Close(t, "mean log-density", mean, m.expect(x, share), 1e-12)
	fresh := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "prior", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{mixturePrior(c, s, 1).LogProb(in[0])}
	}), rng.New(1), tk.Matrix([]float64{.3, -2}, 1, 2))
	tk.Close(t, "before the fit", fresh[0][0], -math.Log(2*math.Pi)-.5*(.09+4), 1e-12)
}

func TestMixturesOfDegenerateCodes(t *testing.T) {
	line := make([]float64, 200) // all codes on a line, many equal
	for i := range 100 {
		line[2*i], line[2*i+1] = float64(i%5), 3
	}
	for _, c := range []struct {
		x []float64
		k int
	}{{line, 4}, {line, 10}, {make([]float64, 20), 3}, {[]float64{1, 2}, 1}} {
		m, err := fitMixture(t.Context(), c.x, 2, c.k, rng.New(1))
		if err != nil || slices.ContainsFunc(slices.Concat(m.mean, m.factor, m.logWeight), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			t.Errorf("%d components: got %+v, %v", c.k, m, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for want, f := range map[string]func() error{
		"want a finite number": func() error {
			_, err := fitMixture(t.Context(), []float64{1, math.NaN()}, 2, 1, rng.New(1))
			return err
		},
		"want at least one": func() error { _, err := fitMixture(t.Context(), nil, 2, 1, rng.New(1)); return err },
		"canceled":          func() error { _, err := fitMixture(ctx, line, 2, 1, rng.New(1)); return err },
		"pivot":             func() error { return choleskyInPlace([]float64{1, 0, 2, 1}, 2) },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
