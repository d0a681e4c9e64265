package eval

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// gridFactors are all combinations of levels, the first factor slowest.
func gridFactors(levels ...int) []Factor {
	n := 1
	for _, l := range levels {
		n *= l
	}
	out := make([]Factor, len(levels))
	for i := range n {
		r := i
		for k := len(levels) - 1; k >= 0; k-- {
			out[k].Level = append(out[k].Level, r%levels[k])
			r /= levels[k]
		}
	}
	for k := range out {
		out[k].Ordered = k > 0 // the first one is a kind, such as a shape
	}
	return out
}

// identity are codes that are the factors.
func identity(f []Factor) [][]float64 {
	out := make([][]float64, len(f[0].Level))
	for i := range out {
		for _, factor := range f {
			out[i] = append(out[i], float64(factor.Level[i]))
		}
	}
	return out
}

// noise are codes that know nothing.
func noise(n, l int, seed uint64) [][]float64 {
	r := rng.New(seed).Rand()
	out := make([][]float64, n)
	for i := range out {
		for range l {
			out[i] = append(out[i], r.NormFloat64())
		}
	}
	return out
}

// turned are codes turned by an angle in each plane of two neighbouring elements, after every
// element was given variance 1, so that the plane decides nothing.
func turned(z [][]float64, angle float64) [][]float64 {
	out := make([][]float64, len(z))
	scale := make([]float64, len(z[0]))
	for j := range scale {
		scale[j] = 1 / math.Sqrt(varianceOf(column(z, j)))
	}
	sin, cos := math.Sincos(angle)
	for i, row := range z {
		out[i] = slices.Clone(row)
		for j := range row {
			out[i][j] *= scale[j]
		}
		for j := range len(row) - 1 {
			a, b := out[i][j], out[i][j+1]
			out[i][j], out[i][j+1] = cos*a-sin*b, sin*a+cos*b
		}
	}
	return out
}

// measures are the metrics of codes and factors as one table, each with what noise reaches.
func measures(t *testing.T, z [][]float64, f []Factor) map[string]float64 {
	t.Helper()
	ctx, key, votes := context.Background(), rng.New(7), DefaultVotes()
	votes.Floor = 0
	mig, _, err := MIG(z, f, DefaultBins)
	fine(t, err)
	modularity, err := Modularity(z, f, DefaultBins)
	fine(t, err)
	factor, err := FactorScore(z, f, votes, key)
	fine(t, err)
	beta, err := BetaScore(ctx, z, f, votes, key)
	fine(t, err)
	dci, err := DCI(z, f, DefaultForest(), key)
	fine(t, err)
	sap, _, err := SAP(z, f, key)
	fine(t, err)
	return map[string]float64{"mig": mig, "modularity": modularity, "factor": factor.Score, "beta": beta.Score,
		"disentanglement": dci.Disentanglement, "completeness": dci.Completeness, "informativeness": dci.Informativeness, "sap": sap}
}

// fine ends the test on an error.
func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPerfectCodesScoreOne(t *testing.T) {
	f := gridFactors(3, 6, 8, 8)
	for name, v := range measures(t, identity(f), f) {
		near(t, name, v, 1, 1e-12)
	}
}

// Of noise, MIG, SAP and the two of DCI find nothing, up to the bias of N = 4,608 rows; the votes
// are those of a blind guess among four factors, within binomial limits that fail once in 10⁴.
func TestNoiseScoresNothing(t *testing.T) {
	f := gridFactors(3, 6, 16, 16)
	got := measures(t, noise(len(f[0].Level), 6, 3), f)
	for _, name := range []string{"mig", "sap", "disentanglement", "completeness"} {
		if !(got[name] >= 0 && got[name] < .03) {
			t.Errorf("%s of noise: got %v, want 0 to .03", name, got[name])
		}
	}
	lo, hi, err := BinomialInterval(800, .25, 1-1e-4)
	fine(t, err)
	for _, name := range []string{"factor", "beta"} {
		if v := got[name] * 800; v < float64(lo) || v > float64(hi) {
			t.Errorf("%s of noise: got %v, want %v to %v", name, got[name], float64(lo)/800, float64(hi)/800)
		}
	}
}

// Of noise as codes of 24 factors every metric has at most a tenth, the votes as well: their blind guess is
// right in one of 24 cases.
func TestNoiseOfManyFactorsScoresATenthAtMost(t *testing.T) {
	const factors, rows = 24, 3000
	r := rng.New(21).Rand()
	f := make([]Factor, factors)
	for k := range f {
		f[k].Ordered = true
		for range rows {
			f[k].Level = append(f[k].Level, r.IntN(4))
		}
	}
	got := measures(t, noise(rows, factors, 22), f)
	for _, name := range []string{"mig", "sap", "factor", "disentanglement", "completeness"} {
		if !(got[name] >= 0 && got[name] <= .1) {
			t.Errorf("%s of noise: got %v, want 0 to .1", name, got[name])
		}
	}
}

// A random rotation of 24 factors mixes them: what parts them falls to at most .1.
func TestRotatedCodesAreFoundMixed(t *testing.T) {
	const factors, rows = 24, 3000
	r := rng.New(11).Rand()
	f := make([]Factor, factors)
	for k := range f {
		f[k].Ordered = true
		for range rows {
			f[k].Level = append(f[k].Level, r.IntN(4))
		}
	}
	var qr mat.QR
	qr.Factorize(mat.NewDense(factors, factors, slices.Concat(noise(factors, factors, 12)...)))
	var q, z mat.Dense
	qr.QTo(&q)
	z.Mul(mat.NewDense(rows, factors, slices.Concat(identity(f)...)), &q)
	codes := make([][]float64, rows)
	for i := range codes {
		codes[i] = z.RawRowView(i)
	}
	got := measures(t, codes, f)
	for _, name := range []string{"mig", "sap", "disentanglement", "completeness"} {
		if !(got[name] >= 0 && got[name] <= .1) {
			t.Errorf("%s of turned codes: got %v, want 0 to .1", name, got[name])
		}
	}
}

// Three factors turned by 20° in each plane: the linear classifier of Higgins et al. does not mind,
// which the gaps do (Kim & Mnih 2018, section 3).
func TestTheMetricOfHigginsForgivesATurn(t *testing.T) {
	f := gridFactors(8, 8, 8)
	got := measures(t, turned(identity(f), .35), f)
	if got["beta"] < .95 || got["mig"] > .5 {
		t.Errorf("got %v of the pairs and a gap of %v, want at least .95 and at most .5", got["beta"], got["mig"])
	}
}

// The order, the scale and the sign of elements mean nothing. Values lie off the edges of the bins,
// where a sign would move them to the neighbour.
func TestScoresDoNotDependOnOrderScaleAndSign(t *testing.T) {
	f := gridFactors(3, 6, 8, 8)
	z := turned(identity(f), .3)
	for i, n := range noise(len(z), 4, 5) {
		for j := range n {
			z[i][j] += .1 * n[j]
		}
	}
	other := make([][]float64, len(z))
	for i, row := range z {
		other[i] = []float64{-2 * row[3], 1000 * row[0], .01 * row[2], -row[1]}
	}
	want, got := measures(t, z, f), measures(t, other, f)
	for name, v := range want {
		// Quantiles of the forest and of thresholds count from below, so that a sign moves their edges by a
		// quantile at most; the linear classifier ends where its optimiser does.
		tol := map[string]float64{"disentanglement": .02, "completeness": .02, "informativeness": .02, "sap": .02, "beta": .01}[name]
		near(t, name, got[name], v, max(tol, 1e-12))
	}
}

func TestFactorMetricsRefuseWhatTheyCannotMeasure(t *testing.T) {
	ctx, key, votes := context.Background(), rng.New(1), DefaultVotes()
	two := []Factor{{Name: "a", Level: []int{0, 1, 0, 1}}, {Name: "b", Level: []int{0, 0, 1, 1}}}
	z := [][]float64{{1, 2}, {2, 1}, {3, 1}, {4, 4}}
	all := func(z [][]float64, f []Factor, parts ...string) {
		t.Helper()
		_, _, err := MIG(z, f, 20)
		fails(t, err, append(parts, "MIG")...)
		_, _, err = SAP(z, f, key)
		fails(t, err, append(parts, "SAP")...)
		_, err = Modularity(z, f, 20)
		fails(t, err, append(parts, "Modularity")...)
		_, err = FactorScore(z, f, votes, key)
		fails(t, err, append(parts, "FactorScore")...)
		_, err = BetaScore(ctx, z, f, votes, key)
		fails(t, err, append(parts, "BetaScore")...)
		_, err = DCI(z, f, DefaultForest(), key)
		fails(t, err, append(parts, "DCI")...)
	}
	all(nil, two, "rows: got none")
	all(z, nil, "factors: got none")
	all(z[:3], two, `factor 0 "a": got 4 levels, want 3`)
	all([][]float64{{1, 2}, {1}, {1, 2}, {1, 2}}, two, "row 1: got 1 values, want 2")
	all([][]float64{{1, 2}, {1, math.NaN()}, {1, 2}, {1, 2}}, two, "row 1, column 1: got NaN")
	all(z, []Factor{two[0], {Name: "c", Level: []int{3, 3, 3, 3}}}, `factor 1 "c": got one level`)
	one := two[:1]
	_, err := Modularity(z, one, 20)
	fails(t, err, "at least 2 to tell apart")
	_, err = FactorScore(z, one, votes, key)
	fails(t, err, "at least 2 to tell apart")
	_, err = BetaScore(ctx, z, one, votes, key)
	fails(t, err, "at least 2 to tell apart")
	_, err = DCI(z, one, DefaultForest(), key)
	fails(t, err, "at least 2 to tell apart")
	_, err = DCI(z, two, DefaultForest(), key)
	fails(t, err, "at least 10 of 2")
	for _, v := range []Votes{{}, {Train: 1, Test: 1, Rows: 1}, {Train: 1, Test: 0, Rows: 2}, {Train: 1, Test: 1, Rows: 2, Floor: -1}} {
		_, err = FactorScore(z, two, v, key)
		fails(t, err, "votes")
		_, err = BetaScore(ctx, z, two, v, key)
		fails(t, err, "votes")
	}
	_, _, err = MIG(z, two, 0)
	fails(t, err, "bins")
}
