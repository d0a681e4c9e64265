package quant

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// Sixteen clusters: from k-means++ the distortion is within 5 % of the best, 2·.3² less what the
// centres fit, in 9 of 10 starts; the tenth has two centres in a cluster.
func TestKMeansFindsClustersFarApart(t *testing.T) {
	x := mixture(3, 2000)
	good := 0
	for seed := range uint64(10) {
		centres, distortion := KMeans(x, 2, 16, 20, rng.New(seed).Rand())
		nearest := make([]int, len(x)/2)
		again, _ := assign(x, centres, 2, nearest)
		tk.Close(t, "distortion", distortion, again, 1e-12)
		if distortion < 1.05*.18 {
			good++
		}
	}
	t.Logf("%d of 10 starts find all clusters", good)
	if good < 2 {
		t.Errorf("got %d of 10 starts with all clusters, want some", good)
	}
}

// Lloyd's iterations never raise the distortion, and end at means.
func TestIterationsOfLloydLowerTheDistortion(t *testing.T) {
	x := normals(9, 900)
	before := math.Inf(1)
	var centres []float64
	for i := range 40 {
		var distortion float64
		centres, distortion = KMeans(x, 3, 7, i, rng.New(4).Rand())
		if distortion > before+1e-12 {
			t.Errorf("iteration %d: distortion %v after %v", i, distortion, before)
		}
		before = distortion
	}
	nearest := make([]int, 300)
	assign(x, centres, 3, nearest)
	at := slices.Clone(centres)
	means(x, at, 3, nearest)
	same(t, "centres", centres, at, 1e-12)
}

// More centres than different points: some are equal, none is NaN.
func TestKMeansOfFewPoints(t *testing.T) {
	centres, distortion := KMeans([]float64{1, 1, 2, 2, 1, 1}, 2, 5, 10, rng.New(1).Rand())
	if distortion != 0 || len(centres) != 10 {
		t.Errorf("got %v with distortion %v", centres, distortion)
	}
	for _, v := range centres {
		if v != 1 && v != 2 {
			t.Errorf("got centre %v, want a point", v)
		}
	}
}

// The second seed is drawn by squared distance: of points at 0, 1 and 3 from the first, with chances
// 0, .1 and .9. 2,000 draws; the chance of a false alarm is 1e-6 (χ² by testkit).
func TestSeedsAreDrawnBySquaredDistance(t *testing.T) {
	counts := make([]int, 6)
	for i := range 3000 {
		c := seeds([]float64{0, 1, 3}, 1, 2, rng.New(uint64(i)).Rand())
		pair := map[[2]float64]int{{0, 1}: 0, {0, 3}: 1, {1, 0}: 2, {1, 3}: 3, {3, 0}: 4, {3, 1}: 5}
		counts[pair[[2]float64{c[0], c[1]}]]++
	}
	tk.FitsCounts(t, "pairs of seeds", counts, []float64{.1 / 3, .9 / 3, .2 / 3, .8 / 3, 9. / 13 / 3, 4. / 13 / 3})
}
