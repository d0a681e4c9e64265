package vae

import "testing"

func TestPiecesOfWideRowsStayWithinMemory(t *testing.T) {
	for _, c := range []struct{ dim, hidden, draws, want int }{
		{784, 400, 1, chunk},
		{784, 400, 2, chunk},
		{1 << 18, 400, 1, chunk},     // the widest rows of a whole chunk
		{3_000_000, 8, 1, 16},        // a picture of 1000×1000 pixels in colour
		{784, 400, 10_000, 8},        // many draws
		{16, 1 << 16, 100, 8},        // a wide layer
		{maxValues, 1, 1, 1},         // one row fills the bound
		{3_000_000, 8, 1_000_000, 1}, // never below a row
	} {
		n := &Network{Config: Config{Dim: c.dim, Hidden: []int{c.hidden}, Latent: 2}}
		got := n.piece(c.draws)
		if got != c.want {
			t.Errorf("%d dimensions, width %d, %d draws: got pieces of %d rows, want %d", c.dim, c.hidden, c.draws, got, c.want)
		}
		if values := got * c.draws * max(c.dim, c.hidden); got > 1 && values > maxValues {
			t.Errorf("%d dimensions, %d draws: a piece has %d values, want at most %d", c.dim, c.draws, values, maxValues)
		}
	}
}

func TestImportanceWeightsOfWideRowsStayWithinMemory(t *testing.T) {
	for _, dim := range []int{1, 784, 110_592, 3_000_000} {
		n := &Network{Config: Config{Dim: dim, Latent: 2}}
		rows := min(64, n.piece(1))
		draws := n.draws(rows)
		if values := rows * draws * dim; values > maxValues && draws > 1 {
			t.Errorf("%d dimensions: %d rows of %d draws have %d values, want at most %d", dim, rows, draws, values, maxValues)
		}
		if dim == 784 && rows*draws != weightRows {
			t.Errorf("784 dimensions: got %d rows of %d draws, want %d in all", rows, draws, weightRows)
		}
	}
}
