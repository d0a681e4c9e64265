package data

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// untar unpacks the regular files of a .tar.gz below dir.
func untar(t *testing.T, path, dir string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			continue
		}
		to := filepath.Join(dir, h.Name)
		b, err := io.ReadAll(r)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// CIFAR-10 as a folder of JPEG files a class: 2,000 images of 32×32×3, 200 a class. The means
// of the official test images are .4942, .4851 and .4504 in red, green and blue; those of a
// tenth of them lie within .01, five standard errors.
func TestRealCIFARFromAFolder(t *testing.T) {
	root := realRoot(t, "cifar10-jpg")
	dir := t.TempDir()
	untar(t, filepath.Join(root, "cifar10-jpg", "test-2000.tar.gz"), dir)
	s, err := Open(context.Background(), Spec{Name: dir})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	var sums [3]float64
	counts := make([]int, 10)
	for _, part := range []*Set{s.Train, s.Valid, s.Test} {
		if got := part.Shape; len(got) != 3 || got[0] != 32 || got[1] != 32 || got[2] != 3 || len(part.Classes) != 10 {
			t.Fatalf("got rows of %v in %d classes, want 32×32×3 in 10", got, len(part.Classes))
		}
		rows += part.Len()
		for i, v := range part.X {
			sums[i%3] += float64(v)
		}
		for _, l := range part.Labels {
			counts[l]++
		}
	}
	for c, want := range []float64{.4942, .4851, .4504} {
		if got := sums[c] / float64(rows*1024); math.Abs(got-want) > .01 {
			t.Errorf("mean of channel %d: got %.4f, want %.4f", c, got, want)
		}
	}
	for c, n := range counts {
		if n != 200 {
			t.Errorf("%s: got %d images, want 200", s.Train.Classes[c], n)
		}
	}
}
