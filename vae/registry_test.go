package vae_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{Name: "test-tied", Summary: "decoder without hidden layer, for tests", New: func(c vae.Config) vae.Model { return &tied{c} }})
}

// tied is a model that exists in this file alone: one shared matrix encodes and decodes.
type tied struct{ vae.Config }

func (m *tied) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	x := b.X
	w := s.Param("w", model.FanIn(m.Dim), m.Dim, m.Config.Latent)
	q := dist.Normal{Loc: g.Dot(x, w).Product(), LogScale: g.BroadcastToDims(s.Param("s", model.Constant(-1)), x.Shape().Dim(0), m.Config.Latent)}
	return e.ELBO(s, x, vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z *g.Node) dist.Distribution {
		return m.Distribution(s, nn.ReLU(g.Dot(z, g.Transpose(w, 0, 1)).Product()))
	}})
}

func TestModelOfOneFileIsFoundAndTrains(t *testing.T) {
	if !slices.Contains(vae.Names(), "test-tied") || !slices.ContainsFunc(vae.Specs(), func(s vae.Spec) bool { return s.Name == "test-tied" }) {
		t.Fatalf("got models %v, want test-tied among them", vae.Names())
	}
	m := zoo.New(t, "test-tied", vae.Config{Dim: 6, Latent: 2, Likelihood: "gaussian", Sigma: .5})
	p := tk.Params(t, dtypes.Float64)
	prog, adam := step(m, p, vi.Estimator{})
	first, last := 0., 0.
	for i := range 60 {
		last = update(t, prog, adam, rng.New(1), i, .02, 1, dtypes.Float64, zoo.Rows(scalarref.GrayBatch(8, 6)))[0]
		if i == 0 {
			first = last
		}
	}
	if !(last < first-.2) || p.Count() != 13 {
		t.Errorf("loss: got %v after 60 steps from %v with %d parameters, want a fall with 13", last, first, p.Count())
	}
}

func TestSpecsAreCompleteAndOrdered(t *testing.T) {
	if !slices.IsSorted(vae.Names()) {
		t.Errorf("names: got %v, want them in order", vae.Names())
	}
	for _, want := range []string{"ae", "linear-vae", "vae"} {
		i := slices.Index(vae.Names(), want)
		if i < 0 {
			t.Fatalf("got models %v, want %s among them", vae.Names(), want)
		}
		s := vae.Specs()[i]
		if s.Summary == "" || s.Paper == "" || s.Sections == "" || s.Measured == "" || s.Test == "" {
			t.Errorf("%s: got %+v, want every field", want, s)
		}
	}
}

func TestWrongConfigurationsAreErrors(t *testing.T) {
	good := vae.Config{Dim: 4, Hidden: []int{3}, Latent: 2, Likelihood: "bernoulli", Sigma: 1}
	for want, change := range map[string]func(name *string, c *vae.Config){
		`model: got "gan", want one of`:                    func(n *string, _ *vae.Config) { *n = "gan" },
		"data dimension: got 0":                            func(_ *string, c *vae.Config) { c.Dim = 0 },
		"latent size: got 0":                               func(_ *string, c *vae.Config) { c.Latent = 0 },
		"latent size: got -3":                              func(_ *string, c *vae.Config) { c.Latent = -3 },
		"latent size: got 1000000000":                      func(_ *string, c *vae.Config) { c.Latent = 1e9 },
		"width of hidden layer 1: got 0":                   func(_ *string, c *vae.Config) { c.Hidden = []int{3, 0} },
		"width of hidden layer 0: got 70000":               func(_ *string, c *vae.Config) { c.Hidden = []int{70000} },
		"sigma: got 0":                                     func(_ *string, c *vae.Config) { c.Sigma = 0 },
		"sigma: got -1":                                    func(_ *string, c *vae.Config) { c.Sigma = -1 },
		"sigma: got NaN":                                   func(_ *string, c *vae.Config) { c.Sigma = math.NaN() },
		"sigma: got +Inf":                                  func(_ *string, c *vae.Config) { c.Sigma = math.Inf(1) },
		`likelihood: got "poisson", want one of bernoulli`: func(_ *string, c *vae.Config) { c.Likelihood = "poisson" },
		`linear-vae: likelihood: got "bernoulli", want one of gaussian, gaussian-learned`: func(n *string, _ *vae.Config) { *n = "linear-vae" },
	} {
		name, c := "vae", good
		change(&name, &c)
		m, err := vae.New(name, c)
		if err == nil || m != nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "vae: ") {
			t.Errorf("got error %v, want one with %q", err, want)
		}
		if _, err := vae.NewNetwork(name, c, tk.Params(t, dtypes.Float32)); err == nil {
			t.Errorf("a network with %s is no error", want)
		}
	}
}

func TestRegisteringTwiceIsAPanic(t *testing.T) {
	for _, s := range []vae.Spec{{Name: "vae", New: func(vae.Config) vae.Model { return nil }}, {New: func(vae.Config) vae.Model { return nil }}, {Name: "half"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: registered, want a panic", s)
				}
			}()
			vae.Register(s)
		}()
	}
}

func TestLikelihoodChecksItsSupport(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name      string
		good, bad []float32
	}{
		{"bernoulli", []float32{0, 1, .5}, []float32{-.1, 1.1, nan, inf}},
		{"gaussian", []float32{-1e30, 0, 5}, []float32{nan, inf, -inf}},
		{"gaussian-learned", []float32{-3, 3}, []float32{nan}},
		{"laplace", []float32{-3, 3}, []float32{inf}},
		{"discretized-logistic", []float32{0, 1, 17. / 255, 254. / 255}, []float32{.5, -1. / 255, 256. / 255, nan}},
		{"continuous-bernoulli", []float32{0, .3, 1}, []float32{1.5, nan}},
	} {
		l, err := vae.LikelihoodOf(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Check(c.good); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, v := range c.bad {
			err := l.Check([]float32{c.good[0], v})
			if err == nil || !strings.Contains(err.Error(), "value 1: got ") || !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s: value %v: got error %v, want one that names value 1", c.name, v, err)
			}
		}
		if l.Binary != (c.name == "bernoulli") {
			t.Errorf("%s: binary: got %v", c.name, l.Binary)
		}
	}
	if _, err := vae.LikelihoodOf(""); err == nil {
		t.Error("an empty name is no likelihood, but there is no error")
	}
}
