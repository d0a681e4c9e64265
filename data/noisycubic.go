package data

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	cubicTrain = 450
	cubicTest  = 150
	cubicSeed  = 0xc0b1
	cubicNoise = 3.0 // standard deviation of y about x³
	cubicReach = 4.0 // x lies in ±cubicReach
)

func init() {
	register(setSource{
		Info: Info{
			Name: "noisy-cubic", Summary: "table of x and y = x³ + noise, for regression with --target y", Source: "generated",
			Shape: []int{2}, Train: cubicTrain, Test: cubicTest, Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			root := rng.New(cubicSeed)
			p := setParts{train: Cubic(cubicTrain, root.Named("train")), test: Cubic(cubicTest, root.Named("test"))}
			return p, ctx.Err()
		},
	})
}

// Cubic draws n rows of a table with the columns x, uniform on ±4, and y = x³ + ε with
// ε ~ N(0, 3²), as Hernández-Lobato & Adams 2015, section 5.1. Values are multiples of 1/256, so
// that they are the same on processors that fuse multiply and add.
func Cubic(n int, key rng.Key) *Set {
	u, eps := make([]float32, n), make([]float64, n)
	key.Named("x").Uniform(u)
	key.Named("noise").NormalFloat64(eps)
	s := &Set{Name: "noisy-cubic", Shape: []int{2}, Columns: []Column{{Name: "x", Scale: 1}, {Name: "y", Scale: 1}}}
	for i := range n {
		x := math.Round(256*cubicReach*(2*float64(u[i])-1)) / 256
		y := math.Round(256*(x*x*x+cubicNoise*eps[i])) / 256
		s.X = append(s.X, float32(x), float32(y))
	}
	return s
}

// standardizeTable brings the parts of a generated table to the stored standardisation, or to
// that of its training rows, unless raw values are wanted.
func standardizeTable(s *Splits, spec Spec) {
	if spec.Raw || len(s.Train.Columns) == 0 {
		return
	}
	columns := spec.Columns
	if len(columns) == 0 {
		columns = fitColumns(s.Train)
	}
	for _, part := range []*Set{s.Train, s.Valid, s.Test} {
		for i, v := range part.X {
			c := columns[i%len(columns)]
			part.X[i] = float32((float64(v) - c.Mean) / c.Scale)
		}
		part.Columns = columns
	}
}
