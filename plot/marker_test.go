package plot

import (
	"math"
	"testing"
)

// The signed distance is zero on the outline: negative just inside, positive just outside,
// in every direction and for every size.
func TestMarkerOutlinesSeparateInsideFromOutside(t *testing.T) {
	for i, in := range shapes {
		for _, r := range []float64{1.5, 4, 20} {
			if in(0, 0, r) >= 0 {
				t.Errorf("marker %d of radius %v: its centre lies outside", i, r)
			}
			for k := range 48 {
				dx, dy := math.Cos(float64(k)*math.Pi/24), math.Sin(float64(k)*math.Pi/24)
				if in(0.5*r*dx, 0.5*r*dy, r) >= 0 || in(1.7*r*dx, 1.7*r*dy, r) <= 0 {
					t.Errorf("marker %d of radius %v, direction %d: want inside at 0.5 r and outside at 1.7 r", i, r, k)
				}
				// Growing the radius never loses a point.
				if p := in(r*dx, r*dy, 2*r); p > in(r*dx, r*dy, r) {
					t.Errorf("marker %d: a larger one covers less in direction %d", i, k)
				}
			}
		}
	}
}

// Two half-transparent markers over each other cover three quarters.
func TestMarkersBlendOverWhatIsThere(t *testing.T) {
	s := blank(t)
	black := hex(0)
	for want := 255.0; want > 30; {
		s.stamp(point{100, 100}, 5, disc, black, 0.5)
		want /= 2
		near(t, "grey level", float64(rgb(s.pix, 200, 200).R), want, 2)
	}
	if got := rgb(s.pix, 200+14, 200); got != paper {
		t.Errorf("outside the marker: got %v, want paper", got)
	}
}

// A class keeps its look whatever other classes there are, and the first forty differ.
func TestFortyClassesLookDifferent(t *testing.T) {
	seen := map[[2]any]int{}
	for label := range 40 {
		ink, in := classLook(int32(label))
		key := [2]any{ink, in(3, 1, 4) + 10*in(0, 3, 4)} // shapes as functions cannot be compared
		if other, ok := seen[key]; ok {
			t.Errorf("classes %d and %d look the same", other, label)
		}
		seen[key] = label
	}
	if ink, _ := classLook(-1); ink != faded {
		t.Errorf("no class: got %v, want %v", ink, faded)
	}
}
