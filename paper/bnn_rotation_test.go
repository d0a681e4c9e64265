package paper

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

// side is the number of rows and columns of a picture.
const side = 28

// rotated turns pictures about their centre, against the clock on a screen; a pixel between four
// of the old ones is their bilinear mean, and beyond the edge there is 0.
func rotated(x [][]float32, degrees float64) (out [][]float32) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	const mid = float64(side-1) / 2
	for _, picture := range x {
		at := func(r, c int) float64 {
			if r < 0 || c < 0 || r >= side || c >= side {
				return 0
			}
			return float64(picture[r*side+c])
		}
		turned := make([]float32, side*side)
		for r := range side {
			for c := range side {
				dy, dx := float64(r)-mid, float64(c)-mid
				y, x := mid+cos*dy+sin*dx, mid-sin*dy+cos*dx
				r0, c0 := int(math.Floor(y)), int(math.Floor(x))
				u, v := y-float64(r0), x-float64(c0)
				turned[r*side+c] = float32((1-u)*((1-v)*at(r0, c0)+v*at(r0, c0+1)) + u*((1-v)*at(r0+1, c0)+v*at(r0+1, c0+1)))
			}
		}
		out = append(out, turned)
	}
	return out
}

// A quarter turn moves pixels to pixels, and four of them bring a picture back. What a sine of a
// quarter turn is off by, 1e-16, is what a pixel may be.
func TestRotationMovesPixels(t *testing.T) {
	x := make([]float32, side*side)
	for i := range x {
		x[i] = float32(i%97) / 97
	}
	quarter := rotated([][]float32{x}, 90)[0]
	for r := range side {
		for c := range side {
			if got, want := quarter[(side-1-c)*side+r], x[r*side+c]; math.Abs(float64(got-want)) > 1e-5 {
				t.Fatalf("pixel %d, %d: got %v, want %v", r, c, got, want)
			}
		}
	}
	back := rotated(rotated([][]float32{quarter}, 90), 180)[0]
	for i, v := range back {
		if math.Abs(float64(v-x[i])) > 1e-5 {
			t.Fatalf("pixel %d after four quarters: got %v, want %v", i, v, x[i])
		}
	}
	if same := rotated([][]float32{x}, 0)[0]; same[5] != x[5] || same[side*side-1] != x[side*side-1] {
		t.Error("turned by nothing: got another picture")
	}
}

// doubtRises holds a network's entropy to what it should do on digits that are turned further and
// further: its mean over them rises from 0° to 60°, and from there on stays above that of 30°.
// Beyond 60° some digits come to look like digits again.
func doubtRises(t *testing.T, n *bnn.Net, x [][]float32) {
	t.Helper()
	mean := map[int]float64{}
	for angle := 0; angle <= 90; angle += 15 {
		var information float64
		for _, p := range predicted(t, n, rotated(x, float64(angle))) {
			mean[angle] += p.SD / float64(len(x))
			information += p.Epistemic / float64(len(x))
		}
		t.Logf("turned by %2d°: entropy %.3f, mutual information %.3f nats", angle, mean[angle], information)
		if angle > 0 && angle <= 60 && mean[angle] <= mean[angle-15] || angle > 60 && mean[angle] <= mean[30] {
			t.Errorf("turned by %d°: entropy %.4f, want it above that of smaller angles", angle, mean[angle])
		}
	}
}
