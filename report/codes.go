package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// indexed tells whether codes are maps of indices.
func (s *scene) indexed() bool { return len(s.Net.CodeMaps()) > 0 }

// hasCodeMaps asks for codes that are maps of indices.
func hasCodeMaps(s *scene) bool { return s.can["encode"] && s.n > 0 && s.indexed() }

// hasCodePictures asks for images besides, and for maps that are more than a place.
func hasCodePictures(s *scene) bool {
	return hasCodeMaps(s) && s.isImage() && s.Net.CodeMaps()[0].Count() > 1
}

// codebook describes the numbers of the scene's rows.
func (s *scene) codebook() (eval.Codebook, error) {
	books := s.Net.CodeBooks()
	return eval.NewCodebook(s.mean, s.latent, s.Net.CodeMaps()[0].Values, func(i int) int { return books[i] })
}

// drawCodebook draws how often each value of the codebooks occurs, most frequent first.
func drawCodebook(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	c, err := s.codebook()
	if err != nil {
		return "", err
	}
	bars := plot.Bars{Name: "occurrences", Color: 1, Shade: 1}
	total := float64(c.Rows * c.Numbers)
	pooled := make([]int, c.Values)
	for _, counts := range c.Counts {
		slices.SortFunc(counts, func(a, b int) int { return cmp.Compare(b, a) })
		for k, n := range counts {
			pooled[k] += n
		}
	}
	for k, n := range pooled {
		bars.Edges = append(bars.Edges, float64(k)+.5)
		bars.Heights = append(bars.Heights, math.Log10(1+float64(n)))
	}
	bars.Edges = append(bars.Edges, float64(c.Values)+.5)
	even := math.Log10(1 + total/float64(c.Values))
	spec := plot.ChartSpec{
		XLabel: "rank of the value", YLabel: "log10 of 1 + occurrences", Whole: true, Bars: []plot.Bars{bars},
		Guides: []plot.Series{{Name: "all alike", X: []float64{.5, float64(c.Values) + .5}, Y: []float64{even, even}}},
	}
	caption := fmt.Sprintf("How often each of the %d values of a number of the code occurs in %s, most frequent first%s. %.1f %% of them occur at all; "+
		"the perplexity of %.1f says that they are as varied as so many even ones. A code takes %.0f bits at a fixed length, %.1f by the frequencies "+
		"and %.1f with a coder that learns them on the way.",
		c.Values, count(c.Rows, s.datum()), books(len(c.Counts)), 100*c.Usage, c.Perplexity, c.Bits, c.EntropyBits, c.AdaptiveBits)
	return caption, plot.Charts(w, title, []plot.ChartSpec{spec}, plot.ChartsOptions{})
}

// books says that several codebooks were put together.
func books(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", in each of %d codebooks", n)
}

// mappedImages is the number of images in the picture of code maps.
const mappedImages = 10

// drawCodeMaps draws images, the first numbers of the places of their code maps as colours, and
// reconstructions.
func drawCodeMaps(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	n := min(mappedImages, s.n)
	outputs, err := s.decode(ctx, data.Rows(s.mean[:n*s.latent], s.latent), s.first(n)...)
	if err != nil {
		return "", err
	}
	var tiles [][]float32
	labels := []string{"input"}
	for i := range n {
		tiles = append(tiles, s.colored(s.row(i)))
	}
	first := 0
	for _, m := range s.Net.CodeMaps() {
		labels = append(labels, fmt.Sprintf("%d×%d codes", m.Height, m.Width))
		for i := range n {
			at := s.code(i)[first : first+m.Count()]
			tiles = append(tiles, s.tinted(func(y, x int) float64 {
				return float64(at[(y*m.Height/s.show.Shape[0]*m.Width+x*m.Width/s.show.Shape[1])*m.Depth]) / float64(m.Values)
			}))
		}
		first += m.Count()
	}
	labels = append(labels, "output")
	for _, x := range outputs {
		tiles = append(tiles, s.colored(x))
	}
	shape := []int{s.show.Shape[0], s.show.Shape[1], 3}
	return "Test images, the numbers of their codes and the reconstructions. Equal colours are equal numbers of a map; " +
		"near ones need not mean near codes.", plot.Grid(w, tiles, shape, n, plot.GridOptions{Title: title, RowLabels: labels})
}

// colored gives an image three channels.
func (s *scene) colored(x []float32) []float32 {
	if len(s.show.Shape) == 3 && s.show.Shape[2] == 3 {
		return x
	}
	out := make([]float32, 0, 3*len(x))
	for _, v := range x {
		out = append(out, v, v, v)
	}
	return out
}

// tinted is an image of the colours of numbers on [0, 1).
func (s *scene) tinted(of func(y, x int) float64) []float32 {
	var out []float32
	for y := range s.show.Shape[0] {
		for x := range s.show.Shape[1] {
			out = append(out, tint(of(y, x))...)
		}
	}
	return out
}

// tint is a hue by the golden ratio, so that numbers side by side differ, of one of three strengths.
func tint(u float64) []float32 {
	const ratio = 0.6180339887498949
	hue := math.Mod(u*1e4*ratio, 1)
	strong := .55 + .45*math.Mod(u*1e4*ratio*ratio*7, 1)
	channel := func(shift float64) float32 {
		return float32(strong * (.5 + .5*math.Cos(2*math.Pi*(hue-shift))))
	}
	return []float32{channel(0), channel(1. / 3), channel(2. / 3)}
}
