package vec

import (
	little "encoding/binary"
	"unsafe"

	"github.com/gomlx/compute"
)

// reduceBits returns a reduction of the bits of elements, which it takes 8 bytes at a time; the
// order does not matter. Gradients are checked for finite numbers with it.
func reduceBits[T integer](op compute.OpType) Reducer {
	switch op {
	case compute.OpTypeReduceBitwiseAnd:
		return wordwise(andWords, func(x, y T) T { return x & y })
	case compute.OpTypeReduceBitwiseOr:
		return wordwise(orWords, func(x, y T) T { return x | y })
	case compute.OpTypeReduceBitwiseXor:
		return wordwise(xorWords, func(x, y T) T { return x ^ y })
	}
	return nil
}

// wordwise joins the whole words by one function, and the elements of the result and those left
// over by the other.
func wordwise[T integer](words func(x []byte) uint64, join func(x, y T) T) Reducer {
	const word = 8
	size := int(unsafe.Sizeof(T(0)))
	return func(acc, x unsafe.Pointer, n int) {
		a := *(*T)(acc)
		whole := n * size / word * word
		if whole > 0 {
			w := words(run[byte](x, whole))
			for i := 0; i < word; i += size {
				a = join(a, T(w>>(8*i)))
			}
		}
		for _, v := range run[T](x, n)[whole/size:] {
			a = join(a, v)
		}
		*(*T)(acc) = a
	}
}

func andWords(x []byte) uint64 {
	w := ^uint64(0)
	for ; len(x) >= 8; x = x[8:] {
		w &= little.LittleEndian.Uint64(x)
	}
	return w
}

func orWords(x []byte) (w uint64) {
	for ; len(x) >= 8; x = x[8:] {
		w |= little.LittleEndian.Uint64(x)
	}
	return w
}

func xorWords(x []byte) (w uint64) {
	for ; len(x) >= 8; x = x[8:] {
		w ^= little.LittleEndian.Uint64(x)
	}
	return w
}
