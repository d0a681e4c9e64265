package anomaly

import (
	"math"
	"slices"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// Every row reaches the program once and in its place, whatever their number, and pieces have sizes of
// powers of two.
func TestEachHandsOutEveryRowOnce(t *testing.T) {
	n := linear(t, 1)
	prog := model.NewProgram(n.Params, "copy", func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.ReduceSum(in[0], -1)}
	})
	for _, rows := range []int{0, 1, 2, 3, chunk - 1, chunk, chunk + 1, 2*chunk + 5} {
		x := make([]float32, rows*linearD)
		for i := range x {
			x[i] = float32(i / linearD)
		}
		got := make([]float64, rows)
		err := each(t.Context(), n, prog, x, 1, rng.New(1), func(first, rows, full int, out [][]float64) {
			if full&(full-1) != 0 || full < rows || full > chunk || len(out[0]) != full {
				t.Errorf("got a piece of %d rows padded to %d with %d values", rows, full, len(out[0]))
			}
			copy(got[first:first+rows], out[0])
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != float64(linearD*i) {
				t.Fatalf("%d rows: row %d: got %v", rows, i, v)
			}
		}
	}
	if err := each(t.Context(), n, prog, make([]float32, 5), 1, rng.New(1), nil); err == nil || !strings.Contains(err.Error(), "multiple of 4") {
		t.Errorf("got %v, want an error that names the width", err)
	}
}

// The scores without draws belong to the row alone: whatever stands beside it, in whatever order, they
// are the same.
func TestScoresWithoutDrawsBelongToTheRow(t *testing.T) {
	s := Subject{Net: linear(t, 1), Reference: linearRows(40, 21)}
	x := linearRows(9, 22)
	for _, name := range []string{"squared", "relative", "mahalanobis", "aggregate", "neighbour"} {
		all := scores(t, name, s, x)
		for i := range all {
			alone := scores(t, name, s, x[i*linearD:(i+1)*linearD])
			near(t, name, alone[0], all[i], 1e-6)
		}
	}
}

// The threshold from exact scores of rows of the model keeps the rate that was asked for: the number
// flagged among as many new rows, for thresholds of their own, is binomial, and within the limits
// that it keeps in 99.9 % of cases. Scores with draws are exchangeable as well and keep it too.
func TestThresholdsKeepTheirRate(t *testing.T) {
	const trials, n, fpr = 300, 39, .1 // (n+1)·fpr is whole: the rate is exact
	key := rng.New(31)
	s := Subject{Net: linear(t, 1), Draws: 1}
	z := make([]float64, trials*(n+1)*(linearD+linearL))
	key.NormalFloat64(z)
	x := make([]float32, trials*(n+1)*linearD)
	for i := range trials * (n + 1) {
		noise := z[i*(linearD+linearL) : (i+1)*(linearD+linearL)]
		for d := range linearD {
			v := linearB[d] + linearSigma*noise[linearL+d]
			for k := range linearL {
				v += linearW[d][k] * noise[k]
			}
			x[i*linearD+d] = float32(v)
		}
	}
	lo, hi, err := eval.BinomialInterval(trials, fpr, .999)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nll", "elbo", "reconstruction", "squared"} {
		v := scores(t, name, s, x)
		flagged := 0
		for i := range trials {
			part := v[i*(n+1) : (i+1)*(n+1)]
			limit, err := eval.ConformalThreshold(part[:n], fpr)
			if err != nil {
				t.Fatal(err)
			}
			if part[n] > limit {
				flagged++
			}
		}
		if flagged < lo || flagged > hi {
			t.Errorf("%s: %d of %d new rows flagged, want %d to %d", name, flagged, trials, lo, hi)
		}
	}
}

// Rows of a wider model are told from rows of the model as the exact density tells them, which no other
// function of one model does better: nll has its AUROC, and the ratio to the wider model the most of all.
func TestRatioIsTheBestThatCanBeDone(t *testing.T) {
	s := Subject{Net: linear(t, 1), Background: linear(t, 3), Draws: 256, Weights: 1}
	const n = 400
	x := append(modelRows(n, 41, linearW), modelRows(n, 42, scaled(3))...)
	wide := make([]bool, 2*n)
	for i := range n {
		wide[n+i] = true
	}
	own, _ := exactNLL(t, x, linearW)
	other, _ := exactNLL(t, x, scaled(3))
	for i := range other {
		other[i] = own[i] - other[i]
	}
	area := func(v []float64) float64 {
		a, err := eval.AUROC(v, wide)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	near(t, "nll", area(scores(t, "nll", s, x)), area(own), 1e-4) // float32 rows may swap neighbours
	best := area(other)
	if got := area(scores(t, "ratio", s, x)); math.Abs(got-best) > .005 { // draws blur the bounds
		t.Errorf("ratio: AUROC %.4f, want %.4f of the exact densities", got, best)
	}
	for _, name := range []string{"elbo", "kl", "squared", "gradient"} {
		if got := area(scores(t, name, s, x)); got > best+.02 { // of this sample; the ratio is best in expectation (Neyman & Pearson 1933)
			t.Errorf("%s: AUROC %.4f above the %.4f of the likelihood ratio", name, got, best)
		}
	}
}

// modelRows draws rows of the linear model with weights w.
func modelRows(n int, seed uint64, w [][]float64) []float32 {
	z := make([]float64, n*(linearD+linearL))
	rng.New(seed).NormalFloat64(z)
	var x []float32
	for i := range n {
		noise := z[i*(linearD+linearL):]
		for d := range linearD {
			v := linearB[d] + linearSigma*noise[linearL+d]
			for k := range linearL {
				v += w[d][k] * noise[k]
			}
			x = append(x, float32(v))
		}
	}
	return x
}

// Members that are one model have no variance between them but that of the draws: waic is then −ln p(x).
func TestWAICOfOneModelIsItsBound(t *testing.T) {
	n := linear(t, 1)
	x := linearRows(10, 51)
	v := scores(t, "waic", Subject{Net: n, Members: []*vae.Network{n, n}, Draws: 2048}, x)
	exact, _ := exactNLL(t, x, linearW)
	for i := range v {
		_, _, sd := terms(x[i*linearD : (i+1)*linearD])
		if tol := 5*sd/math.Sqrt(2048) + 5*sd*sd/2048; math.Abs(v[i]-exact[i]) > tol {
			t.Errorf("row %d: got %v, want %v within %v", i, v[i], exact[i], tol)
		}
	}
}

// What cannot be fitted is said: too few rows of reference, codes that do not differ, models of other rows.
func TestScoresSayWhatCannotBeFitted(t *testing.T) {
	n := linear(t, 1)
	wide := small(t, "vae", "gaussian", nil)
	for _, c := range []struct {
		name string
		s    Subject
		says string
	}{
		{"neighbour", Subject{Net: n, Reference: linearRows(4, 1)}, "got 4, want at least 5"},
		{"ratio", Subject{Net: n, Background: wide}, "got rows of 30 values, want 4"},
		{"waic", Subject{Net: n, Members: []*vae.Network{n, wide}}, "model 3: got rows of 30"},
		{"waic", Subject{Net: n, Members: []*vae.Network{ae(t)}}, "further models"},
	} {
		score, err := Lookup(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := score.Fit(t.Context(), c.s, rng.New(1)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.says)
		}
	}
}

// ae is a model without a bound.
func ae(t testing.TB) *vae.Network { return small(t, "ae", "gaussian", nil) }

// Of the reference the first ten thousand rows count, and the others are not looked at.
func TestReferenceIsBounded(t *testing.T) {
	n := linear(t, 1)
	few := slices.Repeat(linearRows(100, 61), MaxReference/100)
	more := append(slices.Clone(few), slices.Repeat([]float32{100}, 40*linearD)...)
	x := linearRows(5, 62)
	agree(t, "mahalanobis", scores(t, "mahalanobis", Subject{Net: n, Reference: more}, x), scores(t, "mahalanobis", Subject{Net: n, Reference: few}, x), 0)
}
