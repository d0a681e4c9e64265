package data

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realRoot returns the data root that holds the real sets, or skips the test.
func realRoot(t *testing.T, folder string) string {
	t.Helper()
	root := os.Getenv("ELBO_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	if st, err := os.Stat(filepath.Join(root, folder)); err != nil || !st.IsDir() {
		t.Skipf("the real set %s is not under ELBO_DATA or ../shared/data", folder)
	}
	t.Setenv("ELBO_DATA", root)
	return root
}

func mean(x []float32) float64 {
	sum := 0.
	for _, v := range x {
		sum += float64(v)
	}
	return sum / float64(len(x))
}

// The mean pixel of the MNIST test images is .13251.
func TestRealMNIST(t *testing.T) {
	realRoot(t, "mnist")
	s, err := Open(context.Background(), Spec{Name: "mnist"})
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != 58_000 || b != 2_000 || c != 10_000 {
		t.Errorf("%d, %d and %d rows", a, b, c)
	}
	if m := mean(s.Test.X); math.Abs(m-.13251) > 5e-6 {
		t.Errorf("mean test pixel %.6f, want .13251", m)
	}
	if s.Train.Name != "mnist" || len(s.Train.Classes) != 10 {
		t.Errorf("name %q, classes %v", s.Train.Name, s.Train.Classes)
	}
}

func TestRealFashionMNIST(t *testing.T) {
	realRoot(t, "fashion-mnist")
	s, err := Open(context.Background(), Spec{Name: "fashion-mnist", MaxRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 100 || s.Train.Classes[9] != "boot" || s.Train.Labels == nil {
		t.Errorf("%d rows, classes %v", s.Train.Len(), s.Train.Classes)
	}
}

func TestRealBinarizedMNIST(t *testing.T) {
	realRoot(t, "binarized-mnist")
	s, err := Open(context.Background(), Spec{Name: "binarized-mnist"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		part *Set
		rows int
		mean float64
	}{{s.Train, 50_000, .1306}, {s.Valid, 10_000, .1311}, {s.Test, 10_000, .1325}} {
		if m := mean(c.part.X); c.part.Len() != c.rows || math.Abs(m-c.mean) > 5e-5 {
			t.Errorf("%d rows of mean %.5f, want %d of %.4f", c.part.Len(), m, c.rows, c.mean)
		}
		for i, v := range c.part.X {
			if v != 0 && v != 1 {
				t.Fatalf("value %d is %v, want 0 or 1", i, v)
			}
		}
	}
}

func TestRealFreyFaces(t *testing.T) {
	realRoot(t, "freyfaces")
	s, err := Open(context.Background(), Spec{Name: "frey-faces"})
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != 1565 || b != 200 || c != 200 {
		t.Errorf("%d, %d and %d rows, want 1565, 200 and 200", a, b, c)
	}
	low, high := float32(1), float32(0)
	for _, v := range s.Train.X {
		low, high = min(low, v), max(high, v)
	}
	if low < 8./255-1e-6 || high > 238./255+1e-6 {
		t.Errorf("pixels from %v to %v, want 8/255 to 238/255", low, high)
	}
}

// Files on disk hold exactly what Fetch would accept.
func TestRealFilesHaveTheirDigests(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks 150 MB")
	}
	for _, name := range namedSets() {
		src := registered[name]
		t.Run(name, func(t *testing.T) {
			root := realRoot(t, src.Folder)
			for _, f := range src.files {
				path, ok := filePath(filepath.Join(root, src.Folder), f.name)
				if !ok {
					t.Skipf("%s is not there", f.name)
				}
				if err := verifyFile(path, f); err != nil {
					t.Errorf("%s: %v", f.name, err)
				}
			}
		})
	}
}

// fakeNamed writes a set of n images of rows×cols under root and describes it.
func fakeNamed(t *testing.T, root string, n int) namedSet {
	t.Helper()
	dir := filepath.Join(root, "fake")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pixels, labels := make([]byte, n*4), make([]byte, n)
	for i := range n {
		pixels[4*i], labels[i] = byte(10+i%200), byte(i%2)
	}
	write("train-images-idx3-ubyte", append([]byte{0, 0, 8, 3, 0, 0, byte(n >> 8), byte(n), 0, 0, 0, 2, 0, 0, 0, 2}, pixels...))
	write("train-labels-idx1-ubyte", append([]byte{0, 0, 8, 1, 0, 0, byte(n >> 8), byte(n)}, labels...))
	return namedSet{
		info:  Info{Name: "fake", Shape: []int{2, 2}, Classes: 2, Folder: "fake"},
		train: idxTrainImages, classes: []string{"even", "odd"},
		files: []remoteFile{{name: idxTrainImages}, {name: idxTrainLabels}},
	}
}

func TestNamedSetIsFoundInTheFirstCompleteRoot(t *testing.T) {
	empty, dir, cache := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv("ELBO_DATA", empty)
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	n := fakeNamed(t, dir, 30)
	p, err := n.load(context.Background(), Spec{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if p.train.Len() != 30 || p.train.Name != "fake" || p.train.Classes[p.train.Labels[3]] != "odd" || p.test != nil {
		t.Errorf("got %+v", p.train)
	}
	if got, want := p.train.X[4], float32(11)/255; got != want {
		t.Errorf("pixel %v, want %v", got, want)
	}
	_, err = n.load(context.Background(), Spec{})
	if !errors.Is(err, ErrNoFiles) {
		t.Fatalf("got %v, want ErrNoFiles", err)
	}
	roots := Roots("x")
	for _, want := range []string{filepath.Join(empty, "fake"), filepath.Join(roots[2], "fake"), "elbo data fetch fake"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
	if len(roots) != 3 || roots[0] != empty || roots[1] != "x" || !strings.HasSuffix(roots[2], "elbo") {
		t.Errorf("roots %v", roots)
	}
}

func TestNamedSetRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ELBO_DATA", dir)
	n := fakeNamed(t, dir, 5)
	n.info.Shape = []int{28, 28}
	if _, err := n.load(context.Background(), Spec{}); err == nil || !strings.Contains(err.Error(), "got rows of shape [2 2], want [28 28]") {
		t.Errorf("got %v, want an error on the shape", err)
	}
	n.info.Shape = []int{2, 2}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.load(ctx, Spec{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after a cancel", err)
	}
	os.Remove(filepath.Join(dir, "fake", "train-labels-idx1-ubyte"))
	n.files = n.files[:1]
	if _, err := n.load(context.Background(), Spec{}); err == nil || !strings.Contains(err.Error(), "without labels") {
		t.Errorf("got %v, want an error on the labels", err)
	}
}

func TestFreyFacesAreParted(t *testing.T) {
	p, err := splitFrey(numbered(1965, 5))
	if err != nil || p.train.Len() != 1565 || p.valid.Len() != 200 || p.test.Len() != 200 {
		t.Fatalf("%v", err)
	}
	seen := map[float32]bool{}
	for _, s := range []*Set{p.train, p.valid, p.test} {
		for _, v := range s.X {
			seen[v] = true
		}
	}
	if len(seen) != 1965 {
		t.Errorf("%d distinct frames, want 1965", len(seen))
	}
	if m := mean(p.test.X); math.Abs(m-982) > 5*567/math.Sqrt(200) { // false alarm 6e-7
		t.Errorf("the test frames have mean number %.0f, want about 982", m)
	}
	if _, err := splitFrey(numbered(400, 5)); err == nil {
		t.Error("400 frames were accepted")
	}
}
