package tile

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// cutBy compiles a spec with a shape of the caller's choice.
func cutBy(t failer, l isa.Level, s Spec, choose func(n *normal) shape) *region {
	n, err := normalise(s)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	r := &region{normal: n, name: nameOf(s)}
	r.shape = choose(n)
	if err := r.compile(l); err != nil {
		t.Errorf("%v", err)
		return nil
	}
	return r
}

// randomShape cuts a region in any way that the machine supports: tiles of several rows may be
// narrower than a row, a row program has whole rows.
func randomShape(t *rapid.T, n *normal) shape {
	p, q := len(n.dims)-2, len(n.dims)-1
	s := shape{rows: rapid.IntRange(1, min(n.dims[p], 50)).Draw(t, "rows"), cols: rapid.IntRange(1, min(n.dims[q], 300)).Draw(t, "cols")}
	if n.byRow {
		s.cols = n.dims[q]
	}
	s.unitDim = rapid.IntRange(0, q).Draw(t, "unit dimension")
	s.grain = 1
	switch s.unitDim {
	case p:
		s.grain = s.rows
	case q:
		s.grain = s.cols
	}
	s.pieces = (n.dims[s.unitDim] + s.grain - 1) / s.grain
	s.units = rapid.IntRange(1, min(s.pieces, maxUnits)).Draw(t, "units")
	return s
}

func TestAnyCutGivesTheSameResults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSpec(t)
		l := rapid.SampledFrom(isa.Available()).Draw(t, "level")
		k, err := New(l, s)
		refused(t, err)
		if _, ok := k.(*region); !ok {
			t.Skipf("%s has nothing to cut", k.Name())
		}
		r := cutBy(t, l, s, func(n *normal) shape { return randomShape(t, n) })
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		tr := newTrial(s, rng, false, false)
		want, slacks := tr.want(l)
		shuffled(r, rng, tr.args)
		for j, st := range s.Stores {
			compare(t, r.Name(), s.Dims, st, tr.stores[j], want[j], slacks[j])
		}
	})
}

// With tiles of one element a sum goes through all levels of accumulators.
func TestLongSumsGoThroughEveryLevel(t *testing.T) {
	const n = 70001
	w := over(3, n)
	x := w.matrix()
	s := w.sum(x, 1).sum(x, 0).sum(x, 0, 1).Spec
	for _, unitDim := range []int{0, 1} {
		r := cutBy(t, isa.Best(), s, func(nf *normal) shape {
			return shape{rows: 1, cols: 1, unitDim: unitDim, grain: 1, pieces: nf.dims[unitDim], units: 3}
		})
		in, pin := floats(3 * n)
		rows, prows := floats(3)
		columns, pcolumns := floats(n)
		all, pall := floats(1)
		for i := range in {
			in[i] = 1 // below 2²⁴ every partial sum is exact
		}
		kernel.Run(r, prows, pcolumns, pall, pin)
		if rows[0] != n || rows[1] != n || rows[2] != n || columns[0] != 3 || columns[n-1] != 3 || all[0] != 3*n {
			t.Errorf("units over %d: got %v, %v … %v, %v", unitDim, rows, columns[0], columns[n-1], all)
		}
	}
}

func TestUnitsCoverEveryIndexOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length, grain := rapid.IntRange(1, 5000).Draw(t, "length"), rapid.IntRange(1, 300).Draw(t, "grain")
		s := shape{grain: grain, pieces: (length + grain - 1) / grain}
		s.units = rapid.IntRange(1, min(s.pieces, maxUnits)).Draw(t, "units")
		end := 0
		for u := range s.units {
			lo, hi := s.unit(u, length)
			if lo != end || hi <= lo || hi-lo > (s.pieces+s.units-1)/s.units*grain {
				t.Fatalf("unit %d of %+v: got %d to %d after %d", u, s, lo, hi, end)
			}
			end = hi
		}
		if end != length {
			t.Fatalf("%+v: got %d of %d indices", s, end, length)
		}
	})
}

func TestDimensionsThatAllOperandsWalkAlikeAreOne(t *testing.T) {
	for name, c := range map[string]struct {
		s    Spec
		want []int
	}{
		"all contiguous":    {over(2, 3, 4, 5).copyTo(), []int{1, 120}},
		"length 1 dropped":  {over(1, 3, 1, 5, 1).copyTo(), []int{1, 15}},
		"a scalar":          {over().copyTo(), []int{1, 1}},
		"a bias":            {biasReLU(6, 7), []int{6, 7}},
		"a sum over inner":  {over(2, 3, 4, 5).sumOf(2, 3), []int{6, 20}},
		"a sum over outer":  {over(2, 3, 4, 5).sumOf(0, 1), []int{6, 20}},
		"a sum over middle": {over(2, 3, 4, 5).sumOf(1, 2), []int{2, 12, 5}},
		"a sum over all":    {over(2, 3, 4, 5).sumOf(0, 1, 2, 3), []int{1, 120}},
		"rows":              {softmax(6, 7), []int{6, 7}},
		"rows of one":       {softmax(6, 1), []int{6, 1}},
	} {
		n, err := normalise(c.s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(n.dims, c.want) {
			t.Errorf("%s: got dimensions %v, want %v", name, n.dims, c.want)
		}
	}
}

// copyTo copies a matrix; sumOf sums one over some axes.
func (w *writer) copyTo() Spec           { return w.store(w.matrix()).Spec }
func (w *writer) sumOf(axes ...int) Spec { return w.sum(w.matrix(), axes...).Spec }

func TestTransposedOperandsAreReadInBlocks(t *testing.T) {
	r := mustNew(t, isa.Best(), transposeOf(784, 400)).(*region)
	if r.cols != blockLine/4 || r.rows*r.cols > maxTile || r.rows < 16 {
		t.Errorf("got tiles of %d×%d, want some rows of %d", r.rows, r.cols, blockLine/4)
	}
	w := over(20, 30, 40) // heads: the first and second axes change places with the third
	s := w.store(w.load(1, 20, 600)).Spec
	if r := mustNew(t, isa.Best(), s).(*region); !slices.Equal(r.dims, []int{600, 40}) && !slices.Equal(r.dims, []int{30, 20, 40}) {
		t.Errorf("got dimensions %v, want the one that is contiguous in the operand beside the last", r.dims)
	}
}

func TestNarrowRowsShareATile(t *testing.T) {
	for _, c := range []struct {
		s          Spec
		rows, cols int
	}{
		{biasReLU(1000, 20), 102, 20},
		{biasReLU(3, 20), 3, 20},
		{biasReLU(1000, 400), 5, 400},
		{biasReLU(100, 5000), 1, 1680},
	} {
		r := mustNew(t, isa.Portable, c.s).(*region)
		if r.rows != c.rows || r.cols != c.cols {
			t.Errorf("%s: got tiles of %d×%d, want %d×%d", r.Name(), r.rows, r.cols, c.rows, c.cols)
		}
	}
}

// replay follows the registers through the steps: each must find its operands where they were
// put, whatever else was put into the slots meanwhile.
func replay(t failer, r *region) {
	holds := map[uint8]int{} // place → register
	for i, ld := range r.loads {
		place := uint8(i)
		if ld.mode != direct {
			place = uint8(ld.slot)
		}
		if other, ok := holds[place]; ok {
			t.Errorf("%s: loads %d and %d share place %d", r.name, other, i, place)
		}
		holds[place] = i
	}
	for k, d := range r.drafts {
		st := r.steps[k]
		for _, x := range []struct {
			place uint8
			reg   int
		}{{st.a, d.a}, {st.b, d.b}, {st.c, d.c}} {
			place := x.place
			if x.reg >= 0 && x.reg < len(r.loads) && r.loads[x.reg].mode != direct {
				place = uint8(r.loads[x.reg].slot) // found through machine.ptr
			}
			if got, ok := holds[place]; x.reg >= 0 && (!ok || got != x.reg) {
				t.Errorf("%s: step %d: place %d holds register %d, want %d", r.name, k, place, got, x.reg)
			}
			if x.reg < 0 && x.place != none && !d.double {
				t.Errorf("%s: step %d: got place %d for no register", r.name, k, x.place)
			}
		}
		if d.dst >= 0 {
			holds[st.dst] = d.dst
		}
		if d.double {
			holds[st.c] = d.twin // −1 makes the slot's old register useless
			if st.c == st.dst {
				t.Errorf("%s: step %d: both results at place %d", r.name, k, st.c)
			}
		}
	}
	for _, i := range slices.Concat(r.copied, r.fixed) {
		ld := r.loads[i]
		if got := holds[uint8(ld.slot)]; ld.mode == kept && got != i {
			t.Errorf("%s: load %d lost its slot to register %d", r.name, i, got)
		}
	}
}

func TestRegistersStayWhereTheyArePutUntilTheirLastUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSpec(t)
		for range rapid.IntRange(0, 40).Draw(t, "more") {
			s.Code = append(s.Code, randomInstr(t, s))
		}
		s.Stores = append(s.Stores, randomStore(t, s))
		k, err := New(isa.Portable, s)
		if r, ok := k.(*region); ok && err == nil {
			replay(t, r)
		}
	})
}

// A result may not take the slot of an operand whose elements are smaller: its first elements
// would overwrite operands that are still to be read.
func TestWideningResultsGetSlotsOfTheirOwn(t *testing.T) {
	n := 5000
	s := Spec{
		Dims:  []int{n},
		Loads: []Load{{dtypes.Uint8, []int{1}}},
		Code: []Instr{
			{compute.OpTypeNeg, dtypes.Uint8, dtypes.Uint8, 0, -1, -1},
			{compute.OpTypeConvertDType, dtypes.Uint8, dtypes.Float64, 1, -1, -1},
			{compute.OpTypeNeg, dtypes.Float64, dtypes.Float64, 2, -1, -1},
			{compute.OpTypeConvertDType, dtypes.Float64, dtypes.Uint8, 3, -1, -1},
			{compute.OpTypeNeg, dtypes.Uint8, dtypes.Uint8, 4, -1, -1},
		},
		Stores: []Store{{Reg: 5, DType: dtypes.Uint8, Strides: []int{1}}},
	}
	r := mustNew(t, isa.Portable, s).(*region)
	replay(t, r)
	if r.steps[1].dst == r.steps[1].a || r.slots != 2 {
		t.Errorf("got %d slots and steps %+v, want 2 slots, the conversion to float64 not in place", r.slots, r.steps)
	}
}
