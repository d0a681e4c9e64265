package zoo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vae/quant"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name: "test-pictures", Summary: "images by rounded codes, with a critic, for tests",
		Nets: nets.ImageNames(), Surrogate: []string{"encoder"}, New: func(c vae.Config) vae.Model { return &stepped{Config: c, factor: 1} },
	})
}

// stepped has codes of halves and a critic of rows: a model that exists in this file alone, which takes
// images only. Gradients in its decoder and critic are a factor too large.
type stepped struct {
	vae.Config
	factor float64
	scope  string // where the factor is
}

// off gives x a gradient that is wrong by the factor.
func (m *stepped) off(x *g.Node, scope string) *g.Node {
	if scope != m.scope {
		return x
	}
	return g.IdentityWithCustomGradient(x, func(_, v *g.Node) *g.Node { return g.MulScalar(v, m.factor) })
}

// Terms implements [vae.Model].
func (m *stepped) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z := nn.Dense(s.In("encoder"), m.Features(s.In("encoder"), b.X), m.Config.Latent)
	z = m.off(z, "encoder")
	code := quant.Through(z, g.MulScalar(g.Round(g.StopGradient(g.MulScalar(z, 2))), .5))
	p := m.Distribution(s.In("decoder"), m.off(m.Outputs(s.In("decoder"), code), "decoder"))
	verdict := nn.Dense(s.In("critic"), p.Mean(), 1)
	return vi.Terms{
		LogLik:  g.ExpandAxes(g.ReduceSum(p.LogProb(b.X), -1), 0),
		Penalty: g.ReduceAllMean(verdict),
		Routes:  []optim.Route{{Scope: "critic", Loss: g.ReduceAllMean(g.Square(g.AddScalar(m.off(verdict, "critic"), 1)))}},
	}
}

// TestWrongGradientsAreFound: by 1 in 10,000 in any scope, and one of a surrogate that is not declared.
func TestWrongGradientsAreFound(t *testing.T) {
	spec, _ := vae.Lookup("test-pictures")
	for _, c := range []struct {
		factor    float64
		scope     string
		surrogate []string
		want      string // where the failure is
	}{
		{1, "", spec.Surrogate, ""},
		{1, "", nil, "encoder/"},
		{1.0001, "encoder", spec.Surrogate, ""}, // a gradient of its own is part of the surrogate
		{1.0001, "decoder", spec.Surrogate, "decoder/"},
		{1.0001, "critic", spec.Surrogate, "critic/"},
	} {
		cfg := SmallModels(spec, true)[0].Resolved(spec.Name)
		m := &stepped{cfg, c.factor, c.scope}
		d := Descent{Model: m, Progress: 1, Surrogate: c.surrogate, Seen: map[string]bool{}, Batch: func(x, progress *g.Node) vae.Batch {
			return vae.Batch{X: x, Progress: progress}
		}}
		r := &recorder{TB: t}
		worst := d.At(t, tk.Params(t, dtypes.Float64), BatchOf(cfg.Likelihood, 5, cfg.Dim)).Within(r, Tolerance)
		if (len(r.said) > 0) != (c.want != "") || !strings.HasPrefix(worst.Where, c.want) {
			t.Errorf("factor %v in %q, surrogate %v: got %v and %q, want a failure at %q", c.factor, c.scope, c.surrogate, worst, r.said, c.want)
		}
	}
}

// TestModelsOfImagesAreGivenImages: the throw-away model, whose file says no more than that it takes nets
// of images.
func TestModelsOfImagesAreGivenImages(t *testing.T) {
	spec, _ := vae.Lookup("test-pictures")
	for _, images := range []bool{false, true} {
		seen := map[string]bool{}
		_, ok := Compared(t, spec, SmallModels(spec, images)[0], true, seen)
		if ok != images || ok && (!seen["critic"] || !seen["decoder"] || !seen["encoder (surrogate)"] || len(seen) != 3) {
			t.Errorf("images %v: got %v with %v", images, ok, seen)
		}
	}
}

// TestStepsDescendTheSlopesThatAreHeld: the first step of Adam leaves (1 − β₁) times a gradient in the first
// moments of what it moves: of every model in every stage those that are compared with differences, and of
// no other parameter. A critic that would rest is kept awake.
func TestStepsDescendTheSlopesThatAreHeld(t *testing.T) {
	for _, spec := range vae.Specs() {
		c := SmallModels(spec, false)[0]
		if _, err := vae.New(spec.Name, c); err != nil {
			c = SmallModels(spec, true)[0]
		}
		for stage := range c.Resolved(spec.Name).Stages() {
			n := Network(t, spec.Name, c, dtypes.Float64)
			d := Descent{n.Model, stage, .5, min(2, n.Labelled()), spec.Surrogate, n.Batch, map[string]bool{}}
			want, got := d.step(t, n, RowsFor(n, c, 5+d.Beside))
			for name := range got {
				if _, ok := want[name]; !ok {
					t.Errorf("%s, stage %d: a step moves %s, which is not held", spec.Name, stage, name)
				}
			}
			for name, v := range want {
				if len(got[name]) != len(v) {
					t.Fatalf("%s, stage %d: a step does not move %s, which is held", spec.Name, stage, name)
				}
				for i := range v {
					tk.Close(t, fmt.Sprintf("%s, stage %d: %s[%d]", spec.Name, stage, name, i), got[name][i]/.1, v[i], 1e-9)
				}
			}
		}
	}
}

// step returns the gradients of the slopes by name, and the first moments after a step.
func (d Descent) step(t *testing.T, n *vae.Network, x [][]float64) (slopes, moments map[string][]float64) {
	t.Helper()
	var names []string
	in := []*tensors.Tensor{Rows(x), model.Scalar(dtypes.Float64, .7), model.Scalar(dtypes.Float64, d.Progress)}
	gradients := tk.Values(t, model.NewProgram(n.Params, "gradient", func(s *model.Scope, in []*g.Node) (out []*g.Node) {
		for _, l := range d.Slopes(s, in) {
			names = append(names, l.Of...)
			out = append(out, g.Gradient(l.Loss, named(s, l.Of)...)...)
		}
		s.Guard(g.Const(s.Graph(), false))
		return out
	}).Training(), rng.New(7), in...)
	tk.Values(t, model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss, routes := d.losses(s, in)
		for i := range routes {
			routes[i].Gate = nil
		}
		return optim.NewAdam().Descend(s, append([]optim.Route{{Loss: loss}}, routes...), in[1], in[1])
	}).Training(), rng.New(7), in...)
	slopes, moments = map[string][]float64{}, map[string][]float64{}
	for i, name := range names {
		slopes[name] = gradients[i]
	}
	for name, v := range Arrays(t, n) {
		if of, ok := strings.CutPrefix(name, "optimizer/"); ok && strings.HasSuffix(of, "/m") {
			moments[strings.TrimSuffix(of, "/m")] = v
		}
	}
	return slopes, moments
}

// named returns the trainable parameters of names.
func named(s *model.Scope, names []string) (out []*g.Node) {
	all, nodes := s.Trainable()
	for _, name := range names {
		out = append(out, nodes[slices.Index(all, name)])
	}
	return out
}
