package forecast

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/plot"
)

// near fails unless got is within tol of want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, tol)
	}
}

// fails checks that err exists, has the house's form and says what it should.
func fails(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range append(parts, "forecast: ") {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q: want it to contain %q", err, p)
		}
	}
}

// says checks that a caption holds some words.
func says(t *testing.T, caption string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(caption, p) {
			t.Errorf("%q: want it to contain %q", caption, p)
		}
	}
}

// normal is a prediction of a number whose two deviations are known.
func normal(mean, aleatoric, epistemic float64) bnn.Prediction {
	return bnn.Prediction{Mean: mean, SD: math.Hypot(aleatoric, epistemic), Aleatoric: aleatoric, Epistemic: epistemic}
}

// linear predicts 3x₀ − x₁ + .2x₂, surer near the middle of the first column.
func linear(row []float32) bnn.Prediction {
	mean, weights := 0., []float64{3, -1, .2}
	for j, v := range row {
		if j < len(weights) {
			mean += weights[j] * float64(v)
		}
	}
	return normal(mean, 1+.1*math.Abs(mean), .2+.3*math.Abs(float64(row[0])))
}

// predictor predicts rows one by one and counts them.
func predictor(of func([]float32) bnn.Prediction, asked *int) func([][]float32) ([]bnn.Prediction, error) {
	return func(x [][]float32) ([]bnn.Prediction, error) {
		out := make([]bnn.Prediction, len(x))
		for i, row := range x {
			out[i] = of(row)
		}
		if asked != nil {
			*asked += len(x)
		}
		return out, nil
	}
}

// numberInput is a regression of n rows and d columns whose targets follow the predictions.
func numberInput(n, d int) Input {
	in := Input{Title: "A run", Target: "price ($)", Seed: 5, Command: "elbo train bnn", History: history("vi", 30), At: predictor(linear, nil)}
	eps := make([]float64, n)
	rng.New(8).Named("eps").NormalFloat64(eps)
	for j := range d {
		in.Columns = append(in.Columns, fmt.Sprintf("c%d", j))
	}
	for i := range n {
		row := make([]float32, d)
		rng.New(8).Named("row").At(uint64(i)).Normal(row)
		p := linear(row)
		in.X, in.Predictions, in.Y = append(in.X, row), append(in.Predictions, p), append(in.Y, p.Mean+p.SD*eps[i])
	}
	return in
}

// classInput is a classification of n rows and c classes whose labels follow the predictions.
func classInput(n, c int) Input {
	in := Input{Title: "Classes", Target: "kind", Seed: 5, History: history("vi", 30), Temperature: 1.6}
	for k := range c {
		in.Classes = append(in.Classes, fmt.Sprintf("class %d", k))
	}
	for i := range n {
		key := rng.New(9).At(uint64(i))
		a, b := make([]float64, c), make([]float64, c)
		key.Named("a").NormalFloat64(a)
		key.Named("b").NormalFloat64(b)
		u := make([]float32, 1)
		key.Named("u").Uniform(u)
		for k := range a {
			a[k], b[k] = 2*a[k]+b[k]/2, 2*a[k]-b[k]/2
		}
		p := mixed(a, b)
		label, sum := c-1, 0.
		for k, v := range p.Probs {
			if sum += v; float64(u[0]) < sum {
				label = k
				break
			}
		}
		in.X = append(in.X, []float32{float32(i), u[0]})
		in.Predictions, in.Y = append(in.Predictions, p), append(in.Y, float64(label))
	}
	return in
}

// mixed is the equal mixture of softmax distributions.
func mixed(logits ...[]float64) bnn.Prediction {
	p := bnn.Prediction{Probs: make([]float64, len(logits[0]))}
	entropy := func(probs []float64) (h float64) {
		for _, v := range probs {
			if v > 0 {
				h -= v * math.Log(v)
			}
		}
		return h
	}
	for _, l := range logits {
		sum, probs := 0., make([]float64, len(l))
		for k, z := range l {
			probs[k] = math.Exp(z)
			sum += probs[k]
		}
		for k := range probs {
			probs[k] /= sum
			p.Probs[k] += probs[k] / float64(len(logits))
		}
		p.Aleatoric += entropy(probs) / float64(len(logits))
	}
	p.SD = entropy(p.Probs)
	p.Epistemic = math.Max(0, p.SD-p.Aleatoric)
	p.Mean = float64(best(p.Probs))
	return p
}

// history is a phase whose loss falls.
func history(phase string, epochs int) (out []bnn.Progress) {
	for e := range epochs {
		l := math.Exp(-float64(e) / 8)
		out = append(out, bnn.Progress{Phase: phase, Epoch: e + 1, Epochs: epochs, Loss: 1 + 3*l, LogLik: -.7 - 2*l, Penalty: .3 + l})
	}
	return out
}

// sceneOf prepares an input.
func sceneOf(t testing.TB, in Input) *scene {
	t.Helper()
	s, err := newScene(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// charts computes a picture.
func charts(t testing.TB, s *scene, of func(*scene) (picture, error)) picture {
	t.Helper()
	p, err := of(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// layer returns the layer of that name.
func layer[T any](t testing.TB, layers []T, name string) T {
	t.Helper()
	for _, l := range layers {
		var is string
		switch l := any(l).(type) {
		case plot.Area:
			is = l.Name
		case plot.Bars:
			is = l.Name
		case plot.Series:
			is = l.Name
		case plot.Marks:
			is = l.Name
		}
		if is == name || name != "" && strings.HasPrefix(is, name) {
			return l
		}
	}
	t.Fatalf("no layer %q in %+v", name, layers)
	return layers[0]
}

// written makes a report and returns its folder and the names of its pictures.
func written(t testing.TB, in Input) (dir string, names []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	names, err := Write(context.Background(), dir, in)
	if err != nil {
		t.Fatal(err)
	}
	return dir, names
}

// decoded reads a picture of a run and fails when it shows nothing.
func decoded(t testing.TB, dir, name string) image.Image {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "plots", name))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	seen := map[[4]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y && len(seen) < 8; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, a := img.At(x, y).RGBA()
			seen[[4]uint32{r, g, b, a}] = true
		}
	}
	if len(seen) < 8 {
		t.Errorf("%s: got %d colours, want a picture", name, len(seen))
	}
	return img
}

// page reads the report of a run.
func page(t testing.TB, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
