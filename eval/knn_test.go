package eval

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// neighboursBySorting is the definition: all rows by distance, then by place.
func neighboursBySorting(rows [][]float64, z []float64, k int) []int {
	order := make([]int, len(rows))
	dist := make([]float64, len(rows))
	for i, row := range rows {
		order[i] = i
		for j, v := range row {
			dist[i] += (v - z[j]) * (v - z[j])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(dist[a], dist[b]) })
	return order[:k]
}

func TestNearestRowsAreThoseOfASort(t *testing.T) {
	for i := range 200 {
		r := rng.New(1).At(uint64(i)).Rand()
		rows := make([][]float64, 1+r.IntN(40))
		for j := range rows {
			rows[j] = []float64{float64(r.IntN(4)), float64(r.IntN(3))} // ties abound
		}
		z := []float64{float64(r.IntN(4)), 1.5}
		k := 1 + r.IntN(len(rows))
		var got []int
		for _, n := range nearestRows(rows, z, k) {
			got = append(got, n.row)
		}
		if want := neighboursBySorting(rows, z, k); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestTiedVotesGoToTheNearest(t *testing.T) {
	x, y := [][]float64{{0}, {1}, {2}, {10}}, []int{2, 0, 1, 1}
	for _, c := range []struct {
		z    float64
		k    int
		want int
	}{{.1, 1, 2}, {.1, 3, 2}, {1.2, 2, 0}, {3, 4, 1}} {
		a, err := NearestNeighbours(context.Background(), x, y, [][]float64{{c.z}}, []int{c.want}, 3, c.k)
		fine(t, err)
		near(t, "accuracy", a.Score, 1, 0)
	}
}

func TestNearestNeighboursRefuseWhatDoesNotFit(t *testing.T) {
	ctx, x, y := context.Background(), [][]float64{{0}, {1}}, []int{0, 1}
	_, err := NearestNeighbours(ctx, x, y, [][]float64{{1, 2}}, []int{0}, 2, 1)
	fails(t, err, "test rows: got 2 values, want 1")
	_, err = NearestNeighbours(ctx, x, y, x, y, 2, 3)
	fails(t, err, "k: got 3, want 1 to the 2 training rows")
	_, err = NearestNeighbours(ctx, x, y, nil, nil, 2, 1)
	fails(t, err, "rows: got none")
	_, err = NearestNeighbours(ctx, x, []int{0, 7}, x, y, 2, 1)
	fails(t, err, "label 1: got 7")
	_, err = NearestNeighbours(ctx, x, y, x, []int{0, 7}, 2, 1)
	fails(t, err, "test: label 1: got 7")
}
