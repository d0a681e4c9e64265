//go:build !amd64 || noasm

package isa

// Best is the highest level that this machine and build can run.
func Best() Level { return Portable }
