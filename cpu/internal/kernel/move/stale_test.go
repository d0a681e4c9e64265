package move

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/kerneltest"
)

func TestTheCollectorSeesNoPointerToNothing(t *testing.T) {
	s := SortSpec{Dims: []int{1500}, Sizes: []int{1}, Compare: byRemainder, Captures: 1}
	in, out := tensors(t, rand.New(rand.NewPCG(1, 2)), s)
	captured := kernel.Alloc(1)
	*(*byte)(captured) = 7
	kerneltest.Stale(NewSort(s), 1000, append(append(append([]unsafe.Pointer{}, out...), in...), captured)...)
}
