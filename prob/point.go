package prob

import (
	"errors"
	"fmt"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// vector returns numbers as a tensor of one axis.
func vector(u []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(u, len(u)) }

// plain takes the name of the program off an error that the model caused.
func plain(err error) error {
	if in := errors.Unwrap(err); in != nil && strings.HasPrefix(in.Error(), "prob: ") {
		return in
	}
	return fmt.Errorf("prob: %w", err)
}

// density evaluates ln p at single points of Rⁿ, all data included.
type density struct {
	n     int
	u     *model.Input
	value *model.Program // ln p
	slope *model.Program // ln p and its gradient
	out   [][]float64
}

// density returns ln p as a function of points; without jacobian it is that of the constrained
// variables.
func (m *Model) density(p *model.Params, jacobian bool) (*density, error) {
	u, err := p.Input(max(1, m.dim))
	if err != nil {
		return nil, err
	}
	score := func(s *model.Scope, in []*g.Node) *g.Node {
		r := m.begin(s.In("model"), scoring, in[0])
		r.jacobian = jacobian
		return r.evaluate()
	}
	return &density{n: m.dim, u: u,
		value: model.NewProgram(p, "log-density", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{score(s, in)}
		}),
		slope: model.NewProgram(p, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
			lp := score(s, in)
			return []*g.Node{lp, g.Gradient(lp, in[0])[0]}
		}),
	}, nil
}

// at returns ln p(u).
func (d *density) at(u []float64) (float64, error) {
	if err := d.run(d.value, u); err != nil {
		return 0, err
	}
	return d.out[0][0], nil
}

// gradient returns ln p(u) and writes ∇ ln p(u).
func (d *density) gradient(u, grad []float64) (float64, error) {
	if err := d.run(d.slope, u); err != nil {
		return 0, err
	}
	copy(grad, d.out[1])
	return d.out[0][0], nil
}

// run evaluates a program at a point.
func (d *density) run(prog *model.Program, u []float64) (err error) {
	if err := d.u.Set(u...); err != nil {
		return plain(err)
	}
	if d.out, err = prog.ValuesInto(d.out, rng.Key{}, d.u.Tensor); err != nil {
		return plain(err)
	}
	return nil
}
