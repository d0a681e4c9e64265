package supervised

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/bnn"
)

// labelled takes the labels of the rows for the target: numbers if all of them are and they stand
// in a column that is not asked to be one of classes, else classes.
func (t *Table) labelled(column bool) error {
	names := t.Splits.Train.Classes
	values, numeric, missing := numbers(names)
	if missing != "" {
		return fmt.Errorf("target %s: got %q in %d rows, want a value in each; remove these rows", t.Target, missing, t.count(missing))
	}
	if word := amongNumbers(names); word != "" && column && t.Head != headClasses {
		return fmt.Errorf("target %s: got %q among numbers in %d rows, want numbers; correct or remove these rows, or take all values for classes with --head classes", t.Target, word, t.count(word))
	}
	asNumber := column && numeric && t.Head != headClasses
	if !asNumber && t.Head != "" && t.Head != headClasses {
		return fmt.Errorf("target %s: got classes such as %q under head %s, want numbers, or head %s", t.Target, names[0], t.Head, headClasses)
	}
	for _, p := range t.parts() {
		for i, l := range p.set.Labels {
			if l < 0 {
				return fmt.Errorf("target %s: got none in row %d of %d rows of %s, want it in every row; remove those without", t.Target, i+1, p.set.Len(), p.set.Name)
			}
			y := float64(l)
			if asNumber {
				y = values[l]
			}
			p.to.Y = append(p.to.Y, y)
		}
	}
	if asNumber {
		return t.number()
	}
	return t.classes(names)
}

// numbers reads class names as numbers. missing is the first that stands for no value.
func numbers(names []string) (values []float64, all bool, missing string) {
	all = true
	for _, n := range names {
		if slices.Contains([]string{"?", "NA", "N/A", "NaN", "nan", "NAN", "null"}, n) {
			missing = n
		}
		v, err := strconv.ParseFloat(n, 64)
		all = all && err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && math.Abs(v) <= math.MaxFloat32
		values = append(values, v)
	}
	return values, all, missing
}

// amongNumbers is the first of names that is no number where most of them are, "" otherwise: a slip
// in a column of numbers is likelier than classes of which most are numbers.
func amongNumbers(names []string) (word string) {
	n := 0
	for _, name := range names {
		if _, ok, _ := numbers([]string{name}); ok {
			n++
		} else if word == "" {
			word = name
		}
	}
	if 2*n <= len(names) {
		return ""
	}
	return word
}

// count counts the rows of a class.
func (t *Table) count(name string) (n int) {
	k := slices.Index(t.Splits.Train.Classes, name)
	for _, p := range t.parts() {
		for _, l := range p.set.Labels {
			if int(l) == k {
				n++
			}
		}
	}
	return n
}

// numbersAsClasses makes classes of the numbers of a column, by value.
func (t *Table) numbersAsClasses() error {
	var values []float64
	for _, p := range t.parts() {
		values = append(values, p.to.Y...)
	}
	slices.Sort(values)
	values = slices.Compact(values)
	var names []string
	for _, v := range values {
		names = append(names, strconv.FormatFloat(v, 'g', -1, 32))
	}
	for _, p := range t.parts() {
		for i, y := range p.to.Y {
			k, _ := slices.BinarySearch(values, y)
			p.to.Y[i] = float64(k)
		}
	}
	return t.classes(names)
}

// number completes a target of numbers.
func (t *Table) number() error {
	if t.Head == "" {
		t.Head = bnn.Heads[0]
	}
	if y := t.Train.Y; slices.Min(y) == slices.Max(y) {
		return fmt.Errorf("target %s: got %v in all %d training rows, want values that differ", t.Target, y[0], len(y))
	}
	return nil
}

// classes completes a target of classes, each of which needs rows to learn from.
func (t *Table) classes(names []string) error {
	counts, total := make([]int, len(names)), make([]int, len(names))
	for _, p := range t.parts() {
		for _, y := range p.to.Y {
			total[int(y)]++
			if p.to == &t.Train {
				counts[int(y)]++
			}
		}
	}
	// Names that no part has a row of, as those of a published set whose rows were limited, go.
	if k := len(names) - 1; t.Image {
		for ; k > 0 && total[k] == 0; k-- {
			names, counts = names[:k], counts[:k]
		}
	}
	if len(names) < 2 {
		return fmt.Errorf("target %s: got class %s in all rows, want at least two classes", t.Target, strings.Join(names, ", "))
	}
	for k, n := range counts {
		if n == 0 {
			return fmt.Errorf("target %s: class %q: got no training row of %d rows in all, want at least 1; leave its rows out, or take more rows", t.Target, names[k], total[k])
		}
	}
	t.Head, t.Classes = headClasses, names
	return nil
}
