package vi

import (
	"fmt"
	"math"
)

// Scale returns the standard deviation of each dimension of the aggregate posterior q̄(z), from
// Var_x(E_q[z_j]) + E_x[Var_q(z_j)].
func (p Posterior) Scale() []float64 {
	out := make([]float64, p.L)
	for j := range p.L {
		mean, within := 0., 0.
		for i := range p.N {
			mean += p.Mean[i*p.L+j] / float64(p.N)
			within += p.Variance[i*p.L+j] / float64(p.N)
		}
		between := 0.
		for i := range p.N {
			d := p.Mean[i*p.L+j] - mean
			between += d * d / float64(p.N)
		}
		out[j] = math.Sqrt(between + within)
	}
	return out
}

// sensitivityStep is the step of a difference in standard deviations of the code: its square is far
// below the digits that are printed, and float32 keeps five digits of the difference.
const sensitivityStep = 1. / 64

// Sensitivity returns how far each of the first l dimensions of a code moves what it is decoded to,
//
//	s_j = (1/N) Σ_n ‖∂x̂(z_n)/∂z_j‖,
//
// by central differences at N codes z of width values, in steps of a share of the scale of each
// dimension. Where x̂ is a probability or a pixel, s_j = 1 means that a unit of z_j moves the picture
// by a distance of 1. A decoder that is affine has the norms of its columns.
func Sensitivity(z []float32, width int, scale []float64, decode func(z []float32) ([]float32, error)) ([]float64, error) {
	l := len(scale)
	if width < l || l == 0 || len(z) == 0 || len(z)%width != 0 {
		return nil, fmt.Errorf("vi: sensitivity: got %d values for codes of %d with %d dimensions, want whole codes", len(z), width, l)
	}
	n := len(z) / width
	both := make([]float32, 0, 2*n*l*width)
	steps := make([]float64, 0, n*l)
	for i := range n {
		code := z[i*width : (i+1)*width]
		for j, sd := range scale {
			h := sensitivityStep * sd
			if !(sd > 0) {
				h = sensitivityStep // a dimension that never moves has no scale
			}
			up, down := code[j]+float32(h), code[j]-float32(h)
			both = append(append(both, code...), code...)
			both[len(both)-2*width+j], both[len(both)-width+j] = up, down
			steps = append(steps, float64(up)-float64(down)) // as float32 has it
		}
	}
	x, err := decode(both)
	if err != nil {
		return nil, err
	}
	out, d := make([]float64, l), len(x)/(2*n*l)
	for k, step := range steps {
		up, down := x[2*k*d:(2*k+1)*d], x[(2*k+1)*d:(2*k+2)*d]
		square := 0.
		for i, v := range up {
			diff := float64(v) - float64(down[i])
			square += diff * diff
		}
		out[k%l] += math.Sqrt(square) / step / float64(n)
	}
	return out, nil
}
