package train

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// ErrNotFinite is matched by the error of a step whose loss or gradient was NaN or infinite.
var ErrNotFinite = errors.New("not finite")

// NotFiniteError says which term of which step was not finite. The parameters are those
// before the step.
type NotFiniteError struct {
	Step int64   // the step that failed, 1, 2, …
	Term string  // reconstruction, KL of a dimension, loss or gradient norm
	Got  float64 // NaN or ±Inf
}

// Error implements error.
func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("train: step %d: %s is %v; the parameters before this step are saved. Start anew with a lower --lr or with --clip 10, or resume with --skip-nonfinite 10 if single batches are to blame", e.Step, e.Term, e.Got)
}

// Unwrap lets errors.Is match ErrNotFinite.
func (e *NotFiniteError) Unwrap() error { return ErrNotFinite }

// step is one step of training: the program and what it needs.
type step struct {
	net    *vae.Network
	adam   optim.Adam
	prog   *model.Program
	inputs map[int]*model.Input // by number of rows: a full batch and the last one
	scalar [10]*model.Input     // β, learning rate and its correction, share of the steps done; see [step.turn]
	values [][]float64          // what the last run gave
	names  map[int][]string     // of the figures that the model keeps, by number of rows
	beside int                  // rows at the end of a batch that show their class (see vae.Batch.Labelled)
	turns  *vi.Aggressive       // whose turn it is; nil: encoder and decoder move together
}

// terms are the host values of one step; the next one writes over kl.
type terms struct {
	logLik, norm, loss float64
	kl                 []float64          // by latent dimension; empty without latent noise
	figures            map[string]float64 // that the model keeps
}

// newStep prepares the program of a step of a stage of training.
func newStep(net *vae.Network, c Config, stage int) *step {
	st := &step{net: net, adam: optim.NewAdam(), inputs: map[int]*model.Input{}, names: map[int][]string{}, beside: net.Labelled()}
	st.adam.Clip, st.adam.Beta1 = c.Clip, net.Momentum()
	est := c.estimator()
	st.prog = model.NewProgram(net.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		beta, rate, correct := in[1], in[2], in[3]
		b := net.Batch(in[0], in[4]).Beside(st.beside)
		b.Stage = stage
		t := net.Model.Terms(s, b, est)
		if est.Objective != nil {
			t.Bound = t.MustBound(est.Objective)
		}
		loss := t.LossAt(c.paid(beta, in[4]))
		norms := st.adam.Descend(s, append(st.routes(loss, in[5:]), t.Routes...), rate, correct)
		out := []*g.Node{loss, norms[0], g.ReduceAllMean(t.LogLik)}
		var names []string
		for _, f := range t.Figures {
			names = append(names, f.Name)
			out = append(out, f.Value)
		}
		st.names[in[0].Shape().Dim(0)] = names
		if t.KL != nil {
			out = append(out, g.ReduceMean(t.KL, 0))
		}
		s.Guard(finite(append(out, norms[1:]...)))
		return out
	}).Training()
	return st
}

// input returns the array for batches of so many rows.
func (st *step) input(rows int) (in *model.Input, err error) {
	if in = st.inputs[rows]; in == nil {
		in, err = st.net.Params.Input(rows, st.net.Width())
		st.inputs[rows] = in
	}
	return in, err
}

// set gives the i-th scalar of the program a value.
func (st *step) set(i int, v float64) (err error) {
	if st.scalar[i] == nil {
		if st.scalar[i], err = st.net.Params.Input(); err != nil {
			return err
		}
	}
	return st.scalar[i].Set(v)
}

// run makes step number t (from 1) on a batch, unless a term is not finite: then nothing has
// changed and the error is a *NotFiniteError.
func (st *step) run(t int64, x *model.Input, beta, rate, progress float64, noise rng.Key) (terms, error) {
	corrected, correct := st.adam.Scalars(t, rate)
	inputs := []*tensors.Tensor{x.Tensor}
	for i, v := range append([]float64{beta, corrected, correct, progress}, st.turn(rate)...) {
		if err := st.set(i, v); err != nil {
			return terms{}, err
		}
		inputs = append(inputs, st.scalar[i].Tensor)
	}
	v, err := st.prog.ValuesInto(st.values, noise, inputs...)
	if err != nil {
		return terms{}, err
	}
	st.values = v
	out := terms{loss: v[0][0], norm: v[1][0], logLik: v[2][0]}
	v = v[3:]
	names := st.names[x.Tensor.Shape().Dim(0)]
	for i, name := range names {
		if i == 0 {
			out.figures = map[string]float64{}
		}
		out.figures[name] = v[i][0]
	}
	if len(v) > len(names) {
		out.kl = v[len(names)]
	}
	err = out.check(t)
	if err == nil && st.turns != nil {
		st.turns.Observe(out.loss)
	}
	return out, err
}

// finite is true where every value of the terms is; it is the graph's form of [terms.check].
func finite(terms []*g.Node) *g.Node {
	ok := g.IsFinite(terms[0])
	for _, t := range terms[1:] {
		ok = g.LogicalAnd(ok, g.ReduceLogicalAnd(g.IsFinite(t)))
	}
	return ok
}

// check names the first term that is not finite.
func (t terms) check(step int64) error {
	bad := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
	if bad(t.logLik) {
		return &NotFiniteError{step, "the reconstruction term ln p(x|z)", t.logLik}
	}
	for j, v := range t.kl {
		if bad(v) {
			return &NotFiniteError{step, fmt.Sprintf("the KL divergence of latent dimension %d", j), v}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.figures)) {
		if bad(t.figures[name]) {
			return &NotFiniteError{step, name, t.figures[name]}
		}
	}
	if bad(t.loss) {
		return &NotFiniteError{step, "the loss", t.loss}
	}
	if bad(t.norm) {
		return &NotFiniteError{step, "the gradient norm", t.norm}
	}
	return nil
}
