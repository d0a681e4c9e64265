// Package isa names the instruction sets that kernels are written for and picks one.
//
// Every kernel has three versions: plain Go, which defines the result, AVX2 and AVX-512.
// All that the machine has can be used side by side in one process.
package isa

import (
	"fmt"
	"slices"
)

// Level is an instruction set; a higher one includes the lower ones.
type Level int

// The instruction sets, in ascending order.
const (
	Portable Level = iota // plain Go, on every architecture
	AVX2                  // AVX2, FMA, F16C and BMI2
	AVX512                // AVX-512 F, BW, DQ and VL
)

var names = []string{"go", "avx2", "avx512"}

// String gives the level's name: go, avx2 or avx512.
func (l Level) String() string { return names[l] }

// Parse reads a level's name; a level that this machine lacks is an error.
func Parse(name string) (Level, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("isa: got %q, want one of %v", name, names)
	}
	if Level(i) > Best() {
		return 0, fmt.Errorf("isa: got %s, which this machine or build lacks; it has %v", name, Available())
	}
	return Level(i), nil
}

// Available lists the levels that this machine and build can run, in ascending order.
func Available() []Level {
	var out []Level
	for l := Portable; l <= Best(); l++ {
		out = append(out, l)
	}
	return out
}
