package run

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// mix is a kernel whose result shows every mistake of order: a unit of a phase writes one word,
// a hash of all words of the inputs and of all that the phase before wrote. Its arguments are
// the output, which has a word for every unit of every phase, and inputs of the given words.
type mix struct {
	units  []int
	inputs []int
	salt   uint64
	ran    []atomic.Int32 // how often each unit was run
	slow   bool           // give way to others in the middle
	hurt   int            // the unit that panics, from 1
}

func (k *mix) Name() string  { return fmt.Sprintf("mix %d", k.salt) }
func (k *mix) Phases() []int { return k.units }
func (k *mix) Scratch() int  { return 8 }
func (k *mix) Shared() int   { return 0 }

func (k *mix) words() (n int) {
	for _, u := range k.units {
		n += u
	}
	return n
}

func word(p unsafe.Pointer, i int) *uint64 { return (*uint64)(unsafe.Add(p, 8*i)) }

func hash(h, x uint64) uint64 {
	h = (h ^ x) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func (k *mix) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	before, first := 0, 0
	for p := range phase {
		before, first = first, first+k.units[p]
	}
	for u := lo; u < hi; u++ {
		if k.hurt == first+u+1 {
			panic("hurt")
		}
		*(*uint64)(w.Scratch) = hash(k.salt, uint64(first+u))
		if k.slow && u%3 == 0 {
			runtime.Gosched()
		}
		h := *(*uint64)(w.Scratch)
		for i, n := range k.inputs {
			for j := range n {
				h = hash(h, *word(args[1+i], j))
			}
		}
		for j := before; j < first; j++ {
			h = hash(h, *word(args[0], j))
		}
		*word(args[0], first+u) = h
		if k.ran != nil {
			k.ran[first+u].Add(1)
		}
	}
}

// host hashes like mix, with one unit, or fails.
type host struct {
	mix
	err error
}

func (h *host) Name() string { return "host" }
func (h *host) Run(args []unsafe.Pointer) error {
	if h.err != nil {
		return h.err
	}
	h.mix.Run(&kernel.Worker{Scratch: kernel.Alloc(8)}, 0, 0, 1, args)
	return nil
}

// builder makes random programs of mix steps; buffer i has words[i] words.
type builder struct {
	*plan.Program
	rng     *rand.Rand
	words   []int
	written []int // buffers that hold something
	kernels []*mix
	slow    bool
	bare    bool // no host steps, which allocate
}

func words(n int) shapes.Shape { return shapes.Make(dtypes.Uint64, n) }

// newBuilder begins a program with parameters of the given words.
func newBuilder(rng *rand.Rand, params ...int) *builder {
	b := &builder{Program: &plan.Program{Name: "random"}, rng: rng}
	for i, n := range params {
		b.Params = append(b.Params, words(n))
		b.written = append(b.written, b.buffer(plan.Buffer{Kind: plan.Param, Index: i}, n))
	}
	return b
}

func (b *builder) buffer(buf plan.Buffer, n int) int {
	if buf.Kind == plan.Arena {
		buf.Offset = b.Arena
		b.Arena += align(8 * n)
	}
	buf.Size = 8 * n
	b.Buffers, b.words = append(b.Buffers, buf), append(b.words, n)
	return len(b.Buffers) - 1
}

func (b *builder) arena(n int) int { return b.buffer(plan.Buffer{Kind: plan.Arena}, n) }

// out makes the buffer of a new result.
func (b *builder) out(n int) int {
	b.Results = append(b.Results, plan.Result{Shape: words(n), InPlace: -1})
	return b.buffer(plan.Buffer{Kind: plan.Out, Index: len(b.Results) - 1}, n)
}

// pick gives a buffer that was written.
func (b *builder) pick() int { return b.written[b.rng.IntN(len(b.written))] }

// mixInto appends a step that writes a buffer, of the units given.
func (b *builder) mixInto(out int, units ...int) {
	k := &mix{units: units, salt: b.rng.Uint64(), slow: b.slow}
	args := []plan.Arg{{Buffer: out}}
	for range 1 + b.rng.IntN(3) {
		in := b.pick()
		k.inputs = append(k.inputs, b.words[in])
		args = append(args, plan.Arg{Buffer: in})
	}
	if len(units) == 1 && units[0] == 1 && !b.bare && b.rng.IntN(3) == 0 {
		b.Steps = append(b.Steps, plan.Step{Host: &host{mix: *k}, Args: args})
	} else {
		k.ran = make([]atomic.Int32, k.words())
		b.kernels = append(b.kernels, k)
		b.Steps = append(b.Steps, plan.Step{Kernel: k, Args: args})
	}
	b.written = append(b.written, out)
}

// mixing appends a step of random units.
func (b *builder) mixing() {
	var units []int
	for range 1 + b.rng.IntN(3) {
		units = append(units, []int{1, 1, 2, 3, 5, 8, 13}[b.rng.IntN(7)])
	}
	n := 0
	for _, u := range units {
		n += u
	}
	b.mixInto(b.arena(n), units...)
}

// random appends steps, some of them control flow.
func (b *builder) random(steps, depth int) *builder {
	for range steps {
		switch r := b.rng.IntN(8); {
		case r == 0 && depth > 0:
			b.while(depth - 1)
		case r == 1 && depth > 0:
			b.choice(depth - 1)
		default:
			b.mixing()
		}
	}
	return b
}

// finish writes results of the given words and ends the program.
func (b *builder) finish(results ...int) *builder {
	for _, n := range results {
		b.mixInto(b.out(n), n)
	}
	return b
}

// while appends a loop over two state tensors: a counter and a hash.
func (b *builder) while(depth int) {
	seen, limit := b.pick(), 1+b.rng.IntN(5)
	n := 1 + b.rng.IntN(6)
	inner := func() *builder {
		x := newBuilder(b.rng, 1, n, b.words[seen])
		x.slow, x.bare = b.slow, b.bare
		return x
	}
	cond := inner()
	if b.rng.IntN(2) == 0 {
		cond.mixing()
	}
	cond.Results = []plan.Result{{Shape: shapes.Make(dtypes.Bool)}}
	cond.Steps = append(cond.Steps, plan.Step{Kernel: below(limit), Args: []plan.Arg{
		{Buffer: cond.buffer(plan.Buffer{Kind: plan.Out}, 1)}, {Buffer: 0}}})
	body := inner()
	body.Steps = append(body.Steps, plan.Step{Kernel: next{}, Args: []plan.Arg{{Buffer: body.out(1)}, {Buffer: 0}}})
	body.random(b.rng.IntN(3), depth).finish(n)
	l := &plan.Loop{State: 2, CondCaptures: 1, BodyCaptures: 1, Cond: cond.Program, Body: body.Program}
	l.Memory = l.Bytes()

	start, hash := b.arena(1), b.arena(n)
	b.Steps = append(b.Steps, plan.Step{Kernel: zero{}, Args: []plan.Arg{{Buffer: start}}})
	b.mixInto(hash, n)
	final0, final1 := b.arena(1), b.arena(n)
	b.Steps = append(b.Steps, plan.Step{Loop: l, Args: []plan.Arg{
		{Buffer: final0}, {Buffer: final1}, {Buffer: start}, {Buffer: hash}, {Buffer: seen}, {Buffer: seen},
		{Buffer: b.arena(l.Memory / 8)}}})
	b.written = append(b.written, final0, final1)
}

// choice appends a branch with one output.
func (b *builder) choice(depth int) {
	seen, n := b.pick(), 1+b.rng.IntN(5)
	arm := func(captures ...int) *plan.Program {
		x := newBuilder(b.rng, captures...)
		x.slow, x.bare = b.slow, b.bare
		return x.random(b.rng.IntN(3), depth).finish(n).Program
	}
	br := &plan.Branch{Outputs: 1, TrueCaptures: 1, FalseCaptures: 2, True: arm(b.words[seen]), False: arm(b.words[seen], b.words[0])}
	br.Memory = br.Bytes()
	predicate, out := b.arena(1), b.arena(n)
	b.Steps = append(b.Steps,
		plan.Step{Kernel: odd{}, Args: []plan.Arg{{Buffer: predicate}, {Buffer: b.pick()}}},
		plan.Step{Branch: br, Args: []plan.Arg{{Buffer: out}, {Buffer: predicate}, {Buffer: seen}, {Buffer: seen}, {Buffer: 0},
			{Buffer: b.arena(br.Memory / 8)}}})
	b.written = append(b.written, out)
}

// Kernels of one unit that count and decide.
type (
	zero  struct{} // out = 0
	next  struct{} // out = in + 1
	below int      // out = in < the number
	odd   struct{} // out = in is odd
)

func (zero) Name() string     { return "zero" }
func (zero) Phases() []int    { return []int{1} }
func (zero) Scratch() int     { return 0 }
func (zero) Shared() int      { return 0 }
func (next) Name() string     { return "next" }
func (next) Phases() []int    { return []int{1} }
func (next) Scratch() int     { return 0 }
func (next) Shared() int      { return 0 }
func (below) Name() string    { return "below" }
func (k below) Phases() []int { return []int{1, 0} }
func (below) Scratch() int    { return 0 }
func (below) Shared() int     { return 0 }
func (odd) Name() string      { return "odd" }
func (odd) Phases() []int     { return []int{1} }
func (odd) Scratch() int      { return 0 }
func (odd) Shared() int       { return 0 }

func (zero) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) { *word(args[0], 0) = 0 }
func (next) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	*word(args[0], 0) = *word(args[1], 0) + 1
}
func (k below) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	*(*bool)(args[0]) = *word(args[1], 0) < uint64(k)
}
func (odd) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	*(*bool)(args[0]) = *word(args[1], 0)%2 == 1
}

// memories are the parameters, filled with known words, and the results of a program.
func memories(p *plan.Program) (params, results []unsafe.Pointer) {
	for i, s := range p.Params {
		m := kernel.Alloc(bytes(s))
		for j := range bytes(s) / 8 {
			*word(m, j) = hash(uint64(i), uint64(j))
		}
		params = append(params, m)
	}
	for _, r := range p.Results {
		results = append(results, kernel.Alloc(bytes(r.Shape)))
	}
	return params, results
}

// contents copies what results hold.
func contents(p *plan.Program, results []unsafe.Pointer) string {
	var all []byte
	for i, r := range p.Results {
		all = append(all, unsafe.Slice((*byte)(results[i]), bytes(r.Shape))...)
	}
	return string(all)
}

// withPool runs f with a pool of the given threads on the given number of processors.
func withPool(t testing.TB, threads, processors int, f func(*Pool)) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	p := NewPool(threads)
	p.crew.processors = max(threads, runtime.NumCPU())
	defer p.Close()
	f(p)
}
