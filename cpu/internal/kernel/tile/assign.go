package tile

import "slices"

// assign gives every register a place in machine.ptr and renumbers the steps accordingly.
// Slots are shared out by liveness, lowest number first, so that few are in use.
func (r *region) assign() {
	regs := len(r.loads) + len(r.code)
	last := make([]int, regs) // the last step that reads a register
	for i := range r.drafts {
		for _, reg := range r.drafts[i].uses() {
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
	for i := range r.drafts {
		r.assignStep(i, place, last, &pool)
	}
	r.slots = pool.count
}

// assignStep places the result of step i and releases what it reads for the last time. The
// result may take the place of an operand whose elements are not smaller.
func (r *region) assignStep(i int, place, last []int, pool *slots) {
	d := &r.drafts[i]
	uses, dst := d.uses(), none
	release := func(larger bool) {
		for k, u := range uses {
			free := last[u] == i && !slices.Contains(uses[:k], u)
			if free && larger == (d.dst >= 0 && r.regSize(u) >= r.regSize(d.dst)) {
				r.release(u, place, pool)
			}
		}
	}
	release(true)
	if d.dst >= 0 || d.home >= 0 {
		dst = r.settle(d.dst, d.home, i, place, last, pool)
	}
	st := d.step
	st.c = at(place, d.c)
	if d.double {
		second := r.settle(d.twin, d.twinsHome, i, place, last, pool)
		st.c = uint8(second)
		if d.twin < 0 {
			pool.give(second)
		}
	}
	release(false)
	st.dst, st.a, st.b = uint8(dst), at(place, d.a), at(place, d.b)
	st.sizes = r.sizes(d)
	r.steps = append(r.steps, st)
}

// sizes lists the sizes of the elements of a step's registers.
func (r *region) sizes(d *draft) (out [4]uint8) {
	for i, reg := range [4]int{d.dst, d.a, d.b, d.c} {
		if reg >= 0 {
			out[i] = uint8(r.regSize(reg))
		}
	}
	switch {
	case d.dst < 0 && d.home >= 0:
		out[0] = uint8(r.stores[d.home].size)
	case d.double:
		out[3] = out[0]
	}
	return out
}

// settle finds a place for a result of step i, and remembers it if the result is a register.
func (r *region) settle(reg, home, i int, place, last []int, pool *slots) int {
	var dst int
	if home >= 0 {
		r.setClash(home, i, last, pool)
		dst = len(r.loads) + home
	} else {
		dst = pool.take()
	}
	if reg >= 0 {
		place[reg] = dst
	}
	return dst
}

// at is the place of a register, or that of none.
func at(place []int, reg int) uint8 {
	if reg < 0 {
		return none
	}
	return uint8(place[reg])
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
