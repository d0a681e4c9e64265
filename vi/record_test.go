package vi_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// TestLossSumsDimensionsAndAveragesData: M = 2 draws, B = 2 data, L = 3 dimensions.
func TestLossSumsDimensionsAndAveragesData(t *testing.T) {
	logLik, kl := tk.Matrix([]float64{-1, -2, -3, -6}, 2, 2), tk.Matrix([]float64{1, 0, 2, 3, .2, 0}, 2, 3)
	loss := func(beta, freeBits float64) float64 {
		return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{vi.Terms{LogLik: in[0], KL: in[1]}.Loss(special.ScalarLike(in[0], beta), freeBits)}
		}, logLik, kl)[0][0]
	}
	// Mean of −ln p is 3; mean KL by dimension is 2, .1, 1.
	for _, c := range []struct{ beta, freeBits, want float64 }{
		{1, 0, 6.1}, {0, 0, 3}, {2, 0, 9.2}, {1, .5, 3 + 2 + .5 + 1}, {.5, 1.5, 3 + .5*(2+1.5+1.5)},
	} {
		tk.Close(t, "loss", loss(c.beta, c.freeBits), c.want, 1e-14)
	}
	none := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{vi.Terms{LogLik: in[0]}.Loss(special.ScalarLike(in[0], 7), 1)}
	}, logLik)
	tk.Close(t, "loss without KL", none[0][0], 3, 1e-14)
}

// TestFreeBitsStopTheGradientBelowTheFloor: a dimension under λ is not pushed further.
func TestFreeBitsStopTheGradientBelowTheFloor(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		loss := vi.Terms{LogLik: in[0], KL: in[1]}.Loss(special.ScalarLike(in[0], 1), .5)
		return g.Gradient(loss, in[1])
	}, tk.Matrix([]float64{0, 0}, 1, 2), tk.Matrix([]float64{1, .1, 3, .2}, 2, 2))
	for i, want := range []float64{.5, 0, .5, 0} {
		tk.Close(t, "∂ loss / ∂ KL", out[0][i], want, 1e-15)
	}
}

// batch draws a batch with M draws, B data and L dimensions.
func batch(key rng.Key, m, b, l int) vi.Batch {
	fill := func(name string, n int) []float64 {
		v := make([]float64, n)
		key.Named(name).NormalFloat64(v)
		return v
	}
	return vi.Batch{LogLik: fill("lik", m*b), KL: fill("kl", b*l), Shuffled: fill("shuffled", m*b), Size: b}
}

// TestRecordEqualsBruteForce adds batches of unequal sizes, whose mean is over data and not
// over batches.
func TestRecordEqualsBruteForce(t *testing.T) {
	const m, l = 3, 2
	acc := vi.NewAccumulator(vi.KindELBO, m)
	var rec, gap, kl0, kl1, mcVar float64
	var bounds []float64
	for i, size := range []int{5, 1, 8} {
		b := batch(rng.New(uint64(i)), m, size, l)
		acc.Add(b)
		for d := range size {
			draws := []float64{b.LogLik[d], b.LogLik[size+d], b.LogLik[2*size+d]}
			mean, variance, _ := tk.Moments(draws)
			mcVar += variance / m
			rec += mean / 14
			gap += (mean - (b.Shuffled[d]+b.Shuffled[size+d]+b.Shuffled[2*size+d])/m) / 14
			kl0, kl1 = kl0+b.KL[d*l]/14, kl1+b.KL[d*l+1]/14
			bounds = append(bounds, mean-b.KL[d*l]-b.KL[d*l+1])
		}
	}
	r := acc.Record(.5)
	mean, _, se := tk.Moments(bounds)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"bound", r.Bound, mean}, {"reconstruction", r.Reconstruction, rec}, {"KL", r.KL, kl0 + kl1}, {"KL 0", r.KLPerDim[0], kl0},
		{"KL 1", r.KLPerDim[1], kl1}, {"gap", r.ShuffledGap, gap}, {"Monte-Carlo error", r.StdErr, math.Sqrt(mcVar) / 14},
		{"error over data", r.DataStdErr, se}, {"beta", r.Beta, .5}, {"N", float64(r.N), 14}, {"M", float64(r.Samples), m},
		{"bound of the parts", r.Reconstruction - r.KL, r.Bound},
	} {
		tk.Close(t, c.name, c.got, c.want, 1e-13)
	}
	if line := r.String(); !strings.Contains(line, "−ELBO") || !strings.Contains(line, "mean over 14 data, M=3") || strings.Contains(line, "\n") {
		t.Errorf("got %q, want one line with the conventions", line)
	}
}

func TestEmptyRecordHoldsZeros(t *testing.T) {
	raw, err := json.Marshal(vi.NewAccumulator(vi.KindLogProb, 1).Record(1))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"kl_per_dim":[]`; !strings.Contains(string(raw), want) {
		t.Errorf("got %s, want %s in it", raw, want)
	}
	acc := vi.NewAccumulator(vi.KindLogProb, 1)
	acc.Add(vi.Batch{LogLik: []float64{-3}, Size: 1})
	if r := acc.Record(1); r.Bound != -3 || r.KL != 0 || r.StdErr != 0 || r.DataStdErr != 0 || r.ShuffledGap != 0 {
		t.Errorf("one datum without noise: got %+v", r)
	}
}

// TestMonteCarloErrorIsCalibrated repeats the toy's bound with other keys: the spread of the
// reported bound is the mean reported error within 15 %. The variance of 400 repetitions is
// off by more with probability 2e-5.
func TestMonteCarloErrorIsCalibrated(t *testing.T) {
	const reps, n, m = 400, 50, 6
	prog := program(t, .3, .3, func(s *model.Scope, x *g.Node, l vi.Latent) []*g.Node {
		terms := vi.Estimator{Samples: m}.ELBO(s, x, l)
		return []*g.Node{terms.LogLik, terms.KL}
	})
	var bounds []float64
	reported := 0.
	for r := range reps {
		out := tk.Values(t, prog, rng.New(11).At(uint64(r)), data(n))
		acc := vi.NewAccumulator(vi.KindELBO, m)
		acc.Add(vi.Batch{LogLik: out[0], KL: out[1], Size: n})
		rec := acc.Record(1)
		bounds, reported = append(bounds, rec.Bound), reported+rec.StdErr/reps
	}
	_, variance, _ := tk.Moments(bounds)
	tk.MeanWithin(t, "bound", bounds, toyELBO, 4)
	if spread := math.Sqrt(variance); math.Abs(reported/spread-1) > .15 {
		t.Errorf("reported error: got %v, spread over keys %v", reported, spread)
	}
}

// TestRecordHoldsTheBoundThatIsMaximised beside the ELBO.
func TestRecordHoldsTheBoundThatIsMaximised(t *testing.T) {
	a := vi.NewAccumulator(vi.KindELBO, 2).Maximizing(vi.IWAE{K: 2})
	a.Add(vi.Batch{LogLik: []float64{-3, -5, -1, -3}, KL: []float64{1, 1}, Bound: []float64{-2, -4}, Size: 2})
	a.Add(vi.Batch{LogLik: []float64{-3, -3}, KL: []float64{1}, Bound: []float64{-3.5}, Size: 1})
	r := a.Record(1)
	tk.Close(t, "ELBO", r.Bound, -4, 1e-15)
	tk.Close(t, "IWAE", r.Maximized(), -9.5/3, 1e-15)
	if r.MaximizedKind() != "IWAE-2" || r.Kind != vi.KindELBO {
		t.Errorf("got kinds %q and %q", r.MaximizedKind(), r.Kind)
	}
	if r := vi.NewAccumulator(vi.KindELBO, 1).Maximizing(nil).Record(1); r.Objective != "" || r.MaximizedKind() != vi.KindELBO || r.Maximized() != r.Bound {
		t.Errorf("without an objective: got %+v", r)
	}
}
