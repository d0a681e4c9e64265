package gauss

import "math"

// Walks bounds the spectral radius of |R|, R = I − D^−½ J D^−½ with D the diagonal of J: the
// strengths of the walks along edges. A field is walk-summable where it is below 1; then J is
// positive definite, and belief propagation converges to the right means (Malioutov et al.
// 2006, propositions 1 and 21).
type Walks struct {
	// Low and High hold the spectral radius between them.
	Low, High float64
	// Summable says that High is below 1.
	Summable bool
}

// walkSteps is the most steps of the iteration, walkGap the relative gap that ends it.
const (
	walkSteps = 20000
	walkGap   = 1e-9
)

// Walks finds the bounds by power iteration with I + |R|, whose steps hold the radius between
// the least and the largest ratio of neighbours in time, in every connected part of the graph
// (Collatz 1942; Wielandt 1950). The iteration ends when it is clear on which side of 1 it is.
func (f *Field) Walks() Walks {
	n := len(f.H)
	root, x, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, d := range f.Diagonal {
		root[i], x[i] = math.Sqrt(d), 1
	}
	part, parts := f.parts()
	least, most := make([]float64, parts), make([]float64, parts)
	w := Walks{High: math.Inf(1)}
	for range walkSteps {
		for p := range parts {
			least[p], most[p] = math.Inf(1), 0
		}
		for i := range x {
			sum := x[i]
			for e := f.start[i]; e < f.start[i+1]; e++ {
				j := f.to[e]
				sum += math.Abs(f.value[e]) / (root[i] * root[j]) * x[j]
			}
			y[i] = sum
			p := part[i]
			least[p], most[p] = min(least[p], sum/x[i]), max(most[p], sum/x[i])
		}
		low, high := 0., 0.
		for p := range parts {
			low, high = max(low, least[p]), max(high, most[p])
		}
		w.Low, w.High = max(w.Low, low-1), min(w.High, high-1)
		if w.High < 1 || w.Low >= 1 || w.High-w.Low <= walkGap*w.High {
			break
		}
		for i := range x {
			x[i] = y[i] / most[part[i]]
		}
	}
	w.Summable = w.High < 1
	return w
}

// parts numbers the connected parts of the graph.
func (f *Field) parts() (part []int32, count int) {
	part = make([]int32, len(f.H))
	for i := range part {
		part[i] = -1
	}
	var stack []int32
	for i := range part {
		if part[i] >= 0 {
			continue
		}
		stack = append(stack[:0], int32(i))
		part[i] = int32(count)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, j := range f.to[f.start[v]:f.start[v+1]] {
				if part[j] < 0 {
					part[j] = int32(count)
					stack = append(stack, j)
				}
			}
		}
		count++
	}
	return part, count
}
