package lower

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// task is a step that stands for computing a value from others; it may write over some inputs.
type task struct {
	value int
	in    []int
}

// Name implements plan.Host.
func (k *task) Name() string { return fmt.Sprint("task ", k.value) }

// Run implements plan.Host; the tests follow what a program does without running it.
func (k *task) Run([]unsafe.Pointer) error { return nil }

// lines gives a shape of n cache lines.
func lines(n int) shapes.Shape { return shapes.Make(dtypes.Float32, n*kernel.Align/4) }

// drawBuilder draws a program: values computed from up to three earlier ones or parameters,
// each of one of two sizes; some are results, and some steps may write over an input.
func drawBuilder(t *rapid.T) (*builder, [][]int) {
	g := &ir.Graph{Name: "drawn"}
	size := func() int { return rapid.IntRange(1, 2).Draw(t, "size") }
	params, n := rapid.IntRange(1, 3).Draw(t, "parameters"), rapid.IntRange(1, 14).Draw(t, "values")
	var values []*ir.Value
	for range params {
		values = append(values, g.Param("", lines(size())))
	}
	for range n {
		values = append(values, &ir.Value{Shape: lines(size()), Def: &ir.Node{}})
	}
	for _, v := range values[params:] {
		if rapid.IntRange(0, 3).Draw(t, "result") == 0 {
			g.Results = append(g.Results, v)
		}
	}
	b := newBuilder(g, Options{})
	var inputs [][]int
	for i, v := range values[params:] {
		var ins []plan.Arg
		var in []int
		var over []pair
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			x := rapid.IntRange(0, params+i-1).Draw(t, "input")
			if slices.Contains(in, x) {
				continue
			}
			if values[x].Shape.Equal(v.Shape) && rapid.Bool().Draw(t, "over") {
				over = append(over, pair{0, 1 + len(ins)})
			}
			in, ins = append(in, x), append(ins, b.arg(values[x]))
		}
		shared := rapid.IntRange(0, 1).Draw(t, "shared") * kernel.Align
		b.append(plan.Step{Host: &task{params + i, in}}, []plan.Arg{b.output(v)}, ins, shared, over...)
		inputs = append(inputs, in)
	}
	return b, inputs
}

// follow goes through a program's steps and keeps account of which value each line of memory
// holds: every step must find its inputs. Results have the memory of the parameters that they
// take over if donate is set.
func follow(t *rapid.T, p *plan.Program, donate bool) map[string]int {
	memory := map[string]int{}
	line := func(a plan.Arg, i int) string {
		b := p.Buffers[a.Buffer]
		kind, at := b.Kind, b.Index
		if kind == plan.Arena {
			at = (b.Offset + a.Offset) / kernel.Align
			return fmt.Sprint("arena ", at+i)
		}
		if kind == plan.Out && donate && p.Results[at].InPlace >= 0 {
			kind, at = plan.Param, p.Results[at].InPlace
		}
		return fmt.Sprint(kind, " ", at, " ", i)
	}
	all := func(a plan.Arg, do func(place string)) {
		for i := range p.Buffers[a.Buffer].Size / kernel.Align {
			do(line(a, i))
		}
	}
	for i := range p.Params {
		all(plan.Arg{Buffer: i}, func(place string) { memory[place] = i })
	}
	for i, s := range p.Steps {
		k := s.Host.(*task)
		for j, want := range k.in {
			all(s.Args[1+j], func(place string) {
				if got, ok := memory[place]; !ok || got != want {
					t.Fatalf("step %d, %s: %s holds %d, want %d\n%v", i, k.Name(), place, got, want, p)
				}
			})
		}
		for _, a := range s.Args[1+len(k.in):] {
			all(a, func(place string) { memory[place] = -1 })
		}
		all(s.Args[0], func(place string) { memory[place] = k.value })
	}
	out := map[string]int{}
	for i := range p.Results {
		all(plan.Arg{Buffer: len(p.Params) + i}, func(place string) { out[fmt.Sprint("result ", i)] = memory[place] })
	}
	return out
}

func TestNoStepFindsItsInputsOverwritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBuilder(t)
		var want []int
		for _, v := range b.graph.Results {
			for _, s := range b.steps {
				if s.Args[0] == b.arg(v) {
					want = append(want, s.Host.(*task).value)
				}
			}
		}
		p := b.finish()
		if err := plan.Verify(p); err != nil {
			t.Fatal(err)
		}
		for _, donate := range []bool{false, true} {
			got := follow(t, p, donate)
			for i, w := range want {
				if got[fmt.Sprint("result ", i)] != w {
					t.Fatalf("result %d: got value %d, want %d\n%v", i, got[fmt.Sprint("result ", i)], w, p)
				}
			}
		}
	})
}

func TestOrdersKeepDependencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, inputs := drawBuilder(t)
		o := b.order()
		for name, list := range map[string][]int{"index": o.byIndex(len(b.steps)), "memory": o.byMemory(b, b.steps)} {
			if len(list) != len(b.steps) {
				t.Fatalf("%s: got %d of %d steps", name, len(list), len(b.steps))
			}
			done := map[int]bool{}
			for _, i := range list {
				for _, in := range inputs[i] {
					if in >= len(b.graph.Params) && !done[in-len(b.graph.Params)] {
						t.Fatalf("%s: step %d comes before step %d, which it needs", name, i, in-len(b.graph.Params))
					}
				}
				done[i] = true
			}
		}
	})
}

// Four large values are computed first and each is used once, late; the arena holds one at a
// time if every use follows its value.
func TestStepsThatFreeMemoryComeFirst(t *testing.T) {
	g := &ir.Graph{Name: "late"}
	b := newBuilder(g, Options{})
	var large, small []plan.Arg
	for range 4 {
		a := b.temporary(1 << 20)
		b.append(plan.Step{Host: &task{}}, []plan.Arg{a}, nil, 0)
		large = append(large, a)
	}
	for _, a := range large {
		c := b.temporary(64)
		b.append(plan.Step{Host: &task{}}, []plan.Arg{c}, []plan.Arg{a}, 0)
		small = append(small, c)
	}
	b.append(plan.Step{Host: &task{}}, []plan.Arg{b.temporary(64)}, small, 0)
	if p := b.finish(); p.Arena > 1<<20+5*64 {
		t.Errorf("got an arena of %d bytes, want one large value and five small ones\n%v", p.Arena, p)
	}
}

// What is refused half-way leaves no steps behind.
func TestStepsOfARefusedLoweringAreDropped(t *testing.T) {
	const op = ir.OpConv + 1
	register(func(b *builder, n *ir.Node) error {
		b.copy(b.temporary(64), b.arg(n.In[0]), dtypes.Float32, []int{16}, []int{1})
		return errRefused
	}, op)
	defer delete(families, op)
	g := &ir.Graph{Name: "refused"}
	x := g.Param("x", lines(1))
	g.Results = g.Add(op, nil, []*ir.Value{x}, x.Shape).Out
	if _, err := Program(g, Options{}); err == nil {
		t.Error("got no error without a fallback")
	}
	p, err := Program(g, Options{Fallback: func(*ir.Node) plan.Host { return &task{} }})
	if err != nil || len(p.Steps) != 1 || p.Arena != 0 {
		t.Errorf("got %v, %v; want the fallback's step alone", p, err)
	}
	if _, err := Program(g, Options{Fallback: func(*ir.Node) plan.Host { return nil }}); err == nil {
		t.Error("got no error from a fallback that cannot")
	}
}
