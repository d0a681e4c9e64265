package run

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// code is a program made ready for walking: what its steps ask of kernels is asked once. It
// does not change.
type code struct {
	program *plan.Program
	steps   []step
	places  []place // of the arguments of all steps
	scratch int     // bytes that a worker needs, nested programs included
	wide    bool    // some phase has more than one unit
}

// step is a step of a program; exactly one of kernel, loop, branch and host is set.
type step struct {
	name         string
	first, limit int // its arguments in places
	wide         bool

	kernel kernel.Kernel
	phases []int
	loop   *loop
	branch *branch
	host   plan.Host
	clock  *clock
}

// loop is a While; body's kid is 1, cond's is 0.
type loop struct {
	plan       *plan.Loop
	cond, body *code
	sizes      []int           // bytes of each state tensor
	offsets    []int           // of the second copy of each state tensor in the loop's memory
	arena      int             // offset of the nested programs' memory
	copiers    []kernel.Kernel // of each state tensor
	copies     []int           // units of each
}

// branch is an If.
type branch struct {
	plan *plan.Branch
	arms [2]*code // for true, for false
}

// place tells where an argument lies.
type place struct {
	kind   plan.Kind
	index  int            // of the parameter or result
	offset int            // bytes, from its beginning or from that of the arena
	data   unsafe.Pointer // of a constant
}

// newCode prepares a program.
func newCode(p *plan.Program) *code {
	c := &code{program: p}
	for i := range p.Steps {
		s := &p.Steps[i]
		t := step{first: len(c.places), clock: &clock{}}
		for _, a := range s.Args {
			c.places = append(c.places, placeOf(p, a))
		}
		t.limit = len(c.places)
		switch {
		case s.Kernel != nil:
			t.ofKernel(s.Kernel)
			c.scratch = max(c.scratch, s.Kernel.Scratch())
		case s.Loop != nil:
			t.ofLoop(s.Loop)
			c.scratch = max(c.scratch, t.loop.cond.scratch, t.loop.body.scratch)
		case s.Branch != nil:
			t.ofBranch(s.Branch)
			c.scratch = max(c.scratch, t.branch.arms[0].scratch, t.branch.arms[1].scratch)
		case s.Host != nil:
			t.name, t.host = s.Host.Name(), s.Host
		default:
			panic(fmt.Sprintf("run: %s: step %d: got nothing to do", p.Name, i))
		}
		c.wide = c.wide || t.wide
		c.steps = append(c.steps, t)
	}
	return c
}

func placeOf(p *plan.Program, a plan.Arg) place {
	b := p.Buffers[a.Buffer]
	switch b.Kind {
	case plan.Const:
		return place{kind: plan.Const, data: unsafe.Add(b.Data, a.Offset)}
	case plan.Arena:
		return place{kind: plan.Arena, offset: b.Offset + a.Offset}
	}
	return place{kind: b.Kind, index: b.Index, offset: a.Offset}
}

func (t *step) ofKernel(k kernel.Kernel) {
	t.name, t.kernel, t.phases = k.Name(), k, k.Phases()
	for _, units := range t.phases {
		t.wide = t.wide || units > 1
	}
}

func (t *step) ofLoop(p *plan.Loop) {
	l := &loop{plan: p, cond: newCode(p.Cond), body: newCode(p.Body)}
	t.name, t.loop = "while", l
	at := kernel.Align
	t.wide = l.cond.wide || l.body.wide
	for _, r := range p.Body.Results {
		n := bytes(r.Shape)
		l.sizes, l.offsets = append(l.sizes, n), append(l.offsets, at)
		at += align(n)
		l.copiers = append(l.copiers, copier(n))
		l.copies = append(l.copies, copier(n).Phases()...)
		t.wide = t.wide || l.copies[len(l.copies)-1] > 1
	}
	l.arena = at
}

func (t *step) ofBranch(p *plan.Branch) {
	b := &branch{plan: p, arms: [2]*code{newCode(p.True), newCode(p.False)}}
	t.name, t.branch = "if", b
	t.wide = b.arms[0].wide || b.arms[1].wide
}

func bytes(s shapes.Shape) int { return int(s.ByteSize()) }

func align(n int) int { return (n + kernel.Align - 1) &^ (kernel.Align - 1) }
