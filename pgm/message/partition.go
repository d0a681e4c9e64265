package message

import "sync"

// maxParts bounds the number of workers.
const maxParts = 255

// boundary is a variable whose factors lie with several workers. Each of these has a row of its
// own for the belief, and adds to it what the others' factors say.
type boundary struct {
	b  *block
	at []int // by part: the place in the worker's shares, or −1
}

// share is a worker's side of a boundary.
type share struct {
	b      *block
	v      int
	row    int
	others []float64 // Σ of the messages of other workers' factors
}

// split shares the factors out in runs of the order, which on a chain cuts one variable between
// neighbours, and allocates the beliefs.
func (p *Messages) split(order []Visit) {
	parts := min(p.cfg.Parts, max(len(order), 1))
	for part := range parts {
		p.workers = append(p.workers, newWorker(p, part, order[part*len(order)/parts:(part+1)*len(order)/parts]))
	}
	extra := make([]int, len(p.g.blocks))
	if parts > 1 {
		p.assign()
		p.findCut(extra)
	}
	for i, b := range p.g.blocks {
		if !b.known {
			p.belief[i] = make([]float64, (b.n+extra[i])*b.size)
		}
	}
}

// assign tells every factor its worker.
func (p *Messages) assign() {
	p.owner = make([][]uint8, len(p.g.nodes))
	for i, n := range p.g.nodes {
		p.owner[i] = make([]uint8, n.n)
	}
	for _, w := range p.workers {
		for _, v := range w.order {
			p.owner[v.Factor][v.Place] = uint8(w.part)
		}
	}
}

// partOf is the worker that has a factor.
func (p *Messages) partOf(e edge) int {
	if p.owner == nil {
		return 0
	}
	return int(p.owner[e.node][e.place])
}

// findCut finds the variables that lie with several workers, and counts the rows they add to a plate.
func (p *Messages) findCut(extra []int) {
	p.rows = make([][][]int32, len(p.g.nodes))
	for i, n := range p.g.nodes {
		p.rows[i] = make([][]int32, len(n.slots))
	}
	for _, b := range p.g.blocks {
		for v := 0; !b.known && v < b.n; v++ {
			edges := p.g.of(b, v)
			for _, e := range edges {
				if p.partOf(e) != p.partOf(edges[0]) {
					p.cutAt(b, v, extra)
					break
				}
			}
		}
	}
}

// cutAt gives the workers at a boundary their rows.
func (p *Messages) cutAt(b *block, v int, extra []int) {
	c := boundary{b, make([]int, len(p.workers))}
	for part := range c.at {
		c.at[part] = -1
	}
	for _, e := range p.g.of(b, v) {
		w := p.workers[p.partOf(e)]
		if c.at[w.part] < 0 {
			c.at[w.part] = len(w.shares)
			w.shares = append(w.shares, share{b, v, b.n + extra[b.id], make([]float64, b.size)})
			extra[b.id]++
		}
		n, rows := p.g.nodes[e.node], p.rows[e.node]
		if rows[e.slot] == nil {
			rows[e.slot] = make([]int32, n.n)
			for i := range rows[e.slot] {
				rows[e.slot][i] = int32(n.slots[e.slot].at(i))
			}
		}
		rows[e.slot][e.place] = int32(w.shares[c.at[w.part]].row)
	}
	p.cut = append(p.cut, c)
}

// round has every worker sweep through its factors and say what they make of the variables that it
// shares; the others are told before the next round. What a round does depends on the number of
// workers but not on their speed.
func (p *Messages) round() error {
	if len(p.workers) == 1 {
		return p.workers[0].sweep()
	}
	said := make([][]float64, len(p.workers))
	var wait sync.WaitGroup
	for i, w := range p.workers {
		wait.Go(func() {
			if w.err = w.sweep(); w.err == nil {
				said[i] = w.say()
			}
		})
	}
	wait.Wait()
	for _, w := range p.workers {
		if w.err != nil {
			return w.err
		}
		p.bytes += 8 * int64(len(said[w.part]))
	}
	p.exchange(said)
	return nil
}

// say is the sum of the messages of the worker's factors to each variable that it shares.
func (w *worker) say() (said []float64) {
	for _, s := range w.shares {
		sum := make([]float64, s.b.size)
		for _, e := range w.p.g.of(s.b, s.v) {
			if w.p.partOf(e) == w.part {
				for j, x := range view(w.p.msg[e.node][e.slot], int(e.place), s.b.size) {
					sum[j] += x
				}
			}
		}
		said = append(said, sum...)
	}
	return said
}

// exchange tells every worker what the others said.
func (p *Messages) exchange(said [][]float64) {
	start := make([][]int, len(p.workers)) // of each share in said
	for i, w := range p.workers {
		at := 0
		for _, s := range w.shares {
			start[i] = append(start[i], at)
			at += s.b.size
		}
	}
	for _, c := range p.cut {
		for to, at := range c.at {
			if at < 0 {
				continue
			}
			others := p.workers[to].shares[at].others
			clear(others)
			for from, place := range c.at {
				if place < 0 || from == to {
					continue
				}
				for j, x := range said[from][start[from][place]:][:c.b.size] {
					others[j] += x
				}
			}
		}
	}
}
