package message

import "math"

// worker sends the messages of its factors. It writes to their messages and to the beliefs of its
// own rows alone.
type worker struct {
	p      *Messages
	part   int
	own    []Visit // its factors
	order  []Visit // in which it visits them, some perhaps more than once
	sites  []*Site
	to     []float64
	shares []share

	change  []float64 // by plate of factors, in this sweep
	waiting []int
	sent    int64
	moved   []float64 // by slot: what the last visit changed
	err     error
}

func newWorker(p *Messages, part int, own []Visit) *worker {
	w := &worker{p: p, part: part, own: own, order: own, sites: p.g.sites(true), change: make([]float64, len(p.g.nodes)), waiting: make([]int, len(p.g.nodes))}
	most, slots := 0, 0
	for _, n := range p.g.nodes {
		slots = max(slots, len(n.slots))
		w.sites[n.id].Alpha = p.cfg.Alpha
		for k := range n.slots {
			most = max(most, n.slots[k].b.size)
		}
	}
	w.to, w.moved = make([]float64, most), make([]float64, slots)
	return w
}

// addUp makes the beliefs of the worker's variables the sums of their messages, in the order of
// its factors, so that a sweep depends on the messages alone.
func (w *worker) addUp() {
	p := w.p
	for pass := range 2 {
		for _, v := range w.own {
			n, i := p.g.nodes[v.Factor], int(v.Place)
			for k := range n.slots {
				b := n.slots[k].b
				if b.known {
					continue
				}
				belief := view(p.belief[b.id], p.row(n, k, i), b.size)
				if pass == 0 {
					clear(belief)
					continue
				}
				for j, x := range view(p.msg[n.id][k], i, b.size) {
					belief[j] += x
				}
			}
		}
		if pass == 0 {
			for _, s := range w.shares {
				copy(view(p.belief[s.b.id], s.row, s.b.size), s.others)
			}
		}
	}
}

// gather readies the site of a factor: what its variables have from all others, b − αm.
func (w *worker) gather(n *node, i int) *Site {
	p, s := w.p, w.sites[n.id]
	s.I = i
	for k := range n.slots {
		b := n.slots[k].b
		if b.known {
			s.In[k].Value = b.at(n.slots[k].at(i))
			continue
		}
		row := p.row(n, k, i)
		belief, own := view(p.belief[b.id], row, b.size), view(p.msg[n.id][k], i, b.size)
		for j, x := range belief {
			s.In[k].Eta[j] = x - s.Alpha*own[j]
			if b.logits && math.IsInf(own[j], -1) {
				s.In[k].Eta[j] = w.without(n, k, i, j) + zeroOr((1-s.Alpha)*own[j])
			}
		}
	}
	return s
}

// zeroOr is x, or 0 in place of 0·∞.
func zeroOr(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// without is parameter j of the belief without the message of one factor, added up afresh: from
// −∞ nothing can be taken away.
func (w *worker) without(n *node, k, i, j int) (sum float64) {
	p, b, v := w.p, n.slots[k].b, n.slots[k].at(i)
	for _, e := range p.g.of(b, v) {
		if int(e.node) == n.id && int(e.slot) == k && int(e.place) == i || w.part >= 0 && p.partOf(e) != w.part {
			continue
		}
		sum += p.msg[e.node][e.slot][int(e.place)*b.size+j]
	}
	for _, s := range w.shares {
		if s.b == b && s.row == p.row(n, k, i) {
			sum += s.others[j]
		}
	}
	return sum
}

// visit sends the messages of one factor. w.moved is by how much each slot's message changed.
func (w *worker) visit(v Visit) error {
	p := w.p
	n, i := p.g.nodes[v.Factor], int(v.Place)
	s := w.gather(n, i)
	for k := range n.slots {
		b := n.slots[k].b
		w.moved[k] = 0
		if b.known {
			continue
		}
		to := w.to[:b.size]
		var err error
		if p.cfg.Max {
			err = n.f.(Maximiser).SendMax(to, k, s)
		} else {
			err = n.f.(Sender).Send(to, k, s)
		}
		if err == ErrWait {
			w.waiting[n.id]++
			copy(to, view(p.msg[n.id][k], i, b.size)) // the old message stands
		} else if err != nil {
			return &NodeError{"factor", n.name, i, err}
		} else {
			w.finish(to, view(p.msg[n.id][k], i, b.size), b)
		}
		if w.moved[k], err = w.deliver(to, n, k, i); err != nil {
			return err
		}
		w.change[n.id] = max(w.change[n.id], w.moved[k])
		w.sent++
	}
	return nil
}

// finish makes a message of what a factor sent: the root of power EP, logits with 0 as their
// largest, and a part of the old message.
func (w *worker) finish(to, old []float64, b *block) {
	cfg := w.p.cfg
	if cfg.Alpha != 1 {
		for j := range to {
			to[j] /= cfg.Alpha
		}
	}
	if b.logits {
		top := math.Inf(-1)
		for _, x := range to {
			top = max(top, x)
		}
		for j := range to {
			to[j] -= top
		}
	}
	if cfg.Damping > 0 {
		for j, x := range old {
			if !math.IsInf(x, -1) && !math.IsInf(to[j], -1) {
				to[j] = cfg.Damping*x + (1-cfg.Damping)*to[j]
			}
		}
	}
}

// deliver puts a message in its place and returns its change, by the size of the belief.
func (w *worker) deliver(to []float64, n *node, k, i int) (change float64, err error) {
	p, b := w.p, n.slots[k].b
	old := view(p.msg[n.id][k], i, b.size)
	belief := view(p.belief[b.id], p.row(n, k, i), b.size)
	for j, x := range to {
		if math.IsNaN(x) || math.IsInf(x, 1) || math.IsInf(x, -1) && !b.logits {
			return 0, &NodeError{"factor", n.name, i, &valueError{n.slots[k].name, x}}
		}
		if x != old[j] {
			change = max(change, math.Abs(x-old[j])/max(1, sizeOf(belief[j])))
		}
		if p.next != nil {
			p.next[n.id][k][i*b.size+j] = x
			continue
		}
		if b.logits && math.IsInf(old[j], -1) && x != old[j] {
			belief[j] = w.without(n, k, i, j)
		} else if x != old[j] {
			belief[j] -= old[j]
		} else {
			continue
		}
		belief[j] += x
		old[j] = x
	}
	return change, nil
}

// sizeOf is |x|, or 0 for an infinite one.
func sizeOf(x float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	return math.Abs(x)
}

// begin starts the counts of a sweep.
func (w *worker) begin() {
	clear(w.change)
	clear(w.waiting)
	w.err = nil
	w.addUp()
}

// sweep goes through the worker's factors once.
func (w *worker) sweep() error {
	w.begin()
	switch {
	case w.p.cfg.Schedule == Residual:
		return w.residual()
	case w.p.next != nil:
		for _, v := range w.order {
			if err := w.visit(v); err != nil {
				return err
			}
		}
		w.swap()
		return nil
	case w.p.cfg.Visits == nil:
		for i := len(w.order) - 1; i >= 0; i-- {
			if err := w.visit(w.order[i]); err != nil {
				return err
			}
		}
	}
	for _, v := range w.order {
		if err := w.visit(v); err != nil {
			return err
		}
	}
	return nil
}

// swap makes the messages of a flooding sweep the current ones of the worker's factors.
func (w *worker) swap() {
	for _, v := range w.order {
		for k, x := range w.p.next[v.Factor] {
			if size := w.p.g.nodes[v.Factor].slots[k].b.size; x != nil {
				copy(view(w.p.msg[v.Factor][k], int(v.Place), size), view(x, int(v.Place), size))
			}
		}
	}
}
