package learn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// Sample draws rows of a network, each variable after its parents (forward sampling; Koller &
// Friedman 2009, algorithm 12.1).
func Sample(n *pgm.Network, rows int, key rng.Key) (*Data, error) {
	order, err := n.Order()
	if err != nil {
		return nil, err
	}
	if rows < 1 {
		return nil, fmt.Errorf("pgm: learn: sample: got %d rows, want at least 1", rows)
	}
	d := &Data{Vars: n.Vars, Cols: make([][]int32, len(n.Vars))}
	for _, v := range order {
		d.Cols[v] = drawColumn(n, v, d.Cols, rows, key.Named(n.Vars[v].Name).Rand())
	}
	return d, nil
}

// drawColumn draws a variable in every row by inversion of its distribution function.
func drawColumn(n *pgm.Network, v int, cols [][]int32, rows int, r *rand.Rand) []int32 {
	k := len(n.Vars[v].States)
	upto := make([]float64, len(n.Tables[v].Log))
	for i, l := range n.Tables[v].Log {
		if upto[i] = math.Exp(l); i%k > 0 {
			upto[i] += upto[i-1]
		}
	}
	col := make([]int32, rows)
	for i := range col {
		at := 0
		for _, p := range n.Parents[v] {
			at = at*len(n.Vars[p].States) + int(cols[p][i])
		}
		row := upto[at*k : at*k+k]
		u, s := r.Float64()*row[k-1], 0
		for s < k-1 && u >= row[s] {
			s++
		}
		col[i] = int32(s)
	}
	return col
}

// Random is a network of a structure whose rows are drawn from the flat Dirichlet
// distribution: a start of EM that treats no two hidden states alike.
func Random(vars []pgm.Variable, parents [][]int, key rng.Key) (*pgm.Network, error) {
	if err := checkStructure(vars, parents); err != nil {
		return nil, err
	}
	rows := make([][]float64, len(vars))
	for v := range vars {
		r, k := key.Named(vars[v].Name).Rand(), len(vars[v].States)
		rows[v] = make([]float64, k*configurations(vars, parents[v]))
		for at := 0; at < len(rows[v]); at += k {
			row, sum := rows[v][at:at+k], 0.
			for s := range row {
				row[s] = r.ExpFloat64()
				sum += row[s]
			}
			for s := range row {
				row[s] /= sum
			}
		}
	}
	return pgm.NewNetwork(vars, parents, rows)
}
