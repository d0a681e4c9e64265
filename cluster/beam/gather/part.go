// Package gather adds up what shards say, as a Beam combiner: tables of which each shard brings
// some rows. A sum is the same to the bit in whatever order and tree a runner adds it, and it
// knows its shards: one that comes again is not counted again.
package gather

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/cluster/beam/fixed"
)

// Part is what one shard adds to a table.
type Part struct {
	// Shard is whose it is.
	Shard int32
	// Rows are the rows that it adds to, in rising order.
	Rows []int32
	// Values are the numbers to add, len(Rows)×width row-major.
	Values []float64
}

// check refuses parts that are no rows of a table.
func (p Part) check() error {
	if p.Shard < 0 || len(p.Rows) == 0 || len(p.Values) == 0 || len(p.Values)%len(p.Rows) != 0 {
		return fmt.Errorf("gather: part of shard %d: got %d values in %d rows, want as many in each and a shard from 0", p.Shard, len(p.Values), len(p.Rows))
	}
	return rising("row", p.Rows)
}

// rising refuses lists that do not rise from 0 or above.
func rising(what string, x []int32) error {
	last := int32(-1)
	for _, v := range x {
		if v <= last {
			return fmt.Errorf("gather: %s: got %d after %d, want rising ones from 0", what, v, last)
		}
		last = v
	}
	return nil
}

// Total is the sum of parts.
type Total struct {
	// Shards are those that are in it, in rising order.
	Shards []int32
	// Rows are the rows that one of them added to, in rising order.
	Rows []int32
	// Sums are the numbers, len(Rows)×width row-major.
	Sums fixed.Vector
}

// width is the number of columns.
func (t Total) width() int { return len(t.Sums) / max(len(t.Rows), 1) }

// check refuses what no sum of parts can be.
func (t Total) check() error {
	if (len(t.Rows) == 0) != (len(t.Sums) == 0) || len(t.Sums)%max(len(t.Rows), 1) != 0 {
		return fmt.Errorf("gather: total: got %d sums in %d rows, want as many in each", len(t.Sums), len(t.Rows))
	}
	if err := rising("row", t.Rows); err != nil {
		return err
	}
	return rising("shard", t.Shards)
}

// Add adds a part, unless its shard is there already.
func (t Total) Add(p Part) (Total, error) {
	if err := p.check(); err != nil {
		return t, err
	}
	if _, there := slices.BinarySearch(t.Shards, p.Shard); there {
		return t, nil
	}
	sums := make(fixed.Vector, len(p.Values))
	if err := sums.Add(p.Values); err != nil {
		return t, err
	}
	return t.Merge(Total{[]int32{p.Shard}, p.Rows, sums})
}

// Merge is the sum of two totals. It refuses two that share a shard: what each holds of it
// cannot be taken out again.
func (t Total) Merge(u Total) (Total, error) {
	switch {
	case len(u.Shards) == 0:
		return t, nil
	case len(t.Shards) == 0:
		return u, nil
	case t.width() != u.width():
		return t, fmt.Errorf("gather: merge: got %d and %d columns, want as many", t.width(), u.width())
	}
	s := Total{Shards: union(t.Shards, u.Shards), Rows: union(t.Rows, u.Rows)}
	if both := len(t.Shards) + len(u.Shards); len(s.Shards) < both {
		return t, fmt.Errorf("gather: merge: got %d shards of which %d differ, want none in both sums", both, len(s.Shards))
	}
	s.Sums = make(fixed.Vector, len(s.Rows)*t.width())
	if err := s.put(t); err != nil {
		return t, err
	}
	if err := s.put(u); err != nil {
		return t, err
	}
	return s, nil
}

// put adds the rows of t, all of which s has.
func (s Total) put(t Total) error {
	w, at := t.width(), 0
	for i, r := range t.Rows {
		for s.Rows[at] != r {
			at++
		}
		if err := s.Sums[at*w : (at+1)*w].Merge(t.Sums[i*w : (i+1)*w]); err != nil {
			return err
		}
	}
	return nil
}

// union is what two rising lists hold, in rising order.
func union(a, b []int32) []int32 {
	c := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		next := min(a[0], b[0])
		c = append(c, next)
		if a[0] == next {
			a = a[1:]
		}
		if b[0] == next {
			b = b[1:]
		}
	}
	return append(append(c, a...), b...)
}
