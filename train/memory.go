package train

import (
	"fmt"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vae"
)

// maxStepValues bounds the values of one array of a training step, 1 GiB in float32; a step
// keeps about ten such arrays at once.
const maxStepValues = 1 << 28

// CheckMemory refuses a config whose steps on a training set would need arrays too large
// for memory: the rows of a batch, times draws, times the widest layer; and where a model
// compares the codes of all pairs of rows, the pairs times the latent size.
func (c Config) CheckMemory(s *data.Set) error {
	rows := int64(min(c.Batch, s.Len()))
	net := c.Network(FactsOf(s))
	width := net.Widest()
	if got := rows * int64(c.draws()) * width; got > maxStepValues {
		return fmt.Errorf("train: batch: got %d rows × %d draws × %d values = %d, want at most %d; lower --batch or --samples", rows, c.draws(), width, got, maxStepValues)
	}
	spec, _ := vae.Lookup(c.Model)
	if got := rows * rows * int64(net.Latent); spec.Pairs && got > maxStepValues {
		return fmt.Errorf("train: batch: got %d × %d pairs of codes of %d values = %d for model %s, want at most %d; lower --batch", rows, rows, net.Latent, got, c.Model, maxStepValues)
	}
	return nil
}
