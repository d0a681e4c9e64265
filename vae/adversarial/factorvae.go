package adversarial

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "factor-vae",
		Summary:  "VAE that pays for the total correlation of its code, as a critic sees it",
		Paper:    "Kim & Mnih 2018",
		Sections: "D5",
		Measured: "the critic of Gaussian codes with ρ = .8 finds their total correlation within .1 nat; neither loss reaches the other's parameters; sprites, 12 epochs, 5 seeds: its vote finds .72 ± .05 of the factors, .60 ± .07 with the VAE",
		Test:     "vae/adversarial/factorvae_test.go, paper/sprites_test.go",
		Nets:     nets.Names(),
		Gaussian: true,
		Options: []vae.Option{
			{Name: "gamma", Usage: "weight of the total correlation", Default: "10", Kind: vae.Number, Min: 0, Max: 1e6},
			{Name: "critic", Usage: "widths of the critic's hidden layers", Default: "256,256,256,256", Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: "4"},
		},
		New: newFactorVAE,
	})
}

// newFactorVAE builds the FactorVAE, which minimises the loss of the VAE and γ times the total
// correlation of the code (Kim & Mnih 2018, eq. 2), estimated by a critic D that tells codes from
// codes whose elements come from different rows,
//
//	KL(q(z) ‖ ∏_j q(z_j)) ≈ E_q(z)[ln D(z) − ln(1 − D(z))].
func newFactorVAE(c vae.Config) vae.Model {
	m := vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored}
	m.Beside = func(s *model.Scope, b vae.Batch, _ vi.Latent, t *vi.Terms) {
		if b.Size() < 2 {
			return // one row alone has nothing to change its elements with
		}
		z := g.Squeeze(g.Slice(t.Z, g.AxisElem(0)), 0)
		together := ratio(c, s.In("critic"), z)
		correlation := g.ReduceAllMean(together)
		v := adversary{scope: "critic", game: "non-saturating", rest: 1}.judge(together, ratio(c, s.In("critic"), exchanged(z)))
		t.Penalty = g.MulScalar(correlation, c.Number("gamma"))
		t.Routes = []optim.Route{v.route()}
		t.Figures = append([]vi.Figure{{Name: "total correlation", Value: correlation}}, v.figures()...)
	}
	return m
}

// ratio is ln D(z) − ln(1 − D(z)), B.
func ratio(c vae.Config, s *model.Scope, z *g.Node) *g.Node {
	_, logit := denseCritic(s, z, c.List("critic"))
	return logit
}

// exchanged takes the j-th element of every code from the j-th row after it, so that the elements of
// a code come from different rows as long as there are enough: rows of a batch are independent, and
// these are draws from ∏_j q(z_j).
func exchanged(z *g.Node) *g.Node {
	b, l := z.Shape().Dim(0), z.Shape().Dim(1)
	columns := make([]*g.Node, l)
	for j := range columns {
		column := g.Slice(z, g.AxisRange(), g.AxisRange(j, j+1))
		if k := j % b; k > 0 {
			column = g.Concatenate([]*g.Node{g.Slice(column, g.AxisRange(k), g.AxisRange()), g.Slice(column, g.AxisRange(0, k), g.AxisRange())}, 0)
		}
		columns[j] = column
	}
	return g.Concatenate(columns, 1)
}
