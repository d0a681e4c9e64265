package bnn

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// lossOf returns a program of the loss, share included as in a training step.
func lossOf(r *trainer, q network, noise func(string, []int) []float64) *model.Program {
	prog := model.NewProgram(r.params, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		loss, logLik, penalty := objective(s, r.head, q, r.t.n, in[0], in[1])
		share := float64(in[0].Shape().Dim(0)) / float64(r.c.Batch)
		return []*g.Node{g.MulScalar(loss, share), logLik, penalty}
	})
	if noise != nil {
		prog.WithNoise(noise)
	}
	return prog
}

// Fifty rows in batches of 16, 16, 16 and 2: the steps' losses add up to N/B times the loss of
// the whole table. The noise of local reparameterisation belongs to a row, so with any constant
// noise this holds exactly, not only in expectation; with drawn weights, for the mean over draws
// to four standard errors (false alarm 6e-5).
func TestTheLossesOfAnEpochSumToTheLossOfTheTable(t *testing.T) {
	x, y := waves(50, 1)
	for _, head := range []string{"homoscedastic", "heteroscedastic"} {
		tab, err := newTable(x, y, Config{})
		if err != nil {
			t.Fatal(err)
		}
		r, n := trainerOf(t, tab, Config{Head: head, Batch: 16, Hidden: []int{7}, dtype: dtypes.Float64})
		for _, eps := range []float64{0, 1, -2.5} {
			constant := func(_ string, dims []int) []float64 {
				e := make([]float64, dims[0]*dims[1])
				for i := range e {
					e[i] = eps
				}
				return e
			}
			prog := lossOf(r, meanField{n.shape, local, r.c.Prior.of(), .3}, constant)
			parts, whole := epochLosses(t, r, prog, rng.New(0))
			tk.Close(t, head, parts*16/50, whole, 1e-12)
		}
		var gap []float64
		prog := lossOf(r, meanField{n.shape, shared, r.c.Prior.of(), .3}, nil)
		for i := range 400 {
			parts, whole := epochLosses(t, r, prog, rng.New(5).At(uint64(i)))
			gap = append(gap, parts*16/50-whole)
		}
		tk.MeanWithin(t, head+" with drawn weights", gap, 0, 4)
	}
}

// epochLosses returns the sum of the batches' losses and the loss of one batch of all rows.
func epochLosses(t *testing.T, r *trainer, prog *model.Program, key rng.Key) (parts, whole float64) {
	t.Helper()
	i := uint64(0)
	err := r.everyBatch(context.Background(), func(in [2]*model.Input) error {
		i++
		v, err := prog.Values(key.At(i), in[0].Tensor, in[1].Tensor)
		if err == nil {
			parts += v[0][0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.batch(rng.New(0).Perm(r.t.n))
	if err != nil {
		t.Fatal(err)
	}
	v := tk.Values(t, prog, key.At(0), in[0].Tensor, in[1].Tensor)
	return parts, v[0][0] * float64(r.c.Batch) / float64(r.t.n)
}

// The penalty of a step is KL/N whatever the batch: the caller cannot mis-scale it.
func TestThePenaltyDependsOnTheTableNotOnTheBatch(t *testing.T) {
	x, y := waves(60, 2)
	var seen []float64
	for _, batch := range []int{60, 7, 1} {
		_, err := Fit(context.Background(), x, y, Config{
			Batch: batch, Epochs: 1, LR: 1e-12, Draws: 1,
			Progress: func(p Progress) { seen = append(seen, p.Penalty) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	near(t, "batch of 7", seen[1]/seen[0], 1, 1e-5)
	near(t, "batch of 1", seen[2]/seen[0], 1, 1e-5)
}

func TestGradientsOfTheLossOfEveryHeadAndPrior(t *testing.T) {
	for _, head := range Heads {
		for _, kind := range PriorKinds {
			x, y := blobs(12, 3, .3, 1)
			tab, err := newTable(x, y, Config{Head: head})
			if err != nil {
				t.Fatal(err)
			}
			c := Config{Head: head, Hidden: []int{4}, Prior: Prior{Kind: kind, Small: .3}, dtype: dtypes.Float64}
			r, n := trainerOf(t, tab, c)
			q := meanField{n.shape, local, r.c.Prior.of(), .2}
			in, err := r.batch(rng.New(0).Perm(12))
			if err != nil {
				t.Fatal(err)
			}
			tk.GradientWithin(t, 1e-7, r.params, func(s *model.Scope, in []*g.Node) []*g.Node {
				loss, _, _ := objective(s, r.head, q, tab.n, in[0], in[1])
				return []*g.Node{loss}
			}, in[0].Tensor, in[1].Tensor)
		}
	}
}

func TestAFitCanBeCancelled(t *testing.T) {
	x, y := waves(50, 1)
	for _, method := range Methods {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Fit(ctx, x, y, Config{Method: method, Epochs: 1 << 20, Progress: func(p Progress) {
			if p.Epoch == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want %v", method, err, context.Canceled)
		}
	}
}

// A loss that leaves the numbers is an error that says so.
func TestALossThatIsNotFiniteIsAnError(t *testing.T) {
	x, y := waves(50, 1)
	_, err := Fit(context.Background(), x, y, Config{Epochs: 50, noise: func(_ string, dims []int) []float64 {
		e := make([]float64, dims[0]*dims[1])
		e[0] = math.NaN()
		return e
	}})
	refused(t, err, "epoch 1", "loss", "learning rate")
}
