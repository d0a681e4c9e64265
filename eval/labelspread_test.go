package eval

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// crescents are two interleaved half circles of n rows each, with noise.
func crescents(n int, key rng.Key) (codes [][]float64, truth []int) {
	noise := make([]float64, 4*n)
	key.NormalFloat64(noise)
	for i := range n {
		angle := math.Pi * float64(i) / float64(n-1)
		for c, z := range [][]float64{{math.Cos(angle), math.Sin(angle)}, {1 - math.Cos(angle), .5 - math.Sin(angle)}} {
			for j := range z {
				z[j] += .05 * noise[4*i+2*c+j]
			}
			codes, truth = append(codes, z), append(truth, c)
		}
	}
	return codes, truth
}

// One row of each crescent is enough, where the nearest known row goes wrong on a fifth.
func TestLabelsSpreadAlongCrescents(t *testing.T) {
	codes, truth := crescents(150, rng.New(1))
	labels := make([]int, len(codes))
	for i := range labels {
		labels[i] = -1
	}
	labels[0], labels[299] = 0, 1
	found, err := DefaultLabelSpreading().Classify(context.Background(), codes, labels, 2)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, c := range found {
		if c != truth[i] {
			wrong++
		}
	}
	if wrong > 3 {
		t.Errorf("got %d of 300 rows wrong, want at most 3", wrong)
	}
	near, err := NearestNeighbours(context.Background(), [][]float64{codes[0], codes[299]}, []int{0, 1}, codes, truth, 2, 1)
	if err != nil || near.Score > .9 {
		t.Errorf("the nearest known row is right for %v (%v): the case is too easy", near.Score, err)
	}
}

// The iteration ends in (1 − α)(I − αS)^(−1) Y, here with S from distances by the definition.
func TestSpreadingSolvesItsEquation(t *testing.T) {
	const n, k, classes, alpha = 12, 3, 3, .8
	x := make([]float64, 2*n)
	rng.New(2).NormalFloat64(x)
	codes, labels := make([][]float64, n), make([]int, n)
	for i := range codes {
		codes[i], labels[i] = x[2*i:2*i+2], -1
	}
	labels[0], labels[4], labels[7] = 0, 1, 2
	sq := func(i, j int) float64 {
		return (x[2*i]-x[2*j])*(x[2*i]-x[2*j]) + (x[2*i+1]-x[2*j+1])*(x[2*i+1]-x[2*j+1])
	}
	among := func(i, j int) bool { // whether j is one of the k nearest of i
		closer := 0
		for o := range n {
			if o != i && o != j && sq(i, o) < sq(i, j) {
				closer++
			}
		}
		return closer < k
	}
	mean, w := 0., mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			if i != j && among(i, j) {
				mean += sq(i, j) / (n * k)
			}
		}
	}
	degree := make([]float64, n)
	for i := range n {
		for j := range n {
			if i != j && (among(i, j) || among(j, i)) {
				w.Set(i, j, math.Exp(-sq(i, j)/mean))
				degree[i] += w.At(i, j)
			}
		}
	}
	a, y := mat.NewDense(n, n, nil), mat.NewDense(n, classes, nil)
	for i := range n {
		for j := range n {
			a.Set(i, j, -alpha*w.At(i, j)/math.Sqrt(degree[i]*degree[j]))
		}
		a.Set(i, i, 1+a.At(i, i))
		if labels[i] >= 0 {
			y.Set(i, labels[i], 1-alpha)
		}
	}
	var want mat.Dense
	if err := want.Solve(a, y); err != nil {
		t.Fatal(err)
	}
	got, err := LabelSpreading{k, alpha, 300}.spread(context.Background(), codes, labels, classes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for c := range classes {
			if math.Abs(got[i*classes+c]-want.At(i, c)) > 1e-12 {
				t.Errorf("row %d, class %d: got %v, want %v", i, c, got[i*classes+c], want.At(i, c))
			}
		}
	}
}

func TestSpreadingNamesMistakes(t *testing.T) {
	codes := [][]float64{{0}, {1}, {2}, {5}}
	good := LabelSpreading{2, .9, 5}
	for want, call := range map[string]func() ([]int, error){
		"neighbours: got 4": func() ([]int, error) {
			return LabelSpreading{4, .9, 5}.Classify(t.Context(), codes, []int{0, -1, -1, 1}, 2)
		},
		"neighbours: got 0": func() ([]int, error) {
			return LabelSpreading{0, .9, 5}.Classify(t.Context(), codes, []int{0, -1, -1, 1}, 2)
		},
		"α = 1": func() ([]int, error) {
			return LabelSpreading{2, 1, 5}.Classify(t.Context(), codes, []int{0, -1, -1, 1}, 2)
		},
		"0 steps": func() ([]int, error) {
			return LabelSpreading{2, .9, 0}.Classify(t.Context(), codes, []int{0, -1, -1, 1}, 2)
		},
		"labels: got 3, want 4":     func() ([]int, error) { return good.Classify(t.Context(), codes, []int{0, -1, 1}, 2) },
		"label 3: got 2":            func() ([]int, error) { return good.Classify(t.Context(), codes, []int{0, -1, -1, 2}, 2) },
		"got none that is known":    func() ([]int, error) { return good.Classify(t.Context(), codes, []int{-1, -1, -1, -1}, 2) },
		"eval: LabelSpreading: row": func() ([]int, error) { return good.Classify(t.Context(), [][]float64{{0}, {1, 2}}, []int{0, 1}, 2) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.Classify(cancelled, codes, []int{0, -1, -1, 1}, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancellation: got %v", err)
	}
	same := [][]float64{{1}, {1}, {1}, {1}}
	if got, err := good.Classify(t.Context(), same, []int{1, -1, -1, -1}, 2); err != nil || got[3] != 1 {
		t.Errorf("equal rows: got %v, %v", got, err)
	}
}
