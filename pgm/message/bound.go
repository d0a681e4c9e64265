package message

import (
	"errors"
	"fmt"
	"math"
)

// Part is the share of a plate in the bound.
type Part struct {
	// Name is that of the plate of factors or variables.
	Name string
	// Variable says that it is a plate of variables.
	Variable bool
	// Nats is Σ ⟨ln f⟩ of factors, Σ H[q(x)] of variables.
	Nats float64
}

// Parts are the shares of all plates in the bound L(q) = Σ_f ⟨ln f⟩ + Σ_x H[q(x)].
func (a *Ascent) Parts() ([]Part, error) {
	var parts []Part
	for _, n := range a.g.nodes {
		if _, ok := n.f.(Link); ok {
			continue
		}
		p := Part{Name: n.name}
		for i := range n.n {
			p.Nats += n.f.(Averager).Energy(a.site(n, i))
		}
		parts = append(parts, p)
	}
	for _, b := range a.g.blocks {
		if b.known || b.maker != nil {
			continue
		}
		p := Part{Name: b.name, Variable: true}
		for i := range b.n {
			h, err := a.entropy(b, i)
			if err != nil {
				return nil, &NodeError{"variable", b.name, i, err}
			}
			p.Nats += h
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// Bound is L(q) ≤ ln p(known).
func (a *Ascent) Bound() (float64, error) {
	parts, err := a.Parts()
	if err != nil {
		return 0, err
	}
	bound := 0.
	for _, p := range parts {
		if bound += p.Nats; math.IsNaN(p.Nats) || math.IsInf(p.Nats, 0) {
			return 0, fmt.Errorf("message: bound of %s: got %v, want a finite number", p.Name, p.Nats)
		}
	}
	return bound, nil
}

// entropy is H[q(x)] = A(η) − η·⟨u⟩.
func (a *Ascent) entropy(b *block, i int) (float64, error) {
	eta := a.natural(b, i)
	h, err := b.family.Expect(nil, eta)
	for k, v := range a.stats(b, i) {
		if v != 0 {
			h -= eta[k] * v
		}
	}
	return h, err
}

// state is a copy of q.
type state struct{ eta, u [][]float64 }

func (a *Ascent) copy() state {
	s := state{make([][]float64, len(a.eta)), make([][]float64, len(a.u))}
	for i := range a.eta {
		if a.eta[i] != nil || a.g.blocks[i].maker != nil {
			s.eta[i], s.u[i] = append([]float64(nil), a.eta[i]...), append([]float64(nil), a.u[i]...)
		}
	}
	return s
}

// blame repeats a sweep that lowered the bound from where it began, and names the first variable
// whose update lowers the bound by as much as rounding does not explain, or else the one that
// lowers it most. q is left as it was before that update.
func (a *Ascent) blame(before state, fall *FallError) error {
	a.restore(before)
	worst := &NodeError{Kind: "variable", Err: fall}
	most, bound := 0., fall.From
	for _, b := range a.order {
		to := make([]float64, b.size)
		for i := range b.n {
			if err := a.update(b, i, to); err != nil {
				return errors.Join(fall, err)
			}
			now, err := a.Bound()
			if err != nil {
				return errors.Join(fall, err)
			}
			if d := bound - now; d > most {
				most, worst.Name, worst.Place = d, b.name, i
			}
			if fell(bound, now) {
				worst.Err = &FallError{Sweep: fall.Sweep, From: bound, To: now}
				return worst
			}
			bound = now
		}
	}
	return worst
}

func (a *Ascent) restore(s state) {
	for i := range s.eta {
		if s.u[i] != nil {
			copy(a.eta[i], s.eta[i])
			copy(a.u[i], s.u[i])
		}
	}
}
