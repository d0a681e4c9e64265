package conv

// taps are the terms that one output takes along an axis: kernel elements k, k+kStep, … with
// input elements i, i+iStep, ….
type taps struct{ k, kStep, i, iStep, count int }

// taps finds the terms of output o whose input exists.
func (a Axis) taps(o int) taps {
	g := gcd(a.InputDilation, a.KernelDilation)
	t := taps{kStep: a.InputDilation / g, iStep: a.KernelDilation / g}
	start := o*a.Stride - a.Lo
	for t.k < t.kStep && (start+t.k*a.KernelDilation)%a.InputDilation != 0 {
		t.k++
	}
	if t.k == t.kStep || t.k >= a.Kernel {
		return taps{kStep: t.kStep, iStep: t.iStep}
	}
	t.i = (start + t.k*a.KernelDilation) / a.InputDilation
	if t.i < 0 {
		skip := (-t.i + t.iStep - 1) / t.iStep
		t.i += skip * t.iStep
		t.k += skip * t.kStep
	}
	if t.k < a.Kernel && t.i < a.In {
		t.count = min((a.Kernel-1-t.k)/t.kStep, (a.In-1-t.i)/t.iStep) + 1
	}
	if t.count == 0 {
		return taps{kStep: t.kStep, iStep: t.iStep}
	}
	return t
}

// period is the distance of outputs that see the same elements of the kernel, and move the
// number of input elements between them.
func (a Axis) period() (period, move int) {
	g := gcd(a.InputDilation, a.Stride)
	return a.InputDilation / g, a.Stride / g
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
