package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestParseBinarization(t *testing.T) {
	for _, name := range []string{"none", "dynamic", "static", "threshold"} {
		if b, err := ParseBinarization(name); err != nil || string(b) != name {
			t.Errorf("%s: got %v, %v", name, b, err)
		}
	}
	want := `data: binarisation: got "Static", want none, dynamic, static or threshold`
	if _, err := ParseBinarization("Static"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestThresholdAndNone(t *testing.T) {
	src := []float32{0, .25, .5, .50001, 1}
	dst := make([]float32, 5)
	if err := BinarizeThreshold.Apply(dst, src, rng.Key{}); err != nil || !slices.Equal(dst, []float32{0, 0, 0, 1, 1}) {
		t.Errorf("threshold: %v, %v", dst, err)
	}
	if err := BinarizeNone.Apply(dst, src, rng.Key{}); err != nil || !slices.Equal(dst, src) {
		t.Errorf("none: %v, %v", dst, err)
	}
}

// The share of ones is the grey level, within five standard errors (false alarm 6e-7 each).
func TestDrawsHaveTheGreyLevelAsMean(t *testing.T) {
	const n = 100_000
	src, dst := make([]float32, n), make([]float32, n)
	for _, b := range []Binarization{BinarizeDynamic, BinarizeStatic} {
		for _, level := range []float32{0, .03, .5, .9, 1} {
			for i := range src {
				src[i] = level
			}
			if err := b.Apply(dst, src, rng.New(7)); err != nil {
				t.Fatal(err)
			}
			sum := 0.
			for _, v := range dst {
				if v != 0 && v != 1 {
					t.Fatalf("%s: %v", b, v)
				}
				sum += float64(v)
			}
			p := float64(level)
			if e := math.Abs(sum/n - p); e > 5*math.Sqrt(p*(1-p)/n) {
				t.Errorf("%s: share of ones %.4f at grey level %v", b, sum/n, level)
			}
		}
	}
}

// Draws within a row are not copies of each other across the inner blocks.
func TestLongRowsDoNotRepeat(t *testing.T) {
	src, dst := make([]float32, 4096), make([]float32, 4096)
	for i := range src {
		src[i] = .5
	}
	if err := BinarizeDynamic.Apply(dst, src, rng.New(1)); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(dst[:1024], dst[1024:2048]) {
		t.Error("two blocks of a row have the same bits")
	}
}

func TestStaticBitsBelongToTheRow(t *testing.T) {
	const dim = 50
	s := &Set{Shape: []int{dim}, X: make([]float32, 20*dim)}
	rng.New(3).Uniform(s.X)
	key := rng.New(9)
	bits := func(b Binarization, rows []int) [][]float32 {
		src := s.Select(rows).X
		dst := make([]float32, len(src))
		if err := b.ApplyRows(dst, src, dim, rows, key); err != nil {
			t.Fatal(err)
		}
		return slices.Collect(slices.Chunk(dst, dim))
	}
	a, b := bits(BinarizeStatic, []int{4, 11, 7}), bits(BinarizeStatic, []int{0, 7, 4, 1, 2})
	if !slices.Equal(a[0], b[2]) || !slices.Equal(a[2], b[1]) {
		t.Error("static: a row changed its bits with the batch")
	}
	if c := bits(BinarizeStatic, []int{4, 4}); !slices.Equal(c[0], c[1]) {
		t.Error("static: a repeated row got two values")
	}
	if c := bits(BinarizeDynamic, []int{4, 4}); slices.Equal(c[0], c[1]) {
		t.Error("dynamic: a repeated row was drawn once")
	}
	key = rng.New(10)
	if c := bits(BinarizeStatic, []int{4}); slices.Equal(a[0], c[0]) {
		t.Error("static: the key has no effect")
	}
}

func TestBinarizingInPlace(t *testing.T) {
	x := make([]float32, 3000)
	rng.New(3).Uniform(x)
	dst := make([]float32, len(x))
	if err := BinarizeDynamic.ApplyRows(dst, x, 1500, nil, rng.New(4)); err != nil {
		t.Fatal(err)
	}
	if err := BinarizeDynamic.ApplyRows(x, x, 1500, nil, rng.New(4)); err != nil || !slices.Equal(x, dst) {
		t.Errorf("in place differs (%v)", err)
	}
}

func TestBinarizationRefusesOtherValues(t *testing.T) {
	nan := float32(math.NaN())
	for _, b := range []Binarization{BinarizeNone, BinarizeDynamic, BinarizeStatic, BinarizeThreshold} {
		for _, bad := range []float32{-.01, 1.01, 255, nan, float32(math.Inf(1))} {
			src := []float32{0, 1, .5, .5, bad, 0}
			err := b.ApplyRows(make([]float32, 6), src, 3, []int{40, 77}, rng.Key{})
			if err == nil || !strings.Contains(err.Error(), "row 77, column 1: got") {
				t.Errorf("%s of %v: got %v, want an error at row 77, column 1", b, bad, err)
			}
			if err := b.Apply(make([]float32, 6), src, rng.Key{}); err == nil || !strings.Contains(err.Error(), "value 4: got") {
				t.Errorf("%s of %v: got %v, want an error at value 4", b, bad, err)
			}
		}
	}
}

func TestBinarizationRefusesWrongSizes(t *testing.T) {
	x := make([]float32, 6)
	for what, err := range map[string]error{
		"short dst":      BinarizeNone.Apply(x[:5], x, rng.Key{}),
		"unknown":        Binarization("x").Apply(x, x, rng.Key{}),
		"ragged":         BinarizeNone.ApplyRows(x, x, 4, nil, rng.Key{}),
		"no dim":         BinarizeNone.ApplyRows(x, x, 0, nil, rng.Key{}),
		"row count":      BinarizeDynamic.ApplyRows(x, x, 3, []int{1}, rng.Key{}),
		"static no rows": BinarizeStatic.ApplyRows(x, x, 3, nil, rng.Key{}),
	} {
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
}

func BenchmarkBinarizeDynamic(b *testing.B) {
	x := make([]float32, 128*784)
	for b.Loop() {
		_ = BinarizeDynamic.ApplyRows(x, x, 784, nil, rng.New(1))
	}
}
