package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vae"
)

// timetable says which epochs belong to which stage of training.
type timetable struct {
	stages []vae.Stage
	ends   []int // number of epochs done at the end of each
}

// timetable divides the epochs among the stages of the model, and gives each that has a share at least one.
func (c Config) timetable(stages []vae.Stage) (timetable, error) {
	t, share := timetable{stages: stages}, 0.
	var names []string
	for _, s := range stages {
		if s.Share > 0 {
			names = append(names, s.Name)
		}
	}
	if c.Epochs < len(names) {
		return t, fmt.Errorf("train: epochs: got %d for model %s, want at least %d, one for each of its stages %s",
			c.Epochs, c.Model, len(names), strings.Join(names, ", "))
	}
	for _, s := range stages {
		before := t.end(len(t.ends) - 1)
		share += s.Share
		end := before
		if s.Share > 0 {
			names = names[1:]
			end = min(max(int(math.Round(share*float64(c.Epochs))), before+1), c.Epochs-len(names))
		}
		t.ends = append(t.ends, end)
	}
	if math.Abs(share-1) > 1e-9 {
		return t, fmt.Errorf("train: model %s: got stages whose shares of the epochs sum to %v, want 1", c.Model, share)
	}
	return t, nil
}

// CheckStages reports fewer epochs than the model has stages of training that take some.
func (c Config) CheckStages(s *data.Set) error {
	_, err := c.timetable(c.Network(FactsOf(s)).Stages())
	return err
}

// end is the number of epochs done at the end of a stage; 0 before the first.
func (t timetable) end(stage int) int {
	if stage < 0 {
		return 0
	}
	return t.ends[stage]
}

// at is the stage of the epoch that follows so many, or the last one with epochs.
func (t timetable) at(epochs int) int {
	stage := 0
	for i := range t.stages {
		if t.end(i) > t.end(i-1) {
			stage = i
			if epochs < t.end(i) {
				break
			}
		}
	}
	return stage
}

// last tells whether a stage is the last one with epochs, whose epochs compete to be the best.
func (t timetable) last(stage int) bool { return t.end(stage) == t.end(len(t.ends)-1) }

// enter prepares the program and the schedules of a stage, and starts all stages up to it that have
// not been started. Only a stage that is entered anew is prepared.
func (t *trainer) enter(ctx context.Context, stage int) error {
	if err := t.start(ctx, stage); err != nil {
		return err
	}
	if t.step != nil && t.stage == stage {
		return nil
	}
	t.stage, t.step = stage, newStep(t.net, t.cfg, stage)
	t.step.turns = t.aggressive()
	t.valid = t.evaluator().In(stage)
	t.first = t.stepsPerEpoch() * int64(t.plan.end(stage-1))
	t.total = t.stepsPerEpoch()*int64(t.plan.end(stage)) - t.first
	t.kl, t.lr = t.cfg.kl(t.total), t.cfg.rate(t.total)
	return nil
}

// start starts the stages up to the given one that have not been started.
func (t *trainer) start(ctx context.Context, stage int) error {
	for t.state.Started <= stage {
		s, key := t.plan.stages[t.state.Started], t.key.Named("start").At(uint64(t.state.Started))
		if s.Start != nil {
			x := t.startRows()
			if err := s.Start(ctx, t.net, x, key); err != nil {
				if ctx.Err() != nil {
					return ErrInterrupted
				}
				return fmt.Errorf("train: start of stage %s: %w", cmp.Or(s.Name, t.cfg.Model), err)
			}
		}
		t.state.Started++
	}
	return nil
}

// startRows are training rows in random order, as a step sees them.
func (t *trainer) startRows() []float32 {
	key := t.key.Named("start")
	n := len(t.rows.TrainX) / t.rows.Dim
	order := key.Perm(n)[:min(n, vae.StartRows)]
	x := make([]float32, len(order)*t.net.Width())
	t.rows.batch(x, order, key.Named("binarize"))
	return x
}

// finish starts the stages that have no epochs after the last one that has, with the parameters of
// the best epoch, and marks what they make of them as the best.
func (t *trainer) finish(ctx context.Context) error {
	if t.state.Started == len(t.plan.stages) {
		return nil
	}
	c, err := t.best()
	if err != nil {
		return err
	}
	if _, err := restore(c, t.net.Params, false); err != nil {
		return err
	}
	if err := t.start(ctx, len(t.plan.stages)-1); err != nil {
		return err
	}
	if t.state.Best != nil {
		t.state.Best.Step = t.state.Step
	}
	return t.save(true)
}
