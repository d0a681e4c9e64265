// Package cpu is a compute backend for GoMLX: a compiler and an executor of graphs for CPUs,
// with kernels in Go and in generated assembly.
package cpu
