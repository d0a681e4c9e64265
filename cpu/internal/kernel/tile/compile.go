package tile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// mode tells how a tile of an operand is had.
type mode uint8

const (
	direct mode = iota // in place: it is contiguous in memory, or its rows are if registers have distances from row to row
	kept               // in a slot of its own, expanded only when its address changes
	moved              // in a slot, element by element or row by row
)

// operand is a load or a plain store, with how it is moved.
type operand struct {
	access
	mode  mode
	slot  int            // index into machine.ptr of its slot, unless in place
	dense bool           // a row is contiguous in memory
	far   vec.Strided    // moves a row that is not
	turn  move.Transpose // moves a tile whose columns are contiguous in memory; nil if they are not
	fill  vec.Fn         // repeats an element

	// clash lists the loads that are read in place after the store's value is computed: if one
	// has the store's address, the value waits in slot until the end of the tile.
	clash []int
}

// action is what a step does.
type action uint8

const (
	calc       action = iota // dst = fn(a, b, c)
	calcRows                 // the same for one element a row
	foldRows                 // dst = reduction of each row of a, one element a row
	spreadRow                // dst = in each row the element of a
	gather                   // reduction number red takes in a
	gatherRows               // the same for one element a row
	scatter                  // store number red takes a
)

// step is an instruction over a tile. Registers are indices into machine.ptr.
type step struct {
	fn           vec.Fn
	do           action
	which        uint8 // the reduction, the store or the row reducer
	dst, a, b, c uint8
	sizes        [4]uint8 // of an element of dst, a, b and c in bytes; 0 where there is none
}

// draft is a step whose registers are those of the normal form; −1 where there are none.
type draft struct {
	step
	dst, a, b, c int
	home         int // the store in whose memory the result is computed, or −1

	// A step on logits has two results; the second is at c, in a spare slot if twin is −1.
	double          bool
	twin, twinsHome int
}

// newDraft is a step with at most one operand and no result.
func newDraft(do action, which, a int) draft {
	return draft{step: step{do: do, which: uint8(which)}, dst: -1, a: a, b: -1, c: -1, home: -1, twin: -1, twinsHome: -1}
}

// placed is a register that lies in an operand's memory.
type placed struct {
	reg          uint8
	down, across int // bytes to the next row and column
}

// region is a compiled Spec.
//
// The registers of its code live in machine.ptr: first the loads, then the plain stores, then
// the slots, which are tiles in scratch memory.
type region struct {
	*normal
	shape
	name      string
	inRows    bool // registers have distances from row to row, and tiles are of any shape
	loads     []operand
	stores    []operand
	reds      []reduction
	perRow    []int // the reductions over the last dimension alone
	drafts    []draft
	steps     []step
	rowOps    []rowReducer
	inPlace   []placed // loads and stores whose address changes from tile to tile
	copied    []int    // loads that are expanded
	fixed     []int    // loads that do not change: expanded once a run
	clashing  bool     // some store may have to wait
	slots     int
	slotBytes int
	shared    int // bytes of partial results
	merges    int // units of the phase that merges partial results, or 0
	scratch   int
	cell      int // bytes from the scratch memory's begin to 8 bytes for a row's reduction
}

// New compiles a region for an instruction set. An error says that the region, or an operation
// in it, is not among those that this package computes.
//
// Sums are taken in an order that depends on the spec's Dims and Strides alone.
func New(l isa.Level, s Spec) (kernel.Kernel, error) {
	if err := check(l, s); err != nil {
		return nil, err
	}
	n, err := normalise(s)
	if err != nil {
		return nil, err
	}
	if n.size() == 0 {
		return newEmpty(n, nameOf(s)), nil
	}
	if n.byRow && n.dims[len(n.dims)-1] > maxRow {
		return nil, fmt.Errorf("tile: row of %d elements: want at most %d", n.dims[len(n.dims)-1], maxRow)
	}
	r := &region{normal: n, name: nameOf(s)}
	r.shape = n.shapeOf()
	return r, r.compile(l)
}

// compile fills in everything that depends on the shape of the tiles.
func (r *region) compile(l isa.Level) error {
	if ops := len(r.normal.loads) + len(r.normal.stores); ops > maxOps {
		return fmt.Errorf("tile: %s has %d operands, want at most %d", r.name, ops, maxOps)
	}
	for _, a := range r.normal.loads {
		r.loads = append(r.loads, r.newOperand(l, a))
	}
	for _, a := range r.normal.stores {
		r.stores = append(r.stores, r.newStore(l, a))
	}
	for _, x := range r.normal.reds {
		r.reds = append(r.reds, r.newReduction(l, x))
	}
	if len(r.reds) > maxReds {
		return fmt.Errorf("tile: got %d reductions, want at most %d", len(r.reds), maxReds)
	}
	r.order(l)
	r.assign()
	r.sortOperands()
	if regs := len(r.loads) + len(r.stores) + r.slots; regs > none {
		return fmt.Errorf("tile: %s needs %d registers, want at most %d", r.name, regs, none)
	}
	r.slotBytes = align(r.rows * r.cols * r.maxSize())
	r.cell = r.slots * r.slotBytes
	r.scratch = r.cell + kernel.Align
	for i := range r.reds {
		r.place(&r.reds[i])
		if r.reds[i].open == len(r.dims)-1 {
			r.perRow = append(r.perRow, i)
		}
	}
	return nil
}

// align rounds up to whole cache lines.
func align(bytes int) int { return (bytes + kernel.Align - 1) &^ (kernel.Align - 1) }

// newOperand decides how a load is had.
func (r *region) newOperand(l isa.Level, a access) operand {
	p, q := len(r.dims)-2, len(r.dims)-1
	n := r.dims[q]
	o := operand{access: a, fill: vec.Fill(l, a.size)}
	switch {
	case n == 1 || a.strides[q] == a.size:
		o.dense = true
	default:
		o.far = vec.StridedLoad(l, a.size)
		if a.strides[p] == a.size && a.strides[q] != 0 {
			o.turn = move.Transposer(l, a.size)
		}
	}
	switch {
	case o.dense && (r.inRows && a.strides[p] != 0 || !r.inRows && (r.rows == 1 || r.cols == n && a.strides[p] == n*a.size)):
		o.mode = direct
	case a.strides[q] == 0 || a.strides[p] == 0:
		o.mode = kept
	default:
		o.mode = moved
	}
	return o
}

// newStore decides how a plain store is done: in place, or by rows.
func (r *region) newStore(l isa.Level, a access) operand {
	o := r.newOperand(l, a)
	switch {
	case o.dense && r.inRows:
		o.mode = direct
	case o.mode != direct:
		o.mode = moved
	}
	if o.far != nil {
		o.far = vec.StridedStore(l, a.size)
	}
	return o
}

// order lists the steps of a tile. Registers are those of the normal form. What takes a
// register in follows at once on the instruction that computes it; a store in place is the
// destination of that instruction, unless the register is a load or is stored already.
func (r *region) order(l isa.Level) {
	home := make([]int, len(r.loads)+len(r.code)) // the store that a register is computed in
	for i := range home {
		home[i] = -1
	}
	late := []draft(nil)
	for j, st := range r.stores {
		switch {
		case st.mode != direct:
		case st.reg >= len(r.loads) && home[st.reg] < 0:
			home[st.reg] = j
		default:
			d := newDraft(calc, 0, st.reg)
			d.fn, d.home = vec.Copy(l, st.size), j
			late = append(late, d)
		}
	}
	done := make([]bool, len(home))
	for reg := range home {
		if reg >= len(r.loads) && !done[reg] {
			r.drafts = append(r.drafts, r.draftOf(l, reg, home, done))
		}
		for j, st := range r.stores {
			if st.reg == reg && st.mode != direct {
				r.drafts = append(r.drafts, newDraft(scatter, j, reg))
			}
		}
		for j, x := range r.reds {
			if x.reg == reg {
				do := gather
				if r.narrow[reg] {
					do = gatherRows
				}
				r.drafts = append(r.drafts, newDraft(do, j, reg))
			}
		}
	}
	r.drafts = append(r.drafts, late...)
}

// draftOf computes a register, in a store's memory if it has a home, and with it the loss of
// logits whose derivative it is, or the other way round.
func (r *region) draftOf(l isa.Level, reg int, home []int, done []bool) draft {
	in := r.code[reg-len(r.loads)]
	d := newDraft(calc, 0, in.A)
	d.dst, d.b, d.c, d.home = reg, in.B, in.C, home[reg]
	switch {
	case isReduce(in.Op):
		d.do, d.which = foldRows, uint8(len(r.rowOps))
		r.rowOps = append(r.rowOps, newRowReducer(l, in))
		return d
	case in.Op == spread:
		d.do, d.fn = spreadRow, vec.Fill(l, in.DType.Size())
		return d
	case in.Op == LogitsLoss || in.Op == LogitsGrad:
		d.double = true
		in.Op = LogitsLoss + LogitsGrad - in.Op
		if i := slices.Index(r.code, in); i >= 0 {
			d.twin = len(r.loads) + i
			d.twinsHome, done[d.twin] = home[d.twin], true
		}
		in.Op = LogitsLoss + LogitsGrad - in.Op
	}
	d.fn = operation(l, in)
	if r.narrow[reg] {
		d.do = calcRows
	}
	return d
}

// sortOperands lists the operands by what a tile has to do for them.
func (r *region) sortOperands() {
	p, q := len(r.dims)-2, len(r.dims)-1
	for i, ld := range r.loads {
		switch {
		case ld.mode == direct:
			r.inPlace = append(r.inPlace, placed{uint8(i), ld.strides[p], ld.strides[q]})
		case !slices.ContainsFunc(ld.strides, func(s int) bool { return s != 0 }):
			r.fixed = append(r.fixed, i)
		default:
			r.copied = append(r.copied, i)
		}
	}
	for j, st := range r.stores {
		r.inPlace = append(r.inPlace, placed{uint8(len(r.loads) + j), st.strides[p], st.strides[q]})
		r.clashing = r.clashing || st.clash != nil
	}
}

// regSize is the size of an element of a register.
func (r *region) regSize(reg int) int {
	if reg < len(r.loads) {
		return r.loads[reg].size
	}
	return r.code[reg-len(r.loads)].To.Size()
}

// nameOf describes a region: "region mul,add,max [128×784] sum:0".
func nameOf(s Spec) string {
	dims := make([]string, len(s.Dims))
	for i, d := range s.Dims {
		dims[i] = strconv.Itoa(d)
	}
	name := fmt.Sprintf("region %s [%s]", codeName(s.Code), strings.Join(dims, "×"))
	for _, st := range s.Stores {
		if st.Reduce == compute.OpTypeInvalid {
			continue
		}
		name += " " + opName(st.Reduce) + ":"
		for i, over := range st.Over {
			if over {
				name += strconv.Itoa(i)
			}
		}
	}
	return name
}

// codeName lists the first operations.
func codeName(code []Instr) string {
	const most = 8
	var names []string
	for _, in := range code[:min(len(code), most)] {
		names = append(names, opName(in.Op))
	}
	if len(code) == 0 {
		return "copy"
	}
	if len(code) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ",")
}

// opName is an operation's name in lower case: add, max, sum.
func opName(op compute.OpType) string {
	if op >= MulAdd {
		return [...]string{"muladd", "relu", "relugrad", "silu", "logitsloss", "logitsgrad"}[op-MulAdd]
	}
	return strings.ToLower(strings.TrimPrefix(op.String(), "Reduce"))
}

// uses lists the registers that a step reads.
func (d *draft) uses() []int {
	regs := []int{d.a, d.b, d.c}
	return slices.DeleteFunc(regs, func(r int) bool { return r < 0 })
}
