package move

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// example is a kernel with arguments for which it has several units.
type example struct {
	k    kernel.Kernel
	outs []int // bytes of each output
	ins  []int // bytes of each input
	fill func(ins []unsafe.Pointer)
}

// examples holds one or several of every kernel.
func examples(l isa.Level) []example {
	const n = 300 * 400
	rows := rowsOf(1000, 300, 500)
	point := func(ins []unsafe.Pointer) {
		rng := rand.New(rand.NewPCG(2, 3))
		for i := range 500 {
			*at[int32](ins[1], i) = int32(rng.IntN(1000))
		}
	}
	scattered := geometry{operand: []int{1000, 300}, dropped: []int{0}, pointed: []int{0}, vectorAxis: 1,
		indices: []int{500, 1}, windowAxes: []int{1}, result: []int{500, 300}, index: dtypes.Int32}
	block := geometry{operand: []int{90, 80, 70}, pointed: []int{1}, vectorAxis: 0, indices: []int{1},
		windowAxes: []int{0, 1, 2}, result: []int{90, 10, 70}, index: dtypes.Int32}
	window := DynamicSpec{Size: 4, Operand: []int{400, 500}, Window: []int{300, 400}, Index: dtypes.Int32}
	return []example{
		{k: NewCopy(l, CopySpec{Size: 4, Dims: []int{n}, Src: []int{1}}), outs: []int{4 * n}, ins: []int{4 * n}},
		{k: NewCopy(l, CopySpec{Size: 4, Dims: []int{300, 400}, Src: []int{1, 300}}), outs: []int{4 * n}, ins: []int{4 * n}},
		{k: NewCopy(l, CopySpec{Size: 8, Dims: []int{300, 400}, Src: []int{1, 300}}), outs: []int{8 * n}, ins: []int{8 * n}},
		{k: NewCopy(l, CopySpec{Size: 4, Dims: []int{300, 400}, Src: []int{0, 2}}), outs: []int{4 * n}, ins: []int{8 * 400}},
		{k: NewCopy(l, CopySpec{Size: 1, Dims: []int{4, 100, 300}, Src: []int{30000, 1, 100}}), outs: []int{n}, ins: []int{n}},
		{k: NewConcatenate(l, ConcatenateSpec{Size: 4, Axis: 1, Parts: []Part{{Dims: []int{300, 100}}, {Dims: []int{300, 300}}}}), outs: []int{4 * n}, ins: []int{n, 3 * n}},
		{k: NewPad(PadSpec{Size: 4, Dims: []int{98, 400}, Axes: []compute.PadAxis{{Start: 3, End: 4, Interior: 2}}}), outs: []int{4 * 299 * 400}, ins: []int{4 * 98 * 400, 4}},
		{k: NewPad(PadSpec{Size: 4, Dims: []int{299, 400}, Axes: []compute.PadAxis{{Start: 1}, {Start: -1, End: 1}}}), outs: []int{4 * n}, ins: []int{4 * 299 * 400, 4}},
		{k: NewGather(l, rows), outs: []int{4 * 500 * 300}, ins: []int{4 * 1000 * 300, 4 * 500}, fill: point},
		{k: NewScatter(l, scatterOf(scattered, compute.OpTypeScatterSum, dtypes.Float32)), outs: []int{4 * 1000 * 300}, ins: []int{4 * 1000 * 300, 4 * 500, 4 * 500 * 300}, fill: point},
		{k: NewScatter(l, scatterOf(block, compute.OpTypeScatterMax, dtypes.Float32)), outs: []int{4 * 90 * 80 * 70}, ins: []int{4 * 90 * 80 * 70, 4, 4 * 90 * 10 * 70}},
		{k: NewDynamicSlice(l, window), outs: []int{4 * 300 * 400}, ins: []int{4 * 400 * 500, 4, 4}},
		{k: NewDynamicUpdateSlice(l, window), outs: []int{4 * 400 * 500}, ins: []int{4 * 400 * 500, 4 * 300 * 400, 4, 4}},
		{k: NewIota(IotaSpec{Type: dtypes.Float32, Dims: []int{300, 400}, Axis: 1}), outs: []int{4 * n}},
		{k: NewIota(IotaSpec{Type: dtypes.Int64, Dims: []int{300, 400}}), outs: []int{8 * n}},
		{k: NewCumSum(CumSumSpec{Type: dtypes.Float32, Dims: []int{300, 400}, Axis: 1}), outs: []int{4 * n}, ins: []int{4 * n}},
		{k: NewCumSum(CumSumSpec{Type: dtypes.Float32, Dims: []int{30, 4000}}), outs: []int{4 * n}, ins: []int{4 * n}},
		{k: NewArgMinMax(l, ArgMinMaxSpec{Type: dtypes.Float32, Result: dtypes.Int32, Dims: []int{300, 400}, Axis: 1}), outs: []int{4 * 300}, ins: []int{4 * n}},
		{k: NewArgMinMax(l, ArgMinMaxSpec{Type: dtypes.Float32, Result: dtypes.Int32, Dims: []int{30, 4000}}), outs: []int{4 * 4000}, ins: []int{4 * n}},
		{k: NewSort(SortSpec{Dims: []int{300, 400}, Axis: 1, Sizes: []int{4, 1}, Plain: true, Type: dtypes.Float32}), outs: []int{4 * n, n}, ins: []int{4 * n, n}},
		{k: NewSort(SortSpec{Dims: []int{3, 40000}, Axis: 1, Sizes: []int{1}, Compare: byRemainder, Captures: 1}), outs: []int{n}, ins: []int{n, 1},
			fill: func(ins []unsafe.Pointer) { *(*byte)(ins[1]) = 200 }},
	}
}

// memory makes the arguments of an example; outputs hold a byte's value everywhere.
func (e *example) memory(poison byte) (args []unsafe.Pointer) {
	for _, n := range e.outs {
		p := kernel.Alloc(n)
		for i := range span[byte](p, n) {
			span[byte](p, n)[i] = poison
		}
		args = append(args, p)
	}
	rng := rand.New(rand.NewPCG(7, 1))
	for _, n := range e.ins {
		p := kernel.Alloc(n)
		for i := 0; i+4 <= n; i += 4 {
			*(*float32)(unsafe.Add(p, i)) = rng.Float32()
		}
		if n == 4 { // a scalar: a fill value, or a start
			*at[int32](p, 0) = 7
		}
		args = append(args, p)
	}
	if e.fill != nil {
		e.fill(args[len(e.outs):])
	}
	if n := e.k.Shared(); n > 0 {
		args = append(args, kernel.Alloc(n))
	}
	return args
}

// outputs is what the outputs hold.
func (e *example) outputs(args []unsafe.Pointer) (all string) {
	for i, n := range e.outs {
		all += text(args[i], n)
	}
	return all
}

// TestEveryByteIsWrittenByOneUnit runs each unit of the last phase on its own, on outputs that
// hold what the phases before wrote, and compares what changes.
func TestEveryByteIsWrittenByOneUnit(t *testing.T) {
	for _, e := range examples(isa.Best()) {
		w := &kernel.Worker{Scratch: kernel.Alloc(e.k.Scratch())}
		phases := e.k.Phases()
		last := len(phases) - 1
		if phases[last] < 2 {
			t.Errorf("%s: got %v units, want several", e.k.Name(), phases)
		}
		args := e.memory(0xAA)
		for phase, units := range phases[:last] {
			e.k.Run(w, phase, 0, units, args)
		}
		base := e.outputs(args)
		writer := make([]uint8, len(base))
		for u := range phases[last] {
			e.k.Run(w, last, u, u+1, args)
			now := e.outputs(args)
			for i := 0; i < len(now); i += 64 {
				if end := min(i+64, len(now)); now[i:end] != base[i:end] {
					claim(t, &e, writer[i:end], now[i:end], base[i:end], u)
				}
			}
			restore(&e, args, base)
		}
	}
}

// claim notes the unit that has written bytes.
func claim(t *testing.T, e *example, writer []uint8, now, base string, u int) {
	t.Helper()
	for i := range now {
		if now[i] != base[i] {
			if writer[i] != 0 {
				t.Fatalf("%s: a byte is written by units %d and %d", e.k.Name(), writer[i]-1, u)
			}
			writer[i] = uint8(u + 1)
		}
	}
}

// restore puts back what the outputs held.
func restore(e *example, args []unsafe.Pointer, base string) {
	for i, n := range e.outs {
		copy(span[byte](args[i], n), base[:n])
		base = base[n:]
	}
}

// TestUnitsTogetherGiveTheWhole compares any cut of the phases with a run in one piece.
func TestUnitsTogetherGiveTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	eachLevel(t, func(t *testing.T, l isa.Level) {
		for _, e := range examples(l) {
			w := &kernel.Worker{Scratch: kernel.Alloc(e.k.Scratch())}
			whole, cut := e.memory(0x55), e.memory(0xAA)
			for phase, units := range e.k.Phases() {
				e.k.Run(w, phase, 0, units, whole)
				for lo := 0; lo < units; {
					hi := min(units, lo+1+rng.IntN(units))
					e.k.Run(w, phase, lo, hi, cut)
					lo = hi
				}
			}
			if e.outputs(whole) != e.outputs(cut) {
				t.Errorf("%s: cut in other ranges the result differs", e.k.Name())
			}
		}
	})
}

// TestAllLevelsGiveTheSameBits compares every level with plain Go.
func TestAllLevelsGiveTheSameBits(t *testing.T) {
	plain := examples(isa.Portable)
	for _, l := range isa.Available()[1:] {
		for i, e := range examples(l) {
			got, want := e.memory(0), plain[i].memory(0)
			for _, r := range []struct {
				k    kernel.Kernel
				args []unsafe.Pointer
			}{{e.k, got}, {plain[i].k, want}} {
				w := &kernel.Worker{Scratch: kernel.Alloc(r.k.Scratch())}
				for phase, units := range r.k.Phases() {
					r.k.Run(w, phase, 0, units, r.args)
				}
			}
			if e.outputs(got) != plain[i].outputs(want) {
				t.Errorf("%s: %v and plain Go differ", e.k.Name(), l)
			}
		}
	}
}

// TestInputsAreNotWritten compares inputs before and after.
func TestInputsAreNotWritten(t *testing.T) {
	for _, e := range examples(isa.Best()) {
		args := e.memory(0)
		inputs := func() (all string) {
			for i, n := range e.ins {
				all += text(args[len(e.outs)+i], n)
			}
			return all
		}
		before := inputs()
		w := &kernel.Worker{Scratch: kernel.Alloc(e.k.Scratch())}
		for phase, units := range e.k.Phases() {
			e.k.Run(w, phase, 0, units, args)
		}
		if inputs() != before {
			t.Errorf("%s: an input has changed", e.k.Name())
		}
	}
}
