package vae_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// polar decodes (r, θ) to (r cos θ, r sin θ), whose geodesics are straight lines of the plane.
type polar struct{ vae.Config }

func (m polar) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	return vi.Terms{LogLik: g.ExpandAxes(g.ReduceSum(m.Decode(s, b.Code(z)).LogProb(b.X), -1), 0), Kind: vi.KindLogProb}
}

func (m polar) Encode(_ *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	return b.X, g.ZerosLike(b.X)
}

func (m polar) Decode(_ *model.Scope, c vae.Code) dist.Distribution {
	r, angle := g.Slice(c.Z, g.AxisRange(), g.AxisRange(0, 1)), g.Slice(c.Z, g.AxisRange(), g.AxisRange(1, 2))
	mean := g.Concatenate([]*g.Node{g.Mul(r, g.Cos(angle)), g.Mul(r, g.Sin(angle))}, 1)
	return dist.Normal{Loc: mean, LogScale: g.ZerosLike(mean)}
}

// straight is a path of so many codes along a straight line.
func straight(a, b []float32, count int) (out []float32) {
	for k := range count {
		t := float32(k) / float32(count-1)
		for j := range a {
			out = append(out, (1-t)*a[j]+t*b[j])
		}
	}
	return out
}

// Between two points of the plane in polar coordinates the curve that is found is the chord: its length within
// a thousandth, every point of it on the line, at even distances within a hundredth of it. The straight
// path of coordinates is an arc, π/3 long where the chord is 1.
func TestGeodesicsInPolarCoordinatesAreChords(t *testing.T) {
	c := vae.Config{Dim: 2, Latent: 2, Likelihood: "gaussian", Sigma: 1}
	n := &vae.Network{Name: "polar", Config: c, Model: polar{c}, Params: tk.Params(t, dtypes.Float64)}
	for _, c := range [][4]float64{{1, 0, 1, math.Pi / 3}, {1, -.5, 2, 1}, {.5, .2, 3, 1.9}} {
		const count = 17
		path := straight([]float32{float32(c[0]), float32(c[1])}, []float32{float32(c[2]), float32(c[3])}, count)
		got, err := n.Geodesic(t.Context(), path, 600)
		if err != nil {
			t.Fatal(err)
		}
		ax, ay := c[0]*math.Cos(c[1]), c[0]*math.Sin(c[1])
		bx, by := c[2]*math.Cos(c[3]), c[2]*math.Sin(c[3])
		chord := math.Hypot(bx-ax, by-ay)
		t.Logf("arc %.5f, found %.5f, chord %.5f", got.Before, got.Length, chord)
		tk.Close(t, "length over the chord's", got.Length/chord, 1, 1e-3)
		if got.Before < 1.02*chord {
			t.Errorf("the straight path has the length %v: the case is too easy", got.Before)
		}
		for k := range count {
			r, angle := float64(got.Codes[2*k]), float64(got.Codes[2*k+1])
			x, y := r*math.Cos(angle), r*math.Sin(angle)
			off := ((x-ax)*(by-ay) - (y-ay)*(bx-ax)) / chord
			along := ((x-ax)*(bx-ax) + (y-ay)*(by-ay)) / chord
			tk.Close(t, "distance from the chord", off, 0, .02*chord)
			tk.Close(t, "distance along it", along, chord*float64(k)/(count-1), .02*chord)
		}
		if !slices.Equal(got.Codes[:2], path[:2]) || !slices.Equal(got.Codes[2*count-2:], path[2*count-2:]) {
			t.Error("the ends have moved")
		}
	}
}

// Of a linear decoder straight lines are geodesics: a bent path returns to one. Of networks with random weights
// the curve is never longer than the path that it began as, for thirty pairs of codes, and shorter for most.
func TestGeodesicsAreNeverLongerThanTheirPath(t *testing.T) {
	flat := zoo.Network(t, "linear-vae", vae.Config{Dim: 5, Latent: 2, Likelihood: "gaussian", Sigma: 1}, dtypes.Float64)
	a, b := []float32{-1, .5}, []float32{2, 1}
	bent := straight(a, b, 9)
	for k := 1; k < 8; k++ {
		bent[2*k+1] += float32(math.Sin(math.Pi * float64(k) / 8))
	}
	line, err := flat.Geodesic(t.Context(), straight(a, b, 9), 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := flat.Geodesic(t.Context(), bent, 600)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "length over the line's", got.Length/line.Before, 1, 1e-3)
	if got.Before < 1.05*line.Before {
		t.Errorf("the bent path has %v of the line's length", got.Before/line.Before)
	}
	curved := zoo.Network(t, "vae", vae.Config{Dim: 20, Hidden: []int{30}, Latent: 3, Likelihood: "bernoulli", Sigma: 1}, dtypes.Float32)
	if _, err := curved.Decode(t.Context(), make([]float32, 3)); err != nil {
		t.Fatal(err)
	}
	arrays := tk.Export(t, curved.Params)
	for _, w := range arrays {
		for i := range w.Data {
			w.Data[i] *= 4 // a bent decoder
		}
	}
	tk.Import(t, curved.Params, arrays...)
	shorter := 0
	for i := range 30 {
		ends := make([]float32, 6)
		rng.New(3).At(uint64(i)).Normal(ends)
		got, err := curved.Geodesic(t.Context(), straight(ends[:3], ends[3:], 11), 60)
		if err != nil {
			t.Fatal(err)
		}
		if got.Length > got.Before {
			t.Errorf("pair %d: got the length %v after %v", i, got.Length, got.Before)
		}
		if got.Length < .999*got.Before {
			shorter++
		}
	}
	t.Logf("%d of 30 curves are shorter by a thousandth at least", shorter)
	if shorter < 20 {
		t.Errorf("got %d of 30 curves that are shorter, want most", shorter)
	}
}

func TestWrongGeodesicsAreErrors(t *testing.T) {
	n := zoo.Network(t, "linear-vae", vae.Config{Dim: 5, Latent: 2, Likelihood: "gaussian", Sigma: 1}, dtypes.Float64)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	maps := zoo.Pictures("vq", 8, 12)
	spec, _ := vae.Lookup("vq-vae")
	maps.Rows, maps.Options = 24, spec.Small()
	codes := zoo.Network(t, "vq-vae", maps, dtypes.Float32)
	for want, run := range map[string]func() (vae.Curve, error){
		"got 4 values, want at least 3 codes of 2": func() (vae.Curve, error) { return n.Geodesic(t.Context(), make([]float32, 4), 5) },
		"got 7 values":               func() (vae.Curve, error) { return n.Geodesic(t.Context(), make([]float32, 7), 5) },
		"steps: got 0":               func() (vae.Curve, error) { return n.Geodesic(t.Context(), make([]float32, 8), 0) },
		"context canceled":           func() (vae.Curve, error) { return n.Geodesic(ended, make([]float32, 8), 5) },
		"got model vq-vae, want one": func() (vae.Curve, error) { return codes.Geodesic(t.Context(), make([]float32, 18), 5) },
	} {
		if _, err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
