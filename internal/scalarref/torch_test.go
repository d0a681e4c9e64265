package scalarref

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// transcript is vae/testdata/ten_step.json; ten_step.py beside it made it.
type transcript struct {
	Source string
	Cases  []struct {
		Config struct {
			D, L        int
			Hidden      []int
			Likelihood  string
			Sigma, Beta float64
			LR          float64
		}
		X              [][]float64
		Eps            [][][]float64
		Initial, Final map[string]struct {
			Shape  []int
			Values []float64
		}
		Losses, Rec, KL []float64
	}
}

func readTranscript(t *testing.T) transcript {
	t.Helper()
	raw, err := os.ReadFile("../../vae/testdata/ten_step.json")
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	if err := json.Unmarshal(raw, &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

// scaled is |a − b| / max(1, |b|).
func scaled(a, b float64) float64 { return math.Abs(a-b) / math.Max(1, math.Abs(b)) }

// relative is |a − b| / |b|.
func relative(a, b float64) float64 { return math.Abs(a-b) / math.Abs(b) }

// TestTenStepsAgreeWithPyTorch holds loss, both its terms and the final parameters of ten
// Adam steps to PyTorch's. Measured: 7e-14 for losses, 3e-14 for parameters.
func TestTenStepsAgreeWithPyTorch(t *testing.T) {
	tr := readTranscript(t)
	if len(tr.Cases) != len(Likelihoods) {
		t.Fatalf("cases: got %d, want one a likelihood, %d", len(tr.Cases), len(Likelihoods))
	}
	for i, c := range tr.Cases {
		if c.Config.Likelihood != Likelihoods[i] {
			t.Errorf("case %d: got %q, want %q", i, c.Config.Likelihood, Likelihoods[i])
		}
		t.Run(c.Config.Likelihood, func(t *testing.T) {
			n := newNet(t, Config{D: c.Config.D, L: c.Config.L, Hidden: c.Config.Hidden, Likelihood: c.Config.Likelihood,
				Sigma: c.Config.Sigma, Beta: c.Config.Beta, LR: c.Config.LR})
			if got, want := len(n.Params()), len(c.Initial); got != want {
				t.Fatalf("parameters: got %d, want %d", got, want)
			}
			for name, p := range c.Initial {
				if err := n.Set(name, p.Values); err != nil {
					t.Fatal(err)
				}
			}
			worst := 0.0
			for s, want := range c.Losses {
				loss, rec, kl := n.Loss(c.X, c.Eps[s])
				worst = max(worst, relative(loss, want), relative(rec, c.Rec[s]), relative(kl, c.KL[s]))
				if got := n.Step(c.X, c.Eps[s]); got != loss {
					t.Errorf("step %d: Step returns %v, want the loss before it, %v", s, got, loss)
				}
			}
			worstFinal := 0.0
			for _, p := range n.Params() {
				for i, want := range c.Final[p.Name].Values {
					worstFinal = max(worstFinal, scaled(p.Values[i], want))
				}
			}
			t.Logf("worst difference: %.1e in the loss, %.1e in the parameters", worst, worstFinal)
			if worst > 1e-9 || worstFinal > 1e-9 {
				t.Errorf("worst difference: got %g in the loss and %g in the parameters, want at most 1e-9", worst, worstFinal)
			}
		})
	}
}

// TestFormulasMatchTranscript: weights, data and noise can be had from the formulas alone.
func TestFormulasMatchTranscript(t *testing.T) {
	const tol = 1e-14 // a few units in the last place of the sine
	for _, c := range readTranscript(t).Cases {
		n := newNet(t, Config{D: c.Config.D, L: c.Config.L, Hidden: c.Config.Hidden, Likelihood: c.Config.Likelihood})
		for _, p := range n.Params() {
			want, ok := c.Initial[p.Name]
			if !ok || fmt.Sprint(p.Shape) != fmt.Sprint(want.Shape) {
				t.Errorf("%s: got shape %v, want %v", p.Name, p.Shape, want.Shape)
			}
			for i, v := range want.Values {
				if math.Abs(p.Values[i]-v) > tol {
					t.Errorf("%s %s[%d]: got %v, want %v", c.Config.Likelihood, p.Name, i, p.Values[i], v)
				}
			}
		}
		x := GrayBatch(len(c.X), c.Config.D)
		if c.Config.Likelihood == "bernoulli" {
			x = BinaryBatch(len(c.X), c.Config.D)
		}
		sameRows(t, "x", x, c.X, 0)
		for s := range c.Eps {
			sameRows(t, "eps", SineNoise(len(c.X), c.Config.L, s), c.Eps[s], tol)
		}
	}
}

func sameRows(t *testing.T, what string, got, want [][]float64, tol float64) {
	t.Helper()
	for b := range want {
		for d := range want[b] {
			if math.Abs(got[b][d]-want[b][d]) > tol {
				t.Errorf("%s[%d][%d]: got %v, want %v", what, b, d, got[b][d], want[b][d])
			}
		}
	}
}
