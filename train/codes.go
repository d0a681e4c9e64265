package train

import (
	"context"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// codeRows bounds the rows whose codes are counted after an epoch.
const codeRows = 5000

// observeCodes adds to the history how the codes of validation rows use their codebooks, for models
// whose codes are indices, and warns where most of one stays unused.
func (t *trainer) observeCodes(ctx context.Context, e *vi.Epoch) error {
	maps := t.net.CodeMaps()
	w := t.net.Width()
	if len(maps) == 0 || len(t.rows.ValidX) < w || t.stage > 0 && t.net.LearnsCodePrior() {
		return nil // or the codes stay as they are while their prior is learned
	}
	c, err := Codebook(ctx, t.net, t.rows.ValidX[:min(codeRows, len(t.rows.ValidX)/w)*w])
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	if err != nil {
		return err
	}
	e.Figures["validation: codes in use, %"] = 100 * c.Usage
	e.Figures["validation: perplexity of codes"] = c.Perplexity
	e.Figures["validation: bits a row, entropy-coded"] = c.EntropyBits
	// Few rows cannot use all of a large codebook.
	seen := float64(c.Rows*c.Numbers) / float64(len(c.Counts))
	for _, w := range t.state.Monitor.ObserveCodes(c.Usage * float64(c.Values) / min(float64(c.Values), seen)) {
		t.state.Warnings = append(t.state.Warnings, w)
		t.warn(w.Name, w.Detail+"; "+w.Remedy)
	}
	return nil
}

// Codebook describes the codes of rows x of [vae.Network.Width] values, for a model whose codes are
// maps of indices.
func Codebook(ctx context.Context, net *vae.Network, x []float32) (eval.Codebook, error) {
	z, _, err := net.Encode(ctx, x)
	if err != nil {
		return eval.Codebook{}, err
	}
	l, w := net.Config.Latent, net.CodeWidth()
	var codes []float32
	for row := range slices.Chunk(z, w) {
		codes = append(codes, row[:l]...)
	}
	books := net.CodeBooks()
	return eval.NewCodebook(codes, l, net.CodeMaps()[0].Values, func(i int) int { return books[i] })
}
