package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/anomaly"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
)

// scoreMaps are the flags of maps.
type scoreMaps struct {
	maps, kind, masks string
	shown             int
	smooth            float64
	given             []string // flags of maps that were given
}

// The kinds of maps.
const (
	mapSurprise = "surprise" // −E_q[ln p(x_d|z)]
	mapResidual = "residual" // |x_d − x̂_d|
)

// bindMaps adds the flags.
func (f *scoreMaps) bindMaps(cmd *cobra.Command) {
	f.kind, f.shown, f.smooth = mapSurprise, 12, 1
	cmd.Flags().StringVar(&f.maps, "maps", "", "draw the strangest images and their maps to this PNG `file`")
	cmd.Flags().StringVar(&f.kind, "map", f.kind, "`kind` of map: surprise, the part of a pixel in the reconstruction term, or residual, its distance from the reconstruction")
	completeFlag(cmd, "map", func() []string { return []string{mapSurprise, mapResidual} })
	cmd.Flags().IntVar(&f.shown, "shown", f.shown, "`images` that --maps draws")
	cmd.Flags().Float64Var(&f.smooth, "smooth", f.smooth, "standard deviation, in `pixels`, of the Gaussian window that maps are smoothed with; 0 leaves them as they are")
	cmd.Flags().StringVar(&f.masks, "masks", "", "`file` of images that are 1 where a row is truly strange: the AUROC of the maps' pixels is reported (phantoms bring their own)")
}

// checkMaps checks the flags.
func (f *scoreMaps) checkMaps(cmd *cobra.Command) error {
	for _, name := range []string{"map", "shown", "smooth"} {
		if cmd.Flags().Changed(name) {
			f.given = append(f.given, name)
		}
	}
	switch {
	case f.maps != "" && !strings.EqualFold(filepath.Ext(f.maps), ".png"):
		return misusef("--maps: got %q, want a name that ends in .png", f.maps)
	case f.kind != mapSurprise && f.kind != mapResidual:
		return misusef("--map: got %q, want %s or %s", f.kind, mapSurprise, mapResidual)
	case f.shown < 1 || f.shown > maxPairs:
		return misusef("--shown: got %d, want 1 to %d", f.shown, maxPairs)
	case !(f.smooth >= 0 && f.smooth <= 100):
		return misusef("--smooth: got %v, want 0 to 100", f.smooth)
	}
	return nil
}

// noteUnread names the flags of maps that nothing was made of: without --maps none is drawn, and without
// masks none is compared.
func (f *scoreMaps) noteUnread(w io.Writer, compared bool) {
	for _, name := range f.given {
		switch {
		case f.maps != "":
		case name == "shown":
			fmt.Fprintf(w, "note: --%s is not used: no maps are drawn; --maps draws them\n", name)
		case !compared:
			fmt.Fprintf(w, "note: --%s is not used: no maps are drawn, and the rows have no masks to compare with; --maps draws them\n", name)
		}
	}
}

// mapsOf returns the smoothed maps of images, one value a pixel.
func (f *scoreMaps) mapsOf(ctx context.Context, m *elbo.Model, rows [][]float32) ([][]float64, error) {
	of := m.Surprise
	if f.kind == mapResidual {
		of = m.Residual
	}
	out, err := of(ctx, rows)
	if err != nil {
		return nil, err
	}
	shape := m.Shape()
	for i, v := range out {
		if out[i], err = anomaly.Smooth(anomaly.Pixels(v, shape), shape[0], shape[1], f.smooth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// drawMaps draws the strangest rows with their reconstructions and maps.
func (f *scoreMaps) drawMaps(ctx context.Context, m *elbo.Model, input *data.Set, scores []float64) (string, error) {
	if !input.IsImage() {
		return "", misusef("--maps: got rows of shape %v, want images", input.Shape)
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	picked := input.Select(order[:min(f.shown, len(order))])
	rows, err := m.RowsOf(picked)
	if err != nil {
		return "", err
	}
	again, err := m.Reconstruct(ctx, rows)
	if err != nil {
		return "", err
	}
	maps, err := f.mapsOf(ctx, m, rows)
	if err != nil {
		return "", err
	}
	lo, hi, err := mapRange(maps)
	if err != nil {
		return "", err
	}
	var tiles [3][][]float32
	for i, row := range picked.Rows() {
		none := make([]float64, len(maps[i])) // leaves the image as it is, in the shape of the overlay
		for k, img := range [][]float32{row, again[i], row} {
			values, low := none, 0.
			if k == 2 {
				values, low = maps[i], lo
			}
			tile, err := plot.Overlay(img, picked.Shape, values, low, hi)
			if err != nil {
				return "", err
			}
			tiles[k] = append(tiles[k], tile)
		}
	}
	labels := []string{"row", "again", f.kind}
	shape := []int{picked.Shape[0], picked.Shape[1], 3}
	return f.maps, atomicfile.WriteFile(f.maps, func(w io.Writer) error {
		return plot.Grid(w, slices.Concat(tiles[:]...), shape, picked.Len(), plot.GridOptions{RowLabels: labels, Title: "The strangest rows, strangest first"})
	})
}

// mapRange is what the colours of maps span: from the median pixel, below which nothing is shown,
// to the largest.
func mapRange(maps [][]float64) (lo, hi float64, err error) {
	q, err := eval.Quantiles(slices.Concat(maps...), .5, 1)
	if err != nil {
		return 0, 0, err
	}
	if lo, hi = q[0], q[1]; !(hi > lo) {
		hi = lo + 1
	}
	if lo < 0 { // the ranges of images without a map begin at 0
		return lo, max(hi, 1e-9), nil
	}
	return lo, hi, nil
}

// pixelResult says how well maps find the pixels of masks.
type pixelResult struct {
	Map       string  `json:"map"`
	AUROC     float64 `json:"auroc"`
	Positives int     `json:"positives"`
	Pixels    int     `json:"count"`
}

// pixels compares maps with masks, those of --masks or of the input itself; nil where there are none.
func (f *scoreFlags) pixels(ctx context.Context, m *elbo.Model, input *data.Set, rows [][]float32) (*pixelResult, error) {
	truth, err := f.maskOf(input)
	if err != nil || truth == nil {
		return nil, err
	}
	maps, err := f.mapsOf(ctx, m, rows)
	if err != nil {
		return nil, err
	}
	p := &pixelResult{Map: fmt.Sprintf("%s smoothed over %g pixels", f.kind, f.smooth), Pixels: len(truth)}
	for _, t := range truth {
		if t {
			p.Positives++
		}
	}
	p.AUROC, err = eval.AUROC(slices.Concat(maps...), truth)
	return p, err
}

// maskOf joins the masks of the rows; nil without any.
func (f *scoreFlags) maskOf(input *data.Set) ([]bool, error) {
	if f.masks != "" {
		if !input.IsImage() {
			return nil, misusef("--masks: got rows of shape %v, want images", input.Shape)
		}
		s, _, err := data.ReadFile(f.masks, data.ReadOptions{})
		if err != nil {
			return nil, err
		}
		if want := input.Shape[0] * input.Shape[1]; s.Dim() != want || s.Len() != input.Len() {
			return nil, fmt.Errorf("%s: got %d masks of %d values, want %d of %d", f.masks, s.Len(), s.Dim(), input.Len(), want)
		}
		out := make([]bool, len(s.X))
		for i, v := range s.X {
			out[i] = v > .5
		}
		return out, nil
	}
	if f.positive == "" {
		return nil, nil
	}
	var out []bool
	for i := range input.Len() {
		mask, err := data.PhantomMask(input, i)
		if err != nil {
			return nil, nil // rows of another set have no masks
		}
		out = append(out, mask...)
	}
	return out, nil
}
