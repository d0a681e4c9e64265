package crf

import "math"

// span is the range of scores up to which the scaled recursion is exact: with every u_t within r
// of its row and A within s, the entries of α_t and of β_t lie within e^(r+s) of each other, and
// e^−600 is a normal number. Wider scores go through logarithms: there a label whose α underflows
// may still be the best after later steps.
const span = 600

// lattice does the recursions over one sequence at a time and keeps its memory for the next.
// Scaled, with M = e^(A−max A) and e_t = e^(u_t−max u_t) (Rabiner 1989, section V.A):
//
//	α_t(j) = e_t(j) Σ_i α_{t−1}(i) M_ij / c_t,   v_t(j) = e_t(j) β_t(j) / c_t,   β_{t−1}(i) = Σ_j M_ij v_t(j),
//	p(y_t = j) = α_t(j) β_t(j),   p(y_{t−1} = i, y_t = j) = α_{t−1}(i) M_ij v_t(j).
//
// In logarithms α, β, v hold the logs and every c_t is 1.
type lattice struct {
	n           int
	a, m        []float64 // A and M, C×C
	top, spread float64   // max A and max A − min A
	alpha, v    []float64 // T×C
	e           []float64 // T×C, e_t / c_t after forward
	beta, tmp   []float64 // C
	logs        bool
	logZ        float64
	pairs       []float64 // Σ_t α_{t−1}(i) v_t(j), C×C
}

// grown returns a slice of length n, with the memory of s if that is enough.
func grown(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, n+n/2)
	}
	return s[:n]
}

// transitions takes A, of c×c.
func (l *lattice) transitions(c int, a []float64) {
	low, high := bounds(a)
	l.n, l.a, l.top, l.spread = c, a, high, high-low
	l.m, l.pairs = grown(l.m, c*c), grown(l.pairs, c*c)
	l.beta, l.tmp = grown(l.beta, c), grown(l.tmp, c)
	for k, v := range a {
		l.m[k] = math.Exp(v - high)
	}
}

func bounds(x []float64) (low, high float64) {
	low, high = x[0], x[0]
	for _, v := range x[1:] {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// forward fills α for unary scores u, T×C, and returns ln Z.
func (l *lattice) forward(u []float64) float64 {
	n := l.n
	l.alpha, l.v, l.e = grown(l.alpha, len(u)), grown(l.v, len(u)), grown(l.e, len(u))
	l.logs, l.logZ = false, float64(len(u)/n-1)*l.top
	for at := 0; at < len(u); at += n {
		low, high := bounds(u[at : at+n])
		if high-low+l.spread > span {
			return l.logForward(u)
		}
		e := l.e[at : at+n]
		for j, v := range u[at : at+n] {
			e[j] = math.Exp(v - high)
		}
		alpha := l.alpha[at : at+n]
		if at == 0 {
			copy(alpha, e)
		} else {
			l.step(l.alpha[at-n:at], e, alpha)
		}
		c := 0.
		for _, v := range alpha {
			c += v
		}
		r := 1 / c
		for j := range alpha {
			alpha[j] *= r
			e[j] *= r
		}
		l.logZ += math.Log(c) + high
	}
	return l.logZ
}

// step sets alpha to e ∘ (Mᵀ before).
func (l *lattice) step(before, e, alpha []float64) {
	n := l.n
	clear(alpha)
	i := 0
	for ; i+1 < n; i += 2 {
		a, b := before[i], before[i+1]
		p, q := l.m[i*n:(i+1)*n], l.m[(i+1)*n:(i+2)*n]
		p, q = p[:len(alpha)], q[:len(alpha)]
		for j := range alpha {
			alpha[j] += a*p[j] + b*q[j]
		}
	}
	if i < n {
		for j, m := range l.m[i*n : (i+1)*n] {
			alpha[j] += before[i] * m
		}
	}
	for j, v := range e {
		alpha[j] *= v
	}
}

// backward follows forward: it sets node, T×C, to p(y_t = j), and pairs for addEdges.
func (l *lattice) backward(u, node []float64) {
	if l.logs {
		l.logBackward(u, node)
		return
	}
	n, beta := l.n, l.beta
	clear(l.pairs)
	for j := range beta {
		beta[j] = 1
	}
	for at := len(u) - n; at >= 0; at -= n {
		alpha, p := l.alpha[at:at+n], node[at:at+n]
		for j, b := range beta {
			p[j] = alpha[j] * b
		}
		if at == 0 {
			return
		}
		v, e := l.v[at:at+n], l.e[at:at+n]
		for j, b := range beta {
			v[j] = e[j] * b
		}
		l.back(l.alpha[at-n:at], v, beta)
	}
}

// back sets beta to M v and adds before vᵀ to pairs.
func (l *lattice) back(before, v, beta []float64) {
	n := l.n
	for i := range beta {
		a, s0, s1 := before[i], 0., 0.
		m, g := l.m[i*n:(i+1)*n], l.pairs[i*n:(i+1)*n]
		m, g = m[:len(v)], g[:len(v)]
		j := 0
		for ; j+1 < len(v); j += 2 {
			x, y := v[j], v[j+1]
			s0 += m[j] * x
			s1 += m[j+1] * y
			g[j] += a * x
			g[j+1] += a * y
		}
		if j < len(v) {
			s0 += m[j] * v[j]
			g[j] += a * v[j]
		}
		beta[i] = s0 + s1
	}
}

// addEdges adds Σ_t p(y_{t−1} = i, y_t = j), the expected transitions, to sum.
func (l *lattice) addEdges(sum []float64) {
	if l.logs {
		for t := 1; t < len(l.v)/l.n; t++ {
			l.edge(t, l.pairs)
			for k, p := range l.pairs {
				sum[k] += p
			}
		}
		return
	}
	for k, p := range l.pairs {
		sum[k] += p * l.m[k]
	}
}

// edge sets p, C×C, to p(y_{t−1} = i, y_t = j).
func (l *lattice) edge(t int, p []float64) {
	n := l.n
	before, v := l.alpha[(t-1)*n:t*n], l.v[t*n:(t+1)*n]
	for i, a := range before {
		for j, b := range v {
			if k := i*n + j; l.logs {
				p[k] = math.Exp(a + l.a[k] + b - l.logZ)
			} else {
				p[k] = a * l.m[k] * b
			}
		}
	}
}

// logForward is forward in logarithms.
func (l *lattice) logForward(u []float64) float64 {
	n := l.n
	l.logs = true
	copy(l.alpha, u[:n])
	for at := n; at < len(u); at += n {
		for j := range n {
			for i := range n {
				l.tmp[i] = l.alpha[at-n+i] + l.a[i*n+j]
			}
			l.alpha[at+j] = u[at+j] + logSum(l.tmp)
		}
	}
	l.logZ = logSum(l.alpha[len(u)-n:])
	return l.logZ
}

// logBackward is backward in logarithms; here v_t(j) = u_t(j) + ln β_t(j).
func (l *lattice) logBackward(u, node []float64) {
	n := l.n
	clear(l.beta)
	for at := len(u) - n; at >= 0; at -= n {
		for j, b := range l.beta {
			node[at+j] = math.Exp(l.alpha[at+j] + b - l.logZ)
			l.v[at+j] = u[at+j] + b
		}
		for i := range n {
			for j := range n {
				l.tmp[j] = l.a[i*n+j] + l.v[at+j]
			}
			l.beta[i] = logSum(l.tmp)
		}
	}
}

// logSum returns ln Σ exp x_i.
func logSum(x []float64) float64 {
	_, high := bounds(x)
	s := 0.
	for _, v := range x {
		s += math.Exp(v - high)
	}
	return high + math.Log(s)
}
