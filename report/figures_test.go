package report

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vi"
)

// caption draws one figure and returns what stands below it.
func caption(t *testing.T, s *scene, file string) string {
	t.Helper()
	for _, f := range figures {
		if f.file == file {
			text, err := f.draw(context.Background(), s, f.title, io.Discard)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			return text
		}
	}
	t.Fatalf("no figure %s", file)
	return ""
}

// tabular is the scene of a table with dim columns.
func tabular(t *testing.T, dim int, edit func(*Input)) *scene {
	t.Helper()
	in := input(t, network(t, "vae", dim, 3), table(20, dim))
	if edit != nil {
		edit(&in)
	}
	s, err := newScene(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFiguresAreNamedOnceAndGrouped(t *testing.T) {
	files, sections := map[string]bool{}, []string{}
	for _, f := range figures {
		if files[f.file] || !strings.HasSuffix(f.file, ".png") {
			t.Errorf("%s: listed twice or no PNG", f.file)
		}
		files[f.file] = true
		if len(sections) == 0 || sections[len(sections)-1] != f.section {
			sections = append(sections, f.section)
		}
	}
	if want := []string{secTraining, secOutputs, secLatent}; !slices.Equal(sections, want) {
		t.Errorf("sections: got %v, want %v without a return", sections, want)
	}
}

func TestEveryFigureThatDecodesCanBeCancelled(t *testing.T) {
	s := sceneOf(t, "vae", 2, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	decoding := map[string]bool{"reconstructions.png": true, "samples.png": true, "manifold.png": true, "traversals.png": true, "interpolation.png": true, "density.png": true}
	for _, f := range figures {
		if !f.applies(s) {
			continue
		}
		_, err := f.draw(ctx, s, f.title, io.Discard)
		if decoding[f.file] != errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", f.file, err)
		}
	}
}

// fullDisk fails every write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestEveryFigureReportsAFailingWriter(t *testing.T) {
	s := sceneOf(t, "vae", 2, nil)
	for _, f := range figures {
		if !f.applies(s) {
			continue
		}
		if _, err := f.draw(context.Background(), s, f.title, fullDisk{}); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("%s: got %v, want the writer's error", f.file, err)
		}
	}
}

func TestDataThatAreNoNumbersNameTheFigure(t *testing.T) {
	in := input(t, network(t, "vae", 64, 3), images(12))
	in.TestX = slices.Repeat([]float32{float32(nan)}, len(in.Show.X))
	if _, err := Write(context.Background(), t.TempDir(), in); err == nil || !strings.HasPrefix(err.Error(), "report: figure latent.png: ") {
		t.Errorf("got %v, want an error that names latent.png", err)
	}
	in = input(t, network(t, "vae", 64, 3), images(12))
	for i := range in.History {
		in.History[i].Train.Bound, in.History[i].Valid.Bound = nan, nan
		in.History[i].Train.Reconstruction, in.History[i].Valid.Reconstruction = nan, nan
		in.History[i].Train.KL, in.History[i].Valid.KL = nan, nan
	}
	if _, err := Write(context.Background(), t.TempDir(), in); err == nil || !strings.HasPrefix(err.Error(), "report: figure bounds.png: history: ") {
		t.Errorf("got %v, want an error that names bounds.png", err)
	}
}

func TestLinesHaveGapsWhereNothingWasMeasured(t *testing.T) {
	h := epochs(3, 2)
	h[1].Valid = vi.Record{}
	l := term("validation", h, ofValid, bound)
	if !slices.Equal(l.X, []float64{1, 2, 3}) || !math.IsNaN(l.Y[1]) || l.Y[2] != h[2].Valid.Bound {
		t.Errorf("got %v over %v, want a gap at epoch 2", l.Y, l.X)
	}
	for i := range h {
		h[i].Valid = vi.Record{}
	}
	p := panel("ELBO", "nats", both(h, 2, bound)...)
	if len(p.Series) != 1 || p.Series[0].Name != "training" || p.Series[0].Dashed || p.Series[0].Color != 2 {
		t.Errorf("without validation: got %+v, want the training line alone", p.Series)
	}
	if got := charted(p, panel("empty", "")); len(got) != 1 {
		t.Errorf("got %d charts, want the one with a line", len(got))
	}
}

func TestTermsAreDrawnInOneColourWithValidationDashed(t *testing.T) {
	lines := both(epochs(3, 2), 3, divergence)
	if lines[0].Dashed || !lines[1].Dashed || lines[0].Color != 3 || lines[1].Color != 3 {
		t.Errorf("got %+v", lines)
	}
	if lines[0].Y[0] != 3 {
		t.Errorf("KL: got %v, want 3", lines[0].Y[0])
	}
	r := vi.Record{Bound: -5, Reconstruction: -4, KL: 1}
	if bound(r) != -5 || reconstruction(r) != -4 || divergence(r) != 1 {
		t.Error("a term is not that of the record")
	}
}

func TestCurvesSayWhatWasLeftOut(t *testing.T) {
	s := sceneOf(t, "vae", 3, func(in *Input) { in.History = epochs(40, 3) })
	if got := caption(t, s, "bounds.png"); !strings.Contains(got, "when the bound rose steeply, are left out") || !strings.Contains(got, "minus the KL") {
		t.Errorf("got %q", got)
	}
	s = sceneOf(t, "ae", 3, nil)
	if got := caption(t, s, "bounds.png"); strings.Contains(got, "left out") || strings.Contains(got, "minus the KL") {
		t.Errorf("a short run without a prior: got %q", got)
	}
}

func TestTheLatentPlane(t *testing.T) {
	s := sceneOf(t, "vae", 1, nil)
	xy, xl, yl, _, err := s.plane()
	if err != nil || !strings.Contains(xl, "mean") || !strings.Contains(yl, "deviation") {
		t.Fatalf("one dimension: got %q, %q, %v", xl, yl, err)
	}
	for i, p := range xy {
		if p[0] != float64(s.mean[i]) || math.Abs(p[1]*p[1]-float64(s.variance[i])) > 1e-6 {
			t.Fatalf("one dimension, row %d: got %v, want mean %v and variance %v", i, p, s.mean[i], s.variance[i])
		}
	}
	s = sceneOf(t, "vae", 2, nil)
	xy, xl, yl, _, err = s.plane()
	if err != nil || xl != "z0" || yl != "z1" || xy[4] != [2]float64{float64(s.code(4)[0]), float64(s.code(4)[1])} {
		t.Errorf("two dimensions: got %v by %q and %q, %v, want the code %v", xy[4], xl, yl, err, s.code(4))
	}
}

// TestTheLatentPlaneKeepsTheMostVariance: codes on a plane lose nothing, and distances stay.
func TestTheLatentPlaneKeepsTheMostVariance(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	for i := range s.n {
		a, b := float32(i%5), float32(i%7)
		copy(s.code(i), []float32{a + b, a - b, 2 * a})
	}
	xy, xl, _, how, err := s.plane()
	if err != nil || !strings.Contains(how, "keep 100 %") || !strings.Contains(xl, "first principal component (") {
		t.Fatalf("got %q, %q, %v, want 100 %%", how, xl, err)
	}
	for i := 1; i < s.n; i++ {
		want := 0.
		for j := range 3 {
			d := float64(s.code(i)[j] - s.code(0)[j])
			want += d * d
		}
		if got := math.Hypot(xy[i][0]-xy[0][0], xy[i][1]-xy[0][1]); math.Abs(got-math.Sqrt(want)) > 1e-9 {
			t.Errorf("row %d: distance to the first: got %v, want %v", i, got, math.Sqrt(want))
		}
	}
}

func TestLatentCaptionsFollowFromTheData(t *testing.T) {
	s := sceneOf(t, "vae", 2, nil)
	if got := caption(t, s, "latent.png"); !strings.Contains(got, "30 test rows, as they are") || !strings.Contains(got, "classes") || !strings.Contains(got, "prior") {
		t.Errorf("classes: got %q", got)
	}
	s.show.Labels, s.show.Factors = nil, []data.Factor{{Name: "phase", Values: make([]float32, 30)}}
	if got := caption(t, s, "latent.png"); !strings.Contains(got, "factor") || strings.Contains(got, "classes") {
		t.Errorf("factor: got %q", got)
	}
	s = sceneOf(t, "ae", 2, func(in *Input) { in.Show.Labels = nil })
	if got := caption(t, s, "latent.png"); strings.Contains(got, "prior") || strings.Contains(got, "classes") {
		t.Errorf("neither prior nor classes: got %q", got)
	}
}

func TestTraversalsMoveOneDimension(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	codes := walked(t, s, []int{2, 0}, 7)
	if len(codes) != 14 {
		t.Fatalf("got %d codes, want 14", len(codes))
	}
	for k, z := range codes {
		moved := []int{2, 0}[k/7]
		for j, v := range z {
			switch {
			case j == moved && float64(v) != float64(k%7-3):
				t.Errorf("code %d: dimension %d: got %v, want %d", k, j, v, k%7-3)
			case j != moved && v != s.code(0)[j]:
				t.Errorf("code %d: dimension %d moved from %v to %v", k, j, s.code(0)[j], v)
			}
		}
	}
}

func TestTraversalsWithoutAPriorFollowTheCodes(t *testing.T) {
	s := sceneOf(t, "ae", 2, nil)
	for i := range s.n { // mean 10 and deviation 2, mean −1 and deviation 0
		s.mean[2*i], s.mean[2*i+1] = 10+float32(2*(2*(i%2)-1)), -1
	}
	codes := walked(t, s, []int{0, 1}, 3)
	for k, want := range []float32{4, 10, 16, -1, -1, -1} {
		if got := codes[k][k/3]; math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("code %d: got %v, want %v", k, got, want)
		}
	}
	if got := caption(t, s, "traversals.png"); !strings.Contains(got, "standard deviations of the codes") {
		t.Errorf("got %q", got)
	}
}

func TestDimensionsAreNamedWithTheirKLWhereThereIsRoom(t *testing.T) {
	kl := func(in *Input) { in.Record.KLPerDim = []float64{.5, 2, 1} }
	for want, s := range map[string]*scene{
		"z1, 2.00 nats": sceneOf(t, "vae", 3, kl),
		"z1":            tabular(t, 4, kl),
	} {
		if got := s.dimension(1); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := tabular(t, maxCells+1, kl).dimension(2); got != "z2, 1.00 nats" {
		t.Errorf("series: got %q", got)
	}
}

// TestThePlaneHasEqualProbability: between neighbouring codes lies 1/20 of the standard normal.
func TestThePlaneHasEqualProbability(t *testing.T) {
	codes := planeCodes()
	phi := func(v float32) float64 { return .5 * math.Erfc(-float64(v)/math.Sqrt2) }
	if len(codes) != planeSide*planeSide {
		t.Fatalf("got %d codes, want %d", len(codes), planeSide*planeSide)
	}
	for k, z := range codes {
		row, col := k/planeSide, k%planeSide
		if x, y := (float64(col)+.5)/planeSide, (float64(planeSide-1-row)+.5)/planeSide; math.Abs(phi(z[0])-x) > 1e-6 || math.Abs(phi(z[1])-y) > 1e-6 {
			t.Errorf("row %d, column %d: got probabilities %v and %v, want %v and %v", row, col, phi(z[0]), phi(z[1]), x, y)
		}
	}
}

func TestRowsAreShownAsWhatTheyAre(t *testing.T) {
	for _, c := range []struct {
		name          string
		s             *scene
		image, series bool
		unit          string
	}{
		{"images", sceneOf(t, "vae", 3, nil), true, false, "value"},
		{"a table", tabular(t, 4, nil), false, false, "standard deviations"},
		{"a raw table", tabular(t, 2, func(in *Input) { in.Show.Columns = nil }), false, false, "value"},
		{"a series", tabular(t, maxCells+1, nil), false, true, "standard deviations"},
	} {
		if c.s.isImage() != c.image || c.s.isSeries() != c.series || c.s.unit() != c.unit {
			t.Errorf("%s: got image %v, series %v, in %s", c.name, c.s.isImage(), c.s.isSeries(), c.s.unit())
		}
		if names := c.s.columns(); (names == nil) != (c.unit == "value") {
			t.Errorf("%s: got the column names %q", c.name, names)
		}
	}
}

// TestGridsDiffer: the three ways to draw a grid give pictures of their own sizes.
func TestGridsDiffer(t *testing.T) {
	l := layout{title: "grid", rows: []string{"first", "second"}, cols: []string{"a", "b", "c"}, join: " = "}
	seen := map[[2]int]string{}
	for name, s := range map[string]*scene{"images": sceneOf(t, "vae", 3, nil), "table": tabular(t, 4, nil), "series": tabular(t, 30, nil)} {
		var out bytes.Buffer
		if err := s.grid(&out, data.Rows(s.x[:6*s.dim], s.dim), 3, l); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c, err := png.DecodeConfig(&out)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if other, ok := seen[[2]int{c.Width, c.Height}]; ok {
			t.Errorf("%s and %s: got pictures of one size, %d×%d", name, other, c.Width, c.Height)
		}
		seen[[2]int{c.Width, c.Height}] = name
	}
}

func TestTableSamplesStandAboveTestRows(t *testing.T) {
	for dim, want := range map[int]string{4: "standard deviations", maxCells + 1: "standard deviations"} {
		s := tabular(t, dim, nil)
		if got := caption(t, s, "samples.png"); !strings.Contains(got, "test rows, in "+want) {
			t.Errorf("%d columns: got %q", dim, got)
		}
	}
	if got := caption(t, sceneOf(t, "vae", 3, nil), "samples.png"); strings.Contains(got, "test rows") {
		t.Errorf("images: got %q", got)
	}
	height := func(s *scene) int {
		var out bytes.Buffer
		if err := s.besideData(&out, make([][]float32, 0, 12), ""); err == nil {
			t.Error("nothing to draw: got no error, want one")
		}
		if err := s.besideData(&out, data.Rows(s.x[:2*s.dim], s.dim), ""); err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(&out)
		if err != nil {
			t.Fatal(err)
		}
		return c.Height
	}
	full, bare := tabular(t, 4, nil), tabular(t, 4, nil)
	bare.n = 0
	if a, b := height(full), height(bare); a <= b {
		t.Errorf("heights: got %d with and %d without test rows, want more with them", a, b)
	}
}

func TestThePageHoldsEverythingInOrder(t *testing.T) {
	s := measured(t, "vae", func(s *scene) {
		s.Title, s.Command = "a run", "elbo train"
		s.Warnings = []vi.Warning{{Name: "low-rate", Detail: "little", Remedy: "try"}}
		s.Config, s.Environment = [][2]string{{"model", "vae"}, {"seed", "1"}}, [][2]string{{"go", "1.26"}}
	})
	figs, err := drawAll(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	p := s.page(figs)
	if p.Title != "a run" || p.Verdict != s.verdict() || p.Command != "elbo train" || len(p.Figures) != len(s.keyFigures()) {
		t.Errorf("got %q, %q, %q and %d figures", p.Title, p.Verdict, p.Command, len(p.Figures))
	}
	if w := p.Warnings; len(w) != 1 || w[0].Name != "low-rate" || w[0].Text != "little" || w[0].Remedy != "try" {
		t.Errorf("warnings: got %+v", w)
	}
	if c := p.Config; len(c) != 2 || c[1].Name != "seed" || c[1].Value != "1" || len(p.Environment) != 1 {
		t.Errorf("settings: got %+v and %+v", c, p.Environment)
	}
	var titles []string
	n := 0
	for _, sec := range p.Sections {
		titles = append(titles, sec.Title)
		for _, pic := range sec.Pictures {
			if pic.Caption != figs[n].Caption || !bytes.Equal(pic.PNG, figs[n].png) {
				t.Errorf("picture %d: not %s", n, figs[n].File)
			}
			n++
		}
	}
	if want := []string{secTraining, secOutputs, secLatent}; !slices.Equal(titles, want) || n != len(figs) {
		t.Errorf("got %d pictures in %v, want %d in %v", n, titles, len(figs), want)
	}
}

func TestReportsAreTitledByModelAndData(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	if s.Title != "vae on bars" || s.Metric != "bound on the validation data at β = 1" {
		t.Errorf("got %q by %q", s.Title, s.Metric)
	}
	s = sceneOf(t, "vae", 3, func(in *Input) { in.Title, in.Metric = "mine", "accuracy" })
	if s.Title != "mine" || s.Metric != "accuracy" {
		t.Errorf("got %q by %q, want what was given", s.Title, s.Metric)
	}
}

// walked are the codes of a traversal.
func walked(t *testing.T, s *scene, moved []int, steps int) [][]float32 {
	t.Helper()
	codes, err := s.traversed(t.Context(), moved, steps)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}
