package plot

import (
	"fmt"
	"image"
	"io"
	"math"
)

// GridOptions says how a grid of images is framed. The zero value is a plain grid.
type GridOptions struct {
	// RowLabels stand left of the rows, ColLabels above the columns.
	RowLabels, ColLabels []string
	// Title stands above the grid.
	Title string
	// Gap is the space between tiles in device pixels; 0 is the usual one, −1 none.
	Gap int
	// Scale is the device pixels per image pixel; 0 chooses a readable size.
	Scale int
}

// Grid draws images row by row in cols columns, as for prior samples, traversals (a row
// per dimension), interpolations and manifolds. An image holds the values of shape
// ([H W], [H W 1] or [H W 3], the channel fastest) from 0, black, to 1; values outside
// are clipped and NaN is shown in magenta. Pixels are enlarged to squares.
func Grid(w io.Writer, images [][]float32, shape []int, cols int, opt GridOptions) error {
	return drawGrid(w, "Grid", images, shape, cols, opt, 0)
}

// Pairs draws each input above its reconstruction, with up to cols pairs beside each other.
func Pairs(w io.Writer, inputs, outputs [][]float32, shape []int, cols int, title string) error {
	if len(inputs) != len(outputs) {
		return fmt.Errorf("plot: Pairs: images: got %d inputs and %d outputs, want as many", len(inputs), len(outputs))
	}
	if cols < 1 {
		return fmt.Errorf("plot: Pairs: columns: got %d, want at least 1", cols)
	}
	var images [][]float32
	var labels []string
	cols = min(cols, max(len(inputs), 1))
	for i := 0; i < len(inputs); i += cols {
		end := min(i+cols, len(inputs))
		for _, half := range [][][]float32{inputs[i:end], outputs[i:end]} {
			images = append(images, half...)
			images = append(images, make([][]float32, cols-len(half))...) // nil: no tile
		}
		labels = append(labels, "input", "output")
	}
	return drawGrid(w, "Pairs", images, shape, cols, GridOptions{RowLabels: labels, Title: title}, 2)
}

// drawGrid draws a grid in which nil images leave their place empty and every block rows
// are set apart.
func drawGrid(w io.Writer, what string, images [][]float32, shape []int, cols int, opt GridOptions, block int) error {
	t, err := parseShape(what, shape)
	if err != nil {
		return err
	}
	g, err := layGrid(what, t, len(images), cols, opt, block)
	if err != nil {
		return err
	}
	for i, img := range images {
		if len(img) != t.size() && !(img == nil && block > 0) {
			return fmt.Errorf("plot: %s: image %d: got %d values, want %d for shape %v", what, i, len(img), t.size(), shape)
		}
	}
	s, err := newSheet(what, g.w, g.h)
	if err != nil {
		return err
	}
	s.heading(s.page(), opt.Title)
	g.labels(s, opt)
	for i, img := range images {
		if img == nil {
			continue
		}
		at := g.corner(i/cols, i%cols)
		if g.gap > 1 {
			s.frameTile(at, t.w*g.scale, t.h*g.scale)
		}
		s.paste(img, t, at, g.scale)
	}
	return s.write(w)
}

// frameTile puts a hairline of the mat colour around a tile, so that tiles with a white
// ground do not melt into the paper.
func (s *sheet) frameTile(at image.Point, w, h int) {
	x, y := float64(at.X)/density, float64(at.Y)/density
	const line = 1.0 / density
	s.fill(box{x - line, y - line, x + float64(w)/density + line, y + float64(h)/density + line}, mat)
}

// gridLayout places tiles in device pixels.
type gridLayout struct {
	tile              tileShape
	scale, gap        int
	cols, rows, block int
	blockGap          int
	origin            image.Point // of the first tile
	w, h              float64     // of the sheet, CSS pixels
}

const (
	tileTarget = 112  // wanted side of a tile, device pixels
	gridTarget = 1900 // wanted width of a grid, device pixels
)

// layGrid chooses scale and size.
func layGrid(what string, t tileShape, n, cols int, opt GridOptions, block int) (*gridLayout, error) {
	if n == 0 {
		return nil, fmt.Errorf("plot: %s: images: got none, want at least one", what)
	}
	if cols < 1 || cols > 1<<12 {
		return nil, fmt.Errorf("plot: %s: columns: got %d, want 1 to %d", what, cols, 1<<12)
	}
	if opt.Scale < 0 || opt.Scale > 1<<10 || opt.Gap < -1 || opt.Gap > 1<<10 {
		return nil, fmt.Errorf("plot: %s: options: got scale %d and gap %d, want 0 to %d and −1 to %d", what, opt.Scale, opt.Gap, 1<<10, 1<<10)
	}
	g := &gridLayout{tile: t, scale: opt.Scale, gap: opt.Gap, cols: min(cols, n), rows: (n + cols - 1) / cols, block: block}
	if len(opt.RowLabels) > g.rows || len(opt.ColLabels) > g.cols {
		return nil, fmt.Errorf("plot: %s: labels: got %d for rows and %d for columns, want at most %d and %d",
			what, len(opt.RowLabels), len(opt.ColLabels), g.rows, g.cols)
	}
	if g.scale == 0 {
		g.scale = max(1, min(tileTarget/max(t.h, t.w), gridTarget/(g.cols*t.w)))
	}
	switch g.gap {
	case 0:
		g.gap = 6
	case -1:
		g.gap = 0
	}
	if block > 0 {
		g.blockGap = 16
	}
	g.measure(opt)
	return g, nil
}

// measure sets origin and size from labels and title.
func (g *gridLayout) measure(opt GridOptions) {
	x, y := margin, margin
	if oneLine(opt.Title) != "" {
		y += titleSize + 14
	}
	if len(opt.ColLabels) > 0 {
		y += labelSize + 6
	}
	if len(opt.RowLabels) > 0 {
		x += min(labelType.widest(opt.RowLabels), legendEntry) + 12
	}
	g.origin = image.Pt(device(x), device(y))
	end := g.corner(g.rows-1, g.cols-1).Add(image.Pt(g.tile.w*g.scale, g.tile.h*g.scale))
	// A narrow grid is still wide enough to read its title.
	titled := min(titleType.width(oneLine(opt.Title)), 420) + 2*margin
	g.w = max(float64(end.X)/density+margin, math.Ceil(titled))
	g.h = float64(end.Y)/density + margin
}

// corner is the top left device pixel of a tile.
func (g *gridLayout) corner(row, col int) image.Point {
	p := image.Pt(col*(g.tile.w*g.scale+g.gap), row*(g.tile.h*g.scale+g.gap))
	if g.block > 0 {
		p.Y += row / g.block * g.blockGap
	}
	return g.origin.Add(p)
}

// labels writes row and column labels, leaving out those that would overlap.
func (g *gridLayout) labels(s *sheet, opt GridOptions) {
	last := math.Inf(-1)
	for i, txt := range opt.RowLabels {
		at := g.corner(i, 0)
		y := (float64(at.Y) + float64(g.tile.h*g.scale)/2) / density
		if y-last >= labelSize {
			s.text(float64(at.X)/density-10, y, labelType.fit(txt, legendEntry), labelType, right)
			last = y
		}
	}
	end := math.Inf(-1)
	for j, txt := range opt.ColLabels {
		at := g.corner(0, j)
		x := (float64(at.X) + float64(g.tile.w*g.scale)/2) / density
		txt = labelType.fit(txt, max(float64(g.tile.w*g.scale)/density, 28))
		if half := labelType.width(txt) / 2; x-half >= end+4 {
			s.text(x, float64(at.Y)/density-6-labelSize/2, txt, labelType, center)
			end = x + half
		}
	}
}
