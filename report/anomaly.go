package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/anomaly"
	"github.com/elbo-go/elbo/plot"
)

// shownStrange is the number of rows in the picture of the strangest.
const shownStrange = 10

// surpriseDraws are the draws of z behind a map.
const surpriseDraws = 4

// fewStrange is the number of rows below which the strangest of them are no exceptions.
const fewStrange = 100

func hasStrange(s *scene) bool { return canReconstruct(s) && s.isImage() && s.n >= fewStrange }

// drawStrange draws the test images whose reconstruction is the most surprising, with maps of where.
func drawStrange(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	of := anomaly.Subject{Net: s.Net, Shape: s.show.Shape, Draws: surpriseDraws}
	values, err := anomaly.Surprise(ctx, of, s.seen, s.key("surprise"))
	if err != nil {
		return "", err
	}
	total := make([]float64, s.n)
	for i, v := range values {
		total[i/s.dim] += v
	}
	order := descending(total)[:shownStrange]
	maps := make([][]float64, len(order))
	codes := make([][]float32, len(order))
	for k, i := range order {
		shape := s.show.Shape
		if maps[k], err = anomaly.Smooth(anomaly.Pixels(values[i*s.dim:(i+1)*s.dim], shape), shape[0], shape[1], 1); err != nil {
			return "", err
		}
		codes[k] = s.code(i)
	}
	again, err := s.decode(ctx, codes, order...)
	if err != nil {
		return "", err
	}
	tiles, err := strangeTiles(s, order, again, maps)
	if err != nil {
		return "", err
	}
	labels := []string{"row", "again", "surprise"}
	shape := []int{s.show.Shape[0], s.show.Shape[1], 3}
	return fmt.Sprintf("The test images of the largest reconstruction term, of %.0f nats and less where the median is %.0f, the means that the model "+
			"has of them, and the part of each pixel in the term, smoothed. Unusual images are what to expect; images that are broken or do not belong say that the data want a look.",
			total[order[0]], median(total)),
		plot.Grid(w, tiles, shape, len(order), plot.GridOptions{Title: title, RowLabels: labels})
}

// strangeTiles are images, reconstructions and images under their maps, all in colour.
func strangeTiles(s *scene, order []int, again [][]float32, maps [][]float64) ([][]float32, error) {
	span, err := eval.Quantiles(slices.Concat(maps...), .5, 1)
	if err != nil {
		return nil, err
	}
	if span[1] <= span[0] {
		span[1] = span[0] + 1
	}
	none := make([]float64, len(maps[0]))
	var tiles [3][][]float32
	for k, i := range order {
		for t, img := range [][]float32{s.row(i), again[k], s.row(i)} {
			values, lo, hi := none, 0., 1.
			if t == 2 {
				values, lo, hi = maps[k], span[0], span[1]
			}
			tile, err := plot.Overlay(img, s.show.Shape, values, lo, hi)
			if err != nil {
				return nil, err
			}
			tiles[t] = append(tiles[t], tile)
		}
	}
	return slices.Concat(tiles[:]...), nil
}

// median is the middle value.
func median(x []float64) float64 {
	sorted := slices.Clone(x)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(a, b) })
	return sorted[len(sorted)/2]
}
