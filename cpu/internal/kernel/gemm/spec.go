package gemm

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Stride is how far apart the rows and the columns of a matrix lie, in elements. A stride may
// be 0 (broadcast) or, for A and B, negative (reversed).
type Stride struct {
	Row, Col int // from row to row, from column to column
}

// Batch is a loop around the product.
type Batch struct {
	Size    int // of the loop
	A, B, C int // strides of the operands, in elements
}

// Spec is the product of M×K and K×N matrices, for every index of the batch,
//
//	C[i,j] (+)= Σ_k A[i,k] · B[k,j].
//
// Without an epilogue the arguments of the kernel are C, A, B. With one they are whatever the
// epilogue wants, with the operands at ArgC, ArgA and ArgB.
type Spec struct {
	DType            dtypes.DType // of all operands
	M, N, K          int          // C is M×N
	A, B, C          Stride       // of the operands; C.Col is 1
	Batch            []Batch      // from the outermost loop to the innermost
	Accumulate       bool         // add to what C holds
	Epilogue         Epilogue     // goes on with what C holds; may be nil
	ArgC, ArgA, ArgB int          // positions of the operands among the arguments, if there is an epilogue
}

// Epilogue goes on with finished parts of the product while they are in the cache.
type Epilogue interface {
	// Name is appended to the kernel's name: "+bias +max".
	Name() string

	// Scratch is the number of bytes of private memory that Apply needs, aligned to 64.
	Scratch() int

	// Apply is called when C holds the rows×cols elements at [row, col] of the product of one
	// index of the batch (counted through, the last loop fastest), which it may overwrite, and is
	// given the arguments of the kernel. A part holds some thousand elements, in a small product
	// fewer; each element comes once.
	Apply(w *kernel.Worker, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer)
}

// New compiles a product for a level. It panics if the type has no product: those that have
// one are the integers, Float32, Float64 and the complex types.
func New(l isa.Level, s Spec) kernel.Kernel {
	if s.M < 0 || s.N < 0 || s.K < 0 || s.N > 1 && s.C.Col != 1 {
		panic(fmt.Sprintf("gemm: got %+v, want sizes that are not negative, a C with contiguous rows", s))
	}
	if s.Epilogue == nil {
		s.ArgC, s.ArgA, s.ArgB = 0, 1, 2
	}
	if s.K == 0 {
		s = s.unread()
	}
	if s.N == 1 && s.M > 1 && s.C.Row == 1 {
		s = s.swapped()
	}
	if s.DType == dtypes.Float32 || s.DType == dtypes.Float64 {
		return newProduct(l, s)
	}
	return newLoops(s)
}

// name is for instance "gemm 2·128×784×400 +bias": batch, M, K, N.
func (s *Spec) name() string {
	text := &strings.Builder{}
	text.WriteString("gemm ")
	for _, b := range s.Batch {
		fmt.Fprintf(text, "%d·", b.Size)
	}
	fmt.Fprintf(text, "%d×%d×%d", s.M, s.K, s.N)
	if s.Epilogue != nil {
		text.WriteString(" " + s.Epilogue.Name())
	}
	return text.String()
}

// swapped is the same product with the roles of the operands exchanged, Cᵀ = Bᵀ·Aᵀ, for a C
// that is one column: the micro-kernels want many columns rather than many rows.
func (s Spec) swapped() Spec {
	s.M, s.N = s.N, s.M
	s.A, s.B = Stride{s.B.Col, s.B.Row}, Stride{s.A.Col, s.A.Row}
	s.ArgA, s.ArgB = s.ArgB, s.ArgA
	s.C = Stride{s.N, 1}
	s.Batch = slices.Clone(s.Batch)
	for i, b := range s.Batch {
		s.Batch[i].A, s.Batch[i].B = b.B, b.A
	}
	if s.Epilogue != nil {
		s.Epilogue = column{s.Epilogue}
	}
	return s
}

// unread is the same empty sum with strides that lead nowhere: operands without elements may
// have no memory to point into.
func (s Spec) unread() Spec {
	s.A, s.B = Stride{}, Stride{}
	s.Batch = slices.Clone(s.Batch)
	for i := range s.Batch {
		s.Batch[i].A, s.Batch[i].B = 0, 0
	}
	return s
}

// column is an epilogue that is given rows of a product of one row for columns of one.
type column struct{ Epilogue }

// Apply implements [Epilogue].
func (e column) Apply(w *kernel.Worker, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	e.Epilogue.Apply(w, col, cols, row, rows, batch, args, scratch)
}

// batches is the number of products.
func (s *Spec) batches() int {
	n := 1
	for _, b := range s.Batch {
		n *= b.Size
	}
	return n
}

// offsets are the positions of the operands of one product, in elements.
func (s *Spec) offsets(batch int) (a, b, c int) {
	for d := len(s.Batch) - 1; d >= 0; d-- {
		loop := &s.Batch[d]
		i := batch % loop.Size
		batch /= loop.Size
		a, b, c = a+i*loop.A, b+i*loop.B, c+i*loop.C
	}
	return a, b, c
}

// split is n things cut into parts of sizes as equal as can be.
type split struct{ n, parts int }

// at is where a part begins.
func (s split) at(part int) int { return part * s.n / s.parts }

// ceil is n/d rounded up.
func ceil(n, d int) int { return (n + d - 1) / d }

// align rounds bytes up to whole cache lines.
func align(n int) int { return ceil(n, kernel.Align) * kernel.Align }
