package approx

// parts is a partition of 0 … n−1 that joins (Tarjan 1975).
type parts []int

func newParts(n int) parts {
	p := make(parts, n)
	for i := range p {
		p[i] = i
	}
	return p
}

func (p parts) root(v int) int {
	for p[v] != v {
		p[v] = p[p[v]]
		v = p[v]
	}
	return v
}

// join makes one part of two and reports whether they were two.
func (p parts) join(u, v int) bool {
	u, v = p.root(u), p.root(v)
	p[max(u, v)] = min(u, v)
	return u != v
}
