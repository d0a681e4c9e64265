package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Verify checks what every program must keep: arguments lie inside their buffers, buffers of
// the arena that are in use at the same time do not overlap, every result is written, and no
// two results take over the same parameter.
func Verify(p *Program) error {
	for _, check := range []func(*Program) error{checkBuffers, checkSteps, checkOverlap, checkResults} {
		if err := check(p); err != nil {
			return fmt.Errorf("plan: program %q: %w", p.Name, err)
		}
	}
	return nil
}

// checkBuffers checks every buffer by itself.
func checkBuffers(p *Program) error {
	for i, b := range p.Buffers {
		size := b.Size
		switch b.Kind {
		case Arena:
			if b.Offset%kernel.Align != 0 || b.Offset < 0 || b.Size < 0 || b.Offset+b.Size > p.Arena {
				return fmt.Errorf("buffer %d: got bytes %d+%d, want them inside %d and aligned", i, b.Offset, b.Size, p.Arena)
			}
		case Param:
			size = int(p.Params[b.Index].ByteSize())
		case Out:
			size = int(p.Results[b.Index].Shape.ByteSize())
		case Const:
			if b.Data == nil && b.Size > 0 {
				return fmt.Errorf("buffer %d: constant without data", i)
			}
		}
		if size != b.Size {
			return fmt.Errorf("buffer %d: got %d bytes, want %d", i, b.Size, size)
		}
	}
	return nil
}

// checkSteps checks every step by itself, and the programs inside it.
func checkSteps(p *Program) error {
	for i, s := range p.Steps {
		for k, a := range s.Args {
			if a.Buffer < 0 || a.Buffer >= len(p.Buffers) {
				return fmt.Errorf("step %d: argument %d: no buffer %d", i, k, a.Buffer)
			}
			size := p.Buffers[a.Buffer].Size
			if a.Offset < 0 || a.Offset > size || a.Offset == size && size > 0 {
				return fmt.Errorf("step %d: argument %d: offset %d in a buffer of %d bytes", i, k, a.Offset, size)
			}
		}
		if err := checkMemory(p, s); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		for _, inner := range s.programs() {
			if err := Verify(inner); err != nil {
				return fmt.Errorf("step %d: %w", i, err)
			}
		}
	}
	return nil
}

// checkMemory checks that a step is of one kind and ends with the memory that it needs.
func checkMemory(p *Program, s Step) error {
	kinds, need := 0, 0
	if s.Kernel != nil {
		kinds, need = kinds+1, s.Kernel.Shared()
	}
	if l := s.Loop; l != nil {
		kinds, need = kinds+1, max(l.Bytes(), l.Memory)
		if want := 2*l.State + l.CondCaptures + l.BodyCaptures + 1; len(s.Args) != want {
			return fmt.Errorf("loop: got %d arguments, want %d", len(s.Args), want)
		}
	}
	if b := s.Branch; b != nil {
		kinds, need = kinds+1, max(b.Bytes(), b.Memory)
		if want := b.Outputs + b.TrueCaptures + b.FalseCaptures + 2; len(s.Args) != want {
			return fmt.Errorf("branch: got %d arguments, want %d", len(s.Args), want)
		}
	}
	if s.Host != nil {
		kinds++
	}
	if kinds != 1 {
		return fmt.Errorf("got %d kinds of work, want one", kinds)
	}
	if need == 0 {
		return nil
	}
	last := s.Args[len(s.Args)-1]
	if got := p.Buffers[last.Buffer]; last.Offset != 0 || got.Kind != Arena || got.Size < need {
		return fmt.Errorf("got %d bytes of memory, want %d", got.Size, need)
	}
	return nil
}

// programs lists the programs inside a step.
func (s Step) programs() []*Program {
	switch {
	case s.Loop != nil:
		return []*Program{s.Loop.Cond, s.Loop.Body}
	case s.Branch != nil:
		return []*Program{s.Branch.True, s.Branch.False}
	}
	return nil
}

// use tells between which steps a buffer is in use, both included.
type use struct{ buffer, first, last int }

// uses lists the buffers of the arena that steps mention, by their first step.
func (p *Program) uses() []use {
	at := map[int]int{}
	var out []use
	for i, s := range p.Steps {
		for _, a := range s.Args {
			if b := p.Buffers[a.Buffer]; b.Kind != Arena || b.Size == 0 {
				continue
			}
			k, seen := at[a.Buffer]
			if !seen {
				k = len(out)
				at[a.Buffer] = k
				out = append(out, use{buffer: a.Buffer, first: i})
			}
			out[k].last = i
		}
	}
	return out
}

// checkOverlap goes through the steps with the buffers that are in use, ordered by offset.
func checkOverlap(p *Program) error {
	uses := p.uses()
	var busy []use
	for _, u := range uses {
		busy = slices.DeleteFunc(busy, func(x use) bool { return x.last < u.first })
		b := p.Buffers[u.buffer]
		for _, x := range busy {
			if o := p.Buffers[x.buffer]; o.Offset < b.Offset+b.Size && b.Offset < o.Offset+o.Size {
				return fmt.Errorf("step %d: buffers %d and %d overlap", u.first, x.buffer, u.buffer)
			}
		}
		busy = append(busy, u)
	}
	return nil
}

// Live is the largest number of bytes of the arena that are in use during one step: no
// placement can do with less.
func (p *Program) Live() int {
	uses := p.uses()
	ends := slices.Clone(uses)
	slices.SortFunc(ends, func(x, y use) int { return cmp.Compare(x.last, y.last) })
	live, most := 0, 0
	for _, u := range uses {
		for len(ends) > 0 && ends[0].last < u.first {
			live -= aligned(p.Buffers[ends[0].buffer].Size)
			ends = ends[1:]
		}
		live += aligned(p.Buffers[u.buffer].Size)
		most = max(most, live)
	}
	return most
}

// checkResults checks that every result is mentioned by a step, and what it may take over:
// nobody reads the parameter after the step that writes the result.
func checkResults(p *Program) error {
	first, last := map[int]int{}, map[int]int{} // by result, by parameter
	for i, s := range p.Steps {
		for _, a := range s.Args {
			switch b := p.Buffers[a.Buffer]; b.Kind {
			case Out:
				if _, seen := first[b.Index]; !seen {
					first[b.Index] = i
				}
			case Param:
				last[b.Index] = i
			}
		}
	}
	taken := map[int]int{}
	for i, r := range p.Results {
		begin, written := first[i]
		if !written && !r.Shape.IsZeroSize() {
			return fmt.Errorf("result %d is not written", i)
		}
		if r.InPlace < 0 {
			continue
		}
		if j, again := taken[r.InPlace]; again {
			return fmt.Errorf("results %d and %d take over parameter %d", j, i, r.InPlace)
		}
		taken[r.InPlace] = i
		if end, read := last[r.InPlace]; read && end > begin {
			return fmt.Errorf("result %d: parameter %d is read at step %d, after step %d", i, r.InPlace, end, begin)
		}
	}
	return nil
}
