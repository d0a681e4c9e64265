package plan_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// stub is a kernel that does nothing.
type stub struct{ shared int }

func (stub) Name() string                                        { return "stub" }
func (stub) Phases() []int                                       { return nil }
func (stub) Scratch() int                                        { return 0 }
func (s stub) Shared() int                                       { return s.shared }
func (stub) Flops() int                                          { return 2_000_000 }
func (stub) Run(*kernel.Worker, int, int, int, []unsafe.Pointer) {}

// host is a host that does nothing.
type host struct{}

func (host) Name() string               { return "fft" }
func (host) Run([]unsafe.Pointer) error { return nil }

// chain is a program of three steps: param 0 → a → b → result 0, with the result over param 1.
func chain() *plan.Program {
	s := shapes.Make(dtypes.Float32, 16)
	at := func(b int) plan.Arg { return plan.Arg{Buffer: b} }
	one := 1.0
	return &plan.Program{
		Name: "chain", Params: []shapes.Shape{s, s}, Results: []plan.Result{{Shape: s, InPlace: 1}}, Arena: 192,
		Buffers: []plan.Buffer{
			{Kind: plan.Param, Index: 0, Size: 64}, {Kind: plan.Param, Index: 1, Size: 64}, {Kind: plan.Out, Size: 64},
			{Kind: plan.Arena, Offset: 0, Size: 64}, {Kind: plan.Arena, Offset: 64, Size: 64}, {Kind: plan.Arena, Offset: 128, Size: 64},
			{Kind: plan.Const, Size: 8, Data: unsafe.Pointer(&one)},
		},
		Steps: []plan.Step{
			{Kernel: stub{}, Args: []plan.Arg{at(3), at(0), at(1)}},
			{Kernel: stub{shared: 64}, Args: []plan.Arg{at(4), at(3), at(5)}},
			{Host: host{}, Args: []plan.Arg{at(2), {Buffer: 4, Offset: 4}, at(6)}},
		},
	}
}

func TestASoundProgramIsAccepted(t *testing.T) {
	p := chain()
	if err := plan.Verify(p); err != nil {
		t.Fatal(err)
	}
	if got := p.Live(); got != 192 {
		t.Errorf("live: got %d bytes, want 192", got)
	}
}

func TestFaultyProgramsAreRefused(t *testing.T) {
	for fault, spoil := range map[string]func(p *plan.Program){
		"overlap":        func(p *plan.Program) { p.Buffers[4].Offset = 0 },
		"aligned":        func(p *plan.Program) { p.Buffers[4].Offset = 65 },
		"inside 128":     func(p *plan.Program) { p.Arena = 128 },
		"want 64":        func(p *plan.Program) { p.Buffers[0].Size = 60 },
		"without data":   func(p *plan.Program) { p.Buffers[6].Data = nil },
		"no buffer 9":    func(p *plan.Program) { p.Steps[0].Args[1].Buffer = 9 },
		"offset 64":      func(p *plan.Program) { p.Steps[0].Args[1].Offset = 64 },
		"offset -4":      func(p *plan.Program) { p.Steps[0].Args[1].Offset = -4 },
		"0 kinds":        func(p *plan.Program) { p.Steps[0].Kernel = nil },
		"2 kinds":        func(p *plan.Program) { p.Steps[0].Host = host{} },
		"want 640":       func(p *plan.Program) { p.Steps[1].Kernel = stub{shared: 640} },
		"is not written": func(p *plan.Program) { p.Steps[2].Args[0].Buffer = 3 },
		"is read at step 2": func(p *plan.Program) {
			p.Steps[1].Args[0].Buffer, p.Steps[2].Args[2].Buffer = 2, 1
		},
		"results 0 and 1": func(p *plan.Program) {
			p.Results = append(p.Results, p.Results[0])
			p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Out, Index: 1, Size: 64})
			p.Steps[2].Args = append(p.Steps[2].Args, plan.Arg{Buffer: 7})
		},
	} {
		p := chain()
		spoil(p)
		if err := plan.Verify(p); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", fault, err)
		}
	}
}

// nested puts the chain into a loop with one state, and into both arms of a branch.
func nested() (loop, branch *plan.Program) {
	s := shapes.Make(dtypes.Float32, 16)
	inner := func(result shapes.Shape) *plan.Program {
		return &plan.Program{
			Name: "inner", Params: []shapes.Shape{s}, Results: []plan.Result{{Shape: result, InPlace: -1}},
			Buffers: []plan.Buffer{{Kind: plan.Param, Size: 64}, {Kind: plan.Out, Size: int(result.ByteSize())}},
			Steps:   []plan.Step{{Kernel: stub{}, Args: []plan.Arg{{Buffer: 1}, {Buffer: 0}}}},
		}
	}
	outer := inner(s)
	outer.Arena = 128
	outer.Buffers = append(outer.Buffers, plan.Buffer{Kind: plan.Arena, Size: 128})
	l := &plan.Loop{State: 1, Cond: inner(shapes.Make(dtypes.Bool)), Body: inner(s)}
	l.Memory = l.Bytes()
	outer.Steps = []plan.Step{{Loop: l, Args: []plan.Arg{{Buffer: 1}, {Buffer: 0}, {Buffer: 2}}}}
	other := *outer
	b := &plan.Branch{Outputs: 1, TrueCaptures: 1, FalseCaptures: 1, True: inner(s), False: inner(s)}
	b.Memory = b.Bytes()
	other.Steps = []plan.Step{{Branch: b, Args: []plan.Arg{{Buffer: 1}, {Buffer: 0}, {Buffer: 0}, {Buffer: 0}, {Buffer: 2}}}}
	return outer, &other
}

func TestControlFlowIsCheckedInside(t *testing.T) {
	loop, branch := nested()
	for _, p := range []*plan.Program{loop, branch} {
		if err := plan.Verify(p); err != nil {
			t.Fatal(err)
		}
	}
	// A loop's memory holds the condition's result and a second copy of the state, a line each.
	if got := loop.Steps[0].Loop.Memory; got != 128 {
		t.Errorf("loop: got %d bytes, want 128", got)
	}
	for fault, spoil := range map[string]func(){
		"is not written":          func() { loop.Steps[0].Loop.Body.Steps = nil },
		"got 64 bytes of memory":  func() { loop.Buffers[2].Size = 64 },
		"got 2 arguments, want 3": func() { loop.Steps[0].Args = loop.Steps[0].Args[:2] },
		"got 4 arguments, want 5": func() { branch.Steps[0].Args = branch.Steps[0].Args[:4] },
	} {
		loop, branch = nested()
		spoil()
		err := plan.Verify(loop)
		if err == nil {
			err = plan.Verify(branch)
		}
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", fault, err)
		}
	}
}

func TestListingsShowStepsAndMemory(t *testing.T) {
	got := chain().String()
	for _, want := range []string{
		"program chain: 3 steps, arena 192B (at least 192B), 4 MFLOP", "result 0 (Float32)[16] over param 1",
		"0 stub @0:64B param0:64B param1:64B", "2 host fft result0:64B @64+4:64B const6:8B",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %q in\n%s", want, got)
		}
	}
	loop, branch := nested()
	for want, p := range map[string]*plan.Program{"while result0:64B": loop, "if result0:64B": branch} {
		if got := p.String(); !strings.Contains(got, want) || strings.Count(got, "program inner") != 3 || p.Flops() != 4_000_000 {
			t.Errorf("got %s", got)
		}
	}
}
