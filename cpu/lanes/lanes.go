package lanes

import "github.com/elbo-go/elbo/cpu/internal/isa"

// best is the version that this machine uses.
var best = versions[isa.Best()]

// Exp sets dst to eˣ.
func Exp(dst, x []float64) { best.exp(dst, x[:len(dst)]) }

// Log sets dst to ln x: −∞ at 0 and NaN below.
func Log(dst, x []float64) { best.log(dst, x[:len(dst)]) }

// ExpSub sets dst to e^(x−y), such as a probability from its logarithm and the logarithm of the
// sum.
func ExpSub(dst, x, y []float64) { best.expSub(dst, x[:len(dst)], y[:len(dst)]) }

// Add sets dst to x + y.
func Add(dst, x, y []float64) { best.add(dst, x[:len(dst)], y[:len(dst)]) }

// Mul sets dst to the products of the elements of x and y.
func Mul(dst, x, y []float64) { best.mul(dst, x[:len(dst)], y[:len(dst)]) }

// Max sets dst to the larger elements of x and y; of a NaN it may give either.
func Max(dst, x, y []float64) { best.max(dst, x[:len(dst)], y[:len(dst)]) }

// Shift sets dst to x + c.
func Shift(dst, x []float64, c float64) { best.shift(dst, x[:len(dst)], c) }

// ScaleAdd sets dst to y + c·x.
func ScaleAdd(dst, y []float64, c float64, x []float64) {
	best.scaleAdd(dst, y[:len(dst)], c, x[:len(dst)])
}

// Dots adds to out[j] the inner product of x and the column that begins at z[j·stride].
func Dots(out, x, z []float64, stride int) {
	if len(out) == 0 || len(x) == 0 {
		return
	}
	within(z, stride, len(out), len(x))
	best.dots(out, x, z, stride)
}

// AddSquares adds |L zₙ|² to q[n], for the D×D lower triangle L, of which nothing above the diagonal
// is read, and vectors whose element i is at z[i·stride+n].
func AddSquares(q, z []float64, stride int, l []float64, d int) {
	if len(q) == 0 || d == 0 {
		return
	}
	within(z, stride, d, len(q))
	best.squares(q, z, stride, l[:d*d], d)
}

// within panics where columns reach beyond a slice, as the routines do not look.
func within(z []float64, stride, columns, rows int) {
	if stride < 0 {
		panic("lanes: got a negative stride")
	}
	_ = z[(columns-1)*stride+rows-1]
}
