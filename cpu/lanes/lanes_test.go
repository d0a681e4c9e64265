package lanes

import (
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/internal/rng"
)

// eachVersion runs a test with every version that the machine has.
func eachVersion(t *testing.T, do func(t *testing.T)) {
	was := best
	t.Cleanup(func() { best = was })
	for _, l := range isa.Available() {
		best = versions[l]
		t.Run(l.String(), do)
	}
}

// normal draws n numbers of a deviation.
func normal(n int, sd float64, name string) []float64 {
	x := make([]float64, n)
	rng.New(1).Named(name).NormalFloat64(x)
	for i := range x {
		x[i] *= sd
	}
	return x
}

// lengths are those around every multiple that a version takes at a time.
var lengths = []int{0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 200, 256}

// sentinel stands behind a destination.
const sentinel = 1234.5

// within2 tells whether x is within two units of the last place of want.
func within2(x, want float64) bool {
	if x == want || math.IsNaN(x) && math.IsNaN(want) {
		return true
	}
	return math.Abs(x-want) <= 2*(math.Nextafter(math.Abs(want), math.Inf(1))-math.Abs(want))
}

// guarded runs a function with a destination of n elements that must not be overrun.
func guarded(t *testing.T, n int, do func(dst []float64)) []float64 {
	t.Helper()
	dst := make([]float64, n+8)
	for i := range dst {
		dst[i] = sentinel
	}
	do(dst[:n])
	for i := n; i < len(dst); i++ {
		if dst[i] != sentinel {
			t.Fatalf("n = %d: wrote element %d", n, i)
		}
	}
	return dst[:n]
}

func TestFunctionsOfElementsAreThoseOfMath(t *testing.T) {
	binary := map[string]struct {
		do   func(dst, x, y []float64)
		want func(x, y float64) float64
	}{
		"exp":      {func(dst, x, _ []float64) { Exp(dst, x) }, func(x, _ float64) float64 { return math.Exp(x) }},
		"log":      {func(dst, x, _ []float64) { Log(dst, x) }, func(x, _ float64) float64 { return math.Log(x) }},
		"expSub":   {ExpSub, func(x, y float64) float64 { return math.Exp(x - y) }},
		"add":      {Add, func(x, y float64) float64 { return x + y }},
		"mul":      {Mul, func(x, y float64) float64 { return x * y }},
		"max":      {Max, func(x, y float64) float64 { return max(x, y) }},
		"shift":    {func(dst, x, _ []float64) { Shift(dst, x, -.75) }, func(x, _ float64) float64 { return x - .75 }},
		"scaleAdd": {func(dst, x, y []float64) { ScaleAdd(dst, x, 3, y) }, func(x, y float64) float64 { return math.FMA(3, y, x) }},
	}
	eachVersion(t, func(t *testing.T) {
		for name, f := range binary {
			for _, n := range lengths {
				x, y := normal(n, 30, "x"), normal(n, 30, "y")
				got := guarded(t, n, func(dst []float64) { f.do(dst, x, y) })
				for i, v := range got {
					if want := f.want(x[i], y[i]); !within2(v, want) && !(name == "scaleAdd" && math.Abs(v-want) < 1e-13) {
						t.Fatalf("%s: n = %d, element %d of %v, %v: got %v, want %v", name, n, i, x[i], y[i], v, want)
					}
				}
			}
		}
	})
}

func TestExtremesOverflowAndVanish(t *testing.T) {
	inf, top := math.Inf(1), 1.6549840276802644e+308
	eachVersion(t, func(t *testing.T) {
		x := []float64{-inf, -1e300, -800, -746, 0, 709.7, 710, 1e300, inf, math.NaN()}
		got := make([]float64, len(x))
		Exp(got, x)
		for i, want := range []float64{0, 0, 0, 0, 1, top, inf, inf, inf, math.NaN()} {
			if best == &plain && want == top {
				continue // Go's own overflows here
			}
			if !within2(got[i], want) {
				t.Errorf("exp %v: got %v, want %v", x[i], got[i], want)
			}
		}
		x = []float64{0, -1, inf, math.MaxFloat64, 1, math.NaN(), 0x1p-1022}
		got = got[:len(x)]
		Log(got, x)
		for i, want := range []float64{-inf, math.NaN(), inf, 1024 * math.Ln2, 0, math.NaN(), -1022 * math.Ln2} {
			if !within2(got[i], want) {
				t.Errorf("ln %v: got %v, want %v", x[i], got[i], want)
			}
		}
	})
}

func TestADestinationMayBeASource(t *testing.T) {
	eachVersion(t, func(t *testing.T) {
		x, y := normal(77, 1, "x"), normal(77, 1, "y")
		want := make([]float64, len(x))
		ExpSub(want, x, y)
		ExpSub(x, x, y)
		if fmt.Sprint(x) != fmt.Sprint(want) {
			t.Error("the result differs where it overwrites the first source")
		}
		Mul(want, x, y)
		Mul(y, x, y)
		if fmt.Sprint(y) != fmt.Sprint(want) {
			t.Error("the result differs where it overwrites the second source")
		}
	})
}

// bound is the error of a sum of products: one rounding of each term of the sum of their sizes, and
// a few more.
func bound(sizes float64, terms int) float64 { return float64(terms+4) * 0x1p-53 * sizes }

func TestDotsAreInnerProductsWithColumns(t *testing.T) {
	eachVersion(t, func(t *testing.T) {
		for _, n := range lengths[1:] {
			for count := range 11 {
				stride := n + 3
				x, z := normal(n, 1, "x"), normal(count*stride, 1, "z")
				got := guarded(t, count, func(out []float64) {
					for j := range out {
						out[j] = float64(j)
					}
					Dots(out, x, z, stride)
				})
				for j, v := range got {
					want, size := float64(j), float64(j)
					for i, u := range x {
						want += u * z[j*stride+i]
						size += math.Abs(u * z[j*stride+i])
					}
					if math.Abs(v-want) > 2*bound(size, n) {
						t.Fatalf("n = %d, column %d of %d: got %v, want %v", n, j, count, v, want)
					}
				}
			}
		}
	})
}

func TestSquaresAreThoseOfATriangleTimesColumns(t *testing.T) {
	eachVersion(t, func(t *testing.T) {
		for _, n := range lengths {
			for d := range 12 {
				stride := n + 5
				z, l := normal(d*stride, 1, "z"), normal(d*d, 1, "l")
				for j := range d {
					for i := j + 1; i < d; i++ {
						l[j*d+i] = math.NaN() // is not read
					}
				}
				got := guarded(t, n, func(q []float64) {
					for i := range q {
						q[i] = 1
					}
					AddSquares(q, z, stride, l, d)
				})
				for i, v := range got {
					want, size := 1., 1.
					for j := range d {
						y, m := 0., 0.
						for a := range j + 1 {
							y += l[j*d+a] * z[a*stride+i]
							m += math.Abs(l[j*d+a] * z[a*stride+i])
						}
						want, size = want+y*y, size+m*m
					}
					if math.Abs(v-want) > 4*bound(size, d*d) {
						t.Fatalf("n = %d, d = %d, element %d: got %v, want %v", n, d, i, v, want)
					}
				}
			}
		}
	})
}

func TestShortSlicesPanic(t *testing.T) {
	three, four := make([]float64, 3), make([]float64, 4)
	for name, do := range map[string]func(){
		"exp":             func() { Exp(four, three) },
		"expSub":          func() { ExpSub(four, four, three) },
		"mul":             func() { Mul(four, three, four) },
		"scaleAdd":        func() { ScaleAdd(four, three, 1, four) },
		"columns":         func() { Dots(make([]float64, 2), three, four, 3) },
		"negative stride": func() { Dots(make([]float64, 2), three, four, -1) },
		"squares":         func() { AddSquares(four, four, 4, four, 2) },
		"triangle":        func() { AddSquares(four, make([]float64, 8), 4, three, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("got no panic")
				}
			}()
			do()
		})
	}
}

func BenchmarkLanes(b *testing.B) {
	const n, d = 256, 10
	x, y, out, z, l := normal(n, 1, "x"), normal(n, 1, "y"), make([]float64, n), normal(n*d, 1, "z"), normal(d*d, 1, "l")
	was := best
	defer func() { best = was }()
	for name, do := range map[string]func(){
		"exp":     func() { Exp(out, x) },
		"expSub":  func() { ExpSub(out, x, y) },
		"mul":     func() { Mul(out, x, y) },
		"squares": func() { AddSquares(out, z, n, l, d) },
		"dots":    func() { Dots(out[:d], x, z, n) },
	} {
		for _, v := range isa.Available() {
			b.Run(fmt.Sprintf("%s/%s", name, v), func(b *testing.B) {
				best = versions[v]
				for b.Loop() {
					do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
