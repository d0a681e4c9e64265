package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// TestListingsIndentWhatIsInside: the programs of a loop and of a branch stand below their step.
func TestListingsIndentWhatIsInside(t *testing.T) {
	loop, _ := nested()
	const want = `program inner: 1 steps, arena 128B (at least 128B), 4 MFLOP
  param 0 (Float32)[16]
  result 0 (Float32)[16]
    0 while result0:64B param0:64B @0:128B
      program inner: 1 steps, arena 0B (at least 0B), 2 MFLOP
        param 0 (Float32)[16]
        result 0 (Bool)
          0 stub result0:1B param0:64B
      program inner: 1 steps, arena 0B (at least 0B), 2 MFLOP
        param 0 (Float32)[16]
        result 0 (Float32)[16]
          0 stub result0:64B param0:64B
`
	if got := loop.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestStepsAreNamedByWhatTheyAre(t *testing.T) {
	for want, s := range map[string]plan.Step{
		"stub": {Kernel: stub{}}, "while": {Loop: &plan.Loop{}}, "if": {Branch: &plan.Branch{}}, "host fft": {Host: host{}}, "nothing": {},
	} {
		if got := s.Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestOffsetsLieInTheirBuffers: any but the end is allowed, and the end of one without bytes.
func TestOffsetsLieInTheirBuffers(t *testing.T) {
	for _, size := range []int{0, 1, 64} {
		for offset := -1; offset <= size+1; offset++ {
			p := &plan.Program{
				Arena: 64, Buffers: []plan.Buffer{{Kind: plan.Arena, Size: size}},
				Steps: []plan.Step{{Host: host{}, Args: []plan.Arg{{Offset: offset}}}},
			}
			want := offset >= 0 && (offset < size || offset == 0)
			if err := plan.Verify(p); (err == nil) != want {
				t.Errorf("offset %d of %d bytes: got %v, want accepted: %v", offset, size, err, want)
			}
		}
	}
}

// TestParametersAreTakenOverOnlyAfterTheirLastReader draws programs in which steps read parameters
// and write results, and compares the verdict with the rule.
func TestParametersAreTakenOverOnlyAfterTheirLastReader(t *testing.T) {
	s := shapes.Make(dtypes.Float32, 4)
	rapid.Check(t, func(t *rapid.T) {
		params, results := rapid.IntRange(1, 3).Draw(t, "params"), rapid.IntRange(1, 3).Draw(t, "results")
		p := &plan.Program{Name: "drawn"}
		for i := range params {
			p.Params = append(p.Params, s)
			p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Param, Index: i, Size: 16})
		}
		for i := range results {
			p.Results = append(p.Results, plan.Result{Shape: s, InPlace: rapid.IntRange(-1, params-1).Draw(t, "over")})
			p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Out, Index: i, Size: 16})
		}
		lastRead, firstWrite := map[int]int{}, map[int]int{}
		for step := range rapid.IntRange(1, 5).Draw(t, "steps") {
			var args []plan.Arg
			for range rapid.IntRange(1, 3).Draw(t, "arguments") {
				b := rapid.IntRange(0, params+results-1).Draw(t, "buffer")
				args = append(args, plan.Arg{Buffer: b})
				if b < params {
					lastRead[b] = step
				} else if _, seen := firstWrite[b-params]; !seen {
					firstWrite[b-params] = step
				}
			}
			p.Steps = append(p.Steps, plan.Step{Host: host{}, Args: args})
		}
		want, owner := true, map[int]bool{}
		for i, r := range p.Results {
			write, written := firstWrite[i]
			if !written {
				want = false
				continue
			}
			if r.InPlace < 0 {
				continue
			}
			read, isRead := lastRead[r.InPlace]
			if owner[r.InPlace] || isRead && read > write {
				want = false
			}
			owner[r.InPlace] = true
		}
		if err := plan.Verify(p); (err == nil) != want {
			t.Fatalf("got %v, want accepted: %v\n%v", err, want, p)
		}
	})
}

// TestErrorsNameTheProgramAndTheStep, of the outer and of the inner one.
func TestErrorsNameTheProgramAndTheStep(t *testing.T) {
	_, branch := nested()
	branch.Name = "outer"
	branch.Steps[0].Branch.False.Steps[0].Kernel = nil
	err := plan.Verify(branch)
	if err == nil || !strings.Contains(err.Error(), `program "outer": step 0: plan: program "inner": step 0`) {
		t.Errorf("got %v", err)
	}
}

func TestConstantsAreListedByTheirBuffer(t *testing.T) {
	p := chain()
	for i := range p.Steps {
		if got := p.String(); strings.Count(got, "const6:8B") != i+1 {
			t.Errorf("got\n%s\nwant const6 %d times", got, i+1)
		}
		p.Steps[i].Args = append(p.Steps[i].Args[:1], append([]plan.Arg{{Buffer: 6}}, p.Steps[i].Args[1:]...)...)
		if !strings.Contains(p.String(), fmt.Sprint(i, " ", p.Steps[i].Name())) {
			t.Errorf("step %d is not listed", i)
		}
	}
}

// TestOperationsAreCountedInside control flow, once for each program.
func TestOperationsAreCountedInside(t *testing.T) {
	loop, branch := nested()
	loop.Steps = append(loop.Steps, branch.Steps...)
	if got := loop.Flops(); got != 8_000_000 {
		t.Errorf("got %d operations, want those of four kernels", got)
	}
}
