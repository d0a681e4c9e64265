package bnn

import (
	"math"
	"sync"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// Every method fits a sine with noise of deviation .1: the error of 100 new rows is at most twice
// the noise, the 90 % intervals are no nonsense, and its spread splits in two.
func TestEveryMethodFitsASine(t *testing.T) {
	x, y := waves(150, 1)
	tx, ty := waves(100, 2)
	for _, c := range []Config{
		{}, {Estimator: "flipout"}, {Estimator: "shared"}, {Prior: Prior{Kind: "mixture"}}, {Prior: Prior{Kind: "hierarchical"}},
		{Head: "heteroscedastic"}, {Hidden: []int{30, 30}}, {Batch: 32},
		{Method: "dropout"}, {Method: "ensemble", Members: 3}, {Method: "laplace"}, {Method: "laplace-kfac"}, {Method: "last-layer"}, {Method: "swag"}, {Method: "sgld"},
		{Method: "ensemble", Members: 2, Head: "heteroscedastic"}, {Method: "laplace", Head: "heteroscedastic"},
		{Method: "laplace-kfac", Head: "heteroscedastic"},
	} {
		c.Epochs = 1200
		if c.Batch > 0 {
			c.Epochs = 300
		}
		n := fit(t, x, y, c)
		se, inside := 0., 0
		for i, p := range predict(t, n, tx) {
			se += math.Pow(p.Mean-ty[i], 2) / 100
			lo, hi := p.Interval(.9)
			inside += b2i(lo <= ty[i] && ty[i] <= hi)
			near(t, "total variance", p.SD*p.SD, p.Epistemic*p.Epistemic+p.Aleatoric*p.Aleatoric, 1e-9)
		}
		name := c.Method + " " + c.Estimator + " " + c.Prior.Kind + " " + c.Head
		t.Logf("%s: RMSE %.3f, 90 %% intervals hold %d of 100", name, math.Sqrt(se), inside)
		if math.Sqrt(se) > .2 || inside < 60 {
			t.Errorf("%s: RMSE %.3f, 90 %% intervals hold %d of 100, want at most .2 and at least 60", name, math.Sqrt(se), inside)
		}
	}
}

// Three blobs three deviations apart: nearly all are told apart, and far away, where no draw has
// seen data, the draws disagree more than at a centre.
func TestEveryMethodTellsClassesApart(t *testing.T) {
	x, y := blobs(150, 3, .3, 1)
	tx, ty := blobs(150, 3, .3, 2)
	for _, method := range Methods {
		if method == "last-layer" {
			continue // its posterior is exact for numbers alone
		}
		n := fit(t, x, y, Config{Method: method, Head: "classes", Epochs: 500, LR: .005})
		if n.Classes() != 3 {
			t.Errorf("classes: got %d, want 3", n.Classes())
		}
		right := 0
		for i, p := range predict(t, n, tx) {
			right += b2i(p.Mean == ty[i])
			near(t, "entropy", p.SD, p.Epistemic+p.Aleatoric, 1e-9)
		}
		if right < 138 {
			t.Errorf("%s: %d of 150 right, want at least 138", method, right)
		}
	}
}

func TestEqualSeedsGiveEqualNetworks(t *testing.T) {
	x, y := waves(60, 1)
	for _, method := range Methods {
		c := Config{Method: method, Epochs: 30, Draws: 5, Members: 2, Batch: 25, Seed: 7}
		a, b := predict(t, fit(t, x, y, c), x), predict(t, fit(t, x, y, c), x)
		c.Seed = 8
		other := predict(t, fit(t, x, y, c), x)
		differ := false
		for i := range a {
			if a[i].Mean != b[i].Mean || a[i].SD != b[i].SD {
				t.Fatalf("%s: row %d: got %v and %v for one seed", method, i, a[i].Mean, b[i].Mean)
			}
			differ = differ || a[i].Mean != other[i].Mean
		}
		if !differ {
			t.Errorf("%s: two seeds gave one network", method)
		}
	}
}

// A prediction does not depend on the rows beside it, on their number or on who else predicts.
func TestPredictionsAreSafeAndIndependentOfTheirNeighbours(t *testing.T) {
	x, y := waves(60, 1)
	n := fit(t, x, y, Config{Epochs: 100, Draws: 10})
	many, _ := waves(chunk+70, 3)
	want := predict(t, n, many)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := g; i < len(many); i += 311 {
				got, err := n.Predict(many[i : i+1])
				if err != nil || math.Abs(got[0].Mean-want[i].Mean) > 1e-5 {
					t.Errorf("row %d alone: got %v (%v), want %v", i, got, err, want[i].Mean)
				}
			}
		})
	}
	wg.Wait()
	if got, err := n.Predict(nil); got != nil || err != nil {
		t.Errorf("no rows: got %v, %v", got, err)
	}
	_, err := n.Predict([][]float32{{1, 2}})
	refused(t, err, "predict", "row 0: got 2 values, want 1")
	_, err = n.Predict([][]float32{{float32(math.NaN())}})
	refused(t, err, "row 0, column 0")
}

// The outputs of a draw are those of its weights in loops.
func TestPredictionsAreThoseOfTheDraws(t *testing.T) {
	x, y := linearTable(30, 3, .2, 1)
	n := fit(t, x, y, Config{Hidden: []int{5, 4}, Epochs: 50, Draws: 3})
	rows := standardized(x, 3, n.columns)
	for i, p := range predict(t, n, x[:4]) {
		for k, w := range n.draws {
			a := make([]float64, 3)
			for j := range a {
				a[j] = float64(rows[i*3+j])
			}
			for l, at := range w {
				z := append([]float64(nil), at.B...)
				for j := range z {
					for h, v := range a {
						z[j] += v * at.W[h*len(z)+j]
					}
					if l < 2 {
						z[j] = max(0, z[j])
					}
				}
				a = z
			}
			near(t, "mean of a draw", (p.locs[k]-n.target.Mean)/n.target.SD, a[0], 1e-5)
			near(t, "its deviation", p.sds[k], n.Noise(), 1e-9)
		}
	}
	if n.Weights() != 4*5+6*4+5 || n.Draws() != 3 || n.Inputs() != 3 || n.Classes() != 0 {
		t.Errorf("got %d weights, %d draws, %d inputs, %d classes", n.Weights(), n.Draws(), n.Inputs(), n.Classes())
	}
}

// A draw of dropout scales the rows of units that stay and clears the others'; the input's rows
// are left alone. The share of 4,000 units that is left out is binomial: within 5 deviations.
func TestDropoutDrawsLeaveOutTheirShareOfUnits(t *testing.T) {
	s := shape{1, 4000, 1}
	w := weights{{make([]float64, 4000), make([]float64, 4000)}, {make([]float64, 4000), []float64{2}}}
	for i := range 4000 {
		w[0].W[i], w[1].W[i] = 1, 3
	}
	out := thin(w, s, .25, rng.New(1))
	gone := 0
	for i, v := range out[1].W {
		if v == 0 {
			gone++
		} else if math.Abs(v-4) > 1e-12 || out[0].W[i] != 1 || w[1].W[i] != 3 {
			t.Fatalf("unit %d: got %v of %v, want 4 of an unchanged 3", i, v, w[1].W[i])
		}
	}
	near(t, "left out", float64(gone), 1000, 5*math.Sqrt(4000*.25*.75))
	near(t, "bias", out[1].B[0], 2, 0)
}

// Weights survive being one slice.
func TestFlatWeightsComeBack(t *testing.T) {
	s := shape{2, 3, 1}
	v := make([]float64, 13)
	for i := range v {
		v[i] = float64(i)
	}
	w := s.unflat(v)
	if len(w[0].W) != 6 || len(w[0].B) != 3 || w[1].B[0] != 12 {
		t.Errorf("got %v", w)
	}
	for i, x := range w.flat() {
		near(t, "value", x, float64(i), 0)
	}
}
