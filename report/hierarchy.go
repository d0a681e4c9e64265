package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// hasGroups asks for a hierarchy of at least two groups and rows to keep the top of.
func hasGroups(s *scene) bool {
	return canReconstruct(s) && s.can["sample"] && len(s.Net.Groups()) > 1
}

// maxBoundaries is the number of places at which the picture cuts the hierarchy.
const maxBoundaries = 3

// drawGroups keeps the upper groups of test rows and draws the lower ones anew, from the lowest alone to all
// but the top.
func drawGroups(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	rows, draws := 2, 2
	if s.isImage() {
		rows, draws = 8, 4
	}
	rows = min(rows, s.n)
	kept := boundaries(len(s.Net.Groups()))
	l := layout{title: title, join: ": "}
	l.cols = []string{"row", "decoded"}
	for _, keep := range kept {
		for i := range draws {
			label := ""
			if i == 0 || !s.isImage() {
				label = redrawn(len(s.Net.Groups()), keep)
			}
			l.cols = append(l.cols, label)
		}
	}
	var all [][]float32
	for i := range rows {
		l.rows = append(l.rows, fmt.Sprintf("test row %d", i))
		line, err := s.redraws(ctx, i, kept, draws)
		if err != nil {
			return "", err
		}
		all = append(append(all, s.row(i)), line...)
	}
	if s.isImage() {
		l.rows = nil
	}
	return "Test rows, their decoded codes, and decoded codes whose lower layers are drawn anew under the prior given the upper ones: layer 1 (\"new 1\"), " +
		"next to the data, and then more of them, up to all but the top. What stays the same along a line is what the layers that were kept hold.", s.grid(w, all, len(l.cols), l)
}

// boundaries are the numbers of groups to keep of so many, from all but the lowest to the top alone.
func boundaries(groups int) (out []int) {
	n := min(groups-1, maxBoundaries)
	for i := range n {
		out = append(out, groups-1-i*(groups-2)/max(1, n-1))
	}
	return slices.Compact(out)
}

// redrawn names the layers that are drawn anew, in the room of a tile.
func redrawn(groups, keep int) string {
	if keep == groups-1 {
		return "new 1"
	}
	return fmt.Sprintf("new 1–%d", groups-keep)
}

// redraws decodes the code of row i as it is and with layers drawn anew.
func (s *scene) redraws(ctx context.Context, i int, kept []int, draws int) ([][]float32, error) {
	codes := [][]float32{s.code(i)}
	for _, keep := range kept {
		z, err := s.Net.Resample(ctx, slices.Concat(slices.Repeat([][]float32{s.code(i)}, draws)...), keep, s.key("groups").At(uint64(i)).At(uint64(keep)))
		if err != nil {
			return nil, err
		}
		codes = append(codes, data.Rows(z, s.latent)...)
	}
	return s.decode(ctx, codes)
}

// maxLayers is the number of layers whose lines can be told apart.
const maxLayers = 8

// hasLayers asks for the divergences of few layers in the history.
func hasLayers(s *scene) bool {
	n := len(s.Net.Groups())
	return hasHistory(s) && n > 1 && n <= maxLayers && len(s.layerKL(s.History[len(s.History)-1].Valid.KLPerDim)) > 0
}

// layerKL sums a KL divergence by dimension to that of each layer, counted from the data; nil where it is not
// by dimension.
func (s *scene) layerKL(kl []float64) []float64 {
	sizes := s.Net.Groups()
	if len(kl) != s.latent {
		return nil
	}
	out := make([]float64, len(sizes))
	for l, n := range sizes {
		for _, v := range kl[:n] {
			out[len(sizes)-1-l] += v
		}
		kl = kl[n:]
	}
	return out
}

// drawLayers draws what each layer carries in the course of training.
func drawLayers(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	spec := plot.CurvesSpec{Title: title, XLabel: "epoch", YLabel: "KL on the validation data (nats)"}
	for i := range s.Net.Groups() {
		spec.Series = append(spec.Series, trace(fmt.Sprintf("layer %d", i+1), s.History, func(e vi.Epoch) (float64, bool) {
			if kl := s.layerKL(e.Valid.KLPerDim); kl != nil {
				return kl[i], true
			}
			return 0, false
		}))
	}
	return "The KL divergence of each layer of latents from what the layers above it expect, layer 1 next to the data. " + s.activeLayers() +
		" A layer near 0 is silent: a schedule that lets its weight rise later (--layer-warmup) or free bits may bring it to life.", plot.Curves(w, spec)
}

// activeLayers counts the units in use of each layer.
func (s *scene) activeLayers() string {
	active, sizes := s.active(), s.Net.Groups()
	var parts []string
	for _, n := range sizes {
		in := 0
		for _, a := range active[:n] {
			if a {
				in++
			}
		}
		parts, active = append(parts, fmt.Sprintf("%d of %d", in, n)), active[n:]
	}
	slices.Reverse(parts)
	return "Latent dimensions in use, from layer 1 up: " + strings.Join(parts, ", ") + "."
}
