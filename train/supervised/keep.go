package supervised

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/train/rundir"
)

// epoch is a line of the history.
type epoch struct {
	Phase   string  `json:"phase"`   // of the method
	Epoch   int     `json:"epoch"`   // epochs done
	Epochs  int     `json:"epochs"`  // epochs of the phase
	Loss    float64 `json:"loss"`    // nats a row
	LogLik  float64 `json:"log_lik"` // mean ln p(y|x, w) of the standardised target
	Penalty float64 `json:"penalty"` // KL/N or −ln p(w)/N
}

// keeper fits a network and keeps where the fit stands.
type keeper struct {
	ctx    context.Context
	config Config
	saver  rundir.Saver
	obs    Observer
}

// grace is how long the epoch under way may take when the context is done, before it is given up:
// what is saved are whole epochs, and those that take longer are saved one by one.
const grace = 5 * time.Second

// fit fits from the newest checkpoint, or from the start.
func (k *keeper) fit(t *Table) (*bnn.Net, error) {
	from, err := k.reload()
	if err != nil {
		return nil, err
	}
	c := k.config.net(t.Image)
	c.Progress, c.Checkpoint = k.progress, k.checkpoint
	k.saver.Begin()
	if k.ctx.Err() != nil {
		return nil, rundir.ErrInterrupted
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.ctx))
	defer cancel()
	stop := context.AfterFunc(k.ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	net, err := bnn.FitFrom(ctx, t.Train.X, t.Train.Y, c, from)
	if errors.Is(err, context.Canceled) {
		return nil, rundir.ErrInterrupted
	}
	if err != nil {
		return nil, err
	}
	if err := k.saver.Flush(); err != nil && k.obs.Warn != nil {
		k.obs.Warn("history not written", err.Error())
	}
	return net, nil
}

// progress adds an epoch to the history.
func (k *keeper) progress(p bnn.Progress) {
	k.saver.Line(epoch(p))
	if k.obs.Epoch != nil {
		k.obs.Epoch(p)
	}
}

// checkpoint saves when it is time, and when the context is done, which ends the fit.
func (k *keeper) checkpoint(p bnn.Progress, take func() (bnn.Snapshot, error)) error {
	return k.saver.Checkpoint(k.ctx, func() (out rundir.Snapshot, err error) {
		s, err := take()
		for _, a := range s.Arrays {
			out.Arrays = append(out.Arrays, ckpt.FromFloat64s(a.Name, a.Dims, a.Data))
		}
		out.Fit = s.State
		return out, err
	})
}

// reload reads the newest checkpoint that is whole, if there is any.
func (k *keeper) reload() (*bnn.Snapshot, error) {
	from, err := k.saver.Reload()
	if from == nil || err != nil {
		return nil, err
	}
	s := &bnn.Snapshot{State: from.Fit}
	for _, t := range from.Arrays {
		v, err := t.Float64s()
		if err != nil {
			return nil, fmt.Errorf("supervised: checkpoint: %w", err)
		}
		s.Arrays = append(s.Arrays, model.Array{Name: t.Name, Dims: t.Shape, Data: v})
	}
	return s, nil
}
