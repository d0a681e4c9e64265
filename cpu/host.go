package cpu

import (
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/kernel/philox"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// What a program does on the host between computations is done by the engine's own kernels, at the
// best level of the machine whatever a backend is configured to.

// copyAhead is [CopyAhead] of bytes.
var copyAhead = move.CopyAhead(isa.Best())

// CopyAhead copies src to dst, of equal length, and meanwhile fetches as many numbers of next, which
// may be nil, into the cache: where rows are gathered at random, that hides most of the wait.
func CopyAhead(dst, src, next []float32) {
	n := len(dst)
	if n == 0 {
		return
	}
	src = src[:n]
	var ahead unsafe.Pointer
	if len(next) >= n {
		ahead = unsafe.Pointer(&next[0])
	}
	copyAhead(unsafe.Pointer(&dst[0]), unsafe.Pointer(&src[0]), ahead, 4*n)
}

// hostStream is the stream of a key of package internal/rng.
func hostStream(k0, k1 uint32) philox.Stream {
	return philox.Stream{Key: [2]uint32{k0, k1}, Counter: [4]uint32{0, 0, 3, 0}}
}

// Uniform fills dst with draws from the uniform distribution on [0, 1), 24 bits each, by
// Philox4x32-10 under the key (k0, k1): the bits are the same on every machine.
func Uniform(k0, k1 uint32, dst []float32) {
	if len(dst) > 0 {
		philox.Uniform32(isa.Best(), unsafe.Pointer(&dst[0]), hostStream(k0, k1), 0, len(dst))
	}
}

// Normal fills dst with draws from N(0, 1), in pairs by Box and Muller's method from the words of
// the stream that [Uniform] draws from. A pair is within 2⁻²² of the exact one, relative to its
// radius; the bits depend on the machine's instruction set.
func Normal(k0, k1 uint32, dst []float32) {
	if len(dst) > 0 {
		philox.Normal32(isa.Best(), unsafe.Pointer(&dst[0]), hostStream(k0, k1), 0, len(dst))
	}
}

// Bernoulli sets dst[i] to 1 with probability p[i], else to 0: to 1 where number i of [Uniform] is
// less than p[i]. dst may be p.
func Bernoulli(k0, k1 uint32, dst, p []float32) {
	t := trials.Get().(*trial)
	defer trials.Put(t)
	stream := hostStream(k0, k1)
	p = p[:len(dst)]
	for start := 0; start < len(dst); start += len(t.uniform) {
		n := min(len(t.uniform), len(dst)-start)
		u, is := unsafe.Pointer(&t.uniform), unsafe.Pointer(&t.is)
		philox.Uniform32(isa.Best(), u, stream, uint64(start), n)
		t.less(is, u, unsafe.Pointer(&p[start]), nil, n)
		t.number(unsafe.Pointer(&dst[start]), is, nil, nil, n)
	}
}

// trial is the memory of [Bernoulli], and its two operations.
type trial struct {
	uniform      [1024]float32
	is           [1024]bool
	less, number vec.Fn
}

var trials = sync.Pool{New: func() any {
	return &trial{
		less:   vec.Lookup(isa.Best(), compute.OpTypeLessThan, dtypes.Float32),
		number: vec.Convert(isa.Best(), dtypes.Bool, dtypes.Float32),
	}
}}
