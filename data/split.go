package data

import (
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
)

// splitSeed makes the order of every set. It is a constant and not the seed of a run, so
// that all runs on a set share their validation and test rows and can be compared.
const splitSeed = 0x5711

// validMost limits the validation rows that are taken from the training rows.
const validMost = 2_000

// Split puts the rows of each part in a fixed random order and supplies what is missing:
// test, if nil, is the last tenth of the shuffled training rows; valid, if nil, is the last
// min(10 %, 2,000) of what is left. Files and folders are often sorted by class, and any
// prefix of a shuffled part is a fair sample. maxRows limits each part to its first rows; 0
// keeps all. Each part of the result has rows of its own; train is not changed.
func Split(train, valid, test *Set, maxRows int) (*Splits, error) {
	return divide(train, valid, test, maxRows, pick)
}

// takeApart is [Split] of sets that nobody else uses: their rows are moved within their memory,
// and the parts of the training rows are views into it.
func takeApart(train, valid, test *Set, maxRows int) (*Splits, error) {
	shuffled := map[*Set]bool{}
	return divide(train, valid, test, maxRows, func(s *Set, p part, maxRows int) *Set {
		if maxRows > 0 && maxRows < len(p.order) {
			return pick(s, p, maxRows) // the rest can be freed
		}
		if !shuffled[s] {
			s.shuffle(p.order)
			shuffled[s] = true
		}
		return s.view(p)
	})
}

// part is one part of a set: the places from to to of its order.
type part struct {
	order    []int
	from, to int
}

// divide does what [Split] says; take makes a set of a part.
func divide(train, valid, test *Set, maxRows int, take func(*Set, part, int) *Set) (*Splits, error) {
	if train == nil || train.Len() == 0 {
		return nil, fmt.Errorf("data: split: got no training rows, want some")
	}
	if err := sameRows(train, valid, test); err != nil {
		return nil, err
	}
	order := fixedOrder(train.Len(), "train")
	rest := len(order)
	cut := func(n int) part {
		rest -= n
		return part{order, rest, rest + n}
	}
	whole := func(s *Set, name string) part { return part{fixedOrder(s.Len(), name), 0, s.Len()} }
	missing := 0
	for _, s := range []*Set{valid, test} {
		if s == nil {
			missing++
		}
	}
	if rest <= missing {
		return nil, fmt.Errorf("data: split: got %d rows, want at least %d to have some for training, validation and test", rest, missing+1)
	}
	out := &Splits{}
	if test == nil {
		out.Test = take(train, cut(max(1, rest/10)), maxRows)
	} else {
		out.Test = take(test, whole(test, "test"), maxRows)
	}
	if valid == nil {
		out.Valid = take(train, cut(max(1, min(validMost, rest/10))), maxRows)
	} else {
		out.Valid = take(valid, whole(valid, "valid"), maxRows)
	}
	out.Train = take(train, cut(rest), maxRows)
	return out, nil
}

// fixedOrder returns the order of a part of n rows.
func fixedOrder(n int, part string) []int { return rng.New(splitSeed).Named(part).Perm(n) }

// pick copies a part, at most maxRows of it if that is positive.
func pick(s *Set, p part, maxRows int) *Set {
	rows := p.order[p.from:p.to]
	if maxRows > 0 && len(rows) > maxRows {
		rows = rows[:maxRows]
	}
	return s.Select(rows)
}

// shuffle moves row order[i] to place i, for all i.
func (s *Set) shuffle(order []int) {
	permute(s.X, s.Dim(), order)
	if s.Labels != nil {
		permute(s.Labels, 1, order)
	}
	for _, f := range s.Factors {
		permute(f.Values, 1, order)
	}
}

// permute moves row order[i] of x to place i, for all i, along the cycles of the order.
func permute[T any](x []T, width int, order []int) {
	row := func(i int) []T { return x[i*width : (i+1)*width] }
	first, done := make([]T, width), make([]bool, len(order))
	for start := range order {
		if done[start] {
			continue
		}
		copy(first, row(start))
		to := start
		for ; order[to] != start; to = order[to] {
			copy(row(to), row(order[to]))
			done[to] = true
		}
		copy(row(to), first)
		done[to] = true
	}
}

// view returns a part of a set that lies in its order already.
func (s *Set) view(p part) *Set {
	out, d := *s, s.Dim()
	out.X = s.X[p.from*d : p.to*d : p.to*d]
	if s.Labels != nil {
		out.Labels = s.Labels[p.from:p.to:p.to]
	}
	out.Factors = nil
	for _, f := range s.Factors {
		out.Factors = append(out.Factors, Factor{f.Name, f.Values[p.from:p.to:p.to]})
	}
	return &out
}

// sameRows checks that all parts have rows of the same shape.
func sameRows(train, valid, test *Set) error {
	for _, p := range []struct {
		name string
		set  *Set
	}{{"valid", valid}, {"test", test}} {
		if p.set == nil {
			continue
		}
		if fmt.Sprint(p.set.Shape) != fmt.Sprint(train.Shape) {
			return fmt.Errorf("data: split: %s: got rows of shape %v, want %v as in train", p.name, p.set.Shape, train.Shape)
		}
		if p.set.Len() == 0 {
			return fmt.Errorf("data: split: %s: got no rows, want some", p.name)
		}
	}
	return nil
}
