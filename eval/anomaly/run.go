package anomaly

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// chunk is the largest number of rows of one execution.
const chunk = 256

// maxValues bounds the values of one array of an execution, as package vae does: equal pieces have
// equal draws.
const maxValues = 1 << 26

// each runs a program over rows x, piece by piece, with draws of z a row, and hands out its outputs
// with the first row of the piece and the numbers of its rows and of those it was padded to. Pieces
// are padded to powers of two by repeating the last row, so that few shapes are compiled.
func each(ctx context.Context, n *vae.Network, prog *model.Program, x []float32, draws int, key rng.Key, fn func(first, rows, full int, out [][]float64)) error {
	width := n.Width()
	if len(x)%width != 0 {
		return fmt.Errorf("rows: got %d values, want a multiple of %d", len(x), width)
	}
	size := chunk
	for size > 1 && int64(size)*int64(draws)*n.Config.Widest() > maxValues {
		size /= 2
	}
	total := len(x) / width
	for first := 0; first < total; first += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, full := min(size, total-first), 1
		for full < rows {
			full *= 2
		}
		piece := x[first*width : (first+rows)*width : (first+rows)*width]
		for range full - rows {
			piece = append(piece, x[(first+rows-1)*width:(first+rows)*width]...)
		}
		out, err := values(n, prog, piece, full, key.At(uint64(first)))
		if err != nil {
			return err
		}
		fn(first, rows, full, out)
	}
	return nil
}

// values runs a program on rows.
func values(n *vae.Network, prog *model.Program, x []float32, rows int, key rng.Key) ([][]float64, error) {
	in, err := n.Params.Tensor(x, rows, n.Width())
	if err != nil {
		return nil, err
	}
	defer in.FinalizeAll()
	return prog.Values(key, in)
}
