package learn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// expectation is an E-step: the expected counts of every family and Σ ln p of what was seen
// (Lauritzen 1995).
type expectation struct {
	logLik float64
	counts [][]float64
}

// split is data parted into rows without and with missing cells, each distinct row once.
type split struct {
	whole, partial *Data
}

func newSplit(d *Data) split {
	d = d.Distinct()
	var whole, partial []int
	for r := range d.Rows() {
		seen := !slices.ContainsFunc(d.Cols, func(col []int32) bool { return col[r] == Missing })
		if seen {
			whole = append(whole, r)
		} else {
			partial = append(partial, r)
		}
	}
	weights := func(rows []int) []float64 {
		w := make([]float64, len(rows))
		for i, r := range rows {
			w[i] = d.Weights[r]
		}
		return w
	}
	return split{whole: d.pick(whole, weights(whole)), partial: d.pick(partial, weights(partial))}
}

// blockCells bounds the counts of all blocks of rows together.
const blockCells = 1 << 22

// expect makes the expected counts under tables ln φ, which need not sum to 1. The partial
// rows are shared out in blocks whose number does not depend on the number of processors.
func (s split) expect(ctx context.Context, parents [][]int, tables []*pgm.Factor, base [][]float64, c exact.Config) (*expectation, error) {
	size := 0
	for v := range base {
		size += len(base[v])
	}
	e := &expectation{counts: make([][]float64, len(base))}
	for v := range base {
		e.counts[v] = slices.Clone(base[v])
		for i, n := range base[v] {
			if n > 0 {
				e.logLik += n * tables[v].Log[i]
			}
		}
	}
	rows := s.partial.Rows()
	if math.IsInf(e.logLik, -1) {
		return nil, fmt.Errorf("pgm: learn: rows without missing cells: %w", pgm.ErrImpossible)
	}
	if rows == 0 {
		return e, nil
	}
	blocks := min(rows, 64, max(1, blockCells/size))
	parts, errs := make([]*expectation, blocks), make([]error, blocks)
	var wait sync.WaitGroup
	for b := range blocks {
		wait.Go(func() { parts[b], errs[b] = s.block(ctx, parents, tables, rows*b/blocks, rows*(b+1)/blocks, c) })
	}
	wait.Wait()
	for b, p := range parts {
		if errs[b] != nil {
			return nil, errs[b]
		}
		e.logLik += p.logLik
		for v, counts := range p.counts {
			for i, n := range counts {
				e.counts[v][i] += n
			}
		}
	}
	return e, nil
}

// block is the E-step of some partial rows.
func (s split) block(ctx context.Context, parents [][]int, tables []*pgm.Factor, from, to int, c exact.Config) (*expectation, error) {
	e := &expectation{counts: make([][]float64, len(tables))}
	for v, t := range tables {
		e.counts[v] = make([]float64, len(t.Log))
	}
	g := &pgm.Graph{Vars: s.partial.Vars, Factors: tables}
	for r := from; r < to; r++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		z, err := s.row(g, parents, r, e.counts, c)
		if err != nil {
			return nil, err
		}
		e.logLik += s.partial.Weights[r] * z
	}
	return e, nil
}

// row adds what one row is expected to count, and returns ln p of what was seen in it.
func (s split) row(g *pgm.Graph, parents [][]int, r int, counts [][]float64, c exact.Config) (float64, error) {
	seen := pgm.Evidence{}
	for v, col := range s.partial.Cols {
		if col[r] != Missing {
			seen[v] = int(col[r])
		}
	}
	var asked [][]int
	var of []int
	for v := range g.Vars {
		free := slices.DeleteFunc(append(slices.Clone(parents[v]), v), func(u int) bool { _, in := seen[u]; return in })
		if len(free) > 0 {
			asked, of = append(asked, free), append(of, v)
		}
	}
	tree, err := exact.NewTree(g, seen, c, asked...)
	if err != nil {
		return 0, fmt.Errorf("pgm: learn: a row with %d cells seen: %w", len(seen), err)
	}
	w := s.partial.Weights[r]
	for v, f := range g.Factors {
		if i, in := slices.BinarySearch(of, v); in {
			scatter(f, seen, tree.Joint(i), w, counts[v])
		} else {
			counts[v][place(f, seen)] += w
		}
	}
	return tree.LogZ, nil
}

// place is the cell of a factor at the states that were seen, 0 for the others.
func place(f *pgm.Factor, seen pgm.Evidence) (at int) {
	for i, v := range f.Vars {
		at = at*f.Card[i] + seen[v]
	}
	return at
}

// scatter adds w times a joint of the variables not seen, in the order that the factor has
// them, to the cells of the factor's table that agree with what was seen.
func scatter(f *pgm.Factor, seen pgm.Evidence, joint *pgm.Factor, w float64, into []float64) {
	start, step := place(f, seen), make([]int, 0, len(joint.Vars))
	stride := 1
	for i, v := range slices.Backward(f.Vars) {
		if _, in := seen[v]; !in {
			step = append(step, stride)
		}
		stride *= f.Card[i]
	}
	slices.Reverse(step)
	for cell, l := range joint.Log {
		at := start
		for i, k := range slices.Backward(joint.Card) {
			at += cell % k * step[i]
			cell /= k
		}
		into[at] += w * math.Exp(l)
	}
}
