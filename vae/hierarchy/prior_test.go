package hierarchy

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/internal/sizes"
	"github.com/elbo-go/elbo/vi"
)

// toppedWith is a hierarchy of one and two latents whose top has another prior, no part as it began.
func toppedWith(t *testing.T, name, prior string) *vae.Network {
	t.Helper()
	usual := sizes.PriorHidden
	sizes.PriorHidden = []int{6}
	t.Cleanup(func() { sizes.PriorHidden = usual })
	c := vae.Config{Dim: 5, Hidden: []int{6}, Likelihood: "gaussian", Sigma: .7, Latent: 1, Prior: prior, Options: layered(name, "1,2", "4")}
	if prior == "mixture" || prior == "vamp" {
		c.Options["components"] = "3"
	}
	return shaken(t, name, c)
}

// logWeights is the graph of k log-weights of rows.
func logWeights(n *vae.Network, k int) *model.Program {
	return model.NewProgram(n.Params, "weights", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{vi.LogWeights(s, in[0], n.Latent(s, in[0]), k)}
	})
}

// TestTheTopOfAHierarchyMayHaveAnyPrior: its density over the plane is 1, the columns below are N(0, 1), and many
// importance weights of the guide give the ln p(x) that draws of the prior give. The grid leaves 3e-3; five standard
// errors fail right code with probability 6e-7 each.
func TestTheTopOfAHierarchyMayHaveAnyPrior(t *testing.T) {
	x := []float32{.3, -.6, .8, .2, 0}
	z, h := zoo.Grid(9, 300)
	points := make([]float64, 0, len(z)/2*3)
	for i := 0; i < len(z); i += 2 {
		points = append(points, z[i], z[i+1], .5)
	}
	for i, prior := range vae.PriorNames() {
		name := []string{"hvae", "ladder-vae", "nvae"}[i%3]
		what := name + " under " + prior
		n := toppedWith(t, name, prior)
		density := model.NewProgram(n.Params, "density", func(s *model.Scope, in []*g.Node) []*g.Node {
			lp := n.Model.(vae.Generator).Prior(s, 1).LogProb(g.ExpandAxes(in[0], 1))
			return []*g.Node{g.Exp(special.SumDims(columnsOf(lp, 0, 2))), g.Reshape(columnsOf(lp, 2, 3), -1)}
		})
		out := tk.Values(t, density, rng.New(1), tk.Matrix(points, len(points)/3, 3))
		mass := 0.
		for _, p := range out[0] {
			mass += p * h * h
		}
		tk.Close(t, what+": mass", mass, 1, 3e-3)
		tk.Close(t, what+": ln p of a column below", out[1][7], -.5*math.Log(2*math.Pi)-.125, 1e-9)
		sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, 20_000, rng.New(2)))
		codes := zoo.Must[[]float32](t)(n.Prior(t.Context(), 100_000, rng.New(6)))
		prog := model.NewProgram(n.Params, "prior weights", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{special.SumDims(n.Model.(vae.Decoder).Decode(s, vae.Code{Z: in[0]}).LogProb(in[1]))}
		})
		var sum vi.ImportanceSum
		for _, v := range tk.Values(t, prog, rng.New(4), tk.Matrix(zoo.Float64s(codes), 100_000, 3), tk.Matrix(zoo.Float64s(x), 1, 5))[0] {
			sum.Add(v)
		}
		tk.Close(t, what+": ln p(x)", sum.LogEvidence(), sums[0].LogEvidence(), 5*(sum.StdErr()+sums[0].StdErr()))
	}
}

// TestTheBoundUnderAnotherTopPriorIsThatOfItsWeights: reconstruction less the KL term, whose first columns are
// from draws, is the mean log-weight of the same model within four standard errors; false alarm 6e-5 each.
func TestTheBoundUnderAnotherTopPriorIsThatOfItsWeights(t *testing.T) {
	x := []float32{.3, -.6, .8, .2, 0}
	for i, prior := range vae.PriorNames() {
		name := []string{"nvae", "hvae", "ladder-vae"}[i%3]
		n := toppedWith(t, name, prior)
		const draws = 8000
		r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: draws}).Record(t.Context(), x, rng.New(1), 1))
		weights := tk.Values(t, logWeights(n, draws), rng.New(9), tk.Matrix(zoo.Float64s(x), 1, 5))[0]
		mean, _, se := tk.Moments(weights)
		tk.Close(t, fmt.Sprintf("%s under %s: bound", name, prior), r.Bound, mean, 4*math.Sqrt2*se)
		if len(r.KLPerDim) != 3 || n.ClosedKL() {
			t.Errorf("%s under %s: got KL of %d columns, closed: %v", name, prior, len(r.KLPerDim), n.ClosedKL())
		}
	}
}

// TestGradientsUnderOtherTopPriors holds every derivative of the loss to central differences.
func TestGradientsUnderOtherTopPriors(t *testing.T) {
	for i, prior := range vae.PriorNames()[1:] {
		name := []string{"ladder-vae", "nvae", "hvae"}[i%3]
		n := toppedWith(t, name, prior)
		d := tk.GradientWithin(t, 1e-5, n.Params, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{}).Loss(in[1], 0)}
		}, zoo.Rows(zoo.BatchOf("gaussian", 2, 5)), tk.Matrix([]float64{.7}))
		if d.Count != n.Params.Count() {
			t.Errorf("%s under %s: got %d derivatives, want %d", name, prior, d.Count, n.Params.Count())
		}
	}
}

// TestAHierarchyOfOneLayerHasAPriorToo: all of its code is the top.
func TestAHierarchyOfOneLayerHasAPriorToo(t *testing.T) {
	c := vae.Config{Dim: 5, Hidden: []int{6}, Likelihood: "gaussian", Sigma: .7, Latent: 1, Prior: "mixture", Options: layered("ladder-vae", "2", "4")}
	n := shaken(t, "ladder-vae", c)
	z := zoo.Must[[]float32](t)(n.Prior(t.Context(), 5, rng.New(1)))
	r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{}).Record(t.Context(), make([]float32, 5), rng.New(1), 1))
	if len(z) != 10 || len(r.KLPerDim) != 2 || math.IsNaN(r.Bound) {
		t.Errorf("got %d values of codes and record %+v", len(z), r)
	}
}
