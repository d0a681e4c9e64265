package paper

import (
	"context"
	"slices"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	digitjudge "github.com/elbo-go/elbo/judge"
)

// Between two digits of different classes the images on the straight path of codes look more like digits than
// blends of the two: a classifier of MNIST is surer of them on average, over 200 pairs and the nine
// images between the ends. And images near the codes of a hundred labelled rows, each row's by half a
// standard deviation of the prior along each dimension, are further examples of its class: with those
// that keep it by a vote of the hundred, the nearest neighbour is right for at least as many test rows.
// Geodesics of the decoder's metric are never longer than straight paths of codes.
func TestPaperPathsOfDigits(t *testing.T) {
	long(t)
	s, whole := opened(t)
	epochs, full := budget(t, 10)
	m := fit(t, "mnist-paths", elbo.Config{Data: "mnist", Binarize: "none", Epochs: epochs, Seed: 1}, s)
	j := mnistJudge(t, s)
	path, blend := confidence(t, m, j, s.Test)
	t.Logf("mean confidence of the judge between two digits: %.4f on the path of codes, %.4f on that of pixels", path, blend)
	alone, more, kept := augmented(t, m, s)
	shorter(t, m, s.Test)
	t.Logf("nearest of 100 labelled rows: %.2f %% right, with %d rows from near their codes %.2f %%", 100*alone, kept, 100*more)
	if !whole || !full {
		t.Skip("the bars are those of all rows and 10 epochs")
	}
	if path < blend {
		t.Errorf("confidence: got %.4f on the path of codes, want at least %.4f of the blends", path, blend)
	}
	if more < alone {
		t.Errorf("nearest neighbours: got %.4f with further rows, want at least %.4f", more, alone)
	}
}

// shorter holds the geodesic between two digits to be never longer, decoded, than the straight path of codes,
// over 50 pairs.
func shorter(t *testing.T, m *elbo.Model, test *data.Set) {
	t.Helper()
	share := 0.
	for i := range 50 {
		codes, _, err := m.Encode(context.Background(), [][]float32{test.Row(2 * i), test.Row(2*i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		path, err := m.Path("linear", codes[0], codes[1], 11)
		if err != nil {
			t.Fatal(err)
		}
		c, err := m.Run().Net.Geodesic(context.Background(), slices.Concat(path...), 200)
		if err != nil {
			t.Fatal(err)
		}
		if c.Length > c.Before {
			t.Errorf("pair %d: the geodesic has length %.3f, the straight path %.3f", i, c.Length, c.Before)
		}
		share += c.Length / c.Before / 50
	}
	t.Logf("geodesics between digits have %.3f of the length of straight paths in the mean", share)
}

// confidence is the judge's mean probability of the likeliest class over images between the ends of 200
// paths.
func confidence(t *testing.T, m *elbo.Model, j *digitjudge.Judge, test *data.Set) (path, blend float64) {
	t.Helper()
	const pairs, steps = 200, 11
	var decoded, mixed []float32
	order := rng.New(4).Named("pairs").Perm(test.Len())
	for n, at := 0, 0; n < pairs; at += 2 {
		a, b := order[at], order[at+1]
		if test.Labels[a] == test.Labels[b] {
			continue
		}
		n++
		images, err := m.Interpolate(context.Background(), test.Row(a), test.Row(b), steps, "linear")
		if err != nil {
			t.Fatal(err)
		}
		for k := 1; k < steps-1; k++ {
			decoded = append(decoded, images[k]...)
			w := float32(k) / (steps - 1)
			for i, v := range test.Row(a) {
				mixed = append(mixed, (1-w)*v+w*test.Row(b)[i])
			}
		}
	}
	mean := func(images []float32) (sum float64) {
		p, err := j.Classify(context.Background(), images)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range p {
			sum += slices.Max(row) / float64(len(p))
		}
		return sum
	}
	return mean(decoded), mean(mixed)
}

// augmented is the share of 2,000 test rows whose class their nearest neighbour has, of a hundred labelled rows
// alone and with images from near their codes, and how many of those there are.
func augmented(t *testing.T, m *elbo.Model, s *data.Splits) (alone, more float64, kept int) {
	t.Helper()
	ctx := context.Background()
	known := s.Train.Select(balanced(s.Train, hundred, rng.New(1).Named("labels")))
	codes, labels := codesOf(t, m, known)
	var z [][]float32
	var of []int
	for i, code := range codes {
		for j := range code {
			for _, step := range []float64{-.5, .5} {
				row := make([]float32, len(code))
				for k, v := range code {
					row[k] = float32(v)
				}
				row[j] += float32(step)
				z, of = append(z, row), append(of, labels[i])
			}
		}
	}
	images, err := m.Decode(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	near := pixels(known)
	further := &data.Set{Shape: s.Train.Shape, X: slices.Concat(images...)}
	wide, rows, classes := pixels(further), slices.Clone(near), slices.Clone(labels)
	test := s.Test.Select(first(min(2000, s.Test.Len())))
	var truth []int
	for _, l := range test.Labels {
		truth = append(truth, int(l))
	}
	for i, row := range wide {
		if a, err := eval.NearestNeighbours(ctx, near, labels, [][]float64{row}, of[i:i+1], 10, 1); err != nil {
			t.Fatal(err)
		} else if a.Right == 1 {
			rows, classes, kept = append(rows, row), append(classes, of[i]), kept+1
		}
	}
	score := func(rows [][]float64, classes []int) float64 {
		a, err := eval.NearestNeighbours(ctx, rows, classes, pixels(test), truth, 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		return a.Score
	}
	return score(near, labels), score(rows, classes), kept
}
