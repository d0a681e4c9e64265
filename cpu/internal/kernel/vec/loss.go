package vec

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// LossFn puts losses of n float32 at x against targets in loss, and their derivatives with
// respect to x in grad. Both results are written; each may be at x or at target, but not both at
// the same place.
type LossFn func(loss, grad, x, target unsafe.Pointer, n int)

// LogitsLoss returns the negative Bernoulli log-likelihood of targets t given logits x,
//
//	max(x, 0) − x·t + ln(1 + e^−|x|),
//
// and its derivative logistic(x) − t. Plain Go computes in float64; the other levels share the
// exponential between both and are within 2⁻²¹·(1 + |x|·(1 + |t|)).
func LogitsLoss(l isa.Level) LossFn {
	if fn := fastLogitsLoss(l); fn != nil {
		return fn
	}
	return logitsLoss
}

func logitsLoss(loss, grad, x, target unsafe.Pointer, n int) {
	o, d, v, y := run[float32](loss, n), run[float32](grad, n), run[float32](x, n), run[float32](target, n)
	for i := range o {
		x, t := float64(v[i]), float64(y[i])
		o[i] = float32(max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x))))
		d[i] = float32(logistic(x) - t)
	}
}
