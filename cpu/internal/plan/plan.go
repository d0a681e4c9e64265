// Package plan is the form in which a graph is executed: a list of steps over numbered
// buffers, with every buffer's place in memory decided beforehand.
package plan

import (
	"unsafe"

	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Program is a compiled graph. It does not change once it is made, so that several executions
// may run it at the same time, each with its own memory.
type Program struct {
	Name    string         // of the graph
	Params  []shapes.Shape // what an execution is given
	Results []Result       // what it gives
	Buffers []Buffer       // all memory that steps name
	Steps   []Step         // in the order of execution
	Arena   int            // bytes of memory that an execution needs besides parameters and results
}

// Result is one output of the program.
type Result struct {
	Shape shapes.Shape // static

	// InPlace is the parameter whose memory the result may take over where the caller donates
	// it, or −1: no step reads the parameter after the first step that writes the result, except
	// that step itself, element by element.
	InPlace int
}

// Kind tells where a buffer lives.
type Kind int

// The kinds of buffers.
const (
	Arena Kind = iota // at Offset of the execution's arena
	Param             // the memory of parameter Index
	Out               // the memory of result Index
	Const             // Data, which nobody writes
)

// Buffer is a piece of memory.
type Buffer struct {
	Kind   Kind           // where it lives
	Index  int            // of the parameter or result
	Offset int            // in the arena: bytes, a multiple of kernel.Align
	Size   int            // bytes
	Data   unsafe.Pointer // of a constant
}

// Arg is a place in a buffer.
type Arg struct {
	Buffer int // its number
	Offset int // bytes
}

// Step runs a kernel, or control flow over other programs. Exactly one of Kernel, Loop, Branch
// and Host is set.
type Step struct {
	Kernel kernel.Kernel // work for all workers
	Loop   *Loop         // a While
	Branch *Branch       // an If
	Host   Host          // work for one worker
	Args   []Arg         // as the kernel wants them; see Loop, Branch and Host for theirs
}

// Loop is a While. Its arguments are the final state, the initial state, what the condition
// captures and what the body captures. The programs' memory is part of the arena: the last
// argument is a buffer of Memory bytes.
type Loop struct {
	State        int      // values that the loop carries
	CondCaptures int      // values from outside that the condition reads
	BodyCaptures int      // values from outside that the body reads
	Cond         *Program // from the state and its captures to one bool
	Body         *Program // from the state and its captures to the next state
	Memory       int      // bytes that both need
}

// Branch is an If. Its arguments are the outputs, the predicate, what the first branch captures,
// what the second captures, and a buffer of Memory bytes.
type Branch struct {
	Outputs       int      // values that either branch gives
	TrueCaptures  int      // values from outside that the first branch reads
	FalseCaptures int      // values from outside that the second branch reads
	True          *Program // from its captures to the outputs
	False         *Program // likewise
	Memory        int      // bytes that both need
}

// Host is a step that one worker does while the others wait: work that cannot be cut, such as
// a call of another engine. It may allocate and it may fail.
type Host interface {
	// Name tells what the step does.
	Name() string

	// Run does the work; the arguments are the outputs, then the inputs, all contiguous.
	Run(args []unsafe.Pointer) error
}
