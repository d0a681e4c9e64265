package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// A phantom with a lesion is the healthy one of the same key but for the pixels that the lesion
// touches, which are brighter, and its mask is the part of them that is covered by half.
func TestALesionIsAllThatDiffers(t *testing.T) {
	const n = 200
	healthy, sick := Phantoms(n, rng.New(1), 0), Phantoms(n, rng.New(1), 1)
	for i := range n {
		mask, err := PhantomMask(sick, i)
		if err != nil {
			t.Fatal(err)
		}
		var l lesion
		for j, f := range sick.Factors {
			l[j] = f.Values[i]
		}
		area := 0
		for p, v := range sick.Row(i) {
			u, c := healthy.Row(i)[p], l.cover(p)
			if mask[p] != (c > .5) || v < u || c == 0 && v != u || mask[p] && v < min(1, u+.045) { // half of .1, less a grey level
				t.Fatalf("phantom %d, pixel %d: got %v for %v at cover %v, mask %t", i, p, v, u, c, mask[p])
			}
			area += b2int(mask[p])
		}
		a, b := float64(l[2]), float64(l[3])
		if want := math.Pi * a * b; math.Abs(float64(area)-want) > 2+.35*want {
			t.Errorf("phantom %d: mask of %d pixels, want about πab = %.1f", i, area, want)
		}
		if none, err := PhantomMask(healthy, i); err != nil || slices.Contains(none, true) {
			t.Errorf("healthy phantom %d has a mask (%v)", i, err)
		}
	}
}

func b2int(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Lesions lie within the body: their middle is inside of the rim.
func TestLesionsLieInsideTheBody(t *testing.T) {
	key := rng.New(2)
	for i := range 2000 {
		b := newBody(key.At(uint64(i)).Named("body"))
		l := b.lesion(key.At(uint64(i)).Named("lesion"))
		if c := b.parts[1].cover(float64(l[0]), float64(l[1])); c < .99 {
			t.Fatalf("lesion %d at (%v, %v): covered by %v of the inside", i, l[0], l[1], c)
		}
	}
}

// Train is healthy, half of test is not; a row depends on its key and number alone.
func TestPhantomsHaveTheirShare(t *testing.T) {
	s, err := Open(t.Context(), Spec{Name: "phantoms"})
	if err != nil {
		t.Fatal(err)
	}
	count := func(s *Set) (n int) {
		for _, l := range s.Labels {
			n += int(l)
		}
		return n
	}
	if count(s.Train) != 0 || count(s.Valid) != 0 || count(s.Test) != phantomTest/2 {
		t.Errorf("got %d, %d and %d lesions, want 0, 0 and %d", count(s.Train), count(s.Valid), count(s.Test), phantomTest/2)
	}
	// The shuffle takes the factors along: masks still belong to their rows.
	for i := range 100 {
		mask, err := PhantomMask(s.Test, i)
		if err != nil || slices.Contains(mask, true) != (s.Test.Labels[i] == 1) {
			t.Fatalf("row %d of class %d: mask %t (%v)", i, s.Test.Labels[i], slices.Contains(mask, true), err)
		}
	}
	a, b := Phantoms(5, rng.New(3), .4), Phantoms(9, rng.New(3), .2)
	if !slices.Equal(a.Row(1), b.Row(1)) || !slices.Equal(a.Row(4), b.Row(4)) || count(a) != 2 || count(b) != 2 {
		t.Error("a row depends on how many there are")
	}
}

// No pixel is saturated in a healthy body, and the levels are those of byte images.
func TestPhantomsAreGreyImages(t *testing.T) {
	s := Phantoms(50, rng.New(4), 0)
	for i, v := range s.X {
		if k := 255 * float64(v); !(v >= 0 && v < 1) || math.Abs(k-math.Round(k)) > 1e-4 {
			t.Fatalf("pixel %d: got %v, want a multiple of 1/255 below 1", i, v)
		}
	}
}

func TestPhantomMaskRefusesOtherSets(t *testing.T) {
	for _, c := range []struct {
		set  *Set
		row  int
		says string
	}{
		{Moons(2, rng.New(1), 0, 0), 0, "1 factors"},
		{Phantoms(2, rng.New(1), 1), 2, "row 2"},
		{Phantoms(2, rng.New(1), 1), -1, "row -1"},
	} {
		if _, err := PhantomMask(c.set, c.row); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error with %q", err, c.says)
		}
	}
	other := Phantoms(1, rng.New(1), 1)
	other.Factors[0].Name = "height"
	if _, err := PhantomMask(other, 0); err == nil || !strings.Contains(err.Error(), "height") {
		t.Errorf("got %v, want an error that names the factor", err)
	}
}
