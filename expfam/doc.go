// Package expfam holds conjugate-exponential families as values in natural form
//
//	p(x | η) = exp(η·u(x) − A(η)),  ⟨u⟩ = ∇A(η),
//
// where base measures are constants and are part of A. Parameters η and statistics u are flat
// slices of the same length; matrices are stored whole, row by row, and read as ½(M + Mᵀ). So
// entropies and divergences of all families are one function each. Nats everywhere.
package expfam
