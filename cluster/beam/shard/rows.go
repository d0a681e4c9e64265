package shard

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/mixture"
)

// Rows is a table of numbers in shards, one row a line, columns parted by commas.
type Rows struct {
	// Columns is the number of columns.
	Columns int
	// Shards are the pieces.
	Shards []Shard
	// Counts is the number of rows of each shard.
	Counts []int
}

// CutRows cuts a table into shards of so many lines. A first line without a number in it names
// the columns.
func CutRows(ctx context.Context, path string, lines int) (*Rows, error) {
	first, err := firstLine(ctx, path)
	if err != nil {
		return nil, err
	}
	all, skip := &Rows{Columns: bytes.Count(first, []byte(",")) + 1}, 0
	if names(first) {
		skip = 1
	}
	if all.Shards, err = Cut(ctx, path, lines, skip); err != nil {
		return nil, err
	}
	if len(all.Shards) == 0 {
		return nil, fmt.Errorf("shard: %s: got no rows, want at least one", path)
	}
	all.Counts = make([]int, len(all.Shards))
	for i, s := range all.Shards {
		x, err := ReadRows(ctx, s, all.Columns)
		if err != nil {
			return nil, err
		}
		all.Counts[i] = x.N()
	}
	return all, nil
}

// names tells whether no field of a line is a number.
func names(line []byte) bool {
	for field := range bytes.SplitSeq(line, []byte(",")) {
		if _, err := row(nil, field); err == nil {
			return false
		}
	}
	return true
}

// firstLine is the first line of a file.
func firstLine(ctx context.Context, path string) ([]byte, error) {
	r, err := store.Open(ctx, path, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 16<<20)
	scan.Scan()
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("shard: %s: %w", path, err)
	}
	return scan.Bytes(), nil
}

// ReadRows reads the rows of a shard; blank lines are left out.
func ReadRows(ctx context.Context, s Shard, columns int) (mixture.Data, error) {
	x := mixture.Data{D: columns}
	b, err := s.Bytes(ctx)
	if err != nil {
		return x, err
	}
	for n := 1; len(b) > 0; n++ {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		if b = rest; len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		before := len(x.X)
		if x.X, err = row(x.X, line); err == nil && len(x.X)-before != columns {
			err = fmt.Errorf("got %d columns, want %d", len(x.X)-before, columns)
		}
		if err != nil {
			return x, fmt.Errorf("shard: %s: shard %d at byte %d: line %d: %w", s.Path, s.ID, s.From, n, err)
		}
	}
	return x, nil
}

// row appends the numbers of a line.
func row(x []float64, line []byte) ([]float64, error) {
	for i, field := range bytes.Split(line, []byte(",")) {
		v, err := strconv.ParseFloat(string(bytes.TrimSpace(field)), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return x, fmt.Errorf("column %d: got %.20q, want a finite number", i+1, field)
		}
		x = append(x, v)
	}
	return x, nil
}
