// Package guide holds distributions q(u) over Rⁿ that approximate a [vi.Target]: guides of all
// latent variables of a model together.
//
// Every guide works in coordinates y that its start whitens, u = loc + F·y, where the target is
// near N(0, I) if the start is good: one learning rate then suits all parameters. Letters: n
// dimensions, M draws, ε ~ N(0, I).
package guide

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Start is the affine map u = Loc + F·y from whitened coordinates, F = diag(Scale) or Factor.
type Start struct {
	Loc    []float64 // n numbers; nil is 0
	Scale  []float64 // n positive numbers; nil is 1
	Factor []float64 // n×n, row-major, lower triangular with positive diagonal; nil is diag(Scale)
}

// Family makes the guide of n dimensions that begins at a start.
type Family func(n int, at Start) vi.Guide

// Path is a guide whose log-density can be had without the score of its parameters: the
// gradient of ln p(u) − ln q(u) then vanishes, draw by draw, where q equals p (Roeder, Wu &
// Duvenaud 2017, "sticking the landing").
type Path interface {
	vi.Guide
	// DrawPath is Draw with the derivative of ln q by its parameters at fixed u left out.
	DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node)
}

// given initialises an array with known values.
func given(v []float64) model.Init {
	return func(_ rng.Key, dims []int) []float64 {
		want := 1
		for _, d := range dims {
			want *= d
		}
		if len(v) != want {
			panic(fmt.Errorf("guide: start: got %d numbers, want %d", len(v), want))
		}
		return append([]float64(nil), v...)
	}
}

// whiten maps y, M×n, to u and returns ln|det F|.
func (at Start) whiten(s *model.Scope, y *g.Node) (u *g.Node, logDet float64) {
	n := y.Shape().Dim(1)
	u = y
	switch {
	case at.Factor != nil:
		f := s.State("factor", given(at.Factor), n, n)
		u = g.DotGeneral(y, []int{1}, nil, f, []int{1}, nil) // y Fᵀ
		for i := range n {
			logDet += math.Log(at.Factor[i*n+i])
		}
	case at.Scale != nil:
		u = g.Mul(y, g.ExpandAxes(s.State("scale", given(at.Scale), n), 0))
		for _, v := range at.Scale {
			logDet += math.Log(v)
		}
	}
	if at.Loc != nil {
		u = g.Add(u, g.ExpandAxes(s.State("loc", given(at.Loc), n), 0))
	}
	return u, logDet
}

// standard is ln N(ε; 0, I) for rows ε, M.
func standard(eps *g.Node) *g.Node {
	n := float64(eps.Shape().Dim(1))
	return g.AddScalar(g.MulScalar(g.ReduceSum(g.Square(eps), 1), -.5), -.5*n*math.Log(2*math.Pi))
}

// stopped is x as a constant where stop holds.
func stopped(x *g.Node, stop bool) *g.Node {
	if stop {
		return g.StopGradient(x)
	}
	return x
}

// strictlyLower is 1 below the diagonal and 0 elsewhere, in the shape of a square matrix.
func strictlyLower(x *g.Node) *g.Node {
	row, column := g.Iota(x.Graph(), x.Shape(), 0), g.Iota(x.Graph(), x.Shape(), 1)
	return g.ConvertDType(g.GreaterThan(row, column), x.DType())
}

// identity is 1 on the diagonal and 0 elsewhere, in the shape of a square matrix.
func identity(x *g.Node) *g.Node {
	row, column := g.Iota(x.Graph(), x.Shape(), 0), g.Iota(x.Graph(), x.Shape(), 1)
	return g.ConvertDType(g.Equal(row, column), x.DType())
}

// zeros is a vector of m zeros.
func zeros(x *g.Node, m int) *g.Node { return g.Zeros(x.Graph(), shapes.Make(x.DType(), m)) }
