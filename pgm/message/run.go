package message

import (
	"context"
	"fmt"
)

// valueError is what a factor is told that sent no number.
type valueError struct {
	slot  string
	value float64
}

// Error implements error.
func (e *valueError) Error() string {
	return fmt.Sprintf("message to %s: got %v, want a finite number", e.slot, e.value)
}

// Sweep has every factor send once, or twice in a sequential sweep without visits of its own.
func (p *Messages) Sweep() (Record, error) {
	if err := p.round(); err != nil {
		return Record{}, err
	}
	p.sweep++
	r := Record{Sweep: int(p.sweep), Plates: make([]Plate, len(p.g.nodes))}
	for i, n := range p.g.nodes {
		r.Plates[i].Factor = n.name
		for _, w := range p.workers {
			r.Plates[i].Change = max(r.Plates[i].Change, w.change[i])
			r.Plates[i].Waiting += w.waiting[i]
		}
		r.Change = max(r.Change, r.Plates[i].Change)
		r.Waiting += r.Plates[i].Waiting
	}
	if p.pending != nil {
		r.Change = p.left()
	}
	for _, w := range p.workers {
		p.sent += w.sent
		w.sent = 0
	}
	r.Sent, r.Bytes = p.sent, p.bytes
	return r, nil
}

// Run sweeps until the messages stand still and returns the last sweep's record. The context is
// asked between sweeps.
func (p *Messages) Run(ctx context.Context) (last Record, converged bool, err error) {
	for p.sweep < int64(p.cfg.Sweeps) && !converged {
		if err := ctx.Err(); err != nil {
			return last, false, err
		}
		if last, err = p.Sweep(); err != nil {
			return last, false, err
		}
		converged = last.Change <= p.cfg.Tolerance && last.Waiting == 0
		if p.cfg.Progress != nil {
			p.cfg.Progress(last)
		}
	}
	p.total()
	return last, converged, nil
}

// total adds up the messages to all variables, whatever worker sent them.
func (p *Messages) total() {
	for i, b := range p.g.blocks {
		if !b.known {
			clear(p.belief[i][:b.n*b.size])
		}
	}
	p.g.each(func(s *slot, e edge, v int) {
		belief := view(p.belief[s.b.id], v, s.b.size)
		for j, x := range view(p.msg[e.node][e.slot], int(e.place), s.b.size) {
			belief[j] += x
		}
	})
}

// LogZ is the estimate of ln Z, or ln p(known), by Bethe's approximation in the form that EP and
// power EP share (Minka 2004, section 3), with b the beliefs and A their log-normalisers,
//
//	ln Z ≈ Σ_x A(b_x) + Σ_f 1/α [ln ∫ f^α Π_x exp((b_x − αm_f→x)·u(x)) − Σ_x∈f A(b_x)].
//
// It is exact on trees of factors that need no projection.
func (p *Messages) LogZ() (float64, error) {
	if p.cfg.Max {
		return 0, fmt.Errorf("message: log Z: max-product has none")
	}
	p.total()
	w := newWorker(p, -1, nil)
	norm, logZ := make([][]float64, len(p.g.blocks)), 0.
	for i, b := range p.g.blocks {
		if b.known {
			continue
		}
		norm[i] = make([]float64, b.n)
		for v := range b.n {
			a, err := logNormaliser(b.family, view(p.belief[i], v, b.size))
			if err != nil {
				return 0, &NodeError{"variable", b.name, v, err}
			}
			norm[i][v] = a
			logZ += a
		}
	}
	rows := p.rows
	p.rows = nil
	defer func() { p.rows = rows }()
	for _, n := range p.g.nodes {
		for i := range n.n {
			z, err := n.f.(Sender).LogZ(w.gather(n, i))
			if err != nil {
				return 0, &NodeError{"factor", n.name, i, err}
			}
			for k := range n.slots {
				if b := n.slots[k].b; !b.known {
					z -= norm[b.id][n.slots[k].at(i)]
				}
			}
			logZ += z / p.cfg.Alpha
		}
	}
	return logZ, nil
}
