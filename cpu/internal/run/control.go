package run

import "unsafe"

// choose lets all workers learn a predicate that a step has computed.
func (w *walker) choose(predicate unsafe.Pointer) (yes, ok bool) {
	if !w.enter(false) {
		return false, false
	}
	if w.size == 1 {
		return *(*bool)(predicate), true
	}
	slot := &w.state.choices[w.choices%2]
	w.choices++
	if w.ID == 0 {
		slot.Store(*(*bool)(predicate))
	}
	if !w.meet() {
		return false, false
	}
	return slot.Load(), true
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

	if !w.enter(l.wide) {
		return false
	}
	for k, size := range l.sizes {
		w.move(final[k], initial[k], size, l.wide)
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
	if !w.enter(l.wide) {
		return false
	}
	for k, size := range l.sizes {
		w.move(final[k], unsafe.Add(memory, l.offsets[k]), size, l.wide)
	}
	return true
}

// move copies this worker's part of n bytes.
func (w *walker) move(dst, src unsafe.Pointer, n int, wide bool) {
	lo, hi := 0, n
	if wide {
		lo, hi = w.share(align(n) / 64)
		lo, hi = min(lo*64, n), min(hi*64, n)
	} else if w.ID != 0 {
		return
	}
	if lo < hi && dst != src {
		copy(unsafe.Slice((*byte)(unsafe.Add(dst, lo)), hi-lo), unsafe.Slice((*byte)(unsafe.Add(src, lo)), hi-lo))
	}
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
