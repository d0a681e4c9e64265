package data

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	phantomSide  = 32
	phantomTrain = 8_000 // all healthy
	phantomTest  = 2_000 // half of them with a lesion
	phantomSeed  = 0xfa47

	phantomNoise = .03 // standard deviation of the noise of a pixel
)

// phantomFactors are the known factors of a phantom: centre, half axes and turn of its lesion in
// pixels and radians, and by how much it is brighter; zeros in a healthy one.
var phantomFactors = []string{"lesion x", "lesion y", "lesion a", "lesion b", "lesion turn", "lesion contrast"}

func init() {
	register(setSource{
		Info: Info{
			Name: "phantoms", Summary: "drawn scans of a body, 32×32 grey, half of the test rows with a bright lesion; train is healthy", Source: "generated",
			Shape: []int{phantomSide, phantomSide}, Train: phantomTrain, Test: phantomTest, Classes: 2, Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			root := rng.New(phantomSeed)
			return setParts{
				train: Phantoms(phantomTrain, root.Named("train"), 0),
				test:  Phantoms(phantomTest, root.Named("test"), .5),
			}, ctx.Err()
		},
	})
}

// Phantoms draws n scans of a body, 32×32, of which the given share, rounded, have a lesion: a body
// with a bright rim, two dark lungs, a heart and a spine, all of them turned, moved and sized a
// little from scan to scan, over slow waves and noise. A lesion is a bright blob with a soft edge
// anywhere within the rim. They are drawings to test anomaly detection with and resemble no patient.
//
// The label tells whether there is a lesion; [PhantomMask] tells where. Row i is a function of the
// key, of i and of whether it has one.
func Phantoms(n int, key rng.Key, share float64) *Set {
	s := &Set{
		Name: "phantoms", Shape: []int{phantomSide, phantomSide}, Classes: []string{"healthy", "lesion"},
		X: make([]float32, n*phantomSide*phantomSide), Labels: make([]int32, n),
	}
	for _, name := range phantomFactors {
		s.Factors = append(s.Factors, Factor{name, make([]float32, n)})
	}
	sick := int(math.Round(max(0, min(1, share)) * float64(n)))
	parallel(n, func(i int) {
		k := key.At(uint64(i))
		b := newBody(k.Named("body"))
		var l lesion
		if i < sick {
			l = b.lesion(k.Named("lesion"))
			s.Labels[i] = 1
		}
		for j, v := range l {
			s.Factors[j].Values[i] = v
		}
		b.draw(s.Row(i), l, k.Named("noise"))
	})
	return s
}

// PhantomMask tells which pixels of the i-th phantom of a set belong to its lesion: those that it
// covers by more than half. It is false everywhere in a healthy one.
func PhantomMask(s *Set, i int) ([]bool, error) {
	if len(s.Factors) != len(phantomFactors) || s.Dim() != phantomSide*phantomSide {
		return nil, fmt.Errorf("data: phantoms: mask: got a set %s with %d factors, want one of phantoms with its %d", quote(s.Name), len(s.Factors), len(phantomFactors))
	}
	if i < 0 || i >= s.Len() {
		return nil, fmt.Errorf("data: phantoms: mask: got row %d, want 0 to %d", i, s.Len()-1)
	}
	var l lesion
	for j, f := range s.Factors {
		if f.Name != phantomFactors[j] {
			return nil, fmt.Errorf("data: phantoms: mask: got factor %s, want %s", quote(f.Name), quote(phantomFactors[j]))
		}
		l[j] = f.Values[i]
	}
	out := make([]bool, s.Dim())
	for p := range out {
		out[p] = l.cover(p) > .5
	}
	return out, nil
}

// ellipse is a filled ellipse with a soft edge: centre, half axes, turn and brightness.
type ellipse struct{ x, y, a, b, turn, value float64 }

// cover is the part of pixel (px, py) that the ellipse covers, about: a smooth step over two pixels
// of distance from the edge.
func (e ellipse) cover(px, py float64) float64 {
	sin, cos := math.Sincos(e.turn)
	dx, dy := px-e.x, py-e.y
	u, v := (cos*dx+sin*dy)/e.a, (cos*dy-sin*dx)/e.b
	t := .5 + (1-math.Sqrt(u*u+v*v))*min(e.a, e.b)/2
	t = max(0, min(1, t))
	return t * t * (3 - 2*t)
}

// lesion holds the factors of a lesion in the order of phantomFactors.
type lesion [6]float32

// cover is the part of a pixel that the lesion covers; 0 if there is none.
func (l lesion) cover(pixel int) float64 {
	if l[5] == 0 {
		return 0
	}
	e := ellipse{float64(l[0]), float64(l[1]), float64(l[2]), float64(l[3]), float64(l[4]), 0}
	return e.cover(float64(pixel%phantomSide), float64(pixel/phantomSide))
}

// body is one healthy anatomy.
type body struct {
	parts [6]ellipse // rim, inside, left and right lung, heart, spine: later ones cover earlier ones
	waves [2][4]float64
}

// newBody draws an anatomy: eight numbers in [−1, 1] decide pose and sizes, four the waves.
func newBody(key rng.Key) body {
	var u [16]float32
	key.Uniform(u[:])
	r := func(i int) float64 { return 2*float64(u[i]) - 1 }
	const mid = (phantomSide - 1) / 2.
	x, y, turn, size := mid+r(0), mid+r(1), .15*r(2), 1+.06*r(3)
	sin, cos := math.Sincos(turn)
	at := func(dx, dy, a, b, tilt, value float64) ellipse { // in the frame of the body
		dx, dy = size*dx, size*dy
		return ellipse{x + cos*dx - sin*dy, y + sin*dx + cos*dy, size * a, size * b, turn + tilt, value}
	}
	wide, breath, beat := 1+.05*r(4), 1+.12*r(5), 1+.12*r(6)
	var b body
	b.parts = [6]ellipse{
		at(0, 0, 13.2*wide, 11, 0, .72),
		at(0, 0, 11.6*wide, 9.4, 0, .4),
		at(-5.6*wide, -1, 3.6*breath, 5.6*breath, .15, .16),
		at(5.6*wide, -1, 3.6*breath, 5.6*breath, -.15, .16),
		at(.9+.4*r(7), -.6, 2.5*beat, 3.3*beat, .5, .58),
		at(0, 6.6, 1.9, 1.6, 0, .8),
	}
	for i := range b.waves {
		angle := 2 * math.Pi * float64(u[8+4*i])
		speed := .15 + .2*float64(u[9+4*i]) // radians a pixel: one to two periods an image
		b.waves[i] = [4]float64{speed * math.Cos(angle), speed * math.Sin(angle), 2 * math.Pi * float64(u[10+4*i]), .02 * float64(u[11+4*i])}
	}
	return b
}

// lesion draws a lesion within the rim of the body.
func (b body) lesion(key rng.Key) lesion {
	var u [6]float32
	key.Uniform(u[:])
	in := b.parts[1]
	sin, cos := math.Sincos(in.turn)
	radius, angle := .8*math.Sqrt(float64(u[0])), 2*math.Pi*float64(u[1])
	dx, dy := radius*in.a*math.Cos(angle), radius*in.b*math.Sin(angle)
	return lesion{
		float32(in.x + cos*dx - sin*dy), float32(in.y + sin*dx + cos*dy), 1.6 + 1.6*u[2], 1.6 + 1.6*u[3],
		math.Pi * u[4], .1 + .15*u[5],
	}
}

// draw makes the picture.
func (b body) draw(img []float32, l lesion, key rng.Key) {
	noise := make([]float32, len(img))
	key.Normal(noise)
	for p := range img {
		x, y := float64(p%phantomSide), float64(p/phantomSide)
		v := .03
		for _, e := range b.parts {
			c := e.cover(x, y)
			v += c * (e.value - v)
		}
		if inside := b.parts[0].cover(x, y); inside > 0 {
			for _, w := range b.waves {
				v += inside * w[3] * math.Sin(w[0]*x+w[1]*y+w[2])
			}
		}
		v += l.cover(p)*float64(l[5]) + phantomNoise*float64(noise[p])
		img[p] = float32(max(0, min(1, v)))
	}
	quantize(img)
}
