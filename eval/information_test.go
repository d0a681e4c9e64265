package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// informationByPairs is the definition, with a map of each table.
func informationByPairs(a, b []int) float64 {
	pa, pb, joint := map[int]float64{}, map[int]float64{}, map[[2]int]float64{}
	for i := range a {
		w := 1 / float64(len(a))
		pa[a[i]] += w
		pb[b[i]] += w
		joint[[2]int{a[i], b[i]}] += w
	}
	sum := 0.
	for k, p := range joint {
		sum += p * math.Log(p/pa[k[0]]/pb[k[1]])
	}
	return sum
}

func TestMutualInformationIsItsDefinition(t *testing.T) {
	for i := range 50 {
		r := rng.New(1).At(uint64(i)).Rand()
		a, b := make([]int, 1+r.IntN(60)), []int(nil)
		for j := range a {
			a[j] = 7*r.IntN(4) - 11
			b = append(b, r.IntN(3)+r.IntN(2)*a[j])
		}
		got, err := MutualInformation(a, b)
		fine(t, err)
		near(t, "I(a; b)", got, informationByPairs(a, b), 1e-14)
		other, err := MutualInformation(b, a)
		fine(t, err)
		near(t, "I(b; a)", other, got, 1e-14)
		own, err := MutualInformation(a, a)
		fine(t, err)
		near(t, "I(a; a) = H(a)", own, Entropy(a), 1e-14)
	}
	_, err := MutualInformation([]int{1}, nil)
	fails(t, err, "got 1 and 0 values")
}

// The bias of independent values to first order (Miller 1955): the mean over 400 tables of 500 rows
// lies within five standard errors, and 5 % for the second order.
func TestMutualInformationOfIndependentValuesIsHighByItsBias(t *testing.T) {
	const tables, rows, na, nb = 400, 500, 5, 7
	r := rng.New(2).Rand()
	var mean, sq float64
	for range tables {
		a, b := make([]int, rows), make([]int, rows)
		for i := range a {
			a[i], b[i] = r.IntN(na), r.IntN(nb)
		}
		v, err := MutualInformation(a, b)
		fine(t, err)
		mean += v / tables
		sq += v * v / tables
	}
	want := float64((na-1)*(nb-1)) / (2 * rows)
	near(t, "bias", mean, want, 5*math.Sqrt((sq-mean*mean)/tables)+.05*want)
}

func TestEntropyOfEvenLevelsIsTheirLogarithm(t *testing.T) {
	near(t, "eight levels", Entropy([]int{1, 2, 3, 4, 5, 6, 7, 8}), math.Log(8), 1e-15)
	near(t, "one level", Entropy([]int{4, 4, 4}), 0, 0)
	near(t, "3 to 1", Entropy([]int{0, 0, 0, 9}), -.75*math.Log(.75)-.25*math.Log(.25), 1e-15)
}

func TestBinsAreOfEqualWidth(t *testing.T) {
	got, err := Discretize([]float64{0, .9, 1, 2.5, 9.99, 10, 5}, 10)
	fine(t, err)
	if want := []int{0, 0, 1, 2, 9, 9, 5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got, err = Discretize([]float64{3, 3}, 10)
	fine(t, err)
	if !slices.Equal(got, []int{0, 0}) {
		t.Errorf("values that are equal: got %v, want the first bin", got)
	}
	got, err = Discretize([]float64{-math.MaxFloat64, 0, math.MaxFloat64}, 2)
	fine(t, err)
	if !slices.Equal(got, []int{0, 1, 1}) {
		t.Errorf("the largest floats: got %v, want 0 1 1", got)
	}
	_, err = Discretize([]float64{1, math.Inf(1)}, 3)
	fails(t, err, "value 1: got +Inf")
	_, err = Discretize(nil, 3)
	fails(t, err, "got 0 values")
}

// Two even bits v, w by hand: z₁ knows both, z₂ knows w. Of v the gap is 1, of w it is 0. Of sum and
// difference each knows half of the entropy of both bits.
func TestGapsOfTwoBitsByHand(t *testing.T) {
	f := gridFactors(2, 2)
	var nested, turned [][]float64
	for i := range 4 {
		v, w := float64(f[0].Level[i]), float64(f[1].Level[i])
		nested, turned = append(nested, []float64{v + 2*w, w}), append(turned, []float64{v + w, v - w})
	}
	mig, gaps, err := MIG(nested, f, 20)
	fine(t, err)
	near(t, "nested", mig, .5, 1e-15)
	near(t, "gap of v", gaps[0], 1, 1e-15)
	near(t, "gap of w", gaps[1], 0, 1e-15)
	if mig, _, err = MIG(turned, f, 20); err != nil || mig != 0 {
		t.Errorf("turned: got %v and %v, want 0", mig, err)
	}
	d, err := newFactored("test", turned, f)
	fine(t, err)
	mi, h, err := d.information(20)
	fine(t, err)
	near(t, "half of a bit", mi[0][0], h[0]/2, 1e-15)
	// z₁ of the nested codes is for both factors, z₂ for one: (0 + 1)/2. Of the turned codes, both are
	// for both.
	m, err := Modularity(nested, f, 20)
	fine(t, err)
	near(t, "modularity of nested codes", m, .5, 1e-15)
	m, err = Modularity(turned, f, 20)
	fine(t, err)
	near(t, "modularity of turned codes", m, 0, 1e-15)
	m, err = Modularity([][]float64{{1, 2}, {1, 2}, {1, 2}, {1, 2}}, f, 20)
	fine(t, err)
	near(t, "modularity of nothing", m, 0, 0)
}
