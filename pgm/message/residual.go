package message

import "container/heap"

// queue orders the factors by how much their variables changed since they last sent, the most
// first and equals by their place.
type queue struct {
	pending []float64 // by place in the order
	heap    []int32   // places
	at      []int32   // by place: where it stands in heap
}

func (q *queue) Len() int { return len(q.heap) }

func (q *queue) Less(i, j int) bool {
	a, b := q.heap[i], q.heap[j]
	if q.pending[a] != q.pending[b] {
		return q.pending[a] > q.pending[b]
	}
	return a < b
}

func (q *queue) Swap(i, j int) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.at[q.heap[i]], q.at[q.heap[j]] = int32(i), int32(j)
}

// Push and Pop are not used: the factors stay.
func (q *queue) Push(any) {}
func (q *queue) Pop() any { return nil }

// residual visits as many factors as there are, each time the one that waits with the largest
// change of what it reads, and stops early where none changed by more than the tolerance.
func (w *worker) residual() error {
	p := w.p
	q := &queue{pending: p.pending, heap: make([]int32, len(w.order)), at: make([]int32, len(w.order))}
	place := make([][]int32, len(p.g.nodes))
	for i, n := range p.g.nodes {
		place[i] = make([]int32, n.n)
	}
	for i, v := range w.order {
		q.heap[i], q.at[i] = int32(i), int32(i)
		place[v.Factor][v.Place] = int32(i)
	}
	heap.Init(q)
	for range w.order {
		top := q.heap[0]
		if p.pending[top] <= p.cfg.Tolerance {
			break
		}
		p.pending[top] = 0
		heap.Fix(q, 0)
		v := w.order[top]
		if err := w.visit(v); err != nil {
			return err
		}
		n := p.g.nodes[v.Factor]
		for k := range n.slots {
			if w.moved[k] == 0 {
				continue
			}
			for _, e := range p.g.of(n.slots[k].b, n.slots[k].at(int(v.Place))) {
				other := place[e.node][e.place]
				if other != top {
					p.pending[other] += w.moved[k]
					heap.Fix(q, int(q.at[other]))
				}
			}
		}
	}
	return nil
}

// left is the largest change that a factor has not read yet.
func (p *Messages) left() (most float64) {
	for _, x := range p.pending {
		most = max(most, x)
	}
	return most
}
