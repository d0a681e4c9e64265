package vae

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Curve is a path of codes and how long it is when decoded.
type Curve struct {
	Codes  []float32 // S codes of L values, the ends included
	Length float64   // Σ ‖x(z_{k+1}) − x(z_k)‖ of the decoded means x
	Before float64   // of the path that it was found from
}

// Of the search for a shorter curve: Adam's rates, and the step at first in units of the distance of the ends.
const (
	curveMomentum, curveSquares = .9, .99
	curveRate                   = .02
)

// Geodesic moves the inner codes of a path, S×L, towards the shortest curve of decoded data between its ends:
// down the energy
//
//	E = ½(S−1) Σ_k ‖x(z_{k+1}) − x(z_k)‖²,
//
// whose least value is taken by a geodesic of the decoder's metric JᵀJ, run through at an even speed
// (Shao et al. 2018, eq. 4 and algorithm 1). Of all curves on the way the shortest is returned, so that
// it is never longer than the path. The ends stay to the bit.
func (n *Network) Geodesic(ctx context.Context, path []float32, steps int) (Curve, error) {
	l := n.Config.Latent
	switch {
	case !n.Can()["interpolate"] || n.tail() > 0:
		return Curve{}, fmt.Errorf("vae: geodesic: got model %s, want one whose codes are real numbers without a class", n.Name)
	case len(path)%l != 0 || len(path) < 3*l:
		return Curve{}, fmt.Errorf("vae: geodesic: path: got %d values, want at least 3 codes of %d", len(path), l)
	case steps < 1:
		return Curve{}, fmt.Errorf("vae: geodesic: steps: got %d, want at least 1", steps)
	}
	count := len(path) / l
	prog := n.curveProgram(count)
	best := Curve{Length: math.Inf(1)}
	z, m, v := append([]float32(nil), path...), make([]float64, len(path)), make([]float64, len(path))
	far := 0.
	for i := range l {
		d := float64(path[len(path)-l+i] - path[i])
		far += d * d
	}
	rate := curveRate * math.Max(math.Sqrt(far), 1e-6)
	for t := range steps + 1 {
		if err := ctx.Err(); err != nil {
			return Curve{}, err
		}
		length, slope, err := n.curveStep(prog, z, count)
		if err != nil {
			return Curve{}, err
		}
		if t == 0 {
			best.Before = length
		}
		if length < best.Length {
			best.Length, best.Codes = length, append(best.Codes[:0], z...)
		}
		now := rate * .5 * (1 + math.Cos(math.Pi*float64(t)/float64(steps+1)))
		for i := l; i < len(z)-l; i++ {
			m[i] = curveMomentum*m[i] + (1-curveMomentum)*slope[i]
			v[i] = curveSquares*v[i] + (1-curveSquares)*slope[i]*slope[i]
			unbiased := math.Sqrt(v[i] / (1 - math.Pow(curveSquares, float64(t+1))))
			z[i] -= float32(now * m[i] / (1 - math.Pow(curveMomentum, float64(t+1))) / (unbiased + 1e-12))
		}
	}
	return best, nil
}

// curveProgram is the length of a decoded path and the slope of its energy by the codes.
func (n *Network) curveProgram(count int) *model.Program {
	return model.NewProgram(n.Params, "curve", func(s *model.Scope, in []*g.Node) []*g.Node {
		x := n.Model.(Decoder).Decode(s, Code{Z: in[0]}).Mean()
		step := g.Sub(g.Slice(x, g.AxisRange(1, count)), g.Slice(x, g.AxisRange(0, count-1)))
		squares := g.ReduceSum(g.Square(step), -1)
		energy := g.MulScalar(g.ReduceAllSum(squares), .5*float64(count-1))
		return []*g.Node{g.ReduceAllSum(g.Sqrt(squares)), g.Gradient(energy, in[0])[0]}
	})
}

// curveStep runs it.
func (n *Network) curveStep(prog *model.Program, z []float32, count int) (length float64, slope []float64, err error) {
	in, err := n.Params.Tensor(z, count, n.Config.Latent)
	if err != nil {
		return 0, nil, err
	}
	defer in.FinalizeAll()
	out, err := prog.Values(rng.Key{}, in)
	if err != nil {
		return 0, nil, err
	}
	return out[0][0], out[1], nil
}
