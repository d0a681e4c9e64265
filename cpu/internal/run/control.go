package run

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// choose lets all workers learn a predicate that a step has computed. A worker that is so late
// that its decision is forgotten leaves the execution to the others.
func (w *walker) choose(predicate unsafe.Pointer) (yes, ok bool) {
	if w.size == 1 {
		return *(*bool)(predicate), true
	}
	if !w.lead() {
		return false, false
	}
	slot := &w.state.choices[w.choices%2]
	w.choices++
	if w.leader {
		bit := uint64(0)
		if *(*bool)(predicate) {
			bit = 1
		}
		slot.Store(2*w.choices + bit)
	}
	if !w.meet() {
		return false, false
	}
	decision := slot.Load()
	return decision&1 == 1, decision>>1 == w.choices
}

// loop does a While. The state moves to and fro between the final state's memory and the
// second copy in the loop's own.
func (w *walker) loop(l *loop, kids [2]*frame, args []unsafe.Pointer) bool {
	n := l.plan.State
	final, initial, captures := args[:n], args[n:2*n], args[2*n:len(args)-1]
	memory := args[len(args)-1]
	cond, body := kids[0], kids[1]
	cond.settle(unsafe.Add(memory, l.arena))
	body.settle(unsafe.Add(memory, l.arena))
	cond.results[0] = memory
	copy(cond.params[n:], captures[:l.plan.CondCaptures])
	copy(body.params[n:], captures[l.plan.CondCaptures:])

	for k := range l.sizes {
		if !w.move(l, k, final[k], initial[k]) {
			return false
		}
	}
	for second := false; ; second = !second {
		for k, offset := range l.offsets {
			here, there := final[k], unsafe.Add(memory, offset)
			if second {
				here, there = there, here
			}
			cond.params[k], body.params[k], body.results[k] = here, here, there
		}
		cond.bind()
		if !w.walk(cond) {
			return false
		}
		again, ok := w.choose(memory)
		if !ok {
			return false
		}
		if !again {
			return !second || w.settleState(l, final, memory)
		}
		body.bind()
		if !w.walk(body) {
			return false
		}
	}
}

// settleState brings the second copy of a loop's state to the final state's memory.
func (w *walker) settleState(l *loop, final []unsafe.Pointer, memory unsafe.Pointer) bool {
	for k := range l.sizes {
		if !w.move(l, k, final[k], unsafe.Add(memory, l.offsets[k])) {
			return false
		}
	}
	return true
}

// move copies a tensor of a loop's state.
func (w *walker) move(l *loop, k int, dst, src unsafe.Pointer) bool {
	if dst == src {
		return true
	}
	w.copy = [2]unsafe.Pointer{dst, src}
	ok := w.kernel(l.copiers[k], l.copies[k:k+1], w.copy[:])
	w.copy = [2]unsafe.Pointer{}
	return ok
}

// copier copies a number of bytes.
type copier int

// shareCopy is the size in bytes of a unit.
const shareCopy = 1 << 16

func (c copier) Name() string  { return "copy" }
func (c copier) Phases() []int { return []int{(int(c) + shareCopy - 1) / shareCopy} }
func (c copier) Scratch() int  { return 0 }
func (c copier) Shared() int   { return 0 }

func (c copier) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	begin, n := lo*shareCopy, min(hi*shareCopy, int(c))-lo*shareCopy
	copy(unsafe.Slice((*byte)(unsafe.Add(args[0], begin)), n), unsafe.Slice((*byte)(unsafe.Add(args[1], begin)), n))
}

// branch does an If.
func (w *walker) branch(b *branch, kids [2]*frame, args []unsafe.Pointer) bool {
	n := b.plan.Outputs
	yes, ok := w.choose(args[n])
	if !ok {
		return false
	}
	captures := args[n+1 : len(args)-1]
	arm := kids[0]
	if yes {
		captures = captures[:b.plan.TrueCaptures]
	} else {
		arm, captures = kids[1], captures[b.plan.TrueCaptures:]
	}
	copy(arm.params, captures)
	copy(arm.results, args[:n])
	arm.settle(args[len(args)-1])
	arm.bind()
	return w.walk(arm)
}
