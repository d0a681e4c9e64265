package lower

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/philox"
)

func init() { register(randomBits, compute.OpTypeRNGBitGenerator) }

// randomBits lowers RNGBitGenerator; the next state may take the memory of the state.
func randomBits(b *builder, n *ir.Node) error {
	values := n.Out[1].Shape
	if values.DType == dtypes.Bool {
		return errRefused
	}
	k := &generator{level: b.Level, bytes: int(values.ByteSize())}
	b.emit(k, b.outputs(n), b.contiguousAll(n.In), pair{0, 0})
	return nil
}

// generator draws random bits by Philox4x32-10. The state is the key and the 128-bit counter of
// the first block, low word first; the next state's counter is that of the first block not
// drawn. Arguments: next state, bits, state.
type generator struct {
	level isa.Level
	bytes int
}

// drawn is the number of bytes of a unit, a multiple of a block's.
const drawn = 1 << 15

// Name implements [kernel.Kernel].
func (k *generator) Name() string { return fmt.Sprintf("philox %d bytes", k.bytes) }

// Phases implements [kernel.Kernel]: the bits, then the state, which may lie over the old one.
func (k *generator) Phases() []int { return []int{(k.bytes + drawn - 1) / drawn, 1} }

// Scratch implements [kernel.Kernel].
func (k *generator) Scratch() int { return 0 }

// Shared implements [kernel.Kernel].
func (k *generator) Shared() int { return 0 }

// Run implements [kernel.Kernel].
func (k *generator) Run(_ *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	state := *(*[3]uint64)(args[2])
	s := philox.Stream{Key: [2]uint32{uint32(state[0]), uint32(state[0] >> 32)}}
	for i := range s.Counter {
		s.Counter[i] = uint32(state[1+i/2] >> (32 * (i % 2)))
	}
	if phase == 1 {
		c := s.Skip(uint64(k.bytes+15) / 16).Counter
		*(*[3]uint64)(args[0]) = [3]uint64{state[0], uint64(c[0]) | uint64(c[1])<<32, uint64(c[2]) | uint64(c[3])<<32}
		return
	}
	for u := lo; u < hi; u++ {
		at := u * drawn
		philox.Bits(k.level, unsafe.Add(args[1], at), s, uint64(at), min(drawn, k.bytes-at))
	}
}
