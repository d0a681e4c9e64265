package bnn

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// trainer holds what the phases of a fit share.
type trainer struct {
	c      Config
	t      *table
	head   head
	params *model.Params
	key    rng.Key
	inputs map[int][2]*model.Input // x and y, by rows of a batch
	logLik float64                 // mean ln p(y|x, w) of the last epoch
	stages []stage                 // the phases so far
	from   *opened                 // where the fit goes on from; nil: its start
}

// phase is a number of epochs with one network and one way to move its weights.
type phase struct {
	name   string
	net    network
	epochs int
	update update
	path   path // nil: none
}

// path is what a phase gathers on its way besides its parameters.
type path interface {
	// after is called after each step, t = 1, 2, ….
	after(t, steps int) error
	// rows returns what was gathered, and restore takes it back, as after step t.
	rows() [][]float64
	restore(rows [][]float64, t, steps int) error
}

// update moves the parameters of a graph against the gradient of a loss, which is that of
// the mean row. It holds two scalars of the host's.
type update struct {
	graph   func(s *model.Scope, loss, a, b *g.Node)
	scalars func(t, steps int) (a, b float64)
}

// adam is Adam, its rate half a cosine from the given one to 0.
func adam(rate float64) update {
	a := optim.NewAdam()
	a.Clip = 100 // a step of a wide table may explode before ln σ has adapted
	return update{
		graph: func(s *model.Scope, loss, rate, correct *g.Node) { a.Update(s, loss, rate, correct) },
		scalars: func(t, steps int) (float64, float64) {
			eta := optim.Schedule{Kind: "cosine", Total: int64(steps)}.At(int64(t - 1))
			return a.Scalars(int64(t), rate*eta)
		},
	}
}

// objective returns the loss of a batch in nats a row, with the mean of ln p(y|x, w) and the
// penalty a row. share is B/B₀ with B₀ rows in a full batch: over the batches of an epoch
// Σ share·loss is N/B₀ times the loss of the whole table.
func objective(s *model.Scope, h head, net network, n int, x, y *g.Node) (loss, logLik, penalty *g.Node) {
	f, cost := net.terms(s, x)
	logLik = g.ReduceAllMean(h.logProb(s, f, y))
	penalty = g.DivScalar(cost, float64(n))
	return g.Sub(penalty, logLik), logLik, penalty
}

// stepper makes the steps of a phase.
type stepper struct {
	r        *trainer
	p        phase
	prog     *model.Program
	a, b     *model.Input // the update's scalars
	noise    rng.Key
	t, steps int // steps made and those of the phase
	values   [][]float64
}

// perEpoch is the number of steps of an epoch.
func (r *trainer) perEpoch() int { return (r.t.n + r.c.Batch - 1) / r.c.Batch }

// stepper prepares a phase: each step is one run of one graph.
func (r *trainer) stepper(p phase) (s *stepper, err error) {
	s = &stepper{r: r, p: p, noise: r.key.Named("noise/" + p.name), steps: r.perEpoch() * p.epochs}
	s.prog = model.NewProgram(r.params, p.name, func(s *model.Scope, in []*g.Node) []*g.Node {
		loss, logLik, penalty := objective(s, r.head, p.net, r.t.n, in[0], in[1])
		share := float64(in[0].Shape().Dim(0)) / float64(r.c.Batch)
		p.update.graph(s, g.MulScalar(loss, share), in[2], in[3])
		s.Guard(g.IsFinite(loss))
		return []*g.Node{logLik, penalty}
	}).Training()
	if r.c.noise != nil {
		s.prog.WithNoise(r.c.noise)
	}
	if s.a, err = r.params.Input(); err == nil {
		s.b, err = r.params.Input()
	}
	return s, err
}

// step makes the next step on a batch and returns its mean ln p(y|x, w) and its penalty a row.
func (s *stepper) step(rows []int) (logLik, penalty float64, err error) {
	s.t++
	if logLik, penalty, err = s.move(rows, s.t); err == nil && s.p.path != nil {
		err = s.p.path.after(s.t, s.steps)
	}
	return logLik, penalty, err
}

// move makes the parameters' part of step t.
func (s *stepper) move(rows []int, t int) (logLik, penalty float64, err error) {
	in, err := s.r.batch(rows)
	if err != nil {
		return 0, 0, err
	}
	a, b := s.p.update.scalars(t, s.steps)
	if err = s.a.Set(a); err == nil {
		err = s.b.Set(b)
	}
	if err != nil {
		return 0, 0, err
	}
	s.values, err = s.prog.ValuesInto(s.values, s.noise.At(uint64(t)), in[0].Tensor, in[1].Tensor, s.a.Tensor, s.b.Tensor)
	if err != nil {
		return 0, 0, err
	}
	return s.values[0][0], s.values[1][0], err
}

// order returns the rows of an epoch e = 0, 1, … in the order of their use.
func (s *stepper) order(e int) []int {
	return s.r.key.Named("order/" + s.p.name).At(uint64(e)).Perm(s.r.t.n)
}

// epoch makes the steps of epoch e = 0, 1, ….
func (s *stepper) epoch(ctx context.Context, e int) (done Progress, err error) {
	r, order := s.r, s.order(e)
	done = Progress{Phase: s.p.name, Epoch: e + 1, Epochs: s.p.epochs}
	for first := 0; first < r.t.n; first += r.c.Batch {
		if err := ctx.Err(); err != nil {
			return done, fmt.Errorf("bnn: %s: epoch %d of %d: %w", s.p.name, e+1, s.p.epochs, err)
		}
		rows := order[first:min(first+r.c.Batch, r.t.n)]
		logLik, penalty, err := s.step(rows)
		if err != nil {
			return done, err
		}
		share := float64(len(rows)) / float64(r.t.n)
		done.LogLik += share * logLik
		done.Penalty += share * penalty
	}
	done.Loss = done.Penalty - done.LogLik
	if math.IsNaN(done.Loss) || math.IsInf(done.Loss, 0) {
		return done, fmt.Errorf("bnn: %s: epoch %d: loss: got %v, want a finite one; try a lower learning rate than %v", s.p.name, e+1, done.Loss, r.c.LR)
	}
	return done, nil
}

// run trains for the epochs of a phase that the snapshot, where there is one, leaves to do.
func (r *trainer) run(ctx context.Context, p phase) error {
	s, err := r.stepper(p)
	if err != nil {
		return err
	}
	first, err := r.begin(s)
	if err != nil {
		return err
	}
	for e := first; e < p.epochs; e++ {
		done, err := s.epoch(ctx, e)
		if err != nil {
			return err
		}
		r.logLik = done.LogLik
		if r.c.Progress != nil {
			r.c.Progress(done)
		}
		if err := r.checkpoint(s, done); err != nil {
			return err
		}
	}
	return r.end(s)
}

// batch returns the arrays of some rows. A batch of all rows is written once, in their order.
func (r *trainer) batch(rows []int) (in [2]*model.Input, err error) {
	in, ok := r.inputs[len(rows)]
	if ok && len(rows) == r.t.n {
		return in, nil
	}
	if !ok {
		if in[0], err = r.params.Input(len(rows), r.t.d); err != nil {
			return in, err
		}
		if in[1], err = r.params.Input(len(rows)); err != nil {
			return in, err
		}
		r.inputs[len(rows)] = in
	}
	whole := len(rows) == r.t.n
	pick := func(src []float32, d int) func([]float32) error {
		return func(dst []float32) error {
			for i, row := range rows {
				if whole {
					row = i
				}
				copy(dst[i*d:(i+1)*d], src[row*d:(row+1)*d])
			}
			return nil
		}
	}
	if err = in[0].Write(pick(r.t.x, r.t.d)); err != nil {
		return in, err
	}
	return in, in[1].Write(pick(r.t.y, 1))
}

// arrays returns the parameters by name.
func (r *trainer) arrays() (map[string]model.Array, error) {
	list, err := r.params.Export()
	if err != nil {
		return nil, err
	}
	out := make(map[string]model.Array, len(list))
	for _, a := range list {
		out[a.Name] = a
	}
	return out, nil
}
