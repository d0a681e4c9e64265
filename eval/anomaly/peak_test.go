package anomaly

import (
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The score is the largest pixel of the smoothed map, and one that is strange in a single place alone
// moves it more than it moves the mean.
func TestPeakIsTheLargestPixelOfTheMap(t *testing.T) {
	s := Subject{Net: small(t, "vae", "gaussian", nil), Shape: []int{6, 5}, Draws: 3}
	x := grey(4, 5)
	x[2*30+17] = 4 // one pixel of the third row
	got := scores(t, "peak", s, x)
	v, err := Surprise(t.Context(), s, x, rng.New(9))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		m, err := Smooth(v[30*i:30*i+30], 6, 5, peakWindow)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "peak", got[i], slices.Max(m), 1e-15)
	}
	if slices.Index(got, slices.Max(got)) != 2 {
		t.Errorf("got %v, want the largest at the row with a strange pixel", got)
	}
}
