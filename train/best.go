package train

import (
	"errors"

	"github.com/elbo-go/elbo/ckpt"
)

// best loads the checkpoint that a finished run is judged by: the best one, or the last where
// no epoch competed. If the mark of the best is damaged, its step is looked up and marked
// again; if that is damaged too, the last takes its place.
func (t *trainer) best() (ckpt.Checkpoint, error) {
	if t.state.Best == nil {
		return t.store.Load("last")
	}
	c, lost := t.store.Load("best")
	if lost == nil {
		return c, nil
	}
	if c, err := t.store.LoadStep(t.state.Best.Step); err == nil {
		t.warn("best checkpoint marked again", lost.Error())
		return c, errors.Join(t.store.Save(c, ckpt.SaveOptions{Best: true}), t.save(false))
	}
	t.warn("best checkpoint lost", lost.Error()+"; the last one takes its place")
	epochs, err := t.log.read()
	if err != nil {
		return ckpt.Checkpoint{}, err
	}
	t.state.Best = nil
	if n := len(epochs); n > 0 {
		t.state.Best = &Best{epochs[n-1].Valid.Maximized(), epochs[n-1].Epoch, epochs[n-1].Step}
	}
	if err := t.save(true); err != nil {
		return ckpt.Checkpoint{}, err
	}
	return t.store.Load("last")
}
