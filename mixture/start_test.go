package mixture

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestKMeansFindsClustersFarApart(t *testing.T) {
	x := clusters(300, 2, 3, 1)
	for i := range x.X {
		x.X[i] += float64(1000 * ((i / 2) % 3))
	}
	for seed := range uint64(20) {
		labels := kmeans(x, 3, rng.New(seed))
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
	x := clusters(200, 3, 4, 2)
	want := kmeans(x, 4, rng.New(3))
	for i := range x.X {
		x.X[i] *= []float64{1024, 1, .125}[i%3]
	}
	if got := kmeans(x, 4, rng.New(3)); !slices.Equal(got, want) {
		t.Error("labels differ after a change of units")
	}
}

func TestKMeansCountsNoConstantColumn(t *testing.T) {
	x := Data{[]float64{0, 7, 1, 7, 100, 7, 101, 7}, 2}
	got := kmeans(x, 2, rng.New(1))
	if got[0] != got[1] || got[2] != got[3] || got[0] == got[2] {
		t.Errorf("got labels %v", got)
	}
}

func TestSeedsAreDrawnByTheirSquaredDistance(t *testing.T) {
	// From row 0 at 0 the others lie at 1 and 3: chances 1/10 and 9/10. The first seed is row 0
	// in a third of the draws. False alarms: 5 standard deviations, 1 in a million.
	x, n, far := Data{[]float64{0, 1, 3}, 1}, 0., 0.
	for seed := range uint64(6000) {
		c := x.seeds(2, []float64{1}, rng.New(seed).Rand())
		if c[0][0] == 0 {
			n++
			if c[1][0] == 3 {
				far++
			}
		}
	}
	if sd := math.Sqrt(.9 * .1 / n); math.Abs(far/n-.9) > 5*sd {
		t.Errorf("far seeds: got %v of %v, want 0.9", far/n, n)
	}
}

func TestEmptyCentresStayWhereTheyAre(t *testing.T) {
	centres := [][]float64{{5}, {9}}
	move(Data{[]float64{1, 3}, 1}, centres, []int{0, 0})
	tk.Close(t, "centre", centres[0][0], 2, 0)
	tk.Close(t, "centre without rows", centres[1][0], 9, 0)
}
