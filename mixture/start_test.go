package mixture

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// labelled are the labels of k-means.
func labelled(x Data, k int, seed uint64) []int {
	return kmeans(blocked(x), x.spread(), k, rng.New(seed), 0).label
}

func TestKMeansFindsClustersFarApart(t *testing.T) {
	x := drawn(300, 2, 3, 1)
	for i := range x.X {
		x.X[i] += float64(1000 * ((i / 2) % 3))
	}
	for seed := range uint64(20) {
		labels := labelled(x, 3, seed)
		for n, k := range labels {
			if k != labels[n%3] {
				t.Fatalf("seed %d: row %d: got label %d, want %d", seed, n, k, labels[n%3])
			}
		}
		if labels[0] == labels[1] || labels[1] == labels[2] || labels[0] == labels[2] {
			t.Fatalf("seed %d: got labels %v, want three", seed, labels[:3])
		}
	}
}

func TestKMeansDoesNotDependOnUnits(t *testing.T) {
	x := drawn(200, 3, 4, 2)
	want := labelled(x, 4, 3)
	for i := range x.X {
		x.X[i] *= []float64{1024, 1, .125}[i%3]
	}
	if got := labelled(x, 4, 3); !slices.Equal(got, want) {
		t.Error("labels differ after a change of units")
	}
}

func TestKMeansCountsNoConstantColumn(t *testing.T) {
	x := Data{[]float64{0, 7, 1, 7, 100, 7, 101, 7}, 2}
	got := labelled(x, 2, 1)
	if got[0] != got[1] || got[2] != got[3] || got[0] == got[2] {
		t.Errorf("got labels %v", got)
	}
}

func TestASeedIsDrawnByItsSquaredDistance(t *testing.T) {
	// Distances 1 and 9: chances .1 and .9. False alarms: 5 standard deviations, 1 in a million.
	const n = 20_000
	far, r := 0., rng.New(1).Rand()
	for range n {
		far += float64(draw([]float64{0, 1, 9}, 10*r.Float64()) - 1)
	}
	if sd := math.Sqrt(.9 * .1 / n); math.Abs(far/n-.9) > 5*sd {
		t.Errorf("far seeds: got %v, want 0.9", far/n)
	}
	if got := draw([]float64{1, 1}, 2); got != 1 {
		t.Errorf("got element %d where rounding passes the sum, want the last", got)
	}
}

func TestASeedIsTheBestOfAFew(t *testing.T) {
	// Two groups of two far apart: of three rows drawn for the second centre one is in the other group
	// but for a chance in proportion to distances within a group, 1e-8.
	x := Data{[]float64{0, .1, 1000, 1000.1}, 1}
	for seed := range uint64(50) {
		c := &clusters{blocked(x), []float64{1}, make([]float64, 2), make([]int, 4), 1}
		c.seed(rng.New(seed).Rand())
		if (c.centre[0] < 500) == (c.centre[1] < 500) {
			t.Fatalf("seed %d: got centres %v, want one of each group", seed, c.centre)
		}
	}
}

func TestClustersDoNotDependOnThreads(t *testing.T) {
	x := drawn(3000, 4, 5, 7)
	one, three := kmeans(blocked(x), x.spread(), 5, rng.New(1), 1), kmeans(blocked(x), x.spread(), 5, rng.New(1), 3)
	if !slices.Equal(one.label, three.label) || !slices.Equal(one.centre, three.centre) {
		t.Error("one and three threads differ")
	}
}

func TestEmptyCentresStayWhereTheyAre(t *testing.T) {
	c := &clusters{blocked(Data{[]float64{1, 3}, 1}), []float64{1}, []float64{5, 9}, []int{0, 0}, 1}
	c.move()
	tk.Close(t, "centre", c.centre[0], 2, 0)
	tk.Close(t, "centre without rows", c.centre[1], 9, 0)
}
