package train

import (
	"encoding/json"
	"fmt"

	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vi"
)

// history is the file of a run's epochs, one JSON object a line.
type history struct{ path string }

// append adds an epoch and returns the length of the file, which is synced.
func (h *history) append(e vi.Epoch) (int64, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("train: history: %w", err)
	}
	return rundir.Log{Path: h.path}.Append(append(line, '\n'))
}

// cut drops what a killed run wrote after the checkpoint that is being resumed.
func (h *history) cut(size int64) error { return rundir.Log{Path: h.path}.Cut(size) }

// read returns the epochs of the file; one that is absent has none.
func (h *history) read() (out []vi.Epoch, err error) {
	err = rundir.Log{Path: h.path}.Each(func(line []byte) error {
		var e vi.Epoch
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	return out, err
}
