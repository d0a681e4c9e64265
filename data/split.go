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
	if train == nil || train.Len() == 0 {
		return nil, fmt.Errorf("data: split: got no training rows, want some")
	}
	if err := sameRows(train, valid, test); err != nil {
		return nil, err
	}
	order := fixedOrder(train.Len(), "train")
	cut := func(n int) []int {
		tail := order[len(order)-n:]
		order = order[:len(order)-n]
		return tail
	}
	missing := 0
	for _, s := range []*Set{valid, test} {
		if s == nil {
			missing++
		}
	}
	if len(order) <= missing {
		return nil, fmt.Errorf("data: split: got %d rows, want at least %d to have some for training, validation and test", len(order), missing+1)
	}
	out := &Splits{}
	if test == nil {
		out.Test = pick(train, cut(max(1, len(order)/10)), maxRows)
	} else {
		out.Test = pick(test, fixedOrder(test.Len(), "test"), maxRows)
	}
	if valid == nil {
		out.Valid = pick(train, cut(max(1, min(validMost, len(order)/10))), maxRows)
	} else {
		out.Valid = pick(valid, fixedOrder(valid.Len(), "valid"), maxRows)
	}
	out.Train = pick(train, order, maxRows)
	return out, nil
}

// fixedOrder returns the order of a part of n rows.
func fixedOrder(n int, part string) []int { return rng.New(splitSeed).Named(part).Perm(n) }

// pick selects rows, at most maxRows of them if that is positive.
func pick(s *Set, rows []int, maxRows int) *Set {
	if maxRows > 0 && len(rows) > maxRows {
		rows = rows[:maxRows]
	}
	return s.Select(rows)
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
