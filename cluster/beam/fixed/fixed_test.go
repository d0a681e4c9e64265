package fixed

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exact is Σ x in 400 bits, each number cut to a multiple of 2⁻⁶⁴ where cut is set.
func exact(x []float64, cut bool) *big.Float {
	unit := new(big.Float).SetPrec(400).SetFloat64(0x1p64)
	s := new(big.Float).SetPrec(400)
	for _, a := range x {
		f := new(big.Float).SetPrec(400).SetFloat64(a)
		if cut {
			f.Mul(f, unit)
			n, _ := f.Int(nil) // cuts towards 0
			f.SetInt(n)
			f.Quo(f, unit)
		}
		s.Add(s, f)
	}
	return s
}

// numbers are of both signs and of sizes from 1e-30 to 1e15.
func numbers(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64() * math.Pow(10, 45*r.Float64()-30)
	}
	return x
}

func sum(t *testing.T, x []float64) (s Sum) {
	t.Helper()
	for _, a := range x {
		f, err := Of(a)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = s.Plus(f); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestSumsAreThoseOfTheCutNumbersToTheBit(t *testing.T) {
	for seed := range uint64(1000) {
		x := numbers(rand.New(rand.NewPCG(seed, 1)), 1+int(seed%50))
		got := sum(t, x)
		value := new(big.Float).SetPrec(400).SetUint64(got.Lo)
		value.Quo(value, new(big.Float).SetFloat64(0x1p64))
		value.Add(value, new(big.Float).SetPrec(400).SetInt64(got.Hi))
		if want := exact(x, true); value.Cmp(want) != 0 {
			t.Fatalf("seed %d: got %v, want %v", seed, value, want)
		}
		want, _ := exact(x, false).Float64()
		if d := math.Abs(got.Float() - want); d > 0x1p-52*math.Abs(want)+float64(len(x))*0x1p-63 {
			t.Fatalf("seed %d: got %.17g, want %.17g", seed, got.Float(), want)
		}
	}
}

func TestTheOrderAndTheTreeOfASumDoNotMatter(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 2))
		x := numbers(r, 40)
		want := sum(t, x)
		r.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		var parts []Sum
		for len(x) > 0 {
			n := 1 + r.IntN(len(x))
			parts, x = append(parts, sum(t, x[:n])), x[n:]
		}
		for len(parts) > 1 {
			i := 1 + r.IntN(len(parts)-1)
			merged, err := parts[0].Plus(parts[i])
			if err != nil {
				t.Fatal(err)
			}
			parts[i] = merged
			parts = parts[1:]
		}
		if parts[0] != want {
			t.Fatalf("seed %d: got %v, want %v", seed, parts[0], want)
		}
	}
}

func TestNumbersComeBack(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.5, -0.5, 1.0 / 3, 1e15 + 0.125, -1e15 - 0.125, 4e18, -4e18, 0x1p-64, 123456.789} {
		s, err := Of(x)
		if err != nil || s.Float() != x {
			t.Errorf("%g: got %.17g and error %v", x, s.Float(), err)
		}
	}
	for _, x := range []float64{1e-30, -1e-30, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64} {
		s, err := Of(x)
		if err != nil || s != (Sum{}) {
			t.Errorf("%g: got %v and error %v, want 0", x, s, err)
		}
	}
}

func TestVectorsAddNumberByNumber(t *testing.T) {
	v, w := make(Vector, 3), make(Vector, 3)
	for _, err := range []error{v.Add([]float64{1, 2, -3}), v.Add([]float64{0.5, 0.25, 0}), w.Add([]float64{1, 1, 1}), v.Merge(w)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := v.Floats()
	for i, want := range []float64{2.5, 3.25, -2} {
		if got[i] != want {
			t.Errorf("sum %d: got %g, want %g", i, got[i], want)
		}
	}
}

func TestWhatCannotBeAddedIsRefused(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1 << 62, -(1 << 62), 1e300} {
		if _, err := Of(x); err == nil {
			t.Errorf("%g: got no error", x)
		}
		if err := make(Vector, 1).Add([]float64{x}); err == nil {
			t.Errorf("%g: got no error from a vector", x)
		}
	}
	top, v := Sum{Hi: largest - 1}, Vector{{Hi: largest - 1}}
	if _, err := top.Plus(top); err == nil {
		t.Error("got no error for a sum beyond 2^62")
	}
	if _, err := (Sum{Hi: math.MinInt64}).Plus(Sum{Hi: math.MinInt64}); err == nil {
		t.Error("got no error for a sum that wraps round")
	}
	for what, err := range map[string]error{"a number too many": v.Add([]float64{4e18}), "a sum too many": v.Merge(v), "no sums": v.Merge(nil), "no numbers": v.Add(nil)} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}
