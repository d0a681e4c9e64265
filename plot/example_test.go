package plot_test

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"

	"github.com/elbo-go/elbo/plot"
)

// size prints the size of a picture in device pixels.
func size(b *bytes.Buffer) {
	c, err := png.DecodeConfig(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Width, "by", c.Height)
}

// Training and validation share a colour; the validation curve is dashed.
func ExampleCurves() {
	var b bytes.Buffer
	err := plot.Curves(&b, plot.CurvesSpec{
		Title: "Evidence lower bound", XLabel: "epoch", YLabel: "nats per example, larger is better",
		Series: []plot.Series{
			{Name: "training", Y: []float64{-190, -130, -112, -105}, Color: 1},
			{Name: "validation", Y: []float64{-185, -131, -115, -109}, Color: 1, Dashed: true},
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	size(&b)
	// Output: 1520 by 918
}

// A traversal has a row for each latent dimension and a column for each step.
func ExampleGrid() {
	images := make([][]float32, 6)
	for i := range images {
		images[i] = make([]float32, 28*28)
	}
	var b bytes.Buffer
	err := plot.Grid(&b, images, []int{28, 28}, 3, plot.GridOptions{
		RowLabels: []string{"z3", "z0"}, ColLabels: []string{"−2", "0", "2"},
	})
	if err != nil {
		fmt.Println(err)
	}
	size(&b)
	// Output: 480 by 348
}

// Errors name the function, what it got and what it wants.
func ExampleKLBars() {
	err := plot.KLBars(new(bytes.Buffer), []float64{1.5, 0.02}, []bool{true}, "KL")
	fmt.Println(err)
	// Output: plot: KLBars: dimensions: got 2 KL values and 1 flags, want as many and at least one
}

// A report is one file without scripts or links to anywhere.
func ExampleReport() {
	var b strings.Builder
	err := plot.Report(&b, plot.ReportSpec{
		Title:   "vae on digits",
		Verdict: "Validation ELBO −21.3 nats; 6 of 8 dimensions active.",
		Figures: []plot.KeyFigure{{Name: "ELBO", Value: "−21.3", Unit: "nats", Note: "validation"}},
		Command: "elbo train vae --seed 1",
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(b.String(), "<h1>vae on digits</h1>"), strings.Contains(b.String(), "<script"))
	// Output: true false
}

// A band with its mean and the rows it was made for.
func ExampleCharts() {
	x := []float64{0, 1, 2, 3}
	spec := plot.ChartSpec{
		XLabel: "distance (m)", YLabel: "time (s)",
		Areas: []plot.Area{{Name: "90 %", X: x, Lo: []float64{0, 1, 1, 2}, Hi: []float64{1, 3, 5, 7}, Color: 1, Shade: .3}},
		Lines: []plot.Series{{Name: "mean", X: x, Y: []float64{.5, 2, 3, 4.5}, Color: 1}},
		Marks: []plot.Marks{{Name: "rows", X: []float64{.5, 1.5, 2.5}, Y: []float64{1, 2, 5}}},
	}
	var b bytes.Buffer
	err := plot.Charts(&b, "Times", []plot.ChartSpec{spec}, plot.ChartsOptions{})
	fmt.Println(b.Len() > 0, err)
	// Output: true <nil>
}
