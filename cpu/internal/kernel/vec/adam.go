package vec

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// AdamParams are the numbers of one Adam step (Kingma and Ba 2015, algorithm 1), t = 1, 2, …
// being the step's number. With ĝ = Scale·g,
//
//	m ← Beta1·m + Rest1·ĝ
//	v ← Beta2·v + Rest2·ĝ²
//	w ← w − (Rate·(m·Correction1) / (√(v·Correction2) + Epsilon) + Rate·(w·Decay))
//
// Every operation rounds by itself, in this order, so that the result has the bits of the
// separate operations of GoMLX's optimiser.
type AdamParams struct {
	Beta1, Rest1 float32 // decay rate of the first moment, and 1 less it
	Beta2, Rest2 float32 // decay rate of the second moment, and 1 less it
	Correction1  float32 // 1 / (1 − Beta1ᵗ), or 1 if Rate holds it
	Correction2  float32 // 1 / (1 − Beta2ᵗ)
	Rate         float32 // learning rate
	Epsilon      float32 // added to the root
	Decay        float32 // decoupled weight decay (Loshchilov and Hutter 2019), its term left out if 0
	Scale        float32 // multiplier of the gradient, 1 for none
}

// AdamFn updates n weights w and their moments m and v in place from the gradients at grad, all
// float32. If ok is 0 it leaves everything as it is: that is how a step with a gradient that is
// not finite is skipped. A call should be at most 64 Ki elements long, since it is not preempted.
type AdamFn func(w, m, v, grad unsafe.Pointer, p *AdamParams, ok, n int)

// Adam returns the fused Adam step.
func Adam(l isa.Level) AdamFn {
	if fn := fastAdam(l); fn != nil {
		return fn
	}
	return adam
}

func adam(w, m, v, grad unsafe.Pointer, p *AdamParams, ok, n int) {
	if ok == 0 {
		return
	}
	ws, ms, vs, gs := run[float32](w, n), run[float32](m, n), run[float32](v, n), run[float32](grad, n)
	for i := range ws {
		g := float32(gs[i] * p.Scale)
		ms[i] = float32(p.Beta1*ms[i]) + float32(p.Rest1*g)
		vs[i] = float32(p.Beta2*vs[i]) + float32(p.Rest2*float32(g*g))
		root := float32(math.Sqrt(float64(float32(vs[i] * p.Correction2))))
		step := p.Rate * float32(ms[i]*p.Correction1) / float32(root+p.Epsilon)
		if p.Decay != 0 {
			step += float32(p.Rate * float32(ws[i]*p.Decay))
		}
		ws[i] -= step
	}
}
