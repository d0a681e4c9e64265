package paper

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// nll is the importance-sampled −ln p(x) of every tenth test image with exactly 500 weights.
func nll(t *testing.T, m *elbo.Model) vi.ImportanceRecord {
	t.Helper()
	run := m.Run()
	var x []float32
	for i := 0; i < len(run.Rows.TestX); i += 10 * run.Rows.Dim {
		x = append(x, run.Rows.TestX[i:i+run.Rows.Dim]...)
	}
	sums, err := run.Net.LogEvidence(context.Background(), x, 500, rng.New(1).Named("nll"))
	if err != nil {
		t.Fatal(err)
	}
	r := vi.SummarizeImportance(sums)
	t.Logf("IS-NLL %.2f ± %.2f (Monte Carlo), effective sample size %.0f of %d", r.NLL, r.StdErr, r.ESS, r.K)
	return r
}

// Training by the importance-weighted bound of five draws lowers the importance-sampled NLL by
// at least half a nat against one draw, on 20,000 images for 20 epochs, while its ELBO is the
// worse one: 97.82 and 97.87 against 98.96 and 99.05 of another implementation, two seeds each.
func TestPaperMNISTImportanceWeighted(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	c := mnist()
	c.Binarize = "dynamic"
	s.Train = s.Train.Select(first(min(20_000, s.Train.Len())))
	one := fit(t, "mnist-20k", c, s)
	c.Bound, c.Samples = "iwae", 5
	five := fit(t, "mnist-20k-iwae-5", c, s)
	a, b := nll(t, one), nll(t, five)
	within(t, "IS-NLL, K = 1", a.NLL, 99, 1)
	within(t, "IS-NLL, K = 5", b.NLL, 97.8, 1)
	if gain := a.NLL - b.NLL; gain < .5 {
		t.Errorf("gain of five draws: got %.2f nats, want at least .5", gain)
	}
	if e, f := one.Run().Outcome.Test.Bound, five.Run().Outcome.Test.Bound; f >= e {
		t.Logf("note: the ELBO of the importance-weighted model, %.2f, is not the worse one (%.2f)", f, e)
	}
}

// first lists the numbers below n.
func first(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// A posterior that is bent by a flow improves the bound of the tutorials' model by at least half
// a nat at equal epochs; published gaps of other models are 1.8 to 4 nats. The best one of ten
// planar maps, four Sylvester maps and two inverse autoregressive steps is held to it,
// each of them to a fifth of a nat.
func TestPaperMNISTFlowPosterior(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	c := mnist()
	c.Binarize = "dynamic"
	normal := fit(t, "mnist-normal", c, s).Run().Outcome.Test.Bound
	best := math.Inf(-1)
	for _, f := range []struct {
		name  string
		steps int
	}{{"planar", 10}, {"sylvester", 4}, {"iaf", 2}} {
		c.Posterior, c.FlowSteps = f.name, f.steps
		bound := fit(t, "mnist-"+f.name, c, s).Run().Outcome.Test.Bound
		t.Logf("%s: −ELBO %.2f, %.2f nats better than %.2f", f.name, -bound, bound-normal, -normal)
		if bound-normal < .2 {
			t.Errorf("%s: gain: got %.2f nats, want at least .2", f.name, bound-normal)
		}
		best = math.Max(best, bound)
	}
	if gain := best - normal; gain < .5 {
		t.Errorf("gain of a flow: got %.2f nats, want at least .5", gain)
	}
}

// A prior that is a flow of splines, learned with the model, improves the bound of the tutorials'
// model by at least two nats at equal epochs, and the importance-sampled likelihood of every tenth
// image with it: the codes of the data need not look like N(0, I).
func TestPaperMNISTFlowPrior(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	c := mnist()
	c.Binarize = "dynamic"
	normal := fit(t, "mnist-normal", c, s)
	c.Prior = "flow"
	flow := fit(t, "mnist-flow-prior", c, s)
	before, after := normal.Run().Outcome.Test.Bound, flow.Run().Outcome.Test.Bound
	t.Logf("−ELBO %.2f, %.2f nats better than %.2f", -after, after-before, -before)
	if after-before < 2 {
		t.Errorf("gain of a flow prior: got %.2f nats, want at least 2", after-before)
	}
	if a, b := nll(t, normal).NLL, nll(t, flow).NLL; !(b < a) || b > -after {
		t.Errorf("IS-NLL: got %.2f, want less than %.2f of N(0, I) and than −ELBO %.2f", b, a, -after)
	}
}

// The gaps of the tutorials' model on 100 test images: none is negative within two standard
// errors, and the network, not the family, costs at least half of the inference gap (Cremer et
// al. 2018, table 2). Twenty steps of refinement of each datum's guide recover half of that.
func TestPaperMNISTGaps(t *testing.T) {
	long(t)
	c := mnist()
	c.Binarize = "dynamic"
	run := fit(t, "mnist-gaps", c, open(t, "mnist")).Run()
	e := eval.Evidence{Params: run.Net.Params, Latent: run.Net.Latent}
	x := run.Rows.TestX[:100*run.Rows.Dim]
	find := func(c eval.GapSettings, evidence []float64) eval.Gaps {
		r, err := eval.FindGaps(context.Background(), e, x, run.Rows.Dim, evidence, c, rng.New(1))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	settings := eval.DefaultGaps()
	r := find(settings, nil)
	approximation, se := r.Approximation()
	amortization, se2 := r.Amortization()
	inference, se3 := r.Inference()
	t.Logf("approximation %.3f ± %.3f, amortisation %.3f ± %.3f, inference %.3f ± %.3f nats", approximation, se, amortization, se2, inference, se3)
	if approximation < -2*se || amortization < -2*se2 || inference < -2*se3 {
		t.Error("a gap is negative")
	}
	if amortization < inference/2 {
		t.Errorf("amortisation gap: got %.3f, want at least half of %.3f", amortization, inference)
	}
	settings.Steps = 20
	recovered, _ := find(settings, r.LogEvidence).Amortization()
	t.Logf("20 steps of refinement recover %.3f nats, %.0f %%", recovered, 100*recovered/amortization)
	if recovered < amortization/2 {
		t.Errorf("20 steps: got %.3f nats, want at least half of %.3f", recovered, amortization)
	}
}
