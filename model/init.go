package model

import (
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Init fills a new parameter of the given shape from a keyed stream.
type Init func(key rng.Key, dims []int) []float64

// Constant initialises every value alike.
func Constant(v float64) Init {
	return func(_ rng.Key, dims []int) []float64 {
		out := make([]float64, size(dims))
		for i := range out {
			out[i] = v
		}
		return out
	}
}

// Uniform initialises from the uniform distribution on [−bound, bound).
func Uniform(bound float64) Init {
	return func(key rng.Key, dims []int) []float64 {
		u := make([]float32, size(dims))
		key.Uniform(u)
		out := make([]float64, len(u))
		for i, v := range u {
			out[i] = bound * (2*float64(v) - 1)
		}
		return out
	}
}

// FanIn initialises from the uniform distribution on ±1/√n for a layer with n inputs.
func FanIn(n int) Init { return Uniform(1 / math.Sqrt(float64(n))) }

// Gaussian initialises from N(0, sd²).
func Gaussian(sd float64) Init {
	return func(key rng.Key, dims []int) []float64 {
		out := make([]float64, size(dims))
		key.NormalFloat64(out)
		for i := range out {
			out[i] *= sd
		}
		return out
	}
}
