package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Open returns the parts of a data set, in a fixed random order (see [Split]). A registered
// set is made or read from the data roots; anything else is the path of a file, or of a
// folder, that [ReadFile] takes. A folder may hold its parts: sub-folders train, test and
// valid (or val), or files such as train-images-idx3-ubyte.gz.
//
// The columns of a table are standardised with the mean and the standard deviation of the
// training rows alone.
func Open(ctx context.Context, spec Spec) (*Splits, error) {
	if spec.Name == "" {
		return nil, fmt.Errorf("data: open: got no name, want a path or one of %s", strings.Join(knownNames(), ", "))
	}
	if spec.MaxRows < 0 {
		return nil, fmt.Errorf("data: open: rows: got %d, want at least 0", spec.MaxRows)
	}
	if src, ok := registered[spec.Name]; ok {
		return openRegistered(ctx, src, spec)
	}
	if _, err := os.Stat(spec.Name); errors.Is(err, fs.ErrNotExist) && !looksLikePath(spec.Name) {
		return nil, unknownName(spec.Name)
	} else if err != nil {
		return nil, fmt.Errorf("data: open: %w", err)
	}
	return openPath(ctx, spec)
}

// openRegistered makes or reads a registered set.
func openRegistered(ctx context.Context, src setSource, spec Spec) (*Splits, error) {
	if spec.Label != "" || len(spec.Columns) > 0 && len(src.Shape) > 1 {
		return nil, fmt.Errorf("data: %s: got a label or stored columns, want none: its rows are given", spec.Name)
	}
	if len(spec.Drop) > 0 {
		return nil, fmt.Errorf("data: %s: got columns to drop, want none: its columns are given", spec.Name)
	}
	if n := len(spec.Columns); n > 0 && n != src.Shape[0] {
		return nil, fmt.Errorf("data: %s: got %d stored columns, want %d", spec.Name, n, src.Shape[0])
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := src.load(ctx, spec)
	if err != nil {
		return nil, err
	}
	for _, s := range []*Set{p.train, p.valid, p.test} {
		if s != nil {
			s.Name = src.Name
		}
	}
	splits, err := takeApart(p.train, p.valid, p.test, spec.MaxRows)
	if err != nil {
		return nil, err
	}
	standardizeTable(splits, spec)
	return splits, nil
}

// openPath reads a table twice: the first time to learn the training rows' standardisation,
// the second time to apply it, so that it is computed from the file's own precision and
// missing cells take the training rows' mean.
func openPath(ctx context.Context, spec Spec) (*Splits, error) {
	opt := ReadOptions{Label: spec.Label, Drop: spec.Drop, AllowNaN: spec.AllowNaN, Columns: spec.Columns}
	splits, err := readSplits(ctx, spec, opt)
	if err != nil || spec.Raw || len(opt.Columns) > 0 || len(splits.Train.Columns) == 0 {
		return splits, err
	}
	opt.Columns = fitColumns(splits.Train)
	return readSplits(ctx, spec, opt)
}

// readSplits reads the parts of a path and shuffles them.
func readSplits(ctx context.Context, spec Spec, opt ReadOptions) (*Splits, error) {
	p, err := readParts(ctx, spec.Name, opt)
	if err != nil {
		return nil, err
	}
	if err := mergeClasses(p); err != nil {
		return nil, err
	}
	for _, s := range []*Set{p.train, p.valid, p.test} {
		if s != nil {
			s.Name = spec.Name
		}
	}
	return takeApart(p.train, p.valid, p.test, spec.MaxRows)
}

// fitColumns returns the standardisation of a table by its own rows.
func fitColumns(s *Set) []Column {
	d := s.Dim()
	stats := make([]columnStats, d)
	for i, v := range s.X {
		stats[i%d].add(float64(v))
	}
	cols := make([]Column, d)
	for j := range cols {
		cols[j] = stats[j].fit(s.Columns[j].Name)
	}
	return cols
}

// looksLikePath tells a mistyped path from a mistyped name: it has a separator or an ending.
func looksLikePath(name string) bool { return strings.ContainsAny(name, `/\.`) }

// unknownName says what a name may have meant.
func unknownName(name string) error {
	hint := ""
	if near := nearest(name); len(near) > 0 {
		hint = fmt.Sprintf(" (did you mean %s?)", strings.Join(near, " or "))
	}
	return fmt.Errorf("data: open: got %q, want a path or one of %s%s", name, strings.Join(knownNames(), ", "), hint)
}
