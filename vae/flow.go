package vae

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	for _, f := range []struct {
		name, summary, paper string
		law                  bij.Law
		masked               bool
	}{
		{"flow", "density of a table: splines that couple its columns, between linear maps", "Durkan et al. 2019", bij.SplineLaw{}, false},
		{"realnvp", "density of a table: affine couplings of its columns, between linear maps", "Dinh et al. 2017", bij.Scaling{}, false},
		{"maf", "density of a table: every column shifted and scaled by those before it", "Papamakarios et al. 2017", bij.Scaling{}, true},
	} {
		Register(Spec{
			Name: f.name, Summary: f.summary, Paper: f.paper, Sections: "D18",
			Measured: "integrates to 1 within 1e-3, decodes what it encodes within 1e-9; within .05 nats of the entropy of a banana",
			Test:     "vae/flow_test.go",
			Fixed:    []string{Density},
			Square:   true,
			Tables:   true,
			Weights:  func(c Config) int64 { return flowWeights(c.Dim, c.Hidden, f.law) },
			New:      func(c Config) Model { return &flow{c, f.law, f.masked} },
		})
	}
}

// flowSteps is the number of non-linear steps of a flow.
const flowSteps = 6

// flowWeights is the number of weights of a flow of vectors of so many elements, or some more.
func flowWeights(dim int, hidden []int, law bij.Law) int64 {
	d, in := int64(dim), int64(dim)
	step := 2 * d * d
	for _, h := range hidden {
		step += in * int64(h)
		in = int64(h)
	}
	return (flowSteps + 1) * (step + in*d*int64(law.Params()))
}

// flow is a normalizing flow as a model of data: an invertible map f of noise to rows,
//
//	ln p(x) = ln N(f⁻¹(x); 0, I) + ln|det ∂f⁻¹/∂x|,
//
// without a bound (Rezende & Mohamed 2015, eq. 5; Dinh et al. 2017, eq. 2). The code of a row is
// its noise f⁻¹(x), which has as many values as the row.
type flow struct {
	Config
	law    bij.Law
	masked bool // autoregressive steps instead of couplings
}

// density returns the distribution of rows.
func (m *flow) density(s *model.Scope) bij.Flow {
	s = s.In("flow")
	return bij.NewFlow(s, flowChain(s, m.Dim, m.law, m.masked, m.Hidden), m.Dim)
}

// flowChain is the map of a density of vectors of so many elements, whose way back is one pass:
// steps that are couplings of the halves by turns or autoregressive, between linear maps or changes
// of order. It starts as the identity, up to the order.
func flowChain(s *model.Scope, dim int, law bij.Law, masked bool, hidden []int) bij.Chain {
	net := bij.Net{Hidden: hidden}
	chain := bij.Chain{bij.NewLinear(s.In("linear"), dim, nil)}
	for i := range flowSteps {
		step := s.In(fmt.Sprintf("step%d", i))
		switch {
		case masked || dim < 2:
			chain = append(chain, bij.Invert{Of: bij.NewAutoregressive(step, dim, law, net)}, bij.NewReverse(dim))
		default:
			chain = append(chain, bij.NewCoupling(step, dim, i%2 == 1, law, net), bij.NewLinear(step.In("linear"), dim, nil))
		}
	}
	return chain
}

// Terms implements [Model]. The estimator's draws do not matter: there is no noise.
func (m *flow) Terms(s *model.Scope, b Batch, _ vi.Estimator) vi.Terms {
	return vi.Terms{LogLik: g.ExpandAxes(m.density(s).LogProb(b.X), 0), Kind: vi.KindLogProb}
}

// Encode implements [Encoder]; the variance is 0.
func (m *flow) Encode(s *model.Scope, b Batch) (mean, variance *g.Node) {
	z, _ := m.density(s).Of.Inverse(b.X)
	return z, g.ZerosLike(z)
}

// Decode implements [Decoder]: all mass at f(z).
func (m *flow) Decode(s *model.Scope, c Code) dist.Distribution {
	x, _ := m.density(s).Of.Forward(c.Z)
	return dist.Delta{At: x}
}

// Prior implements [Generator].
func (m *flow) Prior(s *model.Scope, n int) dist.Distribution {
	return dist.StandardNormal(g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), n, m.Dim))
}
