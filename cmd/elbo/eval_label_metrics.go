package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/vae/quant"
)

// labelMetrics are those of codes against the classes of rows, which the model does not see when it
// makes the codes.
var labelMetrics = []metric{
	{"probe", "labels", "share of classes that a logistic regression reads off the codes, and off principal components", hasLabels, measureProbe},
	{"knn", "labels", "share of classes that the nearest codes tell", hasLabels, measureNeighbours},
	{"clusters", "labels", "how k-means of the codes agrees with the classes", hasLabels, measureClusters},
}

// hasLabels asks for classes of training and test rows.
func hasLabels(s *subject) string {
	if no := s.able("encode", "has no codes"); no != "" {
		return no
	}
	x, y, _, _ := s.labelled()
	if len(x) == 0 || len(y) == 0 || len(s.run.Rows.Splits.Train.Classes) < 2 {
		return fmt.Sprintf("data %s have no classes", s.run.Config.Data)
	}
	return ""
}

// labelled returns the rows whose class is known, of training and test, and their classes.
func (s *subject) labelled() (trainAt, testAt, trainY, testY []int) {
	known := func(set *data.Set) (at, y []int) {
		for i, l := range set.Labels {
			if l >= 0 {
				at, y = append(at, i), append(y, int(l))
			}
		}
		return at, y
	}
	trainAt, trainY = known(s.trainSet())
	testAt, testY = known(s.testSet())
	return trainAt, testAt, trainY, testY
}

// right is the figure of an accuracy.
func right(name, note string, a eval.Accuracy) figure {
	return figure{Name: name, Value: a.Score, Note: note}.within(a.Lo, a.Hi)
}

// measureProbe sets the codes beside as many principal components of the rows.
func measureProbe(ctx context.Context, s *subject) ([]figure, error) {
	trainZ, err := s.trainCodes(ctx)
	if err != nil {
		return nil, err
	}
	testZ, err := s.testCodes(ctx)
	if err != nil {
		return nil, err
	}
	trainAt, testAt, trainY, testY := s.labelled()
	classes := len(s.run.Rows.Splits.Train.Classes)
	a, err := eval.Probe(ctx, chosen(trainZ, trainAt), trainY, chosen(testZ, testAt), testY, classes, eval.DefaultProbeL2)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d training and %d test rows", len(trainAt), len(testAt))
	out := []figure{right("accuracy of codes", note, a)}
	trainX, err := s.doubles(s.trainSet(), "train", trainAt)
	if err != nil {
		return nil, err
	}
	testX, err := s.doubles(s.testSet(), "test", testAt)
	if err != nil {
		return nil, err
	}
	k := min(len(trainZ[0]), len(trainX[0]), len(trainX))
	p, err := eval.PCA(trainX, k)
	if err != nil {
		return nil, err
	}
	b, err := eval.Probe(ctx, p.Scores, trainY, p.Project(testX), testY, classes, eval.DefaultProbeL2)
	return append(out, right("accuracy of PCA", fmt.Sprintf("%d principal components of the rows", k), b)), err
}

// measureNeighbours is the vote of the nearest codes.
func measureNeighbours(ctx context.Context, s *subject) ([]figure, error) {
	trainZ, err := s.trainCodes(ctx)
	if err != nil {
		return nil, err
	}
	testZ, err := s.testCodes(ctx)
	if err != nil {
		return nil, err
	}
	trainAt, testAt, trainY, testY := s.labelled()
	k := min(eval.DefaultNeighbours, len(trainAt))
	a, err := eval.NearestNeighbours(ctx, chosen(trainZ, trainAt), trainY, chosen(testZ, testAt), testY, len(s.run.Rows.Splits.Train.Classes), k)
	return []figure{right("accuracy", fmt.Sprintf("%d neighbours of %d", k, len(trainAt)), a)}, err
}

// Of k-means: starts, of which the one with the least distortion counts, and iterations of each.
const (
	clusterStarts     = 5
	clusterIterations = 100
)

// measureClusters sets as many clusters of the codes as there are classes beside the classes.
func measureClusters(ctx context.Context, s *subject) ([]figure, error) {
	z, err := s.testCodes(ctx)
	if err != nil {
		return nil, err
	}
	_, at, _, y := s.labelled()
	k := min(len(s.run.Rows.Splits.Train.Classes), len(at))
	rows := chosen(z, at)
	points, d := slices.Concat(rows...), len(rows[0])
	var centres []float64
	best := math.Inf(1)
	for i := range clusterStarts {
		c, distortion := quant.KMeans(points, d, k, clusterIterations, s.stream("clusters").At(uint64(i)).Rand())
		if distortion < best {
			centres, best = c, distortion
		}
	}
	found := make([]int, len(rows))
	for i, row := range rows {
		found[i] = nearestCentre(row, centres)
	}
	nmi, err := eval.NMI(found, y)
	if err != nil {
		return nil, err
	}
	rand, err := eval.AdjustedRand(found, y)
	return []figure{
		{Name: "NMI", Value: nmi, Note: fmt.Sprintf("%d clusters of %d test rows, best of %d starts", k, len(rows), clusterStarts)},
		{Name: "adjusted Rand", Value: rand},
	}, err
}

// nearestCentre is the number of the centre nearest to a code.
func nearestCentre(z, centres []float64) (at int) {
	best := math.Inf(1)
	for c := 0; c*len(z) < len(centres); c++ {
		dist := 0.
		for j, v := range z {
			dist += (v - centres[c*len(z)+j]) * (v - centres[c*len(z)+j])
		}
		if dist < best {
			best, at = dist, c
		}
	}
	return at
}

// doubles are some rows, as the model sees them, in float64.
func (s *subject) doubles(set *data.Set, part string, rows []int) ([][]float64, error) {
	x, err := s.seen(set, part)
	if err != nil {
		return nil, err
	}
	d, out := set.Dim(), make([][]float64, len(rows))
	for i, r := range rows {
		for _, v := range x[r*d : (r+1)*d] {
			out[i] = append(out[i], float64(v))
		}
	}
	return out, nil
}
