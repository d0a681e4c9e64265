package vae

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vi"
)

// float64s widens an array.
func float64s(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// trained makes so many steps of Adam on batches of 128 rows, in the stages of the model, with a rate
// that falls to 0 in each of them. The steps are those of elbo train.
func trained(t *testing.T, name string, c Config, x []float32, steps int, lr float64, seed uint64) *Network {
	t.Helper()
	const batch = 128
	b := tk.Params(t, dtypes.Float32).Backend()
	n, err := NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(seed)))
	if err != nil {
		t.Fatal(err)
	}
	d, key := n.Width(), rng.New(seed).Named("steps")
	for stage, s := range n.Config.Stages() {
		if s.Start != nil {
			if err := s.Start(t.Context(), n, x[:min(len(x), StartRows*d)], key.Named("start").At(uint64(stage))); err != nil {
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

// nll is the mean of −ln p(x) over rows by so many importance weights each, with the standard error
// of that estimate for the given rows.
func nll(t *testing.T, n *Network, x []float32, weights int) vi.ImportanceRecord {
	t.Helper()
	sums, err := n.LogEvidence(t.Context(), x, weights, rng.New(11))
	if err != nil {
		t.Fatal(err)
	}
	return vi.SummarizeImportance(sums)
}
