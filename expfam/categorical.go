package expfam

import "math"

// Categorical is a class out of K by logits: u = one-hot(x), A = ln Σ exp η_k.
type Categorical struct {
	K int // number of classes
}

// Name implements Family.
func (Categorical) Name() string { return "categorical" }

// Len implements Family.
func (f Categorical) Len() int { return f.K }

// Expect implements Family.
func (f Categorical) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	top, sum := math.Inf(-1), 0.
	for _, e := range eta {
		top = max(top, e)
	}
	for _, e := range eta {
		sum += math.Exp(e - top)
	}
	if u != nil {
		for k, e := range eta {
			u[k] = math.Exp(e-top) / sum
		}
	}
	return top + math.Log(sum), nil
}

// Stats implements Family.
func (f Categorical) Stats(u, x []float64) error {
	if len(x) != 1 || x[0] != math.Trunc(x[0]) || !(x[0] >= 0 && x[0] < float64(f.K)) {
		return value(f, x, "a class")
	}
	clear(u)
	u[int(x[0])] = 1
	return nil
}
