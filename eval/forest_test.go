package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// splitBySearch is the definition: every element, every value, the impurity of both sides from their
// rows.
func splitBySearch(x [][]float64, y []int, classes, leaf int) (gain float64) {
	impurity := func(rows []int) float64 {
		counts := make([]float64, classes)
		for _, i := range rows {
			counts[y[i]]++
		}
		s := 1.
		for _, c := range counts {
			s -= c / float64(len(rows)) * c / float64(len(rows))
		}
		return s * float64(len(rows))
	}
	all := make([]int, len(x))
	for i := range all {
		all[i] = i
	}
	for j := range x[0] {
		for _, at := range column(x, j) {
			var left, right []int
			for i, row := range x {
				if row[j] < at {
					left = append(left, i)
				} else {
					right = append(right, i)
				}
			}
			if len(left) >= leaf && len(right) >= leaf {
				gain = max(gain, impurity(all)-impurity(left)-impurity(right))
			}
		}
	}
	return gain
}

func TestSplitsAreTheBestOfAll(t *testing.T) {
	for i := range 100 {
		r := rng.New(4).At(uint64(i)).Rand()
		x, y := make([][]float64, 20+r.IntN(30)), []int(nil)
		for n := range x {
			x[n] = []float64{float64(r.IntN(9)), r.NormFloat64(), float64(r.IntN(2))}
			y = append(y, (int(x[n][0])/3+r.IntN(2))%3)
		}
		leaf := 1 + r.IntN(5)
		g := &grower{ForestOptions: ForestOptions{Bins: 64, Leaf: leaf}, y: y, classes: 3}
		g.cut(x)
		rows, counts := make([]int, len(x)), make([]float64, 3)
		for n := range rows {
			rows[n] = n
			counts[y[n]]++
		}
		element, edge, gain := g.split(rows, counts)
		near(t, "fall of the impurity", gain, splitBySearch(x, y, 3, leaf), 1e-10)
		// The split does what it says.
		sides := [2][]float64{make([]float64, 3), make([]float64, 3)}
		n := [2]float64{}
		for i, row := range x {
			side := b2i(row[element] >= g.edges[element][edge])
			sides[side][y[i]]++
			n[side]++
		}
		near(t, "fall by the split", gain, squares(sides[0])/n[0]+squares(sides[1])/n[1]-squares(counts)/float64(len(x)), 1e-10)
	}
}

// The falls of the impurity along a tree add up to that of its root less that of its leaves, which
// is 0 where leaves are pure.
func TestImportancesAddUpToTheImpurity(t *testing.T) {
	var x [][]float64
	var y []int
	for i := range 120 {
		x, y = append(x, []float64{float64(i % 4), float64(i % 3)}), append(y, i%12)
	}
	f, err := GrowForest(x, y, 12, ForestOptions{Trees: 40, Depth: 20, Leaf: 1, Bins: 64}, rng.New(1))
	fine(t, err)
	// A bootstrap sample has less impurity than the twelve even classes by (1 − 1/12)/n on average.
	near(t, "sum", f.Importance[0]+f.Importance[1], (1-1./12)*(1-1./120), .01)
	for i, c := range f.Classify(x) {
		if c != y[i] {
			t.Fatalf("row %d: got class %d, want %d", i, c, y[i])
		}
	}
}

func TestOptionsBoundTheTrees(t *testing.T) {
	x, r := noise(300, 3, 8), rng.New(9).Rand()
	y := make([]int, 300)
	for i := range y {
		y[i] = r.IntN(4)
	}
	f, err := GrowForest(x, y, 4, ForestOptions{Trees: 3, Depth: 4, Leaf: 20, Bins: 16}, rng.New(1))
	fine(t, err)
	var depth func(n *node) int
	depth = func(n *node) int {
		if n.left == nil {
			return 0
		}
		return 1 + max(depth(n.left), depth(n.right))
	}
	for _, tree := range f.trees {
		if d := depth(tree); d > 4 || d == 0 {
			t.Errorf("got depth %d, want 1 to 4", d)
		}
	}
	stump, err := GrowForest(x, y, 4, ForestOptions{Trees: 1, Depth: 0, Leaf: 1, Bins: 2}, rng.New(1))
	fine(t, err)
	if stump.trees[0].left != nil || stump.Importance[0] != 0 {
		t.Error("a tree without splits has some")
	}
	same, err := GrowForest(x, y, 4, ForestOptions{Trees: 3, Depth: 4, Leaf: 20, Bins: 16}, rng.New(1))
	fine(t, err)
	for j, v := range f.Importance {
		near(t, "the same key", same.Importance[j], v, 0)
	}
	for _, o := range []ForestOptions{{}, {Trees: 1, Leaf: 1, Bins: 256}, {Trees: 1, Leaf: 0, Bins: 4}, {Trees: 1, Leaf: 1, Bins: 1}, {Trees: 1, Depth: -1, Leaf: 1, Bins: 4}} {
		_, err := GrowForest(x, y, 4, o, rng.New(1))
		fails(t, err, "options")
	}
	_, err = GrowForest(x, y, 3, DefaultForest(), rng.New(1))
	fails(t, err, "want 0 to 2")
	_, err = GrowForest(nil, nil, 3, DefaultForest(), rng.New(1))
	fails(t, err, "rows: got none")
}

// Tables by hand: the identity, one element for two factors, two elements for one factor, and no
// order at all.
func TestDisentanglementAndCompletenessByHand(t *testing.T) {
	half := 1 - math.Ln2/math.Log(3)
	for _, c := range []struct {
		name   string
		table  [][]float64
		dis, c float64
	}{
		{"identity", [][]float64{{2, 0}, {0, 5}}, 1, 1},
		{"an idle element", [][]float64{{2, 0}, {0, 5}, {0, 0}}, 1, 1},
		{"one element for all", [][]float64{{1, 1}, {0, 0}}, 0, 1},
		{"two elements for one factor", [][]float64{{1, 0}, {1, 0}, {0, 2}}, 1, (half + 1) / 2},
		{"no order", [][]float64{{1, 1}, {1, 1}}, 0, 0},
		{"weights of the elements", [][]float64{{3, 0}, {.5, .5}}, .75, (1 - (-3/3.5*math.Log(3/3.5)-.5/3.5*math.Log(.5/3.5))/math.Ln2 + 1) / 2},
		{"nothing", [][]float64{{0, 0}, {0, 0}}, 0, 0},
	} {
		dis, com := DCIOf(c.table)
		near(t, c.name+": disentanglement", dis, c.dis, 1e-14)
		near(t, c.name+": completeness", com, c.c, 1e-14)
	}
}

// The accuracy on rows held out is that of the factor that can be read: an even bit flipped in a
// tenth of the rows, within binomial limits that fail once in 10⁴.
func TestInformativenessIsTheAccuracyOnRowsHeldOut(t *testing.T) {
	const n = 4000
	r := rng.New(5).Rand()
	f := []Factor{{Level: make([]int, n)}, {Level: make([]int, n)}}
	z := make([][]float64, n)
	for i := range z {
		f[0].Level[i], f[1].Level[i] = r.IntN(2), r.IntN(2)
		z[i] = []float64{float64((f[0].Level[i] + b2i(r.Float64() < .1)) % 2), float64(f[1].Level[i])}
	}
	s, err := DCI(z, f, DefaultForest(), rng.New(1))
	fine(t, err)
	lo, hi, err := BinomialInterval(n/5, .9, 1-1e-4)
	fine(t, err)
	if v := s.Accuracy[0] * n / 5; v < float64(lo) || v > float64(hi) {
		t.Errorf("flipped bit: got %v, want %v to %v", s.Accuracy[0], float64(lo)/(n/5), float64(hi)/(n/5))
	}
	near(t, "whole bit", s.Accuracy[1], 1, 0)
	near(t, "mean", s.Informativeness, (s.Accuracy[0]+1)/2, 1e-15)
}
