package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// numbered returns n rows of one value, their own number, sorted into classes.
func numbered(n, classes int) *Set {
	s := &Set{Name: "numbered", Shape: []int{1}, X: make([]float32, n), Labels: make([]int32, n)}
	for i := range n {
		s.X[i], s.Labels[i] = float32(i), int32(i*classes/n)
	}
	return s
}

func TestSplitSizes(t *testing.T) {
	for _, c := range []struct{ n, valid, test, max, train, wantValid, wantTest int }{
		{100, 0, 0, 0, 81, 9, 10},
		{100, 0, 30, 0, 90, 10, 30},
		{100, 20, 30, 0, 100, 20, 30},
		{100, 20, 0, 0, 90, 20, 10},
		{60_000, 0, 10_000, 0, 58_000, 2_000, 10_000},
		{60_000, 0, 10_000, 500, 500, 500, 500},
		{3, 0, 0, 0, 1, 1, 1},
		{2, 0, 5, 0, 1, 1, 5},
	} {
		part := func(n int) *Set {
			if n == 0 {
				return nil
			}
			return numbered(n, 2)
		}
		s, err := Split(numbered(c.n, 10), part(c.valid), part(c.test), c.max)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if a, b, d := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != c.train || b != c.wantValid || d != c.wantTest {
			t.Errorf("%+v: got %d, %d and %d rows", c, a, b, d)
		}
		if s.Train.Name != "numbered" {
			t.Errorf("the name became %q", s.Train.Name)
		}
	}
}

func TestSplitUsesEveryRowOnce(t *testing.T) {
	s, err := Split(numbered(1000, 10), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(s.Train.X, s.Valid.X, s.Test.X)
	slices.Sort(all)
	if !slices.Equal(all, numbered(1000, 10).X) {
		t.Error("rows are lost or repeated")
	}
	for i, v := range s.Train.X {
		if s.Train.Labels[i] != int32(v)/100 {
			t.Errorf("row %v came apart from its label", v)
		}
	}
	again, _ := Split(numbered(1000, 10), nil, nil, 0)
	if again.Train.Fingerprint() != s.Train.Fingerprint() || again.Test.Fingerprint() != s.Test.Fingerprint() {
		t.Error("two splits of one set differ")
	}
	small, _ := Split(numbered(1000, 10), nil, nil, 50)
	if !slices.Equal(small.Train.X, s.Train.X[:50]) || !slices.Equal(small.Test.X, s.Test.X[:50]) {
		t.Error("a row limit is not a prefix of the whole")
	}
}

// Sets stored by class must not stay so: every prefix of every part is mixed. With 10 equal
// classes the count of a class in 200 of 2,000 rows is hypergeometric, 20 ± 4.03; five
// standard deviations for 30 counts alarm falsely with probability below 1e-4.
func TestSortedRowsComeOutShuffled(t *testing.T) {
	s, err := Split(numbered(20_000, 10), nil, numbered(2000, 10), 200)
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]*Set{"train": s.Train, "valid": s.Valid, "test": s.Test} {
		var count [10]int
		for _, l := range part.Labels {
			count[l]++
		}
		for c, n := range count {
			if math.Abs(float64(n)-20) > 5*4.25 {
				t.Errorf("%s: class %d has %d of the first 200 rows, want about 20", name, c, n)
			}
		}
	}
}

func TestSplitRefusesUnfitParts(t *testing.T) {
	two := &Set{Shape: []int{2}, X: make([]float32, 8)}
	for _, c := range []struct {
		train, valid, test *Set
		want               string
	}{
		{nil, nil, nil, "no training rows"},
		{numbered(0, 1), nil, nil, "no training rows"},
		{numbered(2, 1), nil, nil, "got 2 rows, want at least 3"},
		{numbered(9, 1), nil, two, "test: got rows of shape [2], want [1]"},
		{numbered(9, 1), two, nil, "valid: got rows of shape [2], want [1]"},
		{numbered(9, 1), nil, numbered(0, 1), "test: got no rows"},
	} {
		if _, err := Split(c.train, c.valid, c.test, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
