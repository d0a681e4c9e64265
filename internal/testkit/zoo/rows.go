package zoo

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vae"
)

// Uniform returns n values on [0, 1).
func Uniform(n int) []float32 {
	x := make([]float32, n)
	rng.New(4).Uniform(x)
	return x
}

// Binary returns n values of 0 and 1.
func Binary(n int) []float32 {
	x := Uniform(n)
	for i, v := range x {
		x[i] = float32(math.Round(float64(v)))
	}
	return x
}

// Float64s widens an array.
func Float64s(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// Rows returns a matrix as one float64 tensor.
func Rows(x [][]float64) *tensors.Tensor {
	var flat []float64
	for _, r := range x {
		flat = append(flat, r...)
	}
	return tk.Matrix(flat, len(x), len(x[0]))
}

// BatchOf returns data in the support of a likelihood.
func BatchOf(likelihood string, n, dim int) [][]float64 {
	if likelihood == "bernoulli" {
		return scalarref.BinaryBatch(n, dim)
	}
	return scalarref.GrayBatch(n, dim)
}

// Pictures is the configuration of a small net for images.
func Pictures(net string, shape ...int) vae.Config {
	dim := 1
	for _, n := range shape {
		dim *= n
	}
	return vae.Config{Dim: dim, Shape: shape, Net: net, Channels: []int{2, 4}, Hidden: []int{3}, Latent: 2, Likelihood: "gaussian-learned", Sigma: 1}
}

// Grid holds the centres of cells² squares of side h over [−lo, lo]².
func Grid(lo float64, cells int) (z []float64, h float64) {
	h = 2 * lo / float64(cells)
	for i := range cells {
		for j := range cells {
			z = append(z, -lo+h*(float64(i)+.5), -lo+h*(float64(j)+.5))
		}
	}
	return z, h
}

// CircleSD is the noise about the curve of [Circle].
const CircleSD = .1

// Circle are points of a closed curve in ten dimensions with noise: x = A tanh(2Bu) + .1ε for u
// uniform on the circle, with matrices of normal numbers that are the same for all keys.
func Circle(n int, key rng.Key) []float32 {
	const wide, dim = 20, 10
	a, b := make([]float32, dim*wide), make([]float32, wide*2)
	rng.New(77).Named("a").Normal(a)
	rng.New(77).Named("b").Normal(b)
	angle, x := make([]float32, n), make([]float32, n*dim)
	key.Named("angle").Uniform(angle)
	key.Named("noise").Normal(x)
	for i, u := range angle {
		sin, cos := math.Sincos(2 * math.Pi * float64(u))
		var hidden [wide]float64
		for k := range hidden {
			hidden[k] = math.Tanh(2 * (float64(b[2*k])*cos + float64(b[2*k+1])*sin))
		}
		for j := range dim {
			v := CircleSD * float64(x[i*dim+j])
			for k, h := range hidden {
				v += float64(a[j*wide+k]) * h / math.Sqrt(wide)
			}
			x[i*dim+j] = float32(v)
		}
	}
	return x
}
