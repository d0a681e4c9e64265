package judge

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// load returns the shipped judge.
func load(t *testing.T) *Judge {
	t.Helper()
	j, err := Load(Digits)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTheShippedJudgeKnowsGeneratedDigits(t *testing.T) {
	j := load(t)
	set := data.Digits(2000, rng.New(0xd161).Named("test"))
	accuracy, err := j.Accuracy(t.Context(), set.X, set.Labels)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: accuracy %.4f on %d test digits, in %d bytes", j.Name(), accuracy, set.Len(), len(digits))
	if accuracy < .995 {
		t.Errorf("accuracy: got %.4f, want at least .995", accuracy)
	}
	if len(digits) > 300_000 || j.Name() != "digits-b6ba495d" {
		t.Errorf("got %s of %d bytes; new weights have another name, and figures of the old ones do not compare", j.Name(), len(digits))
	}
}

// It has seen no handwriting; this is how far it goes.
func TestTheShippedJudgeOnHandwriting(t *testing.T) {
	dir := tk.DataDir(t)
	if _, err := os.Stat(filepath.Join(dir, "mnist")); err != nil {
		t.Skip(err)
	}
	sets, err := data.Open(t.Context(), data.Spec{Name: "mnist", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	x, labels := sets.Test.X[:2000*Dim], sets.Test.Labels[:2000]
	accuracy, err := load(t).Accuracy(t.Context(), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("accuracy %.3f on %d handwritten digits", accuracy, len(labels))
	if accuracy < .5 {
		t.Errorf("accuracy: got %.3f, want far above chance", accuracy)
	}
}

// Look pads its last execution: a row's figures do not depend on how many there are, and are those of
// plain loops.
func TestLooksAreTheNetInLoops(t *testing.T) {
	j := load(t)
	x := data.Digits(rowsAtATime+3, rng.New(5)).X
	features, probabilities, err := j.Look(t.Context(), x)
	if err != nil || len(features) != rowsAtATime+3 || len(probabilities) != rowsAtATime+3 {
		t.Fatalf("got %d and %d rows, %v", len(features), len(probabilities), err)
	}
	for _, i := range []int{0, rowsAtATime - 1, rowsAtATime, rowsAtATime + 2} {
		f, p := plainly(j, x[i*Dim:(i+1)*Dim])
		for k := range f {
			tk.Close(t, "feature", features[i][k], f[k], 1e-5*math.Max(1, f[k]))
		}
		sum := 0.
		for c := range p {
			tk.Close(t, "probability", probabilities[i][c], p[c], 1e-5)
			sum += probabilities[i][c]
		}
		tk.Close(t, "sum of the probabilities", sum, 1, 1e-5)
		one, err := j.Features(t.Context(), x[i*Dim:(i+1)*Dim])
		if err != nil || !slices.Equal(one[0], features[i]) {
			t.Errorf("row %d alone has other features, %v", i, err)
		}
	}
}

// plainly is the net in loops.
func plainly(j *Judge, x []float32) (features, probabilities []float64) {
	at := make([]float64, len(x))
	for i, v := range x {
		at[i] = float64(v)
	}
	side, channels := Side, 1
	for layer := range 2 {
		w, b := j.values[2*layer], j.values[2*layer+1]
		out := make([]float64, side/2*side/2*len(b))
		for r := range side / 2 {
			for c := range side / 2 {
				for o := range b {
					sum := float64(b[o])
					for k := range 16 {
						row, column := 2*r+k/4-1, 2*c+k%4-1
						if row < 0 || row >= side || column < 0 || column >= side {
							continue
						}
						for ch := range channels {
							sum += at[(row*side+column)*channels+ch] * float64(w[(k*channels+ch)*len(b)+o])
						}
					}
					out[(r*side/2+c)*len(b)+o] = max(sum, 0)
				}
			}
		}
		at, side, channels = out, side/2, len(b)
	}
	affine := func(x []float64, w, b []float32) []float64 {
		out := make([]float64, len(b))
		for o := range b {
			out[o] = float64(b[o])
			for i, v := range x {
				out[o] += v * float64(w[i*len(b)+o])
			}
		}
		return out
	}
	features = affine(at, j.values[4], j.values[5])
	for i, v := range features {
		features[i] = max(v, 0)
	}
	probabilities = affine(features, j.values[6], j.values[7])
	largest, sum := slices.Max(probabilities), 0.
	for i, v := range probabilities {
		probabilities[i] = math.Exp(v - largest)
		sum += probabilities[i]
	}
	for i := range probabilities {
		probabilities[i] /= sum
	}
	return features, probabilities
}

// A small judge learns, equal arguments give equal judges, and what is saved is what was measured.
func TestAFittedJudgeIsTheOneThatIsLoaded(t *testing.T) {
	set := data.Digits(1280, rng.New(3))
	fit := func(seed uint64) *Judge {
		var losses []float64
		j, err := Fit(t.Context(), "small", set.X, set.Labels, Training{Epochs: 4, Seed: seed, Epoch: func(_ int, loss float64) { losses = append(losses, loss) }})
		if err != nil {
			t.Fatal(err)
		}
		if len(losses) != 4 || losses[3] > losses[0]/3 {
			t.Errorf("cross-entropies by epoch: %v", losses)
		}
		return j
	}
	j := fit(1)
	if again, other := fit(1), fit(2); again.Name() != j.Name() || other.Name() == j.Name() {
		t.Errorf("names: %s, again %s, with another seed %s", j.Name(), again.Name(), other.Name())
	}
	if a, err := j.Accuracy(t.Context(), set.X, set.Labels); err != nil || a < .9 {
		t.Errorf("accuracy on what it was trained on: %v, %v", a, err)
	}
	path := filepath.Join(t.TempDir(), "small.f16")
	if err := j.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path)
	if err != nil || loaded.Name() != j.Name() {
		t.Fatalf("got %v, %v, want %s", loaded, err, j.Name())
	}
	for i := range j.values {
		if !slices.Equal(j.values[i], loaded.values[i]) {
			t.Errorf("%s: loaded others than saved", weights[i].name)
		}
	}
	features, err := j.Features(t.Context(), set.X)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for _, f := range features {
		for _, v := range f {
			sum += v * v / float64(len(f)*len(features))
		}
	}
	tk.Close(t, "mean square of the features", sum, 1, 5e-3) // weights have 11 bits
}

// In the graph of another model the judge has the same features, in its type, and a gradient by the
// image.
func TestLayersServeInOtherGraphs(t *testing.T) {
	j := load(t)
	x := data.Digits(2, rng.New(5)).X
	want, _, err := j.Look(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	p := tk.Params(t, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(p, "layers", func(_ *model.Scope, in []*g.Node) []*g.Node {
		l := j.Layers(in[0])
		if len(l) != 4 || l[0].Shape().Size() != 2*14*14*16 || l[1].Shape().Size() != 2*7*7*32 || l[3].Shape().Size() != 20 {
			t.Errorf("layers: got %v", l)
		}
		return []*g.Node{l[2], g.Gradient(g.ReduceAllSum(g.Square(l[2])), in[0])[0]}
	}), rng.Key{}, tk.Matrix(wide, 2, Dim))
	for i, v := range out[0] {
		tk.Close(t, "feature", want[i/Width][i%Width], v, 1e-5*math.Max(1, v))
	}
	square := func(x []float32) (sum float64) {
		f, _ := plainly(j, x)
		for _, v := range f {
			sum += v * v
		}
		return sum
	}
	for _, i := range []int{300, 380, 406, 500} {
		up, down := slices.Clone(x[:Dim]), slices.Clone(x[:Dim])
		up[i] += 1. / 1024
		down[i] -= 1. / 1024
		tk.Close(t, "derivative", out[1][i], (square(up)-square(down))*512, .02*math.Max(1, math.Abs(out[1][i]))) // the features are straight but for kinks
	}
	if p.Count() != 0 {
		t.Errorf("got %d parameters, want the weights to be fixed", p.Count())
	}
}

func TestWrongFilesAndImagesAreErrors(t *testing.T) {
	j, ctx := load(t), context.Background()
	dir := t.TempDir()
	write := func(name string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := slices.Clone(digits)
	bad[101] = 0x7c // an infinity or no number
	for want, f := range map[string]func() error{
		"got 7 bytes, want 219124":      func() error { _, err := Load(write("short.f16", digits[:7])); return err },
		"byte 100: conv0/weight: got":   func() error { _, err := Load(write("bad.f16", bad)); return err },
		"want digits or a file":         func() error { _, err := Load(filepath.Join(dir, "none")); return err },
		"got 5 values, want a multiple": func() error { _, err := j.Features(ctx, make([]float32, 5)); return err },
		"got 0 values":                  func() error { _, err := j.Classify(ctx, nil); return err },
		"got 1 for 2 images":            func() error { _, err := j.Accuracy(ctx, make([]float32, 2*Dim), []int32{1}); return err },
		"at least 128 images":           func() error { _, err := Fit(ctx, "x", make([]float32, Dim), []int32{1}, Training{}); return err },
		"image 127: got class 10, want 0 to": func() error {
			_, err := Fit(ctx, "x", make([]float32, 128*Dim), append(make([]int32, 127), 10), Training{})
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "judge: ") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := j.Features(stopped, make([]float32, Dim)); err == nil {
		t.Error("a context that has ended is no error")
	}
	if _, err := Fit(stopped, "x", make([]float32, 128*Dim), make([]int32, 128), Training{}); err == nil {
		t.Error("a context that has ended is no error of Fit")
	}
}

func TestNamesOfFilesAreThoseOfTheirData(t *testing.T) {
	for path, want := range map[string]string{"a/mnist.f16": "mnist", "mnist-0123abcd.f16": "mnist", "fashion-mnist.f16": "fashion-mnist", "x": "x"} {
		if got := baseName(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
