package conv

// Taps are the terms that one output takes along an axis.
type Taps struct {
	K, KStep int // the first element of the kernel, and the step to the next
	I, IStep int // the same for the input
	Count    int // of terms; if it is 0, K and I are 0
}

// Taps finds the terms of output o whose input exists.
func (a Axis) Taps(o int) Taps {
	g := gcd(a.InputDilation, a.KernelDilation)
	t := Taps{KStep: a.InputDilation / g, IStep: a.KernelDilation / g}
	start := o*a.Stride - a.Lo
	for t.K < t.KStep && (start+t.K*a.KernelDilation)%a.InputDilation != 0 {
		t.K++
	}
	if t.K == t.KStep || t.K >= a.Kernel {
		return Taps{KStep: t.KStep, IStep: t.IStep}
	}
	t.I = (start + t.K*a.KernelDilation) / a.InputDilation
	if t.I < 0 {
		skip := (-t.I + t.IStep - 1) / t.IStep
		t.I += skip * t.IStep
		t.K += skip * t.KStep
	}
	if t.K < a.Kernel && t.I < a.In {
		t.Count = min((a.Kernel-1-t.K)/t.KStep, (a.In-1-t.I)/t.IStep) + 1
	}
	if t.Count == 0 {
		return Taps{KStep: t.KStep, IStep: t.IStep}
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
