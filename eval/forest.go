package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// ForestOptions shape a [Forest].
type ForestOptions struct {
	Trees int // number of trees
	Depth int // most splits from the root to a leaf
	Leaf  int // least rows of a leaf
	Bins  int // quantiles of a value that splits are looked for at
}

// DefaultForest are ten trees of up to twelve levels with at least five rows a leaf and 64
// quantiles.
func DefaultForest() ForestOptions { return ForestOptions{Trees: 10, Depth: 12, Leaf: 5, Bins: 64} }

// Forest is a vote of classification trees, each grown on a bootstrap sample (Breiman 1996) by the
// splits z_j < t that lower the Gini impurity 1 − Σ_c p_c² most. Every split may look at all
// elements: with a random part of them, as in a random forest, elements that know nothing would be
// split on and look important.
type Forest struct {
	// Importance is the fall of the impurity by splits on each element, weighted by the share of
	// rows that reach them, as a mean over trees.
	Importance []float64
	trees      []*node
	classes    int
}

// node is a leaf with its class, or a split: rows with z[element] < at go to the left.
type node struct {
	class, element int
	at             float64
	left, right    *node
}

// GrowForest fits a forest to rows x, N×D, of classes y below a number of classes.
func GrowForest(x [][]float64, y []int, classes int, o ForestOptions, key rng.Key) (*Forest, error) {
	d, err := width("GrowForest", x)
	if err != nil {
		return nil, err
	}
	if err := checkClasses("GrowForest", y, len(x), classes); err != nil {
		return nil, err
	}
	if o.Trees < 1 || o.Depth < 0 || o.Leaf < 1 || o.Bins < 2 || o.Bins > math.MaxUint8 {
		return nil, fmt.Errorf("eval: GrowForest: options: got %+v, want trees and leaves of at least 1 and 2 to %d bins", o, math.MaxUint8)
	}
	f := &Forest{Importance: make([]float64, d), classes: classes}
	g := &grower{ForestOptions: o, y: y, classes: classes, importance: f.Importance, share: 1 / (float64(len(x)) * float64(o.Trees))}
	g.cut(x)
	for t := range o.Trees {
		f.trees = append(f.trees, g.grow(bootstrap(len(x), key.At(uint64(t)).Rand()), 0))
	}
	return f, nil
}

// bootstrap draws n of n rows with replacement.
func bootstrap(n int, r *rand.Rand) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = r.IntN(n)
	}
	return rows
}

// Classify returns the class with most votes for each row, the first among equals.
func (f *Forest) Classify(x [][]float64) []int {
	out := make([]int, len(x))
	votes := make([]float64, f.classes)
	for i, row := range x {
		clear(votes)
		for _, t := range f.trees {
			for t.left != nil {
				if row[t.element] < t.at {
					t = t.left
				} else {
					t = t.right
				}
			}
			votes[t.class]++
		}
		_, _, out[i] = topTwo(votes)
	}
	return out
}

// grower grows the trees of a forest.
type grower struct {
	ForestOptions
	y          []int
	classes    int
	bin        [][]uint8   // D×N, number of the quantile of each value
	edges      [][]float64 // D, values that the quantiles 1, 2, … begin with
	importance []float64
	share      float64 // of one row of one tree
}

// cut numbers the values of each element by quantiles. Values with fewer levels than bins keep a bin
// for each.
func (g *grower) cut(x [][]float64) {
	for j := range x[0] {
		values := column(x, j)
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		edges := slices.Compact(slices.Clone(sorted))
		if len(edges) > g.Bins {
			edges = edges[:0]
			for b := range g.Bins {
				edges = append(edges, sorted[b*len(sorted)/g.Bins])
			}
			edges = slices.Compact(edges)
		}
		edges = edges[1:]
		bins := make([]uint8, len(values))
		for i, v := range values {
			at, found := slices.BinarySearch(edges, v)
			bins[i] = uint8(at + b2i(found))
		}
		g.bin, g.edges = append(g.bin, bins), append(g.edges, edges)
	}
}

// grow builds the tree of some rows.
func (g *grower) grow(rows []int, depth int) *node {
	counts := make([]float64, g.classes)
	for _, i := range rows {
		counts[g.y[i]]++
	}
	_, _, class := topTwo(counts)
	leaf := &node{class: class}
	if depth == g.Depth || len(rows) < 2*g.Leaf || counts[class] == float64(len(rows)) {
		return leaf
	}
	element, edge, gain := g.split(rows, counts)
	if gain <= 1e-9 {
		return leaf
	}
	g.importance[element] += gain * g.share
	at := 0 // rows[:at] go to the left
	for i, r := range rows {
		if int(g.bin[element][r]) <= edge {
			rows[at], rows[i] = rows[i], rows[at]
			at++
		}
	}
	return &node{class: class, element: element, at: g.edges[element][edge],
		left: g.grow(rows[:at], depth+1), right: g.grow(rows[at:], depth+1)}
}

// split finds the element and the edge that lower the impurity of rows most, and the fall, counted
// in rows: n·(1 − Σp²) = n − Σc²/n.
func (g *grower) split(rows []int, counts []float64) (element, edge int, gain float64) {
	whole := squares(counts) / float64(len(rows))
	left, right := make([]float64, g.classes), make([]float64, g.classes)
	for j, edges := range g.edges {
		table := make([]float64, (len(edges)+1)*g.classes)
		for _, i := range rows {
			table[int(g.bin[j][i])*g.classes+g.y[i]]++
		}
		clear(left)
		copy(right, counts)
		n := 0.
		for b := range edges {
			for c, v := range table[b*g.classes : (b+1)*g.classes] {
				left[c] += v
				right[c] -= v
				n += v
			}
			m := float64(len(rows)) - n
			if n < float64(g.Leaf) || m < float64(g.Leaf) {
				continue
			}
			if fall := squares(left)/n + squares(right)/m - whole; fall > gain {
				element, edge, gain = j, b, fall
			}
		}
	}
	return element, edge, gain
}

// squares is Σ c².
func squares(counts []float64) float64 { return dotOf(counts, counts) }
