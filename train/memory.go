package train

import (
	"fmt"

	"github.com/elbo-go/elbo/data"
)

// maxStepValues bounds the values of one array of a training step, 1 GiB in float32; a step
// keeps about ten such arrays at once.
const maxStepValues = 1 << 28

// CheckMemory refuses a config whose steps on a training set would need arrays too large
// for memory: the rows of a batch, times draws, times the widest layer.
func (c Config) CheckMemory(s *data.Set) error {
	rows := int64(min(c.Batch, s.Len()))
	width := c.Network(FactsOf(s)).Widest()
	if got := rows * int64(c.draws()) * width; got > maxStepValues {
		return fmt.Errorf("train: batch: got %d rows × %d draws × %d values = %d, want at most %d; lower --batch or --samples", rows, c.draws(), width, got, maxStepValues)
	}
	return nil
}
