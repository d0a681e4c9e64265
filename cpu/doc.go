// Package cpu is a compute backend for GoMLX: a compiler and an executor of graphs for CPUs,
// with kernels in Go and in generated assembly for AVX2 and AVX-512.
//
// A program uses it by importing it and naming it:
//
//	import _ "github.com/elbo-go/elbo/cpu"
//
//	backend, err := compute.NewWithConfig("elbo") // or GOMLX_BACKEND=elbo
//
// After the name comes a configuration, "elbo:threads=2,isa=avx2"; see [New]. Every number of
// threads gives the same bits.
//
// A builder records its calls as a graph. Compile rewrites the graph, lowers it to a program of
// kernels with all memory planned, and Execute runs the program. What has no kernel runs node by
// node on GoMLX's own Go engine; [Backend.Stats] tells what. Graphs whose parameters have named
// axes are compiled anew for every set of sizes.
//
// Where allocation matters, [Executable.ExecuteInto] runs a step with donated parameters without
// any.
package cpu
