package vae

import (
	"context"
	"fmt"
)

// chunk is the largest number of rows of one graph execution.
const chunk = 256

// maxValues bounds the values of one array of a graph execution, 256 MiB in float32, where
// rows are so wide that a chunk of them would take more.
const maxValues = 1 << 26

// piece is the number of rows of an execution that makes so many draws a row: at most a
// chunk, and a power of two, so that padding does not enlarge it.
func (n *Network) piece(draws int) int {
	size := chunk
	for size > 1 && int64(size)*int64(draws)*n.Config.Widest() > maxValues {
		size /= 2
	}
	return size
}

// padded returns the number of rows that n ≤ chunk rows are padded to: the next power of
// two, so that a program is compiled for few shapes.
func padded(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// batches cuts x, N×width, into pieces of at most size rows, pads each by repeating its own
// rows, and hands it to fn together with its first row and its true number of rows. The
// padding runs backwards from the last row and so never ends in the first one, whose
// neighbour in a shuffled batch is the last row (see [vi.Estimator]).
func batches(ctx context.Context, x []float32, width, size int, fn func(x []float32, first, rows, padded int) error) error {
	if width < 1 || len(x)%width != 0 {
		return fmt.Errorf("vae: rows: got %d values, want a multiple of %d", len(x), width)
	}
	total := len(x) / width
	for first := 0; first < total; first += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := min(size, total-first)
		full := padded(rows)
		piece := x[first*width : (first+rows)*width]
		if full > rows {
			buf := make([]float32, full*width)
			copy(buf, piece)
			for i := rows; i < full; i++ {
				copy(buf[i*width:(i+1)*width], piece[(2*rows-1-i)*width:])
			}
			piece = buf
		}
		if err := fn(piece, first, rows, full); err != nil {
			return err
		}
	}
	return nil
}
