package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// LabelSpreading finds the classes of rows of which few are known, by the graph of nearest rows
// (Zhou et al. 2004): with weights w_ij = e^(−d²_ij/mean d²) of rows of which one is among the k
// nearest of the other, S = D^(−½) W D^(−½) and Y the known classes as one-hot rows, a row has the
// class that is largest in
//
//	F = (1 − α)(I − αS)^(−1) Y = lim F(t),  F(t+1) = αS F(t) + (1 − α) Y.
type LabelSpreading struct {
	Neighbours int     // k
	Alpha      float64 // α, the share that comes from neighbours, within (0, 1)
	Steps      int     // of the iteration
}

// DefaultLabelSpreading has the α of the paper.
func DefaultLabelSpreading() LabelSpreading {
	return LabelSpreading{Neighbours: 10, Alpha: .99, Steps: 200}
}

// Classify returns the classes of rows of codes; −1 among the labels is one that is not known.
func (l LabelSpreading) Classify(ctx context.Context, codes [][]float64, labels []int, classes int) ([]int, error) {
	f, err := l.spread(ctx, codes, labels, classes)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(codes))
	for i := range out {
		row := f[i*classes : (i+1)*classes]
		out[i] = slices.Index(row, slices.Max(row))
	}
	return out, nil
}

// check tells whether rows and settings fit.
func (l LabelSpreading) check(codes [][]float64, labels []int, classes int) error {
	if _, err := width("LabelSpreading", codes); err != nil {
		return err
	}
	switch {
	case l.Neighbours < 1 || l.Neighbours >= len(codes):
		return fmt.Errorf("eval: LabelSpreading: neighbours: got %d, want 1 to %d, the other rows", l.Neighbours, len(codes)-1)
	case !(l.Alpha > 0 && l.Alpha < 1) || l.Steps < 1:
		return fmt.Errorf("eval: LabelSpreading: got α = %v and %d steps, want α within (0, 1) and at least 1 step", l.Alpha, l.Steps)
	case len(labels) != len(codes):
		return fmt.Errorf("eval: LabelSpreading: labels: got %d, want %d", len(labels), len(codes))
	}
	known := false
	for i, c := range labels {
		if c < -1 || c >= classes {
			return fmt.Errorf("eval: LabelSpreading: label %d: got %d, want −1 to %d", i, c, classes-1)
		}
		known = known || c >= 0
	}
	if !known {
		return fmt.Errorf("eval: LabelSpreading: labels: got none that is known, want some")
	}
	return nil
}

// spread returns F, N×C.
func (l LabelSpreading) spread(ctx context.Context, codes [][]float64, labels []int, classes int) ([]float64, error) {
	if err := l.check(codes, labels, classes); err != nil {
		return nil, err
	}
	graph, err := l.graph(ctx, codes)
	if err != nil {
		return nil, err
	}
	f, next := make([]float64, len(codes)*classes), make([]float64, len(codes)*classes)
	for range l.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(next)
		for i, edges := range graph {
			row := next[i*classes : (i+1)*classes]
			for _, e := range edges {
				for c, v := range f[e.row*classes : (e.row+1)*classes] {
					row[c] += l.Alpha * e.dist * v
				}
			}
			if labels[i] >= 0 {
				row[labels[i]] += 1 - l.Alpha
			}
		}
		f, next = next, f
	}
	return f, nil
}

// graph returns S by row; the dist of a neighbour holds its weight.
func (l LabelSpreading) graph(ctx context.Context, codes [][]float64) ([][]neighbour, error) {
	near, mean := make([][]neighbour, len(codes)), 0.
	for i, z := range codes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, n := range nearestRows(codes, z, l.Neighbours+1) {
			if n.row != i && len(near[i]) < l.Neighbours {
				near[i] = append(near[i], n)
				mean += n.dist / float64(len(codes)*l.Neighbours)
			}
		}
	}
	out, degree := make([][]neighbour, len(codes)), make([]float64, len(codes))
	join := func(i, j int, w float64) {
		out[i], degree[i] = append(out[i], neighbour{j, w}), degree[i]+w
	}
	for i, edges := range near {
		for _, e := range edges {
			w := 1.
			if mean > 0 {
				w = math.Exp(-e.dist / mean)
			}
			join(i, e.row, w)
			if !slices.ContainsFunc(near[e.row], func(n neighbour) bool { return n.row == i }) {
				join(e.row, i, w)
			}
		}
	}
	for i, edges := range out {
		for k, e := range edges {
			if d := degree[i] * degree[e.row]; d > 0 { // weights of rows far out underflow
				out[i][k].dist /= math.Sqrt(d)
			}
		}
	}
	return out, nil
}
