package scalarref

// dense returns y = xW + b for the layer of that name.
func (n *Net) dense(name string, x []float64) []float64 {
	w, b := n.get(name+"/weight"), n.get(name+"/bias")
	y := make([]float64, len(b))
	for j := range y {
		y[j] = b[j]
		for i := range x {
			y[j] += x[i] * w[i*len(b)+j]
		}
	}
	return y
}

// denseBack adds ∂/∂W = xᵀ·dy and ∂/∂b = dy to g and returns dx = dy·Wᵀ.
func (n *Net) denseBack(name string, x, dy []float64, g map[string][]float64) []float64 {
	w, gw, gb := n.get(name+"/weight"), g[name+"/weight"], g[name+"/bias"]
	dx := make([]float64, len(x))
	for j, d := range dy {
		gb[j] += d
		for i := range x {
			gw[i*len(dy)+j] += x[i] * d
			dx[i] += d * w[i*len(dy)+j]
		}
	}
	return dx
}

// relu returns max(0, a).
func relu(a []float64) []float64 {
	y := make([]float64, len(a))
	for i, v := range a {
		if v > 0 {
			y[i] = v
		}
	}
	return y
}

// reluBack zeroes dy where the output y is zero.
func reluBack(y, dy []float64) []float64 {
	dx := make([]float64, len(y))
	for i, v := range y {
		if v > 0 {
			dx[i] = dy[i]
		}
	}
	return dx
}
