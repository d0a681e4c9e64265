package quant

import (
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// lloyd is the number of iterations of a start: features move on once training begins.
const lloyd = 10

// startPoints is the number of features a code that a start looks at.
const startPoints = 16

// Start returns the parameters of codebooks, in the scope of the quantiser, that fit features z,
// row-major: k-means for each codebook, on what those before it leave over. Codebooks that learn
// [ByMap] stay as they were drawn.
func (v Vector) Start(scope string, z []float64, key rng.Key) (out []model.Array) {
	if v.Book.Update == ByMap {
		return nil
	}
	_, _, width := v.Size()
	chosen := key.Named("rows").Perm(len(z) / width)
	chosen = chosen[:min(len(chosen), startPoints*v.Book.Codes)]
	for i := range v.groups() {
		rest := v.taken(z, chosen, i)
		for l := range v.levels() {
			name := Name(i, l)
			codes, _ := KMeans(rest, v.Book.Dim, v.Book.Codes, lloyd, key.Named(name).Rand())
			if v.Book.Unit && l == 0 {
				unit(codes, v.Book.Dim)
			}
			out = append(out, model.Array{Name: scope + "/" + name + "/codes", Trainable: true, Dims: []int{v.Book.Codes, v.Book.Dim}, Data: codes})
			leave(rest, codes, v.Book.Dim)
		}
	}
	return out
}

// taken returns the i-th part of the chosen features.
func (v Vector) taken(z []float64, chosen []int, i int) []float64 {
	d := v.Book.Dim
	out := make([]float64, 0, len(chosen)*d)
	for _, row := range chosen {
		first := row*v.groups()*d + i*d
		out = append(out, z[first:first+d]...)
	}
	if v.Book.Unit {
		unit(out, d)
	}
	return out
}

// unit gives rows the length 1.
func unit(x []float64, d int) {
	for i := 0; i < len(x); i += d {
		norm := math.Max(math.Sqrt(apart(x[i:i+d], make([]float64, d))), 1e-12)
		for j := i; j < i+d; j++ {
			x[j] /= norm
		}
	}
}

// leave subtracts from each row its nearest code.
func leave(x, codes []float64, d int) {
	nearest := make([]int, len(x)/d)
	assign(x, codes, d, nearest)
	for i, k := range nearest {
		for j := range d {
			x[i*d+j] -= codes[k*d+j]
		}
	}
}
