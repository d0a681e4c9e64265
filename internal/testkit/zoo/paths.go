package zoo

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Paths lists the parameters of a small model of a shape of rows and hidden layers, one a line in the order
// in which the losses of its stages use them, with their dimensions. Stored runs have their weights under these
// names.
func Paths(t testing.TB, name string, c vae.Config) string {
	t.Helper()
	spec, _ := vae.Lookup(name)
	c.Latent, c.Likelihood, c.Sigma, c.Classes, c.Rows, c.Options = cmp.Or(c.Latent, 2), "bernoulli", 1, 3, 10, spec.Small()
	if spec.Fixed != nil {
		c.Likelihood = spec.Fixed[len(spec.Fixed)-1]
	}
	n := Network(t, name, c, dtypes.Float64)
	for stage := range n.Config.Stages() {
		x := make([]float64, 4*n.Width())
		tk.Values(t, model.NewProgram(n.Params, "paths", func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil)
			b.Stage = stage
			return []*g.Node{n.Model.Terms(s, b, vi.Estimator{}).LogLik}
		}), rng.New(1), tk.Matrix(x, 4, n.Width()))
	}
	var out []string
	for _, a := range tk.Export(t, n.Params) {
		out = append(out, strings.TrimSuffix(fmt.Sprint(a.Name, " ", a.Dims), " []"))
	}
	return strings.Join(out, "\n")
}

// HavePaths holds the parameters of models to the lists that they are to have: of rows of five values with
// hidden layers of 6 and 5, or of images of 8×8 with channels 2 and 3 and a hidden layer of 5.
func HavePaths(t testing.TB, images bool, want map[string]string) {
	t.Helper()
	c := vae.Config{Dim: 5, Hidden: []int{6, 5}}
	if images {
		c = vae.Config{Dim: 64, Shape: []int{8, 8}, Channels: []int{2, 3}, Hidden: []int{5}, Net: "conv"}
	}
	for name, list := range want {
		if got := Paths(t, name, c); got != strings.TrimSpace(list) {
			t.Errorf("%s: got parameters\n%s\nwant\n%s", name, got, strings.TrimSpace(list))
		}
	}
}
