package data

import (
	"slices"
	"sort"
	"strconv"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// Labels always point at their own name, classes are sorted and without repeats.
func TestLabelsPointAtTheirNames(t *testing.T) {
	words := []string{"b", "a", "", "10", "9", "-3", "é", "ab", "A"}
	for run := range 200 {
		r := rng.New(11).At(uint64(run)).Rand()
		names := make([]string, 1+r.IntN(30))
		var c classIndex
		for i := range names {
			names[i] = words[r.IntN(1+r.IntN(len(words)))]
			c.add(names[i])
		}
		var s Set
		c.done(&s)
		for i, l := range s.Labels {
			if s.Classes[l] != names[i] {
				t.Fatalf("row %d: got class %q, want %q", i, s.Classes[l], names[i])
			}
		}
		distinct := slices.Clone(names)
		sort.Strings(distinct)
		distinct = slices.Compact(distinct)
		got := slices.Clone(s.Classes)
		sort.Strings(got)
		if !slices.Equal(got, distinct) {
			t.Fatalf("got classes %q, want %q", got, distinct)
		}
	}
}

func TestClassesOfWholeNumbersAreInOrderOfValue(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{[]string{"10", "9", "-1", "9"}, []string{"-1", "9", "10"}},
		{[]string{"1", "01", "+1"}, []string{"+1", "01", "1"}},
		{[]string{"10", "9", "x"}, []string{"10", "9", "x"}},
		{[]string{"1.5", "10"}, []string{"1.5", "10"}},
		{[]string{"99999999999999999999", "1"}, []string{"1", "99999999999999999999"}},
	} {
		var k classIndex
		for _, n := range c.in {
			k.add(n)
		}
		var s Set
		k.done(&s)
		if !slices.Equal(s.Classes, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, s.Classes, c.want)
		}
	}
}

// A part of a data set that lacks a class keeps the numbers of the others.
func TestSmallNumbersStandForThemselves(t *testing.T) {
	src := &source{format: "idx"}
	for _, y := range [][]float32{{3, 0}, {255}, {0, 0}} {
		var s Set
		if err := numberLabels(src, &s, y); err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Labels {
			if float32(l) != y[i] || s.Classes[l] != strconv.Itoa(int(y[i])) {
				t.Errorf("%v: got label %d named %q", y, l, s.Classes[l])
			}
		}
	}
	for y, want := range map[float32][]string{256: {"0", "256"}, -1: {"-1", "0"}, 1 << 24: {"0", "16777216"}} {
		var s Set
		if err := numberLabels(src, &s, []float32{0, y}); err != nil || !slices.Equal(s.Classes, want) {
			t.Errorf("%v: got %q, %v, want %q", y, s.Classes, err, want)
		}
	}
	for _, y := range []float32{0.5, 1<<24 + 2, -1 << 25} {
		var s Set
		wantFormatError(t, numberLabels(src, &s, []float32{0, y}), "at index 1, want a whole number")
	}
}
