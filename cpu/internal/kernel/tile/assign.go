package tile

import "slices"

// assign gives every register a place in machine.ptr and renumbers the steps accordingly.
// Slots are shared out by liveness, lowest number first, so that few are in use.
func (r *region) assign() {
	regs := len(r.loads) + len(r.code)
	last := make([]int, regs) // the last step that reads a register
	for i := range r.steps {
		for _, reg := range r.steps[i].uses() {
			last[reg] = i
		}
	}
	place := make([]int, regs)
	pool := slots{first: len(r.loads) + len(r.stores)}
	for i := range r.loads {
		place[i] = i
		if ld := &r.loads[i]; ld.mode != direct {
			ld.slot = pool.take()
		}
	}
	for i := range r.steps {
		r.assignStep(i, place, last, &pool)
	}
	r.slots = pool.count
}

// assignStep places the result of step i and releases what it reads for the last time. The
// result may take the place of an operand whose elements are not smaller.
func (r *region) assignStep(i int, place, last []int, pool *slots) {
	st := &r.steps[i]
	reg, uses := st.dst, st.uses()
	release := func(large bool) {
		for k, u := range uses {
			free := last[u] == i && !slices.Contains(uses[:k], u)
			if free && large == (reg >= 0 && r.regSize(u) >= r.regSize(reg)) {
				r.release(u, place, pool)
			}
		}
	}
	release(true)
	home := st.red - 1
	switch {
	case reg < 0 && st.do == calc: // a copy into store −1−reg
		r.setClash(-1-reg, i, last, pool)
		st.dst = len(r.loads) - 1 - reg
	case reg >= 0 && home >= 0:
		r.setClash(home, i, last, pool)
		place[reg] = len(r.loads) + home
		st.dst, st.red = place[reg], 0
	case reg >= 0:
		place[reg] = pool.take()
		st.dst = place[reg]
	}
	release(false)
	for _, x := range [3]*int{&st.a, &st.b, &st.c} {
		if *x >= 0 {
			*x = place[*x]
		} else {
			*x = none
		}
	}
}

// release gives back the slot of a register, if it has one that is not needed in the next tile.
func (r *region) release(reg int, place []int, pool *slots) {
	switch {
	case reg < len(r.loads):
		if r.loads[reg].mode == moved {
			pool.give(r.loads[reg].slot)
		}
	case place[reg] >= pool.first:
		pool.give(place[reg])
	}
}

// setClash finds the loads that a store in place, computed by step i, may not overwrite, and
// keeps a slot for its value if there are any.
func (r *region) setClash(store, i int, last []int, pool *slots) {
	st := &r.stores[store]
	for j, ld := range r.loads {
		if ld.mode == direct && last[j] > i && ld.size == st.size && slices.Equal(ld.strides, st.strides) {
			st.clash = append(st.clash, j)
		}
	}
	if st.clash != nil {
		st.slot = pool.take()
	}
}

// slots hands out tiles of scratch memory.
type slots struct {
	first, count int
	free         []int
}

func (s *slots) take() int {
	if len(s.free) == 0 {
		s.count++
		return s.first + s.count - 1
	}
	i := slices.Index(s.free, slices.Min(s.free))
	slot := s.free[i]
	s.free = slices.Delete(s.free, i, i+1)
	return slot
}

func (s *slots) give(slot int) { s.free = append(s.free, slot) }
