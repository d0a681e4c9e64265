package plan_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// life is a buffer of the arena with the steps that mention it first and last.
type life struct{ offset, size, first, last int }

// drawn is a program of steps that mention buffers at the ends of their lives.
func drawn(t *rapid.T) (*plan.Program, []life) {
	steps := rapid.IntRange(1, 8).Draw(t, "steps")
	p := &plan.Program{Name: "drawn"}
	for range steps {
		p.Steps = append(p.Steps, plan.Step{Kernel: stub{}})
	}
	var lives []life
	for i := range rapid.IntRange(0, 6).Draw(t, "buffers") {
		first := rapid.IntRange(0, steps-1).Draw(t, "first")
		l := life{
			offset: 64 * rapid.IntRange(0, 6).Draw(t, "offset"), size: 64 * rapid.IntRange(1, 3).Draw(t, "size"),
			first: first, last: rapid.IntRange(first, steps-1).Draw(t, "last"),
		}
		lives = append(lives, l)
		p.Arena = max(p.Arena, l.offset+l.size)
		p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Arena, Offset: l.offset, Size: l.size})
		for _, s := range []int{l.first, l.last} {
			p.Steps[s].Args = append(p.Steps[s].Args, plan.Arg{Buffer: i})
		}
	}
	return p, lives
}

// together reports whether two buffers are in use at one step, and share a byte.
func together(a, b life) (time, place bool) {
	return a.first <= b.last && b.first <= a.last, a.offset < b.offset+b.size && b.offset < a.offset+a.size
}

func TestOverlapsAreFoundWhereTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lives := drawn(t)
		want := false
		for i, a := range lives {
			for _, b := range lives[:i] {
				time, place := together(a, b)
				want = want || time && place
			}
		}
		err := plan.Verify(p)
		if got := err != nil; got != want || got && !strings.Contains(err.Error(), "overlap") {
			t.Fatalf("%+v: got %v, want an overlap: %v", lives, err, want)
		}
	})
}

func TestLiveIsTheMostThatIsInUseAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lives := drawn(t)
		want := 0
		for step := range p.Steps {
			sum := 0
			for _, l := range lives {
				if l.first <= step && step <= l.last {
					sum += l.size
				}
			}
			want = max(want, sum)
		}
		if got := p.Live(); got != want {
			t.Fatalf("%+v: got %d, want %d", lives, got, want)
		}
	})
}

func TestMemoryOfControlFlowHoldsItsPrograms(t *testing.T) {
	inner := func(arena int, state ...shapes.Shape) *plan.Program {
		return &plan.Program{Arena: arena, Params: state}
	}
	a, b, captured := shapes.Make(dtypes.Float32, 17), shapes.Make(dtypes.Bool), shapes.Make(dtypes.Float64, 1000)
	for _, c := range []struct {
		loop plan.Loop
		want int
	}{
		// The predicate takes a line; 17 float32 take two, a bool one; captures take none.
		{plan.Loop{Cond: inner(0), Body: inner(0)}, 64},
		{plan.Loop{State: 1, Cond: inner(0, a), Body: inner(0, a)}, 64 + 128},
		{plan.Loop{State: 2, Cond: inner(64, a, b), Body: inner(640, a, b, captured)}, 64 + 128 + 64 + 640},
		{plan.Loop{State: 1, Cond: inner(256, b), Body: inner(64, b)}, 64 + 64 + 256},
	} {
		if got := c.loop.Bytes(); got != c.want {
			t.Errorf("%+v: got %d bytes, want %d", c.loop, got, c.want)
		}
	}
	for _, c := range [][3]int{{0, 0, 64}, {128, 640, 640}, {640, 128, 640}} {
		x := plan.Branch{True: inner(c[0]), False: inner(c[1])}
		if got := x.Bytes(); got != c[2] {
			t.Errorf("arenas %d and %d: got %d bytes, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestSizesAreListedWithUnits(t *testing.T) {
	for size, want := range map[int]string{1 << 10: "1.0KiB", 1 << 20: "1.0MiB", 64: "64B", 5 << 19: "2.5MiB"} {
		p := &plan.Program{
			Name: "sizes", Arena: size, Buffers: []plan.Buffer{{Kind: plan.Arena, Size: size}},
			Steps: []plan.Step{{Host: host{}, Args: []plan.Arg{{Buffer: 0}}}},
		}
		if got := p.String(); !strings.Contains(got, "arena "+want) || !strings.Contains(got, "@0:"+want) {
			t.Errorf("%d bytes: got no %s in\n%s", size, want, got)
		}
	}
}

func TestEmptyProgramsAreSound(t *testing.T) {
	p := &plan.Program{Name: "empty"}
	if err := plan.Verify(p); err != nil || p.Live() != 0 || p.Flops() != 0 {
		t.Errorf("got %v, %d bytes, %d operations", err, p.Live(), p.Flops())
	}
	zero := shapes.Make(dtypes.Float32, 0, 3)
	p.Results = []plan.Result{{Shape: zero, InPlace: -1}}
	p.Buffers = []plan.Buffer{{Kind: plan.Out}}
	if err := plan.Verify(p); err != nil {
		t.Errorf("a result without elements needs no step: got %v", err)
	}
}
