//go:build amd64 && !noasm

package lanes

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

//go:generate go run -C ../internal/avo ./vec -of lanes -level avx512 -out ../../lanes/zz_avx512_amd64.s -stubs ../../lanes/zz_avx512_amd64.go -pkg lanes
//go:generate go run -C ../internal/avo ./vec -of lanes -level avx2 -out ../../lanes/zz_avx2_amd64.s -stubs ../../lanes/zz_avx2_amd64.go -pkg lanes

// versions are the routines of each level.
var versions = map[isa.Level]*routines{
	isa.Portable: &plain,
	isa.AVX2: {
		exp:      unary(expAVX2),
		log:      unary(logAVX2),
		expSub:   binary(expSubAVX2),
		add:      binary(addAVX2),
		mul:      binary(mulAVX2),
		max:      binary(maxAVX2),
		shift:    scalar(shiftAVX2),
		scaleAdd: scaled(scaleAddAVX2),
		squares:  triangle(squaresAVX2, 32),
		dots:     products(dotsAVX2, 8),
	},
	isa.AVX512: {
		exp:      unary(expAVX512),
		log:      unary(logAVX512),
		expSub:   binary(expSubAVX512),
		add:      binary(addAVX512),
		mul:      binary(mulAVX512),
		max:      binary(maxAVX512),
		shift:    scalar(shiftAVX512),
		scaleAdd: scaled(scaleAddAVX512),
		squares:  triangle(squaresAVX512, 64),
		dots:     products(dotsAVX512, 16),
	},
}

// elementwise is the signature of the routines that work on element after element.
type elementwise = func(dst, a, b, c unsafe.Pointer, n int)

// at is the address of a slice's data.
func at(x []float64) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

func unary(f elementwise) func(dst, x []float64) {
	return func(dst, x []float64) { f(at(dst), at(x), nil, nil, len(dst)) }
}

func binary(f elementwise) func(dst, x, y []float64) {
	return func(dst, x, y []float64) { f(at(dst), at(x), at(y), nil, len(dst)) }
}

func scalar(f elementwise) func(dst, x []float64, c float64) {
	return func(dst, x []float64, c float64) { f(at(dst), at(x), unsafe.Pointer(&c), nil, len(dst)) }
}

func scaled(f elementwise) func(dst, y []float64, c float64, x []float64) {
	return func(dst, y []float64, c float64, x []float64) {
		f(at(dst), at(x), at(y), unsafe.Pointer(&c), len(dst))
	}
}

// triangle gives whole chunks of elements to the routine.
func triangle(f func(q, z, root unsafe.Pointer, stride, d, n int), chunk int) func(q, z []float64, stride int, root []float64, d int) {
	return func(q, z []float64, stride int, root []float64, d int) {
		whole := len(q) / chunk * chunk
		if whole > 0 && d > 0 {
			f(at(q), at(z), at(root), 8*stride, d, whole)
		}
		if whole < len(q) {
			plainSquares(q[whole:], z[whole:], stride, root, d)
		}
	}
}

// products gives whole pairs of vectors to the routine.
func products(f func(out, x, z unsafe.Pointer, stride, count, n int), pair int) func(out, x, z []float64, stride int) {
	return func(out, x, z []float64, stride int) {
		whole := len(x) / pair * pair
		if whole > 0 {
			f(at(out), at(x), at(z), 8*stride, len(out), whole)
		}
		if whole < len(x) {
			plainDots(out, x[whole:], z[whole:], stride)
		}
	}
}
