package data

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// classIndex collects labels by name. The classes are sorted at the end: by value if all of
// them are whole numbers, by bytes otherwise.
type classIndex struct {
	index map[string]int32
	names []string
	rows  []int32 // index into names, in order of appearance; unlabelled for a row without a class
	blank int     // rows without a class
}

// unlabelled stands for the class of a row that has none.
const unlabelled = -1

// none appends a row without a class.
func (c *classIndex) none() {
	c.rows = append(c.rows, unlabelled)
	c.blank++
}

// add appends the label of the next row.
func (c *classIndex) add(name string) {
	i, ok := c.index[name]
	if !ok {
		if c.index == nil {
			c.index = map[string]int32{}
		}
		name = strings.Clone(name)
		i = int32(len(c.names))
		c.index[name] = i
		c.names = append(c.names, name)
	}
	c.rows = append(c.rows, i)
}

// done sets the labels and the sorted classes of a set.
func (c *classIndex) done(s *Set) {
	s.Classes = slices.Clone(c.names)
	if whole := slices.IndexFunc(c.names, func(n string) bool { _, err := strconv.Atoi(n); return err != nil }) < 0; whole {
		slices.SortFunc(s.Classes, func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
		})
	} else {
		slices.Sort(s.Classes)
	}
	rank := make([]int32, len(c.names))
	for i, n := range s.Classes {
		rank[c.index[n]] = int32(i)
	}
	s.Labels = make([]int32, len(c.rows))
	for i, r := range c.rows {
		if s.Labels[i] = unlabelled; r >= 0 {
			s.Labels[i] = rank[r]
		}
	}
}

// numberLabels sets labels from numbers. Whole numbers 0 … 255 stand for themselves, so that
// parts of one data set agree even where a class is absent; other ones are sorted by value.
func numberLabels(s *source, set *Set, y []float32) error {
	low, high := float32(0), float32(0)
	for i, v := range y {
		if v != float32(math.Trunc(float64(v))) || math.Abs(float64(v)) > 1<<24 {
			return malformed(s.format, "labels", "got %v at index %d, want a whole number of at most 2^24", v, i)
		}
		low, high = min(low, v), max(high, v)
	}
	if low < 0 || high > 255 {
		var c classIndex
		for _, v := range y {
			c.add(strconv.Itoa(int(v)))
		}
		c.done(set)
		return nil
	}
	set.Labels = make([]int32, len(y))
	for i, v := range y {
		set.Labels[i] = int32(v)
	}
	for k := range int(high) + 1 {
		set.Classes = append(set.Classes, strconv.Itoa(k))
	}
	return nil
}
