package zoo

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Trained makes so many steps of Adam on batches of 128 rows, in the stages of the model, with a rate
// that falls to 0 in each of them. The steps are those of elbo train.
func Trained(t *testing.T, name string, c vae.Config, x []float32, steps int, lr float64, seed uint64) *vae.Network {
	t.Helper()
	const batch = 128
	b := tk.Params(t, dtypes.Float32).Backend()
	n, err := vae.NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(seed)))
	if err != nil {
		t.Fatal(err)
	}
	d, key := n.Width(), rng.New(seed).Named("steps")
	for stage, s := range n.Config.Stages() {
		if s.Start != nil {
			if err := s.Start(t.Context(), n, x[:min(len(x), vae.StartRows*d)], key.Named("start").At(uint64(stage))); err != nil {
				t.Fatal(err)
			}
		}
		adam := optim.NewAdam()
		prog := model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil)
			b.Stage = stage
			terms := n.Model.Terms(s, b, vi.Estimator{})
			return adam.Descend(s, append([]optim.Route{{Loss: terms.Loss(in[1], 0)}}, terms.Routes...), in[2], in[3])
		}).Training()
		count := int(math.Round(s.Share * float64(steps)))
		rows, one := make([]float32, batch*d), model.Scalar(dtypes.Float32, 1)
		for i := range count {
			at := key.At(uint64(stage)).At(uint64(i))
			pick := at.Named("rows").Rand()
			for r := range batch {
				k := pick.IntN(len(x) / d)
				copy(rows[r*d:(r+1)*d], x[k*d:])
			}
			rate, correct := adam.Scalars(int64(i+1), lr*(1-float64(i)/float64(count)))
			tk.Values(t, prog, at, model.Tensor(dtypes.Float32, rows, batch, d), one, model.Scalar(dtypes.Float32, rate), model.Scalar(dtypes.Float32, correct))
		}
	}
	return n
}

// NLL is the mean of −ln p(x) over rows by so many importance weights each, with the standard error
// of that estimate for the given rows.
func NLL(t *testing.T, n *vae.Network, x []float32, weights int) vi.ImportanceRecord {
	t.Helper()
	sums, err := n.LogEvidence(t.Context(), x, weights, rng.New(11))
	if err != nil {
		t.Fatal(err)
	}
	return vi.SummarizeImportance(sums)
}

// Repeated is the mean bound of one row over 2,000 evaluations, with its standard error.
func Repeated(t *testing.T, n *vae.Network, e vi.Estimator, x []float32) (mean, se float64) {
	t.Helper()
	var all []float32
	for range 2000 {
		all = append(all, x...)
	}
	prog := model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, vae.Batch{X: in[0]}, e)
		if e.Objective != nil {
			return []*g.Node{terms.MustBound(e.Objective)(special.ScalarLike(in[0], 1))}
		}
		return []*g.Node{g.Sub(g.Squeeze(terms.LogLik, 0), g.ReduceSum(terms.KL, -1))}
	})
	wide := make([]float64, len(all))
	for i, v := range all {
		wide[i] = float64(v)
	}
	mean, _, se = tk.Moments(tk.Values(t, prog, rng.New(5), tk.Matrix(wide, 2000, 5))[0])
	return mean, se
}

// Moved gives every parameter of a set other values, so that no flow is the identity.
func Moved(t *testing.T, p *model.Params) {
	t.Helper()
	for i, a := range tk.Export(t, p) {
		eps := make([]float64, len(a.Data))
		rng.New(8).At(uint64(i)).NormalFloat64(eps)
		for j := range a.Data {
			a.Data[j] += .3 * eps[j]
		}
		tk.Import(t, p, a)
	}
}

// Arrays are the values of all parameters of a network by their names.
func Arrays(t *testing.T, n *vae.Network) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for _, a := range tk.Export(t, n.Params) {
		out[a.Name] = a.Data
	}
	return out
}
