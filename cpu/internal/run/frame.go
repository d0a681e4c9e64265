package run

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// frame is one worker's table of where the arguments of a program lie. Nested programs have
// frames of their own, made beforehand, which are bound anew whenever the program is entered.
type frame struct {
	code    *code
	args    []unsafe.Pointer // one for each place
	params  []unsafe.Pointer
	results []unsafe.Pointer
	kids    [][2]*frame // for each step: condition and body, or both branches
}

func newFrame(c *code) *frame {
	f := &frame{
		code:    c,
		args:    make([]unsafe.Pointer, len(c.places)),
		params:  make([]unsafe.Pointer, len(c.program.Params)),
		results: make([]unsafe.Pointer, len(c.program.Results)),
		kids:    make([][2]*frame, len(c.steps)),
	}
	for i, p := range c.places {
		if p.kind == plan.Const {
			f.args[i] = p.data
		}
	}
	for i := range c.steps {
		switch s := &c.steps[i]; {
		case s.loop != nil:
			f.kids[i] = [2]*frame{newFrame(s.loop.cond), newFrame(s.loop.body)}
		case s.branch != nil:
			f.kids[i] = [2]*frame{newFrame(s.branch.arms[0]), newFrame(s.branch.arms[1])}
		}
	}
	return f
}

// settle points arguments into the execution's memory.
func (f *frame) settle(arena unsafe.Pointer) {
	for i := range f.code.places {
		if p := &f.code.places[i]; p.kind == plan.Arena {
			f.args[i] = unsafe.Add(arena, p.offset)
		}
	}
}

// bind points arguments into the parameters and results.
func (f *frame) bind() {
	for i := range f.code.places {
		switch p := &f.code.places[i]; p.kind {
		case plan.Param:
			f.args[i] = unsafe.Add(f.params[p.index], p.offset)
		case plan.Out:
			f.args[i] = unsafe.Add(f.results[p.index], p.offset)
		}
	}
}

// free forgets the parameters and results, so that the frame does not keep their memory.
func (f *frame) free() {
	clear(f.params)
	clear(f.results)
	for i := range f.code.places {
		if p := &f.code.places[i]; p.kind == plan.Param || p.kind == plan.Out {
			f.args[i] = nil
		}
	}
	for _, pair := range f.kids {
		for _, kid := range pair {
			if kid != nil {
				kid.free()
			}
		}
	}
}
