package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hostile is a name that nobody should choose.
const hostile = "<script>alert('x')</script>\n\t\"&\x00\u202e\U0001F600 " + "e\u0301 مرحبا 漢字"

// exhibit is a named picture of the gallery.
type exhibit struct {
	name string
	draw drawing
}

// gallery is one picture of every kind and edge. The data are synthetic and fixed.
func gallery() []exhibit {
	return slices.Concat(curveExhibits(), barExhibits(), imageExhibits(), tableExhibits(), scatterExhibits(), chartExhibits(), confusionExhibits())
}

func fixedRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// decay is a noisy exponential approach to a from a+b.
func decay(r *rand.Rand, a, b, tau, noise float64, n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = a + b*math.Exp(-float64(i)/tau) + noise*r.NormFloat64()
	}
	return y
}

func curveExhibits() []exhibit {
	r := fixedRand()
	nan := math.NaN()
	bound := CurvesSpec{"Evidence lower bound", "epoch", "nats per example, larger is better", []Series{
		{Name: "training", Y: decay(r, -101, -90, 5, 0.3, 40), Color: 1},
		{Name: "validation", Y: decay(r, -104, -88, 5, 0.5, 40), Color: 1, Dashed: true},
		{Name: "reconstruction", Y: decay(r, -78, -70, 4, 0.3, 40)},
	}}
	beta := CurvesSpec{"β", "epoch", "weight of the KL", []Series{{Y: []float64{0, 0.25, 0.5, 0.75, 1, 1, 1}}}}
	var many []Series
	for i := range 14 {
		many = append(many, Series{Name: fmt.Sprintf("run %d with a name of some length", i), Y: decay(r, -100-float64(i), -50, 5, 1, 60)})
	}
	chart := func(name string, spec CurvesSpec) exhibit {
		return exhibit{"curves-" + name, func(w io.Writer) error { return Curves(w, spec) }}
	}
	return []exhibit{
		chart("bound", bound),
		chart("many", CurvesSpec{"Fourteen runs", "epoch", "nats", many}),
		chart("one-point", CurvesSpec{"One epoch", "epoch", "nats", []Series{{Name: "training", Y: []float64{-120}}}}),
		chart("gaps", CurvesSpec{"", "", "", []Series{{Y: []float64{1, 1, 1, nan, 1, nan, 1, 1}}}}),
		chart("steps", CurvesSpec{"Steps", "step", "nats", []Series{{Name: "loss", Y: decay(r, 100, 400, 5e3, 9, 20_000)}}}),
		chart("hostile", CurvesSpec{hostile, strings.Repeat(hostile, 9), hostile, []Series{{Name: strings.Repeat("long ", 99), X: []float64{-1e300, 0, 1e308}, Y: []float64{-1e308, 1e-300, 1e308}}}}),
		{"panels", func(w io.Writer) error {
			return Panels(w, "The bound and its terms", []CurvesSpec{bound, beta, beta}, 2)
		}},
	}
}

func barExhibits() []exhibit {
	r := fixedRand()
	var out []exhibit
	for _, n := range []int{1, 10, 41, 512} {
		kl, active := make([]float64, n), make([]bool, n)
		for i := range kl {
			kl[i] = 4 * math.Pow(r.Float64(), 3)
			active[i] = kl[i] > 0.3
		}
		out = append(out, exhibit{fmt.Sprintf("kl-%d", n), func(w io.Writer) error { return KLBars(w, kl, active, "KL per latent dimension") }})
	}
	return append(out, exhibit{"kl-collapsed", func(w io.Writer) error { return KLBars(w, make([]float64, 8), make([]bool, 8), hostile) }})
}

// blob is an image with a soft spot that wanders with s.
func blob(h, w, c int, s float64) []float32 {
	p := make([]float32, h*w*c)
	for i := range p {
		x, y, k := float64(i/c%w)/float64(w), float64(i/c/w)/float64(h), float64(i%c)
		dx, dy := x-0.5-0.2*math.Sin(s+k), y-0.5+0.2*math.Cos(s)
		p[i] = float32(math.Exp(-(dx*dx + dy*dy) * 30))
	}
	return p
}

func blobs(n, h, w, c int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = blob(h, w, c, float64(i)/5)
	}
	return out
}

func imageExhibits() []exhibit {
	gray, hue, small, wide := blobs(40, 28, 28, 1), blobs(36, 32, 32, 3), blobs(10, 8, 8, 1), blobs(2, 300, 700, 1)
	steps := []string{"−3", "−2.5", "−2", "−1.5", "−1", "−0.5", "0", "0.5", "1", "1.5", "2", "a long label"}
	return []exhibit{
		{"grid-samples", func(w io.Writer) error {
			return Grid(w, gray, []int{28, 28}, 8, GridOptions{Title: "Samples from the prior"})
		}},
		{"grid-traversal", func(w io.Writer) error {
			return Grid(w, hue, []int{32, 32, 3}, 12, GridOptions{Title: "Traversals", RowLabels: []string{"z3", "z7", hostile}, ColLabels: steps})
		}},
		{"grid-interpolation", func(w io.Writer) error {
			return Grid(w, small, []int{8, 8, 1}, 10, GridOptions{Title: "Interpolation"})
		}},
		{"grid-manifold", func(w io.Writer) error {
			return Grid(w, gray, []int{28, 28}, 8, GridOptions{Title: "Manifold", Gap: -1})
		}},
		{"grid-large", func(w io.Writer) error { return Grid(w, wide, []int{300, 700}, 1, GridOptions{}) }},
		{"pairs", func(w io.Writer) error { return Pairs(w, gray[:20], gray[1:21], []int{28, 28}, 12, "Reconstructions") }},
	}
}

func tableExhibits() []exhibit {
	r := fixedRand()
	names := []string{"sepal length", "sepal width", "petal length", "petal width", "age", hostile}
	var in, out, wide [][]float32
	var wideNames []string
	for i := range 7 {
		a, b, c := make([]float32, 6), make([]float32, 6), make([]float32, 60)
		for j := range a {
			a[j] = float32(r.NormFloat64())
			b[j] = a[j]*0.9 + 0.2*float32(r.NormFloat64())
		}
		for j := range c {
			c[j] = float32(math.Sin(float64(j)/(5+float64(i))) + 0.1*r.NormFloat64())
		}
		in, out, wide = append(in, a), append(out, b), append(wide, c)
	}
	for j := range 60 {
		wideNames = append(wideNames, fmt.Sprintf("feature %d", j))
	}
	return []exhibit{
		{"heat", func(w io.Writer) error {
			return RowHeat(w, in, names, RowHeatOptions{Title: "Samples", RowLabels: []string{"first", hostile}})
		}},
		{"heat-wide", func(w io.Writer) error {
			return RowHeat(w, wide, wideNames, RowHeatOptions{Title: "Samples", Shared: true})
		}},
		{"lines", func(w io.Writer) error {
			return PairedLines(w, in, out, PairedLinesOptions{Title: "Reconstructions", Names: names, YLabel: "standardised"})
		}},
		{"lines-series", func(w io.Writer) error {
			return PairedLines(w, wide, wide, PairedLinesOptions{Title: hostile, Cols: 2})
		}},
	}
}

// ring is n points around a circle with their class, of classes many.
func ring(n, classes int) (xy [][2]float64, labels []int32) {
	r := fixedRand()
	for i := range n {
		a := 2 * math.Pi * float64(i%classes) / float64(classes)
		xy = append(xy, [2]float64{2*math.Cos(a) + 0.4*r.NormFloat64(), 2*math.Sin(a) + 0.4*r.NormFloat64()})
		labels = append(labels, int32(i%classes))
	}
	return xy, labels
}

func scatterExhibits() []exhibit {
	var names []string
	for i := range 400 {
		names = append(names, fmt.Sprintf("category %d", i))
	}
	var out []exhibit
	for _, c := range []struct{ n, classes int }{{1, 1}, {150, 3}, {10_000, 45}, {3000, 400}} {
		xy, labels := ring(c.n, c.classes)
		values := make([]float64, c.n)
		for i, p := range xy {
			values[i] = math.Atan2(p[1], p[0]) * 180 / math.Pi
		}
		out = append(out,
			exhibit{fmt.Sprintf("scatter-%d", c.n), func(w io.Writer) error {
				return Scatter(w, xy, labels, names, "Latent means", "first dimension", "second dimension")
			}})
		if c.n > 200 {
			continue
		}
		out = append(out,
			exhibit{fmt.Sprintf("values-%d", c.n), func(w io.Writer) error {
				return ScatterValues(w, xy, values, "angle (degrees)", "Latent means by angle", "z1", hostile)
			}})
	}
	return out
}

// Every picture: the same bytes twice, whole CSS pixels, and untouched paper along all
// four edges, which nothing that is cut off would leave. The short tests take a third of them. With ELBO_GALLERY set to a
// folder the pictures are left there to look at.
func TestEveryPictureIsDeterministicAndInsideItsMargins(t *testing.T) {
	const edge = 6 // device pixels that must stay blank; the margin is 40
	folder := os.Getenv("ELBO_GALLERY")
	for i, e := range gallery() {
		if testing.Short() && i%3 != 0 {
			continue
		}
		data := encode(t, e.draw)
		if !bytes.Equal(data, encode(t, e.draw)) {
			t.Errorf("%s: drawing twice gave different bytes", e.name)
		}
		if folder != "" {
			if err := os.WriteFile(filepath.Join(folder, e.name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		if size.X%density != 0 || size.Y%density != 0 {
			t.Errorf("%s: size %v is not a multiple of %d", e.name, size, density)
		}
		if inner := img.Bounds().Inset(edge); inner.Empty() {
			t.Errorf("%s: size %v is smaller than its margins", e.name, size)
		}
		if n := edgeInk(img, edge); n > 0 {
			t.Errorf("%s: %d pixels within %d of the edge of %v are not paper", e.name, n, edge, size)
		}
	}
}

// edgeInk counts the pixels within edge of the border that are not paper.
func edgeInk(img image.Image, edge int) int {
	b := img.Bounds()
	n := 0
	for _, r := range []image.Rectangle{
		{b.Min, image.Pt(b.Max.X, edge)}, {image.Pt(0, b.Max.Y-edge), b.Max},
		{b.Min, image.Pt(edge, b.Max.Y)}, {image.Pt(b.Max.X-edge, 0), b.Max},
	} {
		_, blank := extent(img, r, paper)
		n += r.Dx()*r.Dy() - blank
	}
	return n
}
