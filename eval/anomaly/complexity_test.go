package anomaly

import (
	"bytes"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// A blank image is shorter than stripes, and those are shorter than noise; a byte is 8 ln 2 nats.
func TestLengthOrdersImages(t *testing.T) {
	for _, shape := range [][]int{{28, 28}, {28, 28, 1}, {28, 28, 3}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		blank, stripes, noise := make([]float32, n), make([]float32, n), make([]float32, n)
		rng.New(1).Uniform(noise)
		for i := range stripes {
			stripes[i] = float32(i/28%2) * .7
		}
		var last float64
		for _, img := range [][]float32{blank, stripes, noise} {
			l, err := Length(img, shape)
			if err != nil {
				t.Fatal(err)
			}
			if bytes := l / (8 * math.Ln2); math.Abs(bytes-math.Round(bytes)) > 1e-9 || l <= last {
				t.Errorf("%v: got %v nats after %v, want more, and whole bytes", shape, l, last)
			}
			last = l
		}
		if floor := .95 * 8 * math.Ln2 * float64(n); last < floor {
			t.Errorf("%v: noise has %v nats, want nearly the %v of its bytes", shape, last, floor)
		}
	}
}

// Bits take a bit each: noise of 0 and 1 has an eighth of the length of grey noise.
func TestLengthOfBits(t *testing.T) {
	x := make([]float32, 64*64)
	rng.New(2).Uniform(x)
	for i, v := range x {
		x[i] = float32(math.Round(float64(v)))
	}
	l, err := Length(x, []int{64, 64})
	if bits := 64 * 64 * math.Ln2; err != nil || l < bits || l > 1.1*bits {
		t.Errorf("got %v (%v), want %v to a tenth more", l, err, bits)
	}
}

// What is compressed is the image: its PNG reads back to the pixels.
func TestLengthIsOfTheImage(t *testing.T) {
	for _, c := range []struct {
		pixels []byte
		shape  []int
		binary bool
	}{
		{[]byte{0, 255, 255, 0, 0, 255}, []int{2, 3}, true},
		{[]byte{1, 20, 255, 0, 7, 128}, []int{3, 2}, false},
		{[]byte{1, 2, 3, 40, 50, 60}, []int{1, 2, 3}, false},
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, pictured(c.pixels, c.shape, c.binary)); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		channels := len(c.pixels) / (c.shape[0] * c.shape[1])
		for i := range c.shape[0] * c.shape[1] {
			r, _, blue, _ := img.At(i%c.shape[1], i/c.shape[1]).RGBA()
			if byte(r>>8) != c.pixels[i*channels] || byte(blue>>8) != c.pixels[i*channels+channels-1] {
				t.Errorf("%v: pixel %d: got %d and %d, want those of %v", c.shape, i, r>>8, blue>>8, c.pixels)
			}
		}
	}
}

// complexity is the bound's score less the length.
func TestComplexityCorrectsTheBound(t *testing.T) {
	s := Subject{Net: small(t, "vae", "bernoulli", nil), Shape: []int{6, 5}, Draws: 2}
	x := grey(5, 4)
	elbo, got := scores(t, "elbo", s, x), scores(t, "complexity", s, x)
	for i := range got {
		l, err := Length(x[30*i:30*i+30], s.Shape)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "complexity", got[i], elbo[i]-l, 1e-12)
	}
	if _, err := Length([]float32{1.5}, []int{1, 1}); err == nil || !strings.Contains(err.Error(), "1.5") {
		t.Errorf("got %v, want an error that names the value", err)
	}
}
