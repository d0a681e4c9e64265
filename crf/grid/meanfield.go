package grid

import "math"

// lattice is one image under a model: its scores, and the memory of its sweeps.
type lattice struct {
	*Model
	x   Image
	u   []float64   // N×C
	s   []float64   // 2×N: s_ij of the neighbour of i to the right and below
	q   [][]float64 // q[t] is q after t sweeps, N×C
	tmp []float64   // C
}

// lattice computes the scores of an image.
func (m *Model) lattice(x Image) *lattice {
	n, c, f := x.Pixels(), m.Labels, m.Features
	l := &lattice{Model: m, x: x, u: make([]float64, n*c), tmp: make([]float64, c)}
	for i := range n {
		row := x.Features[i*f : (i+1)*f]
		for a := range c {
			w := m.Weights[a*(f+1) : (a+1)*(f+1)]
			s := w[f]
			for k, v := range row {
				s += w[k] * v
			}
			l.u[i*c+a] = s
		}
	}
	if m.Contrast > 0 {
		l.s = make([]float64, directions*n)
		for i := range n {
			for d := range directions {
				if j, ok := l.after(i, d); ok {
					l.s[d*n+i] = l.alike(i, j)
				}
			}
		}
	}
	return l
}

// alike is s_ij.
func (l *lattice) alike(i, j int) float64 {
	f, q := l.Features, 0.
	for k, v := range l.x.Features[i*f : (i+1)*f] {
		v -= l.x.Features[j*f+k]
		q += v * v
	}
	return math.Exp(-q / (2 * l.Contrast * l.Contrast))
}

// after is the neighbour of i to the right or below.
func (l *lattice) after(i, d int) (j int, ok bool) {
	if d == 0 {
		return i + 1, i%l.x.Width+1 < l.x.Width
	}
	return i + l.x.Width, i+l.x.Width < l.x.Pixels()
}

// before is the neighbour of i to the left or above.
func (l *lattice) before(i, d int) (j int, ok bool) {
	if d == 0 {
		return i - 1, i%l.x.Width > 0
	}
	return i - l.x.Width, i >= l.x.Width
}

// potential is P_ij(a, b) of a pixel and its neighbour after it.
func (l *lattice) potential(d, i, a, b int) float64 {
	p := l.Weights[l.pair(d, false)+a*l.Labels+b]
	if l.s != nil {
		p += l.s[d*l.x.Pixels()+i] * l.Weights[l.pair(d, true)+a*l.Labels+b]
	}
	return p
}

// colour tells the squares of a chessboard apart: neighbours differ.
func (l *lattice) colour(i int) int { return (i/l.x.Width + i%l.x.Width) % 2 }

// hear sets out to u_i(a) + Σ_j E_q P(a, y_j) over the neighbours of i.
func (l *lattice) hear(out, q []float64, i int) {
	c := l.Labels
	copy(out, l.u[i*c:(i+1)*c])
	for d := range directions {
		if j, ok := l.after(i, d); ok {
			for a := range out {
				for b, p := range q[j*c : (j+1)*c] {
					out[a] += l.potential(d, i, a, b) * p
				}
			}
		}
		if j, ok := l.before(i, d); ok {
			for b, p := range q[j*c : (j+1)*c] {
				for a := range out {
					out[a] += l.potential(d, j, b, a) * p
				}
			}
		}
	}
}

// softmax sets q to exp a / Σ exp a.
func softmax(q, a []float64) {
	top, sum := math.Inf(-1), 0.
	for _, v := range a {
		top = max(top, v)
	}
	for k, v := range a {
		q[k] = math.Exp(v - top)
		sum += q[k]
	}
	for k := range q {
		q[k] /= sum
	}
}

// infer makes T sweeps from q_i ∝ exp u_i. A sweep updates the white pixels given the black ones and then
// the black ones: with neighbours held fixed the best q_i ∝ exp(u_i + Σ_j E P) (Koller & Friedman 2009,
// eq. 11.59), so that no half of a sweep lowers the bound.
func (l *lattice) infer() []float64 {
	n, c := l.x.Pixels(), l.Labels
	for len(l.q) <= l.Sweeps {
		l.q = append(l.q, make([]float64, n*c))
	}
	for i := range n {
		softmax(l.q[0][i*c:(i+1)*c], l.u[i*c:(i+1)*c])
	}
	for t := 1; t <= l.Sweeps; t++ {
		l.half(l.q[t], l.q[t-1], 0)
		l.half(l.q[t], l.q[t], 1)
	}
	return l.q[l.Sweeps]
}

// half updates the pixels of one colour given those of the other.
func (l *lattice) half(to, given []float64, colour int) {
	c := l.Labels
	for i := range l.x.Pixels() {
		if l.colour(i) == colour {
			l.hear(l.tmp, given, i)
			softmax(to[i*c:(i+1)*c], l.tmp)
		}
	}
}

// bound is E_q[Σ u + Σ P] + H(q) ≤ ln Z.
func (l *lattice) bound(q []float64) (sum float64) {
	c := l.Labels
	for i := range l.x.Pixels() {
		for a, p := range q[i*c : (i+1)*c] {
			if p == 0 {
				continue
			}
			sum += p * (l.u[i*c+a] - math.Log(p))
			for d := range directions {
				if j, ok := l.after(i, d); ok {
					for b, r := range q[j*c : (j+1)*c] {
						sum += p * r * l.potential(d, i, a, b)
					}
				}
			}
		}
	}
	return sum
}

// Marginals are what mean field says of an image.
type Marginals struct {
	Node  []float64 // q_i(a) after T sweeps, H×W×C
	Bound float64   // E_q ln p(y, x) + H(q), at most ln Z
}

// Infer returns the marginals of mean field.
func (m *Model) Infer(x Image) (Marginals, error) {
	if err := m.check(); err != nil {
		return Marginals{}, err
	}
	if err := m.fits(x); err != nil {
		return Marginals{}, err
	}
	l := m.lattice(x)
	q := l.infer()
	return Marginals{q, l.bound(q)}, nil
}

// Predict returns the label of the largest marginal of each pixel, the lowest of equal ones.
func (m *Model) Predict(x Image) ([]int, error) {
	q, err := m.Infer(x)
	if err != nil {
		return nil, err
	}
	out := make([]int, x.Pixels())
	for i := range out {
		row := q.Node[i*m.Labels : (i+1)*m.Labels]
		for a, p := range row {
			if p > row[out[i]] {
				out[i] = a
			}
		}
	}
	return out, nil
}
