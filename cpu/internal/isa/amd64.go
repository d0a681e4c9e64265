//go:build amd64 && !noasm

package isa

import "golang.org/x/sys/cpu"

// Best is the highest level that this machine and build can run.
func Best() Level {
	x := cpu.X86
	switch {
	case !x.HasBMI2 || !x.HasF16C:
		return Portable
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasFMA:
		return AVX512
	case x.HasAVX2 && x.HasFMA:
		return AVX2
	}
	return Portable
}
