package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// DefaultNeighbours is the usual k of a [NearestNeighbours] probe.
const DefaultNeighbours = 5

// NearestNeighbours is the accuracy on test rows of a vote of the k training rows whose codes are
// nearest by Euclidean distance (Cover & Hart 1967). Of classes with equally many votes the one with
// the nearest row wins; of rows equally near the earlier one counts.
func NearestNeighbours(ctx context.Context, trainCodes [][]float64, trainLabels []int, testCodes [][]float64, testLabels []int, classes, k int) (Accuracy, error) {
	d, err := width("NearestNeighbours", trainCodes)
	if err != nil {
		return Accuracy{}, err
	}
	if w, err := width("NearestNeighbours: test", testCodes); err != nil || w != d {
		return Accuracy{}, cmp.Or(err, fmt.Errorf("eval: NearestNeighbours: test rows: got %d values, want %d as in training", w, d))
	}
	if err := checkClasses("NearestNeighbours", trainLabels, len(trainCodes), classes); err != nil {
		return Accuracy{}, err
	}
	if err := checkClasses("NearestNeighbours: test", testLabels, len(testCodes), classes); err != nil {
		return Accuracy{}, err
	}
	if k < 1 || k > len(trainCodes) {
		return Accuracy{}, fmt.Errorf("eval: NearestNeighbours: k: got %d, want 1 to the %d training rows", k, len(trainCodes))
	}
	found := make([]int, len(testCodes))
	for i, z := range testCodes {
		if err := ctx.Err(); err != nil {
			return Accuracy{}, err
		}
		found[i] = elected(nearestRows(trainCodes, z, k), trainLabels, classes)
	}
	return newAccuracy(found, testLabels)
}

// neighbour is a row with its squared distance.
type neighbour struct {
	row  int
	dist float64
}

// nearestRows returns the k rows nearest to z, the nearest first.
func nearestRows(rows [][]float64, z []float64, k int) []neighbour {
	var near []neighbour
	for i, row := range rows {
		n := neighbour{i, 0}
		for j, v := range row {
			n.dist += (v - z[j]) * (v - z[j])
		}
		if len(near) == k && n.dist >= near[k-1].dist {
			continue
		}
		at, _ := slices.BinarySearchFunc(near, n, func(a, b neighbour) int { return cmp.Or(cmp.Compare(a.dist, b.dist), -1) })
		near = slices.Insert(near, at, n)
		near = near[:min(k, len(near))]
	}
	return near
}

// elected is the class with most votes, of equals the one with the nearest row.
func elected(near []neighbour, labels []int, classes int) int {
	votes := make([]int, classes)
	for _, n := range near {
		votes[labels[n.row]]++
	}
	best := slices.Max(votes)
	for _, n := range near {
		if votes[labels[n.row]] == best {
			return labels[n.row]
		}
	}
	return 0
}
