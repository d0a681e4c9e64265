package data

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	digitSide  = 28
	digitTrain = 10_000
	digitTest  = 2_000
	digitSeed  = 0xd161 // makes the set; another value makes another set

	// digitPieces is the number of line segments that stand for the curve between two nodes.
	digitPieces = 5
)

func init() {
	register(setSource{
		Info: Info{
			Name: "digits", Summary: "pen-stroke digits 0-9, 28×28 grey", Source: "generated",
			Shape: []int{digitSide, digitSide}, Train: digitTrain, Test: digitTest, Classes: 10,
			Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			root := rng.New(digitSeed)
			p := setParts{
				train: Digits(digitTrain, root.Named("train")),
				test:  Digits(digitTest, root.Named("test")),
			}
			return p, ctx.Err()
		},
	})
}

// Digits writes n grey 28×28 digits with a simulated pen. Row i is a function of the key and
// i alone; each ten consecutive rows hold every class once, in random order.
//
// A digit is a skeleton of control points, jittered one by one, sheared, turned and scaled
// as a whole, joined by a Catmull–Rom spline and inked with a round pen. Size and ink follow
// MNIST: about 20 pixels high, a mean pixel of about .13.
func Digits(n int, key rng.Key) *Set {
	s := &Set{Name: "digits", Shape: []int{digitSide, digitSide}, Labels: make([]int32, n)}
	s.X = make([]float32, n*digitSide*digitSide)
	for c := range 10 {
		s.Classes = append(s.Classes, string(rune('0'+c)))
	}
	blocks, rows := key.Named("class"), key.Named("row")
	parallel((n+9)/10, func(b int) {
		for j, c := range blocks.At(uint64(b)).Perm(10) {
			if i := 10*b + j; i < n {
				s.Labels[i] = int32(c)
				drawDigit(s.Row(i), c, rows.At(uint64(i)))
			}
		}
	})
	return s
}

// parallel calls f(0) … f(n−1) from GOMAXPROCS goroutines; f must not depend on the order.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// drawDigit draws one digit of class c into img, which is zero.
func drawDigit(img []float32, c int, key rng.Key) {
	var u [4]float32
	key.Named("way").Uniform(u[:1])
	shape, pick := digitShapes[c], float64(u[0])
	w := 0
	for ; w < len(shape)-1 && pick >= shape[w].share; w++ {
		pick -= shape[w].share
	}
	var z [64]float64
	key.NormalFloat64(z[:])
	lines := writeStrokes(shape[w].nodes, &z)

	pen := 1.30 + .27*clampSD(z[6]) // radius in pixels
	ramp := .85 + .12*clampSD(z[7]) // half width of the soft edge, pixels
	for _, l := range lines {
		inkSegment(img, l, pen, ramp)
	}
	quantize(img)
}

// quantize rounds pixels to the levels k/255 of byte images. They survive being written to a
// file, and do not show whether a processor fuses multiplication and addition.
func quantize(img []float32) {
	for i, v := range img {
		if v > 0 {
			img[i] = float32(int(255*min(v, 1)+.5)) / 255
		}
	}
}

// clampSD limits a standard normal draw to ±2.2, so that no digit is deformed past reading.
func clampSD(z float64) float64 { return max(-2.2, min(2.2, z)) }

// penLine is a segment between two points in pixels.
type penLine struct{ x0, y0, x1, y1 float64 }

// writeStrokes deforms a skeleton and returns its curve in pixels. z[0:8] sets the style and
// z[8:] the jitter of the nodes, two values each.
func writeStrokes(nodes []penNode, z *[64]float64) []penLine {
	slant, turn := .18+.21*clampSD(z[0]), .12*clampSD(z[1])
	height, aspect := 17.4+.9*clampSD(z[2]), 1.06+.16*clampSD(z[3])
	sin, cos := math.Sincos(turn)
	pts := make([]penNode, len(nodes))
	for i, p := range nodes {
		dx, dy := .032*clampSD(z[8+2*i]), .026*clampSD(z[9+2*i])
		x, y := (p.x-.5+dx)*aspect, p.y-.5+dy
		x -= slant * y
		p.x, p.y = height*(cos*x-sin*y), height*(sin*x+cos*y)
		pts[i] = p
	}
	lines := make([]penLine, 0, digitPieces*len(pts))
	for i := range len(pts) - 1 {
		if !pts[i].lift {
			lines = appendCurve(lines, pts, i)
		}
	}
	center(lines, (digitSide-1)/2.+.5*clampSD(z[4]), (digitSide-1)/2.+.5*clampSD(z[5]))
	return lines
}

// appendCurve adds the Catmull–Rom spline between nodes i and i+1. The tangent at a corner
// or at the end of a stroke points at the other node.
func appendCurve(lines []penLine, p []penNode, i int) []penLine {
	a, b := p[i], p[i+1]
	before, after := a, b
	if i > 0 && !a.corner && !p[i-1].lift {
		before = p[i-1]
	}
	if i+2 < len(p) && !b.corner && !b.lift {
		after = p[i+2]
	}
	ax, ay := (b.x-before.x)/2, (b.y-before.y)/2
	bx, by := (after.x-a.x)/2, (after.y-a.y)/2
	x, y := a.x, a.y
	for k := 1; k <= digitPieces; k++ {
		t := float64(k) / digitPieces
		h00, h10 := (1+2*t)*(1-t)*(1-t), t*(1-t)*(1-t)
		h01, h11 := t*t*(3-2*t), t*t*(t-1)
		nx := h00*a.x + h10*ax + h01*b.x + h11*bx
		ny := h00*a.y + h10*ay + h01*b.y + h11*by
		lines = append(lines, penLine{x, y, nx, ny})
		x, y = nx, ny
	}
	return lines
}

// center moves the lines so that the point halfway between their centre of mass and the
// center of their bounding box lies at (cx, cy). By mass alone a 7 would leave the image.
func center(lines []penLine, cx, cy float64) {
	var mx, my, mass float64
	xa, xb, ya, yb := lines[0].x0, lines[0].x0, lines[0].y0, lines[0].y0
	for _, l := range lines {
		m := math.Hypot(l.x1-l.x0, l.y1-l.y0)
		mx, my, mass = mx+m*(l.x0+l.x1)/2, my+m*(l.y0+l.y1)/2, mass+m
		xa, xb = min(xa, l.x0, l.x1), max(xb, l.x0, l.x1)
		ya, yb = min(ya, l.y0, l.y1), max(yb, l.y0, l.y1)
	}
	dx, dy := cx-(mx/mass+(xa+xb)/2)/2, cy-(my/mass+(ya+yb)/2)/2
	for i := range lines {
		l := &lines[i]
		l.x0, l.x1, l.y0, l.y1 = l.x0+dx, l.x1+dx, l.y0+dy, l.y1+dy
	}
}

// inkSegment draws a segment with a round pen: a pixel at distance d of it gets
// s((pen + ramp − d) / 2ramp), s the smooth step, unless it is darker already.
func inkSegment(img []float32, l penLine, pen, ramp float64) {
	reach := pen + ramp
	xa, xb := pixelRange(min(l.x0, l.x1)-reach, max(l.x0, l.x1)+reach)
	ya, yb := pixelRange(min(l.y0, l.y1)-reach, max(l.y0, l.y1)+reach)
	vx, vy := l.x1-l.x0, l.y1-l.y0
	inv := 1 / max(vx*vx+vy*vy, 1e-12) // a segment of length 0 is a dot
	for y := ya; y < yb; y++ {
		for x := xa; x < xb; x++ {
			wx, wy := float64(x)-l.x0, float64(y)-l.y0
			t := max(0, min(1, (wx*vx+wy*vy)*inv))
			ex, ey := wx-t*vx, wy-t*vy
			d2 := ex*ex + ey*ey
			if d2 >= reach*reach {
				continue
			}
			s := min(1, (reach-math.Sqrt(d2))/(2*ramp))
			if v := float32(s * s * (3 - 2*s)); v > img[y*digitSide+x] {
				img[y*digitSide+x] = v
			}
		}
	}
}

// pixelRange returns the half-open range of pixel indices whose centres lie in [lo, hi].
func pixelRange(lo, hi float64) (a, b int) {
	return max(0, int(math.Ceil(lo))), min(digitSide, int(math.Floor(hi))+1)
}
