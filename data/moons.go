package data

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	moonSide  = 32
	moonTrain = 4_000
	moonTest  = 1_000
	moonSeed  = 0x300d

	moonRadius = 13.0      // pixels
	moonDark   = 38. / 255 // brightness of the unlit part, so that the whole disc can be seen
	moonShift  = 0.5       // largest shift of the disc from the middle, in pixels
	moonRows   = 8         // scan lines that are averaged into one row of pixels
)

func init() {
	register(moonSource("moons", "moon phases 0 to 1, 32×32 grey", 0, 0))
	register(moonSource("moons-gap", "moon phases without .4 to .6 in train, 32×32 grey", .4, .6))
}

// moonSource describes a set whose training phases avoid the open interval (lo, hi).
func moonSource(name, summary string, lo, hi float64) setSource {
	return setSource{
		Info: Info{
			Name: name, Summary: summary, Source: "generated", Shape: []int{moonSide, moonSide},
			Train: moonTrain, Test: moonTest, Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			root := rng.New(moonSeed)
			p := setParts{
				train: Moons(moonTrain, root.Named("train"), lo, hi),
				test:  Moons(moonTest, root.Named("test"), 0, 0),
			}
			return p, ctx.Err()
		},
	}
}

// Moons draws n moons, 32×32, with phases uniform on [0, 1] without the open interval
// (excludeLo, excludeHi), and the disc shifted by up to half a pixel each way. The factor
// "phase" is the lit fraction of the disc. Row i is a function of the key and i alone.
// An interval that is empty or leaves nothing of [0, 1] excludes nothing.
func Moons(n int, key rng.Key, excludeLo, excludeHi float64) *Set {
	s := &Set{Name: "moons", Shape: []int{moonSide, moonSide}, X: make([]float32, n*moonSide*moonSide)}
	phase := make([]float32, n)
	parallel(n, func(i int) {
		var u [3]float32
		key.At(uint64(i)).Uniform(u[:])
		phase[i] = phaseOutside(float64(u[0]), excludeLo, excludeHi)
		drawMoon(s.Row(i), float64(phase[i]), moonShift*(2*float64(u[1])-1), moonShift*(2*float64(u[2])-1))
	})
	s.Factors = []Factor{{Name: "phase", Values: phase}}
	return s
}

// phaseOutside maps u in [0, 1) onto [0, 1] without (lo, hi), uniformly.
func phaseOutside(u, lo, hi float64) float32 {
	lo, hi = max(lo, 0), min(hi, 1)
	if !(lo < hi) || lo == 0 && hi == 1 {
		return float32(u)
	}
	p := u * (1 - (hi - lo))
	if p > lo || lo == 0 {
		p += hi - lo
	}
	v := float32(p)
	if f := float64(v); f > lo && f < hi { // rounded into the gap
		return math.Nextafter32(v, v+float32(math.Copysign(1, p-(lo+hi)/2)))
	}
	return v
}

// MoonImage draws the moon of a phase p in [0, 1], centred, 32×32.
//
// On the scan line y the disc of radius R reaches from −w to w, w = √(R² − y²). The
// terminator is half an ellipse with half axes R and R·|1 − 2p|: the line is lit from
// (1 − 2p)·w to w. Its lit length is 2pw, so the lit area is ∫ 2pw dy = pπR², which is the
// fraction p of the disc. Phases outside [0, 1] are clamped.
func MoonImage(phase float64) []float32 {
	img := make([]float32, moonSide*moonSide)
	drawMoon(img, max(0, min(1, phase)), 0, 0)
	return img
}

// LitFraction estimates the phase of a moon image as its lit area over that of the disc:
//
//	p̂ = (Σ pixels / πR² − dark) / (1 − dark), clamped to [0, 1].
//
// It is linear in the pixels, so that neither the place of the disc nor blur matters.
func LitFraction(img []float32) float64 {
	sum := 0.
	for _, v := range img {
		sum += float64(v)
	}
	p := (sum/(math.Pi*moonRadius*moonRadius) - moonDark) / (1 - moonDark)
	return max(0, min(1, p))
}

// drawMoon draws the moon, shifted by (dx, dy) pixels, into a black image. A pixel is the
// average over its scan lines of the part that is covered.
func drawMoon(img []float32, phase, dx, dy float64) {
	const mid = moonSide / 2.
	for i := range moonSide * moonRows {
		y := (float64(i)+.5)/moonRows - mid - dy
		if y*y >= moonRadius*moonRadius {
			continue
		}
		w := math.Sqrt(moonRadius*moonRadius - y*y)
		row := img[i/moonRows*moonSide:][:moonSide]
		terminator := (1 - 2*phase) * w
		addSpan(row, mid+dx-w, mid+dx+terminator, moonDark/moonRows)
		addSpan(row, mid+dx+terminator, mid+dx+w, 1./moonRows)
	}
	quantize(img)
}

// addSpan adds value times the covered length to every pixel that [a, b] crosses.
func addSpan(row []float32, a, b, value float64) {
	for x := int(a); x < len(row) && float64(x) < b; x++ {
		row[x] += float32(value * (min(b, float64(x+1)) - max(a, float64(x))))
	}
}
