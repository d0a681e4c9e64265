package kerneltest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// keeper is a kernel that keeps a pointer to its argument in scratch memory.
type keeper struct {
	careful bool
	runs    *int
}

func (keeper) Name() string  { return "keeper" }
func (keeper) Phases() []int { return []int{3} }
func (keeper) Scratch() int  { return 64 }
func (keeper) Shared() int   { return 64 }
func (k keeper) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	*k.runs += hi - lo
	at := (*[2]unsafe.Pointer)(w.Scratch)
	if k.careful {
		at = kernel.At[[2]unsafe.Pointer](w.Scratch)
	}
	at[1] = args[0]
}

// A kernel that writes over what it finds ends the process; one that clears it first does not.
func TestStalePointersAreFound(t *testing.T) {
	if os.Getenv("ELBO_TEST_STALE") != "" {
		Stale(keeper{runs: new(int)}, 2_000_000, kernel.Alloc(64))
		return
	}
	runs := 0
	if Stale(keeper{careful: true, runs: &runs}, 1000, kernel.Alloc(64)); runs != 3000 {
		t.Errorf("got %d units, want those of 1000 runs", runs)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestStalePointersAreFound$")
	cmd.Env = append(os.Environ(), "ELBO_TEST_STALE=1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "found bad pointer in Go heap") {
		t.Errorf("a careless kernel: got %v, %.300s, want the end of the process", err, out)
	}
}

// looker is a kernel that counts the words that are not 0 in its memory.
type looker struct {
	keeper
	scratch, shared *int
}

func (k looker) Run(w *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	*k.scratch, *k.shared = words(w.Scratch), words(args[len(args)-1])
}

func words(p unsafe.Pointer) (n int) {
	for _, v := range unsafe.Slice((*uintptr)(p), 64/unsafe.Sizeof(uintptr(0))) {
		if v != 0 {
			n++
		}
	}
	return n
}

func TestAllMemoryOfAKernelIsStale(t *testing.T) {
	var scratch, shared int
	Stale(looker{scratch: &scratch, shared: &shared}, 2, kernel.Alloc(64))
	if scratch != shared || scratch < 8 {
		t.Errorf("got %d words of scratch and %d of shared memory, want all", scratch, shared)
	}
}
