package topic

import "gonum.org/v1/gonum/blas/gonum"

// blas has the two inner loops in assembly where the machine has it.
var blas gonum.Implementation

// dot is Σ x_i y_i.
func dot(x, y []float64) float64 { return blas.Ddot(len(x), x, 1, y, 1) }

// axpy is y ← y + a x.
func axpy(a float64, x, y []float64) { blas.Daxpy(len(x), a, x, 1, y, 1) }
