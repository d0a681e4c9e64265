package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// randByPairs is the definition: pairs counted one by one, and the expectation over all orders of b.
func randByPairs(a, b []int) (index, expected float64) {
	count := func(b []int) float64 {
		agree := 0.
		for i := range a {
			for j := range i {
				agree += float64(b2i((a[i] == a[j]) == (b[i] == b[j])))
			}
		}
		return agree / float64(len(a)*(len(a)-1)/2)
	}
	orders := 0.
	var permute func(rest []int, done []int)
	permute = func(rest, done []int) {
		if len(rest) == 0 {
			expected += count(done)
			orders++
			return
		}
		for i := range rest {
			left := append(append([]int(nil), rest[:i]...), rest[i+1:]...)
			permute(left, append(append([]int(nil), done...), rest[i]))
		}
	}
	permute(b, nil)
	return count(b), expected / orders
}

func TestTheAdjustedRandIndexIsAboveItsExpectation(t *testing.T) {
	for i := range 20 {
		r := rng.New(2).At(uint64(i)).Rand()
		a, b := make([]int, 6), make([]int, 6)
		for j := range a {
			a[j], b[j] = r.IntN(3), r.IntN(3)
		}
		index, expected := randByPairs(a, b)
		want := 1.
		if expected < 1 {
			want = (index - expected) / (1 - expected)
		}
		got, err := AdjustedRand(a, b)
		fine(t, err)
		// The adjusted index of agreements equals that of pairs together (Hubert & Arabie 1985, eq. 2 to 5).
		near(t, "adjusted index", got, want, 1e-12)
	}
	_, err := AdjustedRand([]int{1}, []int{1})
	fails(t, err, "AdjustedRand: got 1 and 1 rows")
	_, err = AdjustedRand([]int{1, 2, 3}, []int{1, 2})
	fails(t, err, "got 3 and 2 rows")
}

func TestEqualPartitionsAgreeWhateverTheirNumbers(t *testing.T) {
	a, b := []int{0, 0, 1, 1, 2, 2, 2}, []int{5, 5, -1, -1, 0, 0, 0}
	for _, f := range []func(a, b []int) (float64, error){NMI, AdjustedRand} {
		v, err := f(a, b)
		fine(t, err)
		near(t, "equal partitions", v, 1, 1e-14)
		v, err = f([]int{3, 3, 3}, []int{1, 1, 1})
		fine(t, err)
		near(t, "one part each", v, 1, 0)
		v, err = f(make([]int, 7), a)
		fine(t, err)
		near(t, "one part and three", v, 0, 1e-14)
	}
	// Two bits that share one of two: I = ln 2, H = 2 ln 2 and ln 2.
	v, err := NMI([]int{0, 1, 2, 3}, []int{0, 0, 1, 1})
	fine(t, err)
	near(t, "two bits and one", v, 2./3, 1e-14)
	_, err = NMI([]int{1}, nil)
	fails(t, err, "NMI")
}

// Of independent partitions the index is 0 on average: over 200 tables of 300 rows within five standard
// errors.
func TestIndependentPartitionsAgreeByChance(t *testing.T) {
	const tables = 200
	r := rng.New(3).Rand()
	var mean, sq float64
	for range tables {
		a, b := make([]int, 300), make([]int, 300)
		for i := range a {
			a[i], b[i] = r.IntN(4), r.IntN(5)
		}
		v, err := AdjustedRand(a, b)
		fine(t, err)
		mean += v / tables
		sq += v * v / tables
	}
	near(t, "mean", mean, 0, 5*math.Sqrt((sq-mean*mean)/tables))
}

// Perfect codes are robust to all other factors, noise to none. Of two even bits in a sum, each holds
// half of the deviation: levels 0, 1, 2 around 1, and 0, 1 around ½ while the other is held.
func TestRobustnessByHand(t *testing.T) {
	f := gridFactors(3, 4, 5)
	v, err := IRS(identity(f), f)
	fine(t, err)
	near(t, "perfect codes", v, 1, 0)
	v, err = IRS(noise(len(f[0].Level), 3, 1), f)
	fine(t, err)
	if v < 0 || v > .25 { // quantiles of twelve to twenty rows lie below that of sixty
		t.Errorf("noise: got %v, want little", v)
	}
	bits := gridFactors(2, 2)
	var sum [][]float64
	for i := range bits[0].Level {
		sum = append(sum, []float64{float64(bits[0].Level[i] + bits[1].Level[i]), 7})
	}
	v, err = IRS(sum, bits)
	fine(t, err)
	near(t, "a sum", v, .5, 1e-14)
	v, err = IRS([][]float64{{1}, {1}, {1}, {1}}, bits)
	fine(t, err)
	near(t, "an element that does not vary", v, 0, 0)
	_, err = IRS(sum, bits[:1])
	fails(t, err, "IRS", "at least 2 to tell apart")
	_, err = IRS(nil, bits)
	fails(t, err, "IRS", "got none")
}
