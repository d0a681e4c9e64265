package hierarchy

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// hierarchies are small models of three layers, no part of which is as it began.
func hierarchies(t *testing.T, fn func(name string, n *vae.Network)) {
	for _, name := range []string{"hvae", "ladder-vae", "nvae"} {
		c := vae.Config{Dim: 6, Hidden: []int{7}, Likelihood: "gaussian", Sigma: .7, Latent: 1, Options: layered(name, "3,2,1", "5")}
		fn(name, shaken(t, name, c))
	}
}

// layered are the settings of a hierarchy.
func layered(name, layers, hidden string) map[string]string {
	o := map[string]string{"layers": layers}
	spec, _ := vae.Lookup(name)
	if slices.ContainsFunc(spec.Options, func(o vae.Option) bool { return o.Name == "layer-hidden" }) {
		o["layer-hidden"] = hidden
	}
	return o
}

// shaken is a network with noise added to all its parameters.
func shaken(t *testing.T, name string, c vae.Config) *vae.Network {
	t.Helper()
	n := zoo.Network(t, name, c, dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), make([]float32, c.Dim), rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	for _, a := range tk.Export(t, n.Params) {
		eps := make([]float64, len(a.Data))
		rng.New(8).Named(a.Name).NormalFloat64(eps)
		for j := range a.Data {
			a.Data[j] += .15 * eps[j]
		}
		tk.Import(t, n.Params, a)
	}
	return n
}

// TestTheCodeOfAHierarchyHoldsItsGroups: sizes from the top, and L their sum whatever the latent size
// says.
func TestTheCodeOfAHierarchyHoldsItsGroups(t *testing.T) {
	hierarchies(t, func(name string, n *vae.Network) {
		if got := fmt.Sprint(n.Model.(vae.Hierarchical).Groups()); got != "[1 2 3]" || n.Config.Latent != 6 {
			t.Errorf("%s: got groups %s of a code of %d, want [1 2 3] of 6", name, got, n.Config.Latent)
		}
	})
}

// walked runs a program on draws of the guide for k·B rows.
func walked(t *testing.T, n *vae.Network, x []float64, k int, fn func(s *model.Scope, m hierarchy, x *g.Node, w path) []*g.Node) [][]float64 {
	t.Helper()
	prog := model.NewProgram(n.Params, "walk", func(s *model.Scope, in []*g.Node) []*g.Node {
		m := n.Model.(hierarchy)
		return fn(s, m, in[0], m.drawn(s, in[0], "z", k))
	})
	return tk.Values(t, prog, rng.New(3), tk.Matrix(x, len(x)/n.Config.Dim, n.Config.Dim))
}

// TestACodeStandsForItsGroups: walking the code of a draw gives its groups, its ln q and its decoder back.
func TestACodeStandsForItsGroups(t *testing.T) {
	x := make([]float64, 4*6)
	rng.New(5).NormalFloat64(x)
	hierarchies(t, func(name string, n *vae.Network) {
		out := walked(t, n, x, 3, func(s *model.Scope, m hierarchy, x *g.Node, w path) []*g.Node {
			q, code := hierarchyGuide{m, s, x}, w.code()
			again := m.guide.walk(m, s, x, 3, choice{given: code})
			return []*g.Node{
				g.Concatenate(w.z, 1), g.Concatenate(again.z, 1),
				w.logQ(), g.Reshape(q.LogProb(g.Reshape(code, 3, 4, -1)), 12, -1),
				m.down.data(s.In("decoder"), w.last).Mean(), m.Decode(s, vae.Code{Z: code}).Mean(),
			}
		})
		for i := 0; i < len(out); i += 2 {
			for j, v := range out[i] {
				tk.Close(t, fmt.Sprintf("%s: output %d", name, i), out[i+1][j], v, 1e-9)
			}
		}
	})
}

// TestTheRatioOfACodeIsThatOfItsGroups: ln q(ε|x) − ln N(ε; 0, I) = ln q(z|x) − ln p(z), column by column.
func TestTheRatioOfACodeIsThatOfItsGroups(t *testing.T) {
	x := make([]float64, 2*6)
	rng.New(5).NormalFloat64(x)
	hierarchies(t, func(name string, n *vae.Network) {
		out := walked(t, n, x, 2, func(s *model.Scope, m hierarchy, x *g.Node, w path) []*g.Node {
			var plain []*g.Node
			for l, z := range w.z {
				plain = append(plain, g.Sub(w.q[l].LogProb(z), w.p[l].LogProb(z)))
			}
			code := w.code()
			return []*g.Node{g.Concatenate(plain, 1), g.Sub(w.logQ(), m.Prior(s, 4).LogProb(code))}
		})
		for j, v := range out[0] {
			tk.Close(t, name+": ratio", out[1][j], v, 1e-9)
		}
	})
}

// TestTheGuideOfAHierarchyIsNormalised: of one latent a layer, q(ε|x) has the integral 1 over the plane and
// the moments of its draws. The grid leaves 1e-3; five standard errors fail right code with
// probability 1e-5.
func TestTheGuideOfAHierarchyIsNormalised(t *testing.T) {
	for _, name := range []string{"hvae", "ladder-vae", "nvae"} {
		n := shaken(t, name, vae.Config{Dim: 3, Hidden: []int{4}, Likelihood: "gaussian", Sigma: .7, Latent: 1, Options: layered(name, "1,1", "4")})
		z, h := zoo.Grid(9, 300)
		x := []float64{.3, -1, .8}
		m := n.Model.(hierarchy)
		density := model.NewProgram(n.Params, "density", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{g.Exp(special.SumDims(hierarchyGuide{m, s, in[1]}.LogProb(g.ExpandAxes(in[0], 1))))}
		})
		mass, moments := 0., [5]float64{}
		of := func(a, b float64) [5]float64 { return [5]float64{a, b, a * a, a * b, b * b} }
		for i, p := range tk.Values(t, density, rng.New(1), tk.Matrix(z, len(z)/2, 2), tk.Matrix(x, 1, 3))[0] {
			mass += p * h * h
			for k, v := range of(z[2*i], z[2*i+1]) {
				moments[k] += v * p * h * h
			}
		}
		tk.Close(t, name+": mass", mass, 1, 1e-3)
		draws := walked(t, n, x, 20_000, func(_ *model.Scope, _ hierarchy, _ *g.Node, w path) []*g.Node { return []*g.Node{w.code()} })[0]
		for k := range moments {
			var all []float64
			for i := 0; i < len(draws); i += 2 {
				all = append(all, of(draws[i], draws[i+1])[k])
			}
			mean, _, se := tk.Moments(all)
			tk.Close(t, name+": moment of the draws", mean, moments[k], 5*se+1e-3*(1+math.Abs(moments[k])))
		}
	}
}

// TestKLByGroupIsThatOfDraws: with closed forms where there are any, the KL term of each column is within
// four standard errors of its mean ln q − ln p over many draws; false alarm 6e-5 each.
func TestKLByGroupIsThatOfDraws(t *testing.T) {
	x := []float64{.3, -1, .8, .2, 0, -.4}
	const draws = 20_000
	hierarchies(t, func(name string, n *vae.Network) {
		out := walked(t, n, x, draws, func(_ *model.Scope, _ hierarchy, _ *g.Node, w path) []*g.Node {
			var ratios []*g.Node
			for l, z := range w.z {
				ratios = append(ratios, g.Sub(w.q[l].LogProb(z), w.p[l].LogProb(z)))
			}
			return []*g.Node{w.kl(draws, false), w.kl(draws, true), g.Concatenate(ratios, 1)}
		})
		for j := range 6 {
			var all []float64
			for i := j; i < len(out[2]); i += 6 {
				all = append(all, out[2][i])
			}
			mean, _, se := tk.Moments(all)
			tk.Close(t, name+": KL from draws", out[1][j], mean, 1e-9)
			tk.Close(t, fmt.Sprintf("%s: KL of column %d", name, j), out[0][j], mean, 4*se)
		}
		if exact := out[0][0] != out[1][0]; !exact {
			t.Errorf("%s: the KL of the top layer is not in closed form", name)
		}
	})
}

// TestTheBoundOfAHierarchyIsBelowItsEvidence: the bounds of one and of ten draws and ln p(x) of many
// importance weights are ordered, and the weights of the code are those of the groups.
func TestTheBoundOfAHierarchyIsBelowItsEvidence(t *testing.T) {
	x := []float32{.3, -1, .8, .2, 0, -.4}
	hierarchies(t, func(name string, n *vae.Network) {
		evaluate := func(e vi.Estimator) vi.Record {
			return zoo.Must[vi.Record](t)(n.Evaluator(e).Record(t.Context(), x, rng.New(1), 1))
		}
		elbo := evaluate(vi.Estimator{Samples: 4000})
		iwae := evaluate(vi.Estimator{Objective: vi.IWAE{K: 4000}})
		sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, 40_000, rng.New(2)))
		evidence, se := sums[0].LogEvidence(), sums[0].StdErr()
		t.Logf("%s: ELBO %.4f, IWAE-4000 %.4f, ln p %.4f ± %.4f, KL %.3f", name, elbo.Bound, iwae.ObjectiveBound, evidence, se, elbo.KLPerDim)
		if !(elbo.Bound < evidence+4*se) || math.Abs(iwae.ObjectiveBound-evidence) > 4*se*(1+math.Sqrt(10)) { // of a tenth of the weights
			t.Errorf("%s: got ELBO %v and IWAE-4000 %v with ln p = %v ± %v", name, elbo.Bound, iwae.ObjectiveBound, evidence, se)
		}
		// The same evidence from the prior: a grid of the code is out of reach, draws of it are not.
		prog := model.NewProgram(n.Params, "prior weights", func(s *model.Scope, in []*g.Node) []*g.Node {
			z := s.Normal("prior", 200_000, 6)
			ones := g.BroadcastToDims(in[0], 200_000, 6)
			return []*g.Node{special.SumDims(n.Model.(vae.Decoder).Decode(s, vae.Code{Z: z}).LogProb(ones))}
		})
		var sum vi.ImportanceSum
		for _, v := range tk.Values(t, prog, rng.New(4), tk.Matrix(zoo.Float64s(x), 1, 6))[0] {
			sum.Add(v)
		}
		tk.Close(t, name+": ln p(x) by the guide and by the prior", sum.LogEvidence(), evidence, 5*(se+sum.StdErr()))
	})
}

// TestResamplingKeepsTheUpperGroups: their columns are those of the code, the others draws from N(0, 1), and
// the prior of a group given those kept is that of the generator. Five standard errors fail right
// code with probability 6e-7.
func TestResamplingKeepsTheUpperGroups(t *testing.T) {
	hierarchies(t, func(name string, n *vae.Network) {
		codes := make([]float32, 6*4000)
		for i := range codes {
			codes[i] = float32(i % 6)
		}
		out := zoo.Must[[]float32](t)(n.Resample(t.Context(), codes, 2, rng.New(7)))
		var drawn []float64
		for i, v := range out {
			if i%6 < 3 {
				if v != codes[i] {
					t.Fatalf("%s: value %d of the upper groups: got %v, want %v", name, i, v, codes[i])
				}
			} else {
				drawn = append(drawn, float64(v))
			}
		}
		mean, variance, se := tk.Moments(drawn)
		tk.Close(t, name+": mean of the draws", mean, 0, 5*se)
		tk.Close(t, name+": variance of the draws", variance, 1, 5*math.Sqrt(2/float64(len(drawn))))
		if same := zoo.Must[[]float32](t)(n.Resample(t.Context(), codes[:12], 3, rng.New(7))); fmt.Sprint(same) != fmt.Sprint(codes[:12]) {
			t.Errorf("%s: all groups kept: got %v, want %v", name, same, codes[:12])
		}
		for _, c := range []struct {
			codes []float32
			keep  int
		}{{codes[:6], 4}, {codes[:6], -1}, {codes[:5], 1}} {
			if _, err := n.Resample(t.Context(), c.codes, c.keep, rng.New(7)); err == nil {
				t.Errorf("%s: %d values with %d groups kept are no error", name, len(c.codes), c.keep)
			}
		}
	})
	if _, err := zoo.Network(t, "vae", zoo.Small, dtypes.Float32).Resample(t.Context(), make([]float32, 2), 1, rng.New(1)); err == nil {
		t.Error("groups of a VAE are drawn anew without an error")
	}
}

// TestLayersWarmUpOneByOne: the cost of the KL term is β Σ_l w_l(t) max(λ, KL_l) with weights that rise
// over a share of the training, given from the data up, and free bits by group.
func TestLayersWarmUpOneByOne(t *testing.T) {
	cost := func(warm string, beta, free, progress float64) float64 {
		c := vae.Config{Dim: 4, Hidden: []int{3}, Likelihood: "gaussian", Sigma: 1, Latent: 1,
			Options: map[string]string{"layers": "3,2,1", "layer-hidden": "3", "layer-warmup": warm}}
		m := zoo.New(t, "ladder-vae", c).(hierarchy)
		kl := tk.Matrix([]float64{1, 2, 3, 4, 5, 6, 3, 2, 1, 0, 1, 2}, 2, 6) // mean 2 | 2 2 | 2 3 4
		return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{m.cost(vi.Rate{Beta: in[1], FreeBits: free}, in[0], in[2])}
		}, kl, tk.Matrix([]float64{beta}), tk.Matrix([]float64{progress}))[0][0]
	}
	for _, c := range []struct {
		warm                         string
		beta, free, progress, expect float64
	}{
		{"0", 1, 0, 0, 2 + 4 + 9},
		{"0", .5, 0, .3, 7.5},
		{"50", 1, 0, .25, 7.5},
		{"50", 1, 0, .8, 15},
		{"20,50,100", 1, 0, .1, .5*9 + .2*4 + .1*2},
		{"20,0,100", 2, 0, .5, 2 * (9 + 4 + .5*2)},
		{"0", 1, 5, .5, 5 + 5 + 9},
		{"0,0,50", 1, 5, .25, 2.5 + 5 + 9},
	} {
		tk.Close(t, fmt.Sprintf("%+v", c), cost(c.warm, c.beta, c.free, c.progress), c.expect, 1e-12)
	}
}

func TestWrongHierarchiesAreErrors(t *testing.T) {
	for _, c := range []struct{ model, option, value, want string }{
		{"hvae", "layers", "3,0", "layers: got \"3,0\", want whole numbers from 1 to 65536"},
		{"hvae", "layers", "3,,2", "layers: got"},
		{"ladder-vae", "layers", "60000,60000", "layers: got 120000 latents in all, want at most 65536"},
		{"ladder-vae", "layer-warmup", "50,100", "layer-warmup: got 2 numbers, want one, or one of each of 3 layers"},
		{"nvae", "layer-warmup", "101", "layer-warmup: got \"101\", want whole numbers from 0 to 100"},
		{"nvae", "layers", strings.Repeat("1,", 64) + "1", "layers: got 65 of them, want at most 64"},
		{"nvae", "layer-hidden", "3", "got the setting layer-hidden"},
	} {
		cfg := vae.Config{Dim: 5, Hidden: []int{3}, Likelihood: "gaussian", Sigma: 1, Latent: 1, Options: map[string]string{c.option: c.value}}
		if m, err := vae.New(c.model, cfg); err == nil || m != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s %s: got error %v, want one with %q", c.model, c.option, c.value, err, c.want)
		}
	}
	cfg := zoo.Pictures("vq", 32, 32)
	cfg.Options = map[string]string{"layers": "1000,1000"}
	if _, err := vae.New("nvae", cfg); err == nil || !strings.Contains(err.Error(), "latents on a map of 8×8, want at most 65536") {
		t.Errorf("maps of too many latents: got error %v", err)
	}
}

// TestBoundsOfSeveralDrawsWarmUp: while a layer warms up its ratio p/q enters the importance weights to the power
// of its weight, and the KL term that is reported is not weighed.
func TestBoundsOfSeveralDrawsWarmUp(t *testing.T) {
	const k = 5
	for _, c := range []struct {
		warm           string
		progress       float64
		top, mid, last float64 // weights of groups of one, two and three columns
	}{{"0", .5, 1, 1, 1}, {"20,40,50", .5, 1, 1, 1}, {"50,80,100", .25, .25, .3125, .5}} {
		o := layered("ladder-vae", "3,2,1", "5")
		o["layer-warmup"] = c.warm
		n := shaken(t, "ladder-vae", vae.Config{Dim: 6, Hidden: []int{7}, Likelihood: "gaussian", Sigma: .7, Latent: 1, Options: o})
		prog := model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
			m := n.Model.(hierarchy)
			b := n.Batch(in[0], in[1])
			terms := m.Terms(s, b, vi.Estimator{Objective: vi.IWAE{K: k}})
			l := m.Latent(s, b)
			return []*g.Node{terms.Bound(special.ScalarLike(in[0], 1)), terms.KL, terms.LogLik, g.Sub(l.P.LogProb(terms.Z), l.Q.LogProb(terms.Z))}
		})
		out := tk.Values(t, prog, rng.New(3), tk.Matrix([]float64{.3, -1, .8, .2, 0, -.4}, 1, 6), tk.Matrix([]float64{c.progress}))
		var sum vi.ImportanceSum
		kl := make([]float64, 6)
		for i := range k {
			logW := out[2][i]
			for j, v := range out[3][6*i : 6*i+6] {
				logW += v * []float64{c.top, c.mid, c.mid, c.last, c.last, c.last}[j]
				kl[j] -= v / k
			}
			sum.Add(logW)
		}
		tk.Close(t, c.warm+": bound", out[0][0], sum.LogEvidence(), 1e-9)
		for j := range kl {
			tk.Close(t, c.warm+": KL", out[1][j], kl[j], 1e-9)
		}
	}
}

// TestHierarchiesOfImagesTakeAnyNet: odd and coloured images, one row at a time, under every net; the latents of
// nvae are maps.
func TestHierarchiesOfImagesTakeAnyNet(t *testing.T) {
	for _, name := range []string{"hvae", "ladder-vae", "nvae"} {
		for _, net := range nets.Names() {
			for _, shape := range [][]int{{28, 28}, {9, 13}, {9, 13, 3}} {
				c := zoo.Pictures(net, shape...)
				c.Options = layered(name, "2,1", "3")
				n := zoo.Network(t, name, c, dtypes.Float32)
				want := 3
				if e := c.MapExtent(); name == "nvae" {
					want = 3 * e.Height * e.Width
				}
				x := zoo.Uniform(c.Dim)
				mean, variance, err := n.Encode(t.Context(), x)
				if err != nil || len(mean) != want || len(variance) != want || n.Config.Latent != want {
					t.Fatalf("%s, %s of %v: got codes of %d, error %v, want %d", name, net, shape, len(mean), err, want)
				}
				y := zoo.Must[[]float32](t)(n.Sample(t.Context(), 1, rng.New(1)))
				r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Shuffle: true}).Record(t.Context(), x, rng.New(1), 1))
				if len(y) != c.Dim || math.IsNaN(r.Bound) || len(r.KLPerDim) != want {
					t.Errorf("%s, %s of %v: got %d values and record %+v", name, net, shape, len(y), r)
				}
			}
		}
	}
}
