package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// parseIndices reads row numbers such as 0-15 or 3,7,20-24, each below n.
func parseIndices(flag, text string, n int) ([]int, error) {
	var out []int
	for _, part := range strings.Split(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		lo, err := strconv.Atoi(strings.TrimSpace(first))
		hi := lo
		if err == nil && isRange {
			hi, err = strconv.Atoi(strings.TrimSpace(last))
		}
		switch {
		case err != nil || lo < 0 || hi < lo:
			return nil, misusef("%s: got %q, want numbers from 0 such as 0-15 or 3,7,20-24", flag, text)
		case hi >= n:
			return nil, misusef("%s: got %d, want 0 to %d", flag, hi, n-1)
		}
		for i := lo; i <= hi; i++ {
			out = append(out, i)
		}
	}
	return out, nil
}

// endpoint is the code that an end of a path names: the row of a file, #7 or 7 for a test
// row, label:C for a test row of class C that the seed chooses, mean:C for the mean code of
// the test rows of class C.
func (f *runFlags) endpoint(ctx context.Context, m *elbo.Model, flag, spec string) (code []float32, err error) {
	kind, class, tagged := strings.Cut(spec, ":")
	index, numberErr := strconv.Atoi(strings.TrimPrefix(spec, "#"))
	switch {
	case spec == "":
		return nil, misusef("%s is missing: name a file, a test row such as #7, label:CLASS or mean:CLASS", flag)
	case tagged && (kind == "label" || kind == "mean"):
		return f.classCode(ctx, m, flag, kind, class)
	case numberErr == nil:
		test, err := m.Rows(ctx, "test")
		if err != nil {
			return nil, err
		}
		if index < 0 || index >= test.Len() {
			return nil, misusef("%s: test row: got %d, want 0 to %d", flag, index, test.Len()-1)
		}
		return encodeOne(ctx, m, test.Select([]int{index}))
	}
	if _, err := os.Stat(spec); errors.Is(err, fs.ErrNotExist) {
		return nil, misusef("%s: got %q, want a file, a test row such as #7, label:CLASS or mean:CLASS", flag, spec)
	}
	s, err := readRows(m, spec, f.label)
	if err != nil {
		return nil, err
	}
	if s.Len() != 1 {
		return nil, misusef("%s %s: got %d rows, want 1", flag, spec, s.Len())
	}
	return encodeOne(ctx, m, s)
}

// classCode is the code of one test row of a class, or the mean code of all.
func (f *runFlags) classCode(ctx context.Context, m *elbo.Model, flag, kind, class string) ([]float32, error) {
	test, err := m.Rows(ctx, "test")
	if err != nil {
		return nil, err
	}
	if test.Labels == nil {
		return nil, misusef("%s %s:%s: the data of this run have no labels; name a test row such as #7", flag, kind, class)
	}
	rows, err := rowsOfClass(flag, test, class)
	if err != nil {
		return nil, err
	}
	if kind == "label" {
		key := rng.New(f.config.Seed).Named("endpoint").Named(flag)
		return encodeOne(ctx, m, test.Select([]int{rows[key.Perm(len(rows))[0]]}))
	}
	of, err := m.RowsOf(test.Select(rows))
	if err != nil {
		return nil, err
	}
	codes, _, err := m.Encode(ctx, of)
	if err != nil {
		return nil, err
	}
	mean := make([]float64, m.CodeWidth())
	for _, c := range codes {
		for j, v := range c {
			mean[j] += float64(v) / float64(len(codes))
		}
	}
	out := make([]float32, len(mean))
	for j, v := range mean {
		out[j] = float32(v)
	}
	if len(out) > m.Latent() { // the class is no number to take the mean of
		number, err := m.Class(class)
		if err != nil {
			return nil, misusef("%s: %w", flag, err)
		}
		out[m.Latent()] = float32(number)
	}
	return out, nil
}

// rowsOfClass lists the rows of a class; there is at least one.
func rowsOfClass(flag string, s *data.Set, class string) ([]int, error) {
	id := slices.Index(s.Classes, class)
	if id < 0 {
		return nil, misusef("%s: class: got %q, want one of %s", flag, class, strings.Join(s.Classes, ", "))
	}
	var rows []int
	for i, l := range s.Labels {
		if int(l) == id {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil, misusef("%s: class %q: got no test row, want one; try another class", flag, class)
	}
	return rows, nil
}

// encodeOne is the mean code of a set of one row.
func encodeOne(ctx context.Context, m *elbo.Model, s *data.Set) ([]float32, error) {
	rows, err := m.RowsOf(s)
	if err != nil {
		return nil, err
	}
	codes, _, err := m.Encode(ctx, rows)
	if err != nil {
		return nil, err
	}
	return codes[0], nil
}
