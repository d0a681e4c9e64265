// Package lanes computes on slices of float64 with vector instructions: the inner loops of the
// engines that need no graph.
//
// A function has three versions, plain Go, AVX2 and AVX-512, and uses the best that the machine
// runs. Exp and Log are within two units of the last place in all of them; sums are added in an
// order that depends on the version, so that results of two machines may differ in the last bits,
// while those of one machine are always the same.
//
// Lengths are those of the first slice; shorter others panic. A destination may be one of the
// sources.
package lanes
