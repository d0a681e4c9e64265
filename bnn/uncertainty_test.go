package bnn

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// spreading returns n rows on [−2, 2] with target x and noise of deviation .1 + .2(x + 2).
func spreading(n int, seed uint64) (x [][]float32, y []float64) {
	u, eps := make([]float32, n), make([]float64, n)
	rng.New(seed).Named("x").Uniform(u)
	rng.New(seed).Named("y").NormalFloat64(eps)
	for i := range n {
		v := 4*float64(u[i]) - 2
		x, y = append(x, []float32{float32(v)}), append(y, v+(.1+.2*(v+2))*eps[i])
	}
	return x, y
}

// Six hundred rows tell a deviation to about 3 % where they are dense; 25 % leaves room for the
// shape of the function between them.
func TestAHeteroscedasticHeadFindsTheNoiseOfEachRow(t *testing.T) {
	x, y := spreading(600, 1)
	n := fit(t, x, y, Config{Head: "heteroscedastic"})
	rows := [][]float32{{-1.5}, {-.5}, {.5}, {1.5}}
	for i, p := range predict(t, n, rows) {
		want := .1 + .2*(float64(rows[i][0])+2)
		near(t, "noise relative to the truth", p.Aleatoric/want, 1, .25)
	}
	if n.Noise() != 0 {
		t.Errorf("noise that all rows share: got %v, want 0", n.Noise())
	}
}

// A deviation from 300 rows has a standard error of 4 %; the network takes some of it away.
func TestAHomoscedasticHeadFindsTheNoise(t *testing.T) {
	x, y := waves(300, 1)
	n := fit(t, x, y, Config{})
	near(t, "noise", n.Noise(), .1, .02)
	known := fit(t, x, y, Config{Noise: .25, Epochs: 50})
	near(t, "known noise", known.Noise(), .25, 1e-12)
	near(t, "aleatoric", predict(t, known, x[:1])[0].Aleatoric, .25, 1e-9)
}

// The epistemic part falls with the number of rows, in theory as 1/√n, and grows away from them.
func TestTheEpistemicPartFallsWithRowsAndGrowsAwayFromThem(t *testing.T) {
	mean := func(n *Net, rows [][]float32) (sum float64) {
		for _, p := range predict(t, n, rows) {
			sum += p.Epistemic / float64(len(rows))
		}
		return sum
	}
	inside, _ := waves(50, 9)
	var seen []float64
	for _, rows := range []int{40, 400} {
		x, y := waves(rows, 2)
		n := fit(t, x, y, Config{Noise: .1})
		seen = append(seen, mean(n, inside))
		if out := mean(n, [][]float32{{-4}, {4}}); out < 3*seen[len(seen)-1] {
			t.Errorf("%d rows: epistemic deviation %.3f outside and %.3f inside, want three times as much", rows, out, seen[len(seen)-1])
		}
	}
	if seen[1] > .7*seen[0] {
		t.Errorf("epistemic deviation: got %.4f of 40 rows and %.4f of 400, want it to fall by a third", seen[0], seen[1])
	}
}

// Where the model is right its predictive distribution functions are uniform at new targets:
// Kolmogorov–Smirnov at 1e-3, and 90 % intervals within the 99.9 % limits of a binomial count. A
// linear model with its exact posterior, one new row of each of 300 tables, for the rows of one
// table share the error of its weights. With 40 rows a table the prior counts for next to nothing.
func TestExactPosteriorsAreCalibrated(t *testing.T) {
	var u, lo, hi, target []float64
	for seed := range uint64(300) {
		x, y := linearTable(41, 3, .5, 10+seed)
		n := fit(t, x[:40], y[:40], Config{Method: "last-layer", Hidden: []int{}, Noise: .5, Epochs: 1, Draws: 100})
		p := predict(t, n, x[40:])[0]
		a, b := p.Interval(.9)
		u, lo, hi, target = append(u, p.CDF(y[40])), append(lo, a), append(hi, b), append(target, y[40])
	}
	pit, err := eval.PITHistogram(u, 10)
	if err != nil {
		t.Fatal(err)
	}
	cover, err := eval.IntervalCoverage(lo, hi, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("coverage %.3f, p %.3f", cover.Share, pit.PValue)
	low, high, _ := eval.BinomialInterval(len(target), .9, .999)
	if k := int(math.Round(cover.Share * float64(len(target)))); k < low || k > high || pit.PValue < 1e-3 {
		t.Errorf("got coverage %v and p %v, want uniform values", cover.Share, pit.PValue)
	}
}

// Of three classes around the origin, rows far outside have a mutual information above that of
// rows at the centres for methods that have more than one network.
func TestMutualInformationIsHigherAwayFromTheClasses(t *testing.T) {
	x, y := blobs(120, 3, .2, 1)
	// The boundary between two classes, far out: the draws differ in where it lies.
	far := [][]float32{{-8, 0}, {4, 6.9}, {4, -6.9}}
	near := [][]float32{{1, 0}, {-.5, .87}, {-.5, -.87}}
	for _, method := range []string{"vi", "ensemble", "laplace", "sgld"} {
		n := fit(t, x, y, Config{Method: method, Head: "classes", Epochs: 600, LR: .005})
		var sum [2]float64
		for k, rows := range [][][]float32{near, far} {
			for _, p := range predict(t, n, rows) {
				sum[k] += p.Epistemic
			}
		}
		if !(sum[1] > sum[0]) {
			t.Errorf("%s: mutual information: got %.4f far away and %.4f at the centres", method, sum[1]/3, sum[0]/3)
		}
	}
}

// Units do not matter: a table in other units gives the same network up to rounding. The powers
// of two keep the standardised values the same.
func TestUnitsDoNotMatter(t *testing.T) {
	x, y := waves(60, 1)
	var x2 [][]float32
	var y2 []float64
	for i := range x {
		x2, y2 = append(x2, []float32{1024 * x[i][0]}), append(y2, y[i]/4096)
	}
	c := Config{Epochs: 300}
	a, b := predict(t, fit(t, x, y, c), x), predict(t, fit(t, x2, y2, c), x2)
	for i := range a {
		near(t, "mean", 4096*b[i].Mean, a[i].Mean, 1e-9)
		near(t, "deviation", 4096*b[i].SD, a[i].SD, 1e-9)
		lo, hi := a[i].Interval(.8)
		lo2, hi2 := b[i].Interval(.8)
		near(t, "interval", 4096*(hi2-lo2), hi-lo, 1e-9)
	}
}

// What Progress is told adds up and comes once an epoch.
func TestProgressComesOnceAnEpoch(t *testing.T) {
	x, y := waves(50, 1)
	phases := map[string]int{}
	first, last := math.NaN(), 0.
	fit(t, x, y, Config{Method: "ensemble", Members: 2, Epochs: 200, Batch: 20, Progress: func(p Progress) {
		phases[p.Phase]++
		if p.Epoch != phases[p.Phase] || p.Epochs != 200 {
			t.Errorf("got epoch %d of %d, want %d of 200", p.Epoch, p.Epochs, phases[p.Phase])
		}
		near(t, "loss", p.Loss, p.Penalty-p.LogLik, 1e-12)
		if p.Epoch == 1 {
			first = p.Loss
		}
		last = p.Loss
	}})
	if len(phases) != 2 || phases["member 1"] != 200 || phases["member 2"] != 200 {
		t.Errorf("got %v, want 200 epochs of each of two members", phases)
	}
	if !(last < first-.5) {
		t.Errorf("loss: got %v after %v, want it to fall", last, first)
	}
}

// The engines agree: forty steps of a network on elbo's engine and on the reference engine, which
// round differently in float32.
func TestTheEnginesAgree(t *testing.T) {
	x, y := waves(40, 1)
	c := Config{Epochs: 40, Draws: 5, Seed: 3}
	a := predict(t, fit(t, x, y, c), x)
	c.Backend = "go"
	b := predict(t, fit(t, x, y, c), x)
	for i := range a {
		near(t, "mean", b[i].Mean, a[i].Mean, 1e-3)
		near(t, "deviation", b[i].SD, a[i].SD, 1e-3)
	}
}

func BenchmarkFit(b *testing.B) {
	x, y := waves(500, 1)
	for b.Loop() {
		if _, err := Fit(b.Context(), x, y, Config{Epochs: 300}); err != nil {
			b.Fatal(err)
		}
	}
}
