package scalarref

import "math"

// Adam's constants (Kingma and Ba 2015, section 2).
const (
	beta1 = 0.9
	beta2 = 0.999
	eps8  = 1e-8
)

// Step makes one Adam update and returns the loss before it.
func (n *Net) Step(x, eps [][]float64) (loss float64) {
	loss, _, _ = n.Loss(x, eps)
	g := n.Grad(x, eps)
	if n.cfg.Clip > 0 {
		n.ClipNorm(g, n.cfg.Clip)
	}
	n.adam(g)
	return loss
}

// adam updates every parameter with its gradient:
//
//	m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  w ← w − lr·m̂/(√v̂ + 1e-8)
//
// where m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ).
func (n *Net) adam(g map[string][]float64) {
	n.t++
	c1, c2 := 1-math.Pow(beta1, float64(n.t)), 1-math.Pow(beta2, float64(n.t))
	for _, p := range n.params {
		if n.m[p.Name] == nil {
			n.m[p.Name] = make([]float64, len(p.Values))
			n.v[p.Name] = make([]float64, len(p.Values))
		}
		m, v := n.m[p.Name], n.v[p.Name]
		for i, d := range g[p.Name] {
			m[i] = beta1*m[i] + (1-beta1)*d
			v[i] = beta2*v[i] + (1-beta2)*d*d
			p.Values[i] -= n.cfg.LR * (m[i] / c1) / (math.Sqrt(v[i]/c2) + eps8)
		}
	}
}

// ClipNorm scales g so that its norm over all parameters together is at most limit, and
// returns the norm it had. The sum runs in the order of Params.
func (n *Net) ClipNorm(g map[string][]float64, limit float64) float64 {
	sum := 0.0
	for _, p := range n.params {
		for _, d := range g[p.Name] {
			sum += d * d
		}
	}
	norm := math.Sqrt(sum)
	if norm > limit {
		for _, d := range g {
			for i := range d {
				d[i] *= limit / norm
			}
		}
	}
	return norm
}
