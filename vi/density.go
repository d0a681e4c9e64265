package vi

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Density is a target compiled for the host: its log-density and gradient at points in float64.
type Density struct {
	dim             int
	value, gradient *model.Program
}

// Compile prepares a target on a backend.
func Compile(t Target, b compute.Backend) (*Density, error) {
	if t.Dim < 1 || t.LogDensity == nil {
		return nil, fmt.Errorf("vi: target: got %d dimensions (log-density present: %v), want at least 1 with a log-density", t.Dim, t.LogDensity != nil)
	}
	p := model.NewParams(b, dtypes.Float64, rng.New(0))
	logDensity := func(s *model.Scope, u *g.Node) *g.Node {
		v := t.LogDensity(s, u)
		if !v.Shape().IsScalar() {
			panic(fmt.Errorf("vi: target: got a log-density of shape %s, want a scalar", v.Shape()))
		}
		return v
	}
	return &Density{
		dim: t.Dim,
		value: model.NewProgram(p, "log-density", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{logDensity(s, in[0])}
		}),
		gradient: model.NewProgram(p, "gradient of the log-density", func(s *model.Scope, in []*g.Node) []*g.Node {
			v := logDensity(s, in[0])
			return []*g.Node{v, g.Gradient(v, in[0])[0]}
		}),
	}, nil
}

// Dim returns n.
func (d *Density) Dim() int { return d.dim }

// At returns ln p(u).
func (d *Density) At(u []float64) (float64, error) {
	out, err := d.run(d.value, u)
	if err != nil {
		return 0, err
	}
	return out[0][0], nil
}

// Gradient returns ln p(u) and writes its gradient to grad.
func (d *Density) Gradient(u, grad []float64) (float64, error) {
	out, err := d.run(d.gradient, u)
	if err != nil {
		return 0, err
	}
	copy(grad, out[1])
	return out[0][0], nil
}

func (d *Density) run(p *model.Program, u []float64) ([][]float64, error) {
	if len(u) != d.dim {
		return nil, fmt.Errorf("vi: target: got a point of %d numbers, want %d", len(u), d.dim)
	}
	in := tensors.FromFlatDataAndDimensions(u, d.dim)
	defer func() { _ = in.FinalizeAll() }()
	return p.Values(rng.New(0), in)
}
