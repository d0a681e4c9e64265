package run

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// follow is the definition of a program's result: its steps one after the other, each kernel
// whole, with fresh memory for everything.
func follow(p *plan.Program, params, results []unsafe.Pointer) error {
	arena := kernel.Alloc(p.Arena)
	for _, s := range p.Steps {
		var args []unsafe.Pointer
		for _, a := range s.Args {
			b := p.Buffers[a.Buffer]
			base := b.Data
			switch b.Kind {
			case plan.Arena:
				base = unsafe.Add(arena, b.Offset)
			case plan.Param:
				base = params[b.Index]
			case plan.Out:
				base = results[b.Index]
			}
			args = append(args, unsafe.Add(base, a.Offset))
		}
		if err := followStep(s, args); err != nil {
			return err
		}
	}
	return nil
}

func followStep(s plan.Step, args []unsafe.Pointer) error {
	switch {
	case s.Kernel != nil:
		w := &kernel.Worker{Scratch: kernel.Alloc(s.Kernel.Scratch())}
		for phase, units := range s.Kernel.Phases() {
			for u := units - 1; u >= 0; u-- {
				s.Kernel.Run(w, phase, u, u+1, args)
			}
		}
	case s.Host != nil:
		return s.Host.Run(args)
	case s.Branch != nil:
		b := s.Branch
		out, yes, rest := args[:b.Outputs], *(*bool)(args[b.Outputs]), args[b.Outputs+1:]
		if yes {
			return follow(b.True, rest[:b.TrueCaptures], out)
		}
		return follow(b.False, rest[b.TrueCaptures:][:b.FalseCaptures], out)
	case s.Loop != nil:
		return followLoop(s.Loop, args)
	}
	return nil
}

func followLoop(l *plan.Loop, args []unsafe.Pointer) error {
	n := l.State
	state, captures := append([]unsafe.Pointer(nil), args[n:2*n]...), args[2*n:]
	for {
		var again bool
		params := append(append([]unsafe.Pointer(nil), state...), captures[:l.CondCaptures]...)
		if err := follow(l.Cond, params, []unsafe.Pointer{unsafe.Pointer(&again)}); err != nil {
			return err
		}
		if !again {
			break
		}
		params = append(append([]unsafe.Pointer(nil), state...), captures[l.CondCaptures:][:l.BodyCaptures]...)
		fresh := make([]unsafe.Pointer, n)
		for k, r := range l.Body.Results {
			fresh[k] = kernel.Alloc(bytes(r.Shape))
		}
		if err := follow(l.Body, params, fresh); err != nil {
			return err
		}
		state = fresh
	}
	for k, r := range l.Body.Results {
		size := bytes(r.Shape)
		copy(unsafe.Slice((*byte)(args[k]), size), unsafe.Slice((*byte)(state[k]), size))
	}
	return nil
}
